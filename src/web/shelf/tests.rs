use super::*;
use crate::web::coding::Coding;

fn shelf(folder: &Path, memory: u64, trust: Duration) -> Shelf {
    Shelf::new(folder.to_owned(), None, memory, trust)
}

async fn text(shelf: &Shelf, path: &str) -> Result<String, Missing> {
    let volume = shelf.get(path).await?;
    Ok(String::from_utf8(volume.form(Coding::Identity).await.1.to_vec()).unwrap())
}

/// Replaces a file as the writer of feeds does.
fn put(folder: &Path, name: &str, text: &str) {
    let (beside, place) = (folder.join(".beside"), folder.join(name));
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    fs::write(&beside, text).unwrap();
    fs::rename(beside, place).unwrap();
}

#[test]
fn only_plain_names_are_paths() {
    for (path, expected) in [
        ("", true),
        ("index.xml", true),
        ("tags/人工智能/atom.xml", true),
        ("tags/", true),
        ("c++..old/index.xml", true),
        ("..", false),
        ("../x", false),
        ("a/../../x", false),
        (".hidden", false),
        ("a/.hidden/x", false),
        ("a//b", false),
        ("/etc/passwd", false),
        ("//", false),
        ("/", false),
        ("a\0b", false),
    ] {
        assert_eq!(is_plain(path), expected, "{path:?}");
    }
}

#[tokio::test]
async fn what_lies_outside_or_is_no_file_is_not_there() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("feeds");
    put(&folder, "index.xml", "feed");
    put(&folder, "tags/a/index.xml", "a");
    fs::write(outer.path().join("secret"), "secret").unwrap();
    fs::write(folder.join(".hidden"), "hidden").unwrap();
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, folder.join(name)).unwrap();
    link("../secret", "out.xml");
    link("..", "up");
    link("/etc", "etc");
    link(".hidden", "shown.xml");
    link("round.xml", "round.xml");
    link("tags/a/index.xml", "inside.xml");
    let pipe = folder.join("pipe.xml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let shelf = shelf(&folder, 1 << 20, Duration::ZERO);
    assert_eq!(text(&shelf, "inside.xml").await, Ok("a".into()));
    let too_long = "x".repeat(5000);
    for path in [
        "out.xml",
        "up/secret",
        "etc/passwd",
        "shown.xml",
        "round.xml",
        "pipe.xml",
        "tags",
        "tags/",
        "tags/a/index.xml/x",
        "index.xml/",
        "nothing",
        ".hidden",
        "../secret",
        &too_long,
    ] {
        assert_eq!(text(&shelf, path).await, Err(Missing::Never), "{path}");
    }
}

#[tokio::test]
async fn a_changed_file_is_noticed_when_it_is_time_or_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let (now, later) = (Duration::ZERO, Duration::from_hours(1));
    put(folder.path(), "index.xml", "one");
    let (eager, patient) =
        (shelf(folder.path(), 1 << 20, now), shelf(folder.path(), 1 << 20, later));
    for shelf in [&eager, &patient] {
        assert_eq!(text(shelf, "index.xml").await, Ok("one".into()));
    }
    // As long as the other, so that only the stamp tells.
    put(folder.path(), "index.xml", "two");
    assert_eq!(text(&eager, "index.xml").await, Ok("two".into()));
    assert_eq!(text(&patient, "index.xml").await, Ok("one".into()));
    patient.look_again();
    assert_eq!(text(&patient, "index.xml").await, Ok("two".into()));
    fs::remove_file(folder.path().join("index.xml")).unwrap();
    assert_eq!(text(&eager, "index.xml").await, Err(Missing::Never));
    assert_eq!(text(&patient, "index.xml").await, Ok("two".into()));
    patient.look_again();
    assert_eq!(text(&patient, "index.xml").await, Err(Missing::Never));
}

#[tokio::test]
async fn many_that_ask_for_a_cold_file_read_it_once() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "index.xml", &"feed".repeat(10_000));
    let shelf = Arc::new(shelf(folder.path(), 1 << 20, Duration::from_hours(1)));
    let asks: Vec<_> = (0..50)
        .map(|_| {
            let shelf = Arc::clone(&shelf);
            tokio::spawn(async move { shelf.get("index.xml").await.unwrap() })
        })
        .collect();
    let mut volumes = Vec::new();
    for ask in asks {
        volumes.push(ask.await.unwrap());
    }
    assert!(volumes.iter().all(|volume| Arc::ptr_eq(volume, &volumes[0])));
}

#[tokio::test]
async fn the_memory_is_bounded_and_everything_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let body = "x".repeat(10_000);
    let name = |number: usize| format!("tags/{number}/index.xml");
    for number in 0..100 {
        put(folder.path(), &name(number), &format!("{number} {body}"));
    }
    // One that is too large to be kept is served all the same.
    put(folder.path(), "large.xml", &"x".repeat(1 << 20));
    let shelf = shelf(folder.path(), 1 << 20, Duration::from_hours(1));
    for _ in 0..2 {
        for number in 0..100 {
            let found = text(&shelf, &name(number)).await.unwrap();
            assert!(found.starts_with(&format!("{number} ")));
            assert!(shelf.volumes.weight() <= 1 << 20, "{}", shelf.volumes.weight());
        }
        assert_eq!(text(&shelf, "large.xml").await.unwrap().len(), 1 << 20);
    }
    assert!(shelf.volumes.len() > 5, "{}", shelf.volumes.len());
}

#[derive(Debug)]
struct Known(&'static str);

impl Removed for Known {
    fn knows(&self, path: &str) -> bool {
        path == self.0
    }
}

#[tokio::test]
async fn a_feed_that_was_removed_is_gone_until_it_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let known = Some(Arc::new(Known("a/atom.xml")) as Arc<dyn Removed>);
    let shelf = Shelf::new(folder.path().to_owned(), known, 1 << 20, Duration::ZERO);
    assert_eq!(text(&shelf, "a/atom.xml").await, Err(Missing::Gone));
    assert_eq!(text(&shelf, "b/atom.xml").await, Err(Missing::Never));
    put(folder.path(), "a/atom.xml", "back");
    assert_eq!(text(&shelf, "a/atom.xml").await, Ok("back".into()));
}

#[tokio::test]
async fn the_front_door_leads_into_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "index.html", "<html><head><title>T</title>");
    let shelf = shelf(folder.path(), 1 << 20, Duration::ZERO);
    let door = text(&shelf, "").await.unwrap();
    assert_eq!(door, "<html><head><base href=\"/feeds/\"><title>T</title>");
}

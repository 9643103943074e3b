//! Changes as they are made on a real disk, with the system's watch and without it.

use super::*;
use notify::event::{AccessKind, DataChange, MetadataKind, RenameMode};

/// Far longer than any change takes to be told.
const LONG: Duration = Duration::from_mins(1);

/// A site with one article, and its configuration.
fn site() -> (tempfile::TempDir, Config) {
    let root = tempfile::tempdir().unwrap();
    let path = |name: &str| root.path().join(name).display().to_string();
    let text = format!(
        "site: {{title: T, url: 'https://example.org/'}}\narticles: {{dir: {:?}, vocabulary: {:?}}}\nsources: {:?}\n",
        path("articles"),
        path("vocabulary.yaml"),
        path("sources.yaml")
    );
    fs::create_dir_all(root.path().join("articles/notes")).unwrap();
    fs::write(root.path().join("articles/notes/a.md"), "---\ntitle: A\n---\n").unwrap();
    let config = Config::parse("h.yaml", &text, &[]).unwrap();
    (root, config)
}

async fn told(changes: &mut Changes) -> Change {
    timeout(LONG, changes.next()).await.expect("a change that is told")
}

fn refuse(_: &Path, _: mpsc::Sender<()>) -> notify::Result<RecommendedWatcher> {
    Err(notify::Error::new(notify::ErrorKind::MaxFilesWatch))
}

#[test]
fn editors_temporary_files_are_no_change() {
    for (path, expected) in [
        ("articles/a.md", true),
        ("articles/中文 名.markdown", true),
        ("articles/new-section", true),
        ("articles/.a.md.swp", false),
        ("articles/a.md~", false),
        ("articles/#a.md#", false),
        ("articles/.#a.md", false),
        ("articles/4913", false),
        ("articles/picture.png", false),
        ("articles/a.md.tmp", false),
    ] {
        assert_eq!(is_ours(Path::new(path)), expected, "{path}");
    }
}

#[test]
fn what_may_be_a_folder_may_have_any_name() {
    let files = ["articles/v1.2", "articles/2024", "articles/a.md.tmp"];
    for (kind, expected) in [
        (EventKind::Create(CreateKind::Folder), true),
        (EventKind::Remove(RemoveKind::Folder), true),
        (EventKind::Modify(ModifyKind::Name(RenameMode::To)), true),
        (EventKind::Create(CreateKind::File), false),
        (EventKind::Remove(RemoveKind::File), false),
        (EventKind::Modify(ModifyKind::Data(DataChange::Any)), false),
    ] {
        for file in files {
            let event = notify::Event::new(kind).add_path(file.into());
            assert_eq!(matters(&event), expected, "{kind:?} {file}");
        }
        let event = notify::Event::new(kind).add_path("articles/.a.md.swp".into());
        assert!(!matters(&event), "{kind:?}");
    }
}

#[test]
fn reading_is_no_change() {
    let event = |kind| notify::Event::new(kind).add_path("articles/a.md".into());
    for (kind, expected) in [
        (EventKind::Access(AccessKind::Read), false),
        (EventKind::Modify(ModifyKind::Metadata(MetadataKind::AccessTime)), false),
        (EventKind::Create(CreateKind::File), true),
        (EventKind::Modify(ModifyKind::Any), true),
        (EventKind::Any, true),
    ] {
        assert_eq!(matters(&event(kind)), expected, "{kind:?}");
    }
}

#[tokio::test]
async fn a_change_is_told_although_something_else_was_due_meanwhile() {
    let (root, config) = site();
    let mut folder = Folder::new(&config.articles, watch);
    fs::write(root.path().join("articles/a.md"), "---\ntitle: A\n---\n").unwrap();
    // Long enough to notice it, too short for the quiet after it; unless the machine is slow.
    if timeout(SETTLE * 4 / 5, folder.event()).await.is_err() {
        timeout(LONG, folder.event()).await.expect("it is told all the same");
    }
}

/// Does what happens to articles, and expects to be told of it.
async fn live(root: &Path, changes: &mut Changes) {
    let path = |name: &str| root.join(name);
    fs::write(path("articles/notes/a.md"), "---\ntitle: Another\n---\n").unwrap();
    assert_eq!(told(changes).await, Change::Articles, "a file with other text");
    fs::create_dir(path("articles/new")).unwrap();
    fs::write(path("articles/new/b.md"), "---\ntitle: B\n---\n").unwrap();
    assert_eq!(told(changes).await, Change::Articles, "a new folder");
    fs::remove_file(path("articles/notes/a.md")).unwrap();
    assert_eq!(told(changes).await, Change::Articles, "a file that is no more");
    fs::create_dir(path("v1.2")).unwrap();
    fs::write(path("v1.2/c.md"), "---\ntitle: C\n---\n").unwrap();
    fs::rename(path("v1.2"), path("articles/v1.2")).unwrap();
    assert_eq!(told(changes).await, Change::Articles, "a folder with a dot that is moved here");
    fs::rename(path("articles/v1.2"), path("v1.2")).unwrap();
    assert_eq!(told(changes).await, Change::Articles, "and away");
}

#[tokio::test]
async fn whatever_happens_to_the_articles_is_told() {
    let (root, config) = site();
    live(root.path(), &mut Changes::of(&config)).await;
}

/// The clock jumps to the next look as soon as all wait for it.
#[tokio::test(start_paused = true)]
async fn a_folder_that_the_system_refuses_to_watch_is_looked_through() {
    let (root, config) = site();
    let mut changes = Changes::with(&config, refuse);
    live(root.path(), &mut changes).await;
    let quiet = timeout(LONG, changes.next()).await;
    assert!(quiet.is_err(), "nothing happened, and {quiet:?} was told");
}

#[tokio::test]
async fn a_folder_that_takes_the_place_of_another_is_noticed_once_and_watched() {
    let (root, config) = site();
    let path = |name: &str| root.path().join(name);
    let mut folder = Folder::new(&config.articles, watch);
    assert!(!folder.look().await);
    for (step, happen) in [
        (
            "moved away and made anew",
            (|path| {
                fs::rename(path("articles"), path("old")).unwrap();
                fs::create_dir(path("articles")).unwrap();
            }) as fn(&dyn Fn(&str) -> PathBuf),
        ),
        ("a link to a folder", |path| {
            fs::remove_dir_all(path("articles")).unwrap();
            std::os::unix::fs::symlink(path("old"), path("articles")).unwrap();
        }),
        ("the link set to another folder", |path| {
            fs::create_dir(path("newer")).unwrap();
            std::os::unix::fs::symlink(path("newer"), path("beside")).unwrap();
            fs::rename(path("beside"), path("articles")).unwrap();
        }),
    ] {
        happen(&path);
        assert!(folder.look().await, "{step}");
        assert!(!folder.look().await, "{step}");
        while folder.events.1.try_recv().is_ok() {}
        fs::write(path("articles/c.md"), step).unwrap();
        timeout(LONG, folder.event()).await.expect(step);
    }
}

#[tokio::test]
async fn a_folder_that_is_gone_is_a_change_and_its_return_another() {
    let (root, config) = site();
    let mut changes = Changes::of(&config);
    fs::remove_dir_all(root.path().join("articles")).unwrap();
    assert_eq!(told(&mut changes).await, Change::Articles);
    let mut folder = Folder::new(&config.articles, watch);
    assert!(folder.watched.is_none());
    fs::create_dir(root.path().join("articles")).unwrap();
    tokio::time::pause();
    tokio::time::advance(LOOK_THROUGH).await;
    assert!(folder.look().await && folder.watched.is_some());
}

#[tokio::test]
async fn the_two_files_are_told_when_they_are_written_replaced_and_removed() {
    let (root, config) = site();
    let path = |name: &str| root.path().join(name);
    let mut changes = Changes::of(&config);
    for (name, expected) in
        [("sources.yaml", Change::Sources), ("vocabulary.yaml", Change::Vocabulary)]
    {
        fs::write(path(name), "[]\n").unwrap();
        assert_eq!(told(&mut changes).await, expected, "new");
        fs::write(path("beside"), "[]\n# more\n").unwrap();
        fs::rename(path("beside"), path(name)).unwrap();
        assert_eq!(told(&mut changes).await, expected, "replaced");
        fs::remove_file(path(name)).unwrap();
        assert_eq!(told(&mut changes).await, expected, "removed");
    }
}

#[test]
fn a_file_is_told_once_it_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sources.yaml");
    fs::write(&path, "[]").unwrap();
    let mut file = File::new(&path);
    assert!(!file.look());
    fs::write(&path, "[] # one").unwrap();
    assert!(!file.look(), "it may still be being written");
    fs::write(&path, "[] # one, two").unwrap();
    assert!(!file.look(), "and is");
    assert!(file.look());
    assert!(!file.look(), "it is told once");
}

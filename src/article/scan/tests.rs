use super::*;

const GOOD: &str = "---\ntitle: T\ndate: 2025-06-13\n---\n";

fn scan(folder: &Path) -> Result<Scan, ScanError> {
    let zone = chrono_tz::UTC;
    let now = SystemTime::now();
    super::scan(folder, zone, &mut Memory::default(), now, &|_| {}, &|| false)
}

#[test]
fn a_folder_with_everything_in_it() {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in [
        ("b/two.md", GOOD.as_bytes()),
        ("a/one.MD", GOOD.as_bytes()),
        ("a/bundle/index.md", GOOD.as_bytes()),
        ("about.markdown", GOOD.as_bytes()),
        ("a/_index.md", GOOD.as_bytes()),
        ("_index.md", GOOD.as_bytes()),
        (".hidden/x.md", GOOD.as_bytes()),
        ("a/.one.md.swp", GOOD.as_bytes()),
        ("a/picture.png", b"\x89PNG"),
        ("a/broken.md", b"---\ntitle: [\n---\n"),
        ("a/latin1.md", b"---\ntitle: caf\xe9\n---\n"),
    ] {
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }
    let scan = scan(folder.path()).unwrap();
    let paths: Vec<_> = scan.articles.iter().map(|article| article.path.as_str()).collect();
    assert_eq!(paths, ["a/bundle/index.md", "a/one.MD", "about.markdown", "b/two.md"]);
    let problems: Vec<_> = scan.problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(problems, ["a/broken.md", "a/latin1.md"]);
    assert_eq!(scan.problems[1].to_string(), "a/latin1.md:2:1: not UTF-8 (save the file in UTF-8)");
}

#[test]
fn a_missing_folder_is_an_error_with_its_name() {
    let error = scan(Path::new("/nowhere/at/all")).unwrap_err();
    assert!(error.to_string().starts_with("/nowhere/at/all: "), "{error}");
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read_is_told_from_what_is_no_article() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    fs::create_dir(place("closed")).unwrap();
    fs::write(place("b.md"), GOOD).unwrap();
    fs::write(place("c.md"), "").unwrap();
    let close = |mode: u32| {
        for name in ["closed", "b.md"] {
            fs::set_permissions(place(name), fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    close(0o000);
    let found = scan(folder.path()).unwrap();
    // The superuser may read everything.
    let is_closed = File::open(place("b.md")).is_err();
    close(0o755);
    let expected: &[&str] = if is_closed { &["closed", "b.md"] } else { &[] };
    assert_eq!(found.withheld, expected);
    assert!(found.problems.iter().any(|problem| problem.path == "c.md"));
}

#[cfg(unix)]
#[test]
fn a_link_in_a_circle_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.md"), GOOD).unwrap();
    std::os::unix::fs::symlink(folder.path(), folder.path().join("again")).unwrap();
    assert_eq!(scan(folder.path()).unwrap().articles.len(), 1);
}

#[test]
fn only_what_changed_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.md", "b.md"] {
        fs::write(folder.path().join(name), GOOD).unwrap();
    }
    let mut memory = Memory::default();
    let later = SystemTime::now() + std::time::Duration::from_mins(1);
    let mut scan = |now: SystemTime| {
        let found =
            super::scan(folder.path(), chrono_tz::UTC, &mut memory, now, &|_| {}, &|| false);
        found.unwrap().articles
    };
    let first = scan(later);
    // The very same articles, not equal ones.
    let again = |a: &Arc<Article>, b: &Arc<Article>| Arc::ptr_eq(a, b);
    let second = scan(later);
    assert!(again(&first[0], &second[0]) && again(&first[1], &second[1]));

    fs::write(folder.path().join("a.md"), GOOD.replace("title: T", "title: New")).unwrap();
    let third = scan(later);
    assert_eq!(third[0].title, "New");
    assert_ne!(third[0].print, first[0].print);
    assert!(again(&third[1], &first[1]));

    fs::remove_file(folder.path().join("b.md")).unwrap();
    assert_eq!(scan(later).len(), 1);
}

#[test]
fn what_was_read_before_a_stop_is_not_read_again() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let folder = tempfile::tempdir().unwrap();
    for number in 0..100 {
        fs::write(folder.path().join(format!("{number}.md")), GOOD).unwrap();
    }
    let mut memory = Memory::default();
    let later = SystemTime::now() + std::time::Duration::from_mins(1);
    let read = AtomicUsize::new(0);
    let counted = |progress| {
        if matches!(progress, Progress::Read) {
            read.fetch_add(1, Ordering::Relaxed);
        }
    };
    let enough = || read.load(Ordering::Relaxed) >= 10;
    let zone = chrono_tz::UTC;
    let stopped = super::scan(folder.path(), zone, &mut memory, later, &counted, &enough);
    assert!(matches!(stopped, Err(ScanError::Stopped)));
    let before = read.into_inner();
    assert!((10..100).contains(&before), "{before}");
    let is_known = |number: &usize| {
        let name = format!("{number}.md");
        let stamp = Stamp::of(&fs::metadata(folder.path().join(&name)).unwrap());
        memory.find(&name, stamp).is_some()
    };
    assert_eq!((0..100).filter(is_known).count(), before);
}

#[test]
fn a_file_that_may_still_be_being_written_is_not_remembered() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.md"), GOOD).unwrap();
    let written = fs::metadata(folder.path().join("a.md")).unwrap().modified().unwrap();
    let mut memory = Memory::default();
    let mut scan = || {
        let zone = chrono_tz::UTC;
        let scan = super::scan(folder.path(), zone, &mut memory, written, &|_| {}, &|| false);
        scan.unwrap().articles.remove(0)
    };
    assert!(!Arc::ptr_eq(&scan(), &scan()));
}

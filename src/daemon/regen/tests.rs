//! What keeps a regeneration from beginning.

use super::*;

#[test]
fn a_process_that_holds_the_folder_is_waited_for_as_long_as_the_request_says() {
    let root = tempfile::tempdir().unwrap();
    let path = |name: &str| root.path().join(name).display().to_string();
    std::fs::create_dir(root.path().join("articles")).unwrap();
    let text = format!(
        "site: {{title: T, url: 'https://example.org/'}}\narticles: {{dir: {:?}}}\nfeeds: {{dir: {:?}}}\ncache: {:?}\n",
        path("articles"),
        path("feeds"),
        path("cache")
    );
    let config = Config::parse("h.yaml", &text, &[]).unwrap();
    let file = path("feeds/.headwater.lock");
    let stopped = CancellationToken::new();
    stopped.cancel();
    let none = Some(Duration::ZERO);
    let busy = format!("{file}: another process has held this lock for 0 seconds");
    for (is_held, patience, stop, expected) in [
        (true, none, CancellationToken::new(), Some(busy.as_str())),
        (true, Some(Duration::MAX), stopped, Some("")),
        (false, none, CancellationToken::new(), None),
        (false, None, CancellationToken::new(), None),
    ] {
        let held = is_held.then(|| lock::acquire(file.as_ref(), || {}).unwrap());
        let request = Request { patience, stop, ..Request::default() };
        let mut kept = Kept::load(&config);
        let done = regen(&config, &mut kept, &request, Utc::now(), &|_| {}, |_| None);
        match (done, expected) {
            (Ok(_), None) | (Err(RegenError::Scan(ScanError::Stopped)), Some("")) => {}
            (Err(error @ RegenError::Busy { .. }), Some(part)) => {
                let told = error.to_string();
                assert!(told.starts_with(part) && told.contains("`lslocks`"), "{told}");
                assert!(error.may_pass(), "the feeds of before are served meanwhile");
            }
            (done, _) => panic!("{is_held} {patience:?}: {done:?}"),
        }
        drop(held);
    }
}

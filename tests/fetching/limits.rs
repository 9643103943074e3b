//! How much of a server we use: connections, time, bytes.

use std::collections::HashMap;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use headwater::source::fetch::{Fetched, Fetcher, Network, Settings};
use headwater::source::politeness::State;
use tokio::task::{JoinHandle, JoinSet, spawn_blocking};
use tokio::time::{Instant, advance};

use crate::server::{FEED, Server, answer, error, feed, now, read_head, settings, source, visit};

/// A clock that stands still unless a test moves it: while a blocking task is under way, the
/// runtime does not move it by itself.
struct Still(mpsc::Sender<()>);

impl Still {
    fn new() -> Self {
        tokio::time::pause();
        let (end, wait) = mpsc::channel();
        spawn_blocking(move || wait.recv());
        Self(end)
    }
}

impl Drop for Still {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

/// The next of what another thread tells, without moving the clock.
async fn next<T: Send + 'static>(told: &Arc<Mutex<mpsc::Receiver<T>>>) -> T {
    let told = Arc::clone(told);
    spawn_blocking(move || told.lock().unwrap().recv().unwrap()).await.unwrap()
}

/// A visit to `url`, and when it was over.
async fn timed(fetcher: Arc<Fetcher>, url: String) -> (Fetched, Instant) {
    let fetched = fetcher.visit(&source(&url), &State::default(), now()).await;
    (fetched, Instant::now())
}

fn start(fetcher: &Arc<Fetcher>, url: String) -> JoinHandle<(Fetched, Instant)> {
    tokio::spawn(timed(Arc::clone(fetcher), url))
}

/// Visits to `count` paths of a server.
fn start_all(fetcher: &Arc<Fetcher>, url: &str, count: usize) -> JoinSet<(Fetched, Instant)> {
    (0..count).map(|n| timed(Arc::clone(fetcher), format!("{url}/{n}"))).collect()
}

fn fetcher(settings: Settings) -> Arc<Fetcher> {
    Arc::new(Fetcher::with(settings, HashMap::new(), &Network::default()).unwrap())
}

#[test]
fn a_body_is_bounded_also_when_it_grows_by_decompression() {
    // A megabyte of zeros each.
    for (encoding, body) in [
        ("identity", &vec![b'a'; 70_000][..]),
        ("gzip", include_bytes!("../fixtures/zeros.gz")),
        ("br", include_bytes!("../fixtures/zeros.br")),
        ("zstd", include_bytes!("../fixtures/zeros.zst")),
        ("deflate", include_bytes!("../fixtures/zeros.deflate")),
    ] {
        let headers = format!("content-encoding: {encoding}\r\n");
        let bomb = answer("200 OK", &headers, body);
        let server = Server::start(vec![bomb.clone(), bomb]);
        let error = error(settings(), &server.url);
        assert!(error.starts_with("the answer is larger than 65536 bytes"), "{encoding}: {error}");
        let roomy = Settings { max_body: 2 << 20, ..settings() };
        let body = visit(roomy, &source(&server.url), &State::default()).body.unwrap();
        assert!(body.bytes.len() >= 70_000, "{encoding} is understood");
    }
}

#[tokio::test]
async fn a_body_that_comes_a_byte_a_second_is_stopped_in_time() {
    let _still = Still::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (tick, ticks) = mpsc::channel();
    let (tell, sent) = mpsc::channel();
    let sent = Arc::new(Mutex::new(sent));
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        read_head(&mut stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").unwrap();
        for () in ticks {
            // The client may have had enough.
            drop(stream.write_all(b"a"));
            tell.send(()).unwrap();
        }
    });
    let begun = Instant::now();
    let visit = start(&fetcher(settings()), url);
    for _ in 0..25 {
        tick.send(()).unwrap();
        next(&sent).await;
        advance(Duration::from_secs(1)).await;
    }
    let (fetched, ended) = visit.await.unwrap();
    assert_eq!(
        fetched.visit.error.as_deref(),
        Some("no complete answer within 20 s; see `fetch.timeout`")
    );
    assert!(ended - begun >= Duration::from_secs(20));
}

#[tokio::test]
async fn a_server_that_never_finishes_its_handshake_is_left_after_ten_seconds() {
    let _still = Still::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let (tell, accepted) = mpsc::channel::<TcpStream>();
    let accepted = Arc::new(Mutex::new(accepted));
    std::thread::spawn(move || tell.send(listener.accept().unwrap().0).unwrap());
    let visit = start(&fetcher(settings()), url);
    let _open = next(&accepted).await;
    for _ in 0..11 {
        advance(Duration::from_secs(1)).await;
    }
    assert_eq!(visit.await.unwrap().0.visit.error.as_deref(), Some("no connection within 10 s"));
}

#[tokio::test]
async fn a_pause_lies_between_two_requests_to_a_host() {
    let _still = Still::new();
    let arrived = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&arrived);
    let (tell, told) = mpsc::channel();
    let told = Arc::new(Mutex::new(told));
    let server = Server::at("127.0.0.1", move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        tell.send(()).unwrap();
        feed()
    });
    let other = Server::start(vec![feed()]);
    let paused = Settings { host_pause: Duration::from_secs(5), per_host: 3, ..settings() };
    let fetcher = fetcher(paused);
    let mut visits = start_all(&fetcher, &server.url, 3);
    for turn in 1..=3 {
        next(&told).await;
        assert!(visits.join_next().await.unwrap().unwrap().0.body.is_some());
        // A moment for whoever does not wait.
        advance(Duration::from_millis(4_900)).await;
        spawn_blocking(std::thread::yield_now).await.unwrap();
        assert_eq!(arrived.load(Ordering::SeqCst), turn);
        advance(Duration::from_millis(200)).await;
    }
    let elsewhere = start(&fetcher, other.url.replace("127.0.0.1", "localhost"));
    assert!(elsewhere.await.unwrap().0.body.is_some(), "another host does not wait");
}

#[tokio::test]
async fn waiting_for_a_turn_takes_nothing_from_the_time_of_a_visit() {
    let _still = Still::new();
    let (tell, told) = mpsc::channel();
    let told = Arc::new(Mutex::new(told));
    let server = Server::at("127.0.0.1", move |_| {
        tell.send(()).unwrap();
        feed()
    });
    let slow = Settings {
        host_pause: Duration::from_secs(8),
        timeout: Duration::from_secs(10),
        ..settings()
    };
    let fetcher = fetcher(slow);
    let mut visits = start_all(&fetcher, &server.url, 4);
    for _ in 0..4 {
        next(&told).await;
        assert_eq!(visits.join_next().await.unwrap().unwrap().0.visit.error, None);
        advance(Duration::from_secs(9)).await;
    }
}

/// A server that holds each answer back before its last byte until it is told to let one go.
struct Holding {
    url: String,
    arrived: Arc<Mutex<mpsc::Receiver<()>>>,
    release: mpsc::Sender<()>,
    most: Arc<AtomicUsize>,
}

impl Holding {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (tell, arrived) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let released = Arc::new(Mutex::new(released));
        let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let seen = Arc::clone(&most);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let (tell, released) = (tell.clone(), Arc::clone(&released));
                let (open, most) = (Arc::clone(&open), Arc::clone(&seen));
                std::thread::spawn(move || {
                    read_head(&mut stream);
                    most.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    let answer = answer("200 OK", "", FEED);
                    let (last, all) = answer.split_last().unwrap();
                    stream.write_all(all).unwrap();
                    tell.send(()).unwrap();
                    released.lock().unwrap().recv().unwrap();
                    open.fetch_sub(1, Ordering::SeqCst);
                    stream.write_all(&[*last]).unwrap();
                });
            }
        });
        Self { url, arrived: Arc::new(Mutex::new(arrived)), release, most }
    }
}

#[tokio::test]
async fn no_more_requests_run_at_once_than_are_allowed_until_the_last_byte() {
    for (per_host, concurrency, expected) in [(1, 8, 1), (2, 8, 2), (8, 3, 3)] {
        let server = Holding::start();
        let fetcher = fetcher(Settings { per_host, concurrency, ..settings() });
        let mut visits = start_all(&fetcher, &server.url, 6);
        for _ in 0..expected {
            next(&server.arrived).await;
        }
        for _ in 0..6 {
            server.release.send(()).unwrap();
        }
        while let Some(visit) = visits.join_next().await {
            assert!(visit.unwrap().0.body.is_some());
        }
        assert_eq!(server.most.load(Ordering::SeqCst), expected, "{per_host} {concurrency}");
    }
}

#[tokio::test]
async fn connections_are_used_again_and_no_more_of_them_are_open_than_allowed() {
    for per_host in [1, 3] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let seen = Arc::clone(&most);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, open, most) = (stream.unwrap(), open.clone(), seen.clone());
                most.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::spawn(move || {
                    while !read_head(&mut stream).0.is_empty() {
                        let head =
                            format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", FEED.len());
                        stream.write_all(&[head.as_bytes(), FEED].concat()).unwrap();
                    }
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        let fetcher = fetcher(Settings { per_host, ..settings() });
        let mut visits = start_all(&fetcher, &url, 40);
        while let Some(visit) = visits.join_next().await {
            assert_eq!(visit.unwrap().0.visit.error, None);
        }
        assert!(most.load(Ordering::SeqCst) <= per_host, "{most:?} open at once");
    }
}

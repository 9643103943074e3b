//! Whether the daemon really moves; and systemd's watchdog, which restarts one that does not.
//!
//! A ping from a thread of its own would prove that this thread lives, and nothing else. So one is
//! sent only when two things have just been seen:
//!
//! - The scheduler moves: its loop went around within [`ROUND`] (it has something to look at every
//!   few seconds), or is inside a job that is within its limit ([`Work::limit`]). Visits go on beside
//!   the loop, and have a limit too.
//! - The server answers: a request for `/healthz` came back through the socket that readers use, its
//!   accept loop and its router; or from the accept loop alone, that there is no room.
//!
//! Both are looked at four times in each interval of the watchdog (`WatchdogSec=`), so that one slow
//! answer under load restarts nobody. What is wrong is logged before systemd acts.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::systemd;
use crate::web::listener::is_refusal;

/// Longest time between two rounds of the loop outside jobs; it has something to look at every two
/// seconds, and a machine may be short of processors for a while.
const ROUND: Duration = Duration::from_secs(30);

/// How often all is looked at within an interval of the watchdog.
const LOOKS: u32 = 4;

/// What can take its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// Reading the articles and writing feeds.
    Regen,
    /// Making suggestions.
    Suggest,
    /// Waiting for the database.
    Store,
    /// Visiting sources.
    Visits,
}

impl Work {
    /// The time after which it is taken for stuck: far more than ten thousand articles (six seconds) or
    /// a thousand slow sources take.
    fn limit(self) -> Duration {
        match self {
            Self::Regen | Self::Suggest | Self::Store => Duration::from_mins(15),
            Self::Visits => Duration::from_hours(1),
        }
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Regen => "the regeneration",
            Self::Suggest => "ranking suggestions",
            Self::Store => "waiting for the database",
            Self::Visits => "visiting sources",
        })
    }
}

/// Where the daemon is, shared with whoever watches it.
#[derive(Debug, Clone)]
pub(super) struct Pulse(Arc<Mutex<Place>>);

#[derive(Debug)]
struct Place {
    /// When the loop last went around.
    round: Instant,
    /// What goes on, and since when.
    works: Vec<(Work, Instant)>,
    /// Where the server listens, once it does.
    server: Option<SocketAddr>,
}

impl Pulse {
    /// The pulse of a daemon that begins.
    pub(super) fn new() -> Self {
        Self::at(Instant::now())
    }

    /// That of one whose loop last went around at `round`.
    pub(super) fn at(round: Instant) -> Self {
        let place = Place { round, works: Vec::new(), server: None };
        Self(Arc::new(Mutex::new(place)))
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The loop goes around.
    pub(super) fn beat(&self) {
        self.place().round = Instant::now();
    }

    /// The server listens here now.
    pub(super) fn serve_at(&self, address: SocketAddr) {
        self.place().server = Some(address);
    }

    /// Something begins that may take a while; it ends when what is returned is dropped.
    pub(super) fn begin(&self, work: Work) -> Working {
        self.place().works.push((work, Instant::now()));
        Working { pulse: self.clone(), work }
    }

    /// What does not move at `now`, as a sentence.
    fn stuck(&self, now: Instant) -> Option<String> {
        // Bound, so that the place is free again for the next look.
        let visits = self.place().late(now, |work| work == Work::Visits);
        visits.or_else(|| self.still(now))
    }

    /// Why the loop does not move at `now`, as a sentence. Visits go on beside it, and are no excuse for it.
    pub(super) fn still(&self, now: Instant) -> Option<String> {
        let place = self.place();
        if let Some(late) = place.late(now, |work| work != Work::Visits) {
            return Some(late);
        }
        let in_a_job = place.works.iter().any(|(work, _)| *work != Work::Visits);
        let since = now.duration_since(place.round);
        (!in_a_job && since > ROUND)
            .then(|| format!("the scheduler has stood still for {} seconds", since.as_secs()))
    }
}

impl Place {
    /// The first of some works that goes on for too long at `now`, as a sentence.
    fn late(&self, now: Instant, is_one: impl Fn(Work) -> bool) -> Option<String> {
        let mut works = self.works.iter().filter(|(work, _)| is_one(*work));
        let (work, since) =
            works.find(|(work, since)| now.duration_since(*since) > work.limit())?;
        let minutes = now.duration_since(*since).as_secs() / 60;
        Some(format!("{work} has been going on for {minutes} minutes"))
    }
}

/// Something that goes on.
#[derive(Debug)]
pub(super) struct Working {
    pulse: Pulse,
    work: Work,
}

impl Drop for Working {
    fn drop(&mut self) {
        let mut place = self.pulse.place();
        if let Some(at) = place.works.iter().position(|(work, _)| *work == self.work) {
            place.works.remove(at);
        }
        place.round = Instant::now();
    }
}

/// Feeds the watchdog, where systemd has set one, until `stop`.
pub(super) fn watch(pulse: &Pulse, stop: &CancellationToken) -> Option<JoinHandle<()>> {
    let pause = sd_notify::watchdog_enabled()? / LOOKS;
    let (pulse, stop) = (pulse.clone(), stop.clone());
    Some(tokio::spawn(async move {
        let mut looks = tokio::time::interval(pause);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = looks.tick() => {}
            }
            match wrong(&pulse, pause).await {
                None => systemd::alive(),
                Some(reason) => tracing::error!("the watchdog is not fed: {reason}"),
            }
        }
    }))
}

/// What does not move, as a sentence. The server gets `patience` to answer.
async fn wrong(pulse: &Pulse, patience: Duration) -> Option<String> {
    if let Some(stuck) = pulse.stuck(Instant::now()) {
        return Some(stuck);
    }
    let address = pulse.place().server?;
    unanswered(address, patience).await
}

/// Why the server that listens at `address` does not answer as a live one does, as a sentence; none where
/// it does.
pub async fn unanswered(address: SocketAddr, patience: Duration) -> Option<String> {
    match tokio::time::timeout(patience, ask(address)).await {
        Ok(Ok(answer)) if answer.starts_with(b"HTTP/1.1 200") => None,
        // All places are taken by others, which is no reason to restart it.
        Ok(Ok(answer)) if is_refusal(&answer) => None,
        Ok(Ok(_)) => Some("the server does not say that it is well".to_owned()),
        Ok(Err(error)) => Some(format!("the server cannot be reached: {error}")),
        Err(_) => Some("the server does not answer".to_owned()),
    }
}

/// The first bytes of the server's answer.
async fn ask(address: SocketAddr) -> io::Result<Vec<u8>> {
    let stream = TcpStream::connect(reachable(address)).await?;
    let request = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let mut sent = 0;
    while sent < request.len() {
        stream.writable().await?;
        sent += attempt(stream.try_write(&request[sent..]))?;
    }
    // What tells one answer from another is shorter, and comes whole in the first packet.
    let mut answer = [0; 256];
    loop {
        stream.readable().await?;
        match stream.try_read(&mut answer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            read => return read.map(|length| answer[..length].to_vec()),
        }
    }
}

/// How many bytes went, none where the socket was not ready after all.
fn attempt(result: io::Result<usize>) -> io::Result<usize> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
        result => result,
    }
}

/// Where a server that listens at `address` is reached from this machine.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;
    use tokio::sync::watch;

    use super::*;
    use crate::web;

    #[test]
    fn a_loop_that_stands_still_is_noticed_unless_it_is_at_work_within_the_limit() {
        let pulse = Pulse::new();
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(pulse.stuck(after(5)), None);
        let still = pulse.stuck(after(60)).unwrap();
        assert!(still.starts_with("the scheduler has stood still for "), "{still}");

        let visits = pulse.begin(Work::Visits);
        assert!(pulse.stuck(after(60)).is_some(), "visits go on beside the loop");
        let regen = pulse.begin(Work::Regen);
        assert_eq!(pulse.stuck(after(60)), None);
        assert_eq!(pulse.stuck(after(14 * 60)), None);
        let late = "the regeneration has been going on for 16 minutes";
        assert_eq!(pulse.stuck(after(16 * 60 + 5)).as_deref(), Some(late));
        assert_eq!(pulse.still(after(16 * 60 + 5)).as_deref(), Some(late));
        drop(regen);
        assert!(pulse.stuck(after(61 * 60)).unwrap().starts_with("visiting sources"));
        assert!(pulse.still(after(61 * 60)).unwrap().starts_with("the scheduler has stood still"));
        drop(visits);
        assert_eq!(pulse.stuck(Instant::now()), None);
    }

    #[tokio::test]
    async fn a_server_that_does_not_answer_is_noticed() {
        let pulse = Pulse::new();
        let wrong = || wrong(&pulse, Duration::from_millis(50));
        assert_eq!(wrong().await, None, "before there is a server, the scheduler counts alone");
        // The system takes the connection, and nobody accepts it.
        let deaf = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = deaf.local_addr().unwrap();
        pulse.serve_at(address);
        assert_eq!(wrong().await.as_deref(), Some("the server does not answer"));
        drop(deaf);
        let gone = wrong().await.unwrap();
        assert!(gone.starts_with("the server cannot be reached: "), "{gone}");
    }

    #[derive(Debug)]
    struct Nobody;

    impl web::api::Answers for Nobody {
        fn suggestions(&self, _: &web::api::Wanted) -> Result<String, web::api::Refusal> {
            Err(web::api::Refusal::Unready("nobody".to_owned()))
        }
    }

    /// A server with so many places, and where it listens.
    async fn server(connections: usize, stop: &CancellationToken) -> SocketAddr {
        let folder = std::path::PathBuf::from("nowhere");
        let shown = web::Shown {
            shelf: Arc::new(web::Shelf::new(folder, None, 0, Duration::ZERO)),
            tally: Arc::default(),
            redirects: watch::channel(web::Redirects::default()).1,
            readiness: watch::channel(web::Readiness::Ready).1,
            metrics: watch::channel("".into()).1,
            answers: Arc::new(Nobody),
            door: web::api::Door::new(None),
            subscriber: None,
        };
        let site = web::Site::new(shown, web::Limits { connections, ..web::Limits::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(web::serve(listener, site, stop.clone()));
        address
    }

    #[tokio::test]
    async fn a_server_without_room_is_alive_and_one_that_says_something_else_is_not() {
        let stop = CancellationToken::new();
        for places in [0, 1] {
            let address = server(places, &stop).await;
            assert_eq!(unanswered(address, Duration::from_mins(1)).await, None, "{places}");
        }
        stop.cancel();
        let broken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = broken.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = broken.accept().await.unwrap();
            stream.readable().await.unwrap();
            let answer = b"HTTP/1.1 503 Service Unavailable\r\nserver: a proxy\r\n\r\n";
            stream.write_all(answer).await.unwrap();
        });
        let reason = unanswered(address, Duration::from_mins(1)).await;
        assert_eq!(reason.as_deref(), Some("the server does not say that it is well"));
    }

    #[test]
    fn a_server_that_listens_everywhere_is_reached_here() {
        for (listens, reached) in [
            ("0.0.0.0:80", "127.0.0.1:80"),
            ("[::]:80", "[::1]:80"),
            ("192.0.2.1:80", "192.0.2.1:80"),
        ] {
            assert_eq!(reachable(listens.parse().unwrap()), reached.parse().unwrap());
        }
    }
}

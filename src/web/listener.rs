//! The sockets: accepting, bounds, time limits, and a stop that lets open requests end.
//!
//! A client that sends its headers a byte a minute, that never reads, or that brings a thousand of its
//! kind must not hold a place for ever: headers have a time limit, writing has one, connections have a
//! number, and the drain at the stop has a time limit too.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Limits;
use super::crowd::{Crowd, Full};
use super::hands::Hands;
use super::patient::Patient;
use super::site::Site;

/// How long open requests may go on after the stop; systemd and people get impatient after it.
const DRAIN_TIME: Duration = Duration::from_secs(3);

/// How long a client that came just before the stop may take to ask its first question.
const FIRST_TIME: Duration = Duration::from_secs(1);

/// Pause after an accept that failed for want of file descriptors, which only time cures.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The most that `hyper` reads of one request's head. Above [`Limits::headers`], so that what is a bit
/// too long gets an answer that says what is.
const BUFFER: usize = 128 << 10;

/// How many at once are told that there is no room, and how long that may take; the others are cut off.
const REFUSED: usize = 32;
const REFUSAL_TIME: Duration = Duration::from_secs(1);

/// Serves `site` on `listener` until `stop`, then drains.
pub async fn serve(listener: TcpListener, site: Arc<Site>, stop: CancellationToken) {
    let hands = match Hands::start() {
        Ok(hands) => hands,
        Err(error) => {
            tracing::error!("nothing can be served: {error}");
            return;
        }
    };
    let connected = TaskTracker::new();
    let crowd = Crowd::new(site.limits.connections, site.limits.connections_of_one);
    let refusals = Arc::new(Semaphore::new(REFUSED));
    let protocol = protocol(&site.limits);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                pause_after(&error).await;
                continue;
            }
        };
        let place = match crowd.enter(peer.ip()) {
            Ok(place) => place,
            Err(full) => {
                if let Ok(permit) = Arc::clone(&refusals).try_acquire_owned() {
                    tokio::spawn(async move {
                        drop(tokio::time::timeout(REFUSAL_TIME, refuse(stream, full)).await);
                        drop(permit);
                    });
                }
                continue;
            }
        };
        // It belongs to another thread's events from here on.
        let Ok(stream) = stream.into_std() else { continue };
        let (protocol, site, stop) = (protocol.clone(), Arc::clone(&site), stop.clone());
        let talk = async move {
            let Ok(stream) = TcpStream::from_std(stream) else { return };
            if let Err(error) = talk(&protocol, &site, stream, peer, &stop).await {
                // The client went away or broke the protocol: its business, not ours.
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        };
        connected.spawn_on(talk, hands.next());
    }
    drop(listener);
    connected.close();
    if tokio::time::timeout(DRAIN_TIME, connected.wait()).await.is_err() {
        tracing::warn!("some clients did not finish in time and were cut off");
    }
}

/// Without `pipeline_flush`: with it, `hyper` buffers answers without a bound while more requests come, and
/// never sends the one to a broken request.
fn protocol(limits: &Limits) -> http1::Builder {
    let mut protocol = http1::Builder::new();
    protocol.timer(TokioTimer::new()).header_read_timeout(limits.header_time).max_buf_size(BUFFER);
    protocol
}

/// Answers one client until it goes, or until `stop`: what it has asked by then is answered, and so is a
/// first question that is on its way. (`hyper`, asked to end, would close a connection of which it has
/// seen nothing yet, and who had just come would be refused.)
async fn talk(
    protocol: &http1::Builder,
    site: &Arc<Site>,
    stream: TcpStream,
    peer: SocketAddr,
    stop: &CancellationToken,
) -> Result<(), hyper::Error> {
    // Whole answers are written at once; to wait for more would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection cannot be told not to wait");
    }
    let stream = Patient::new(stream, site.limits.stall_time);
    let asked = AtomicBool::new(false);
    let service = service_fn(|request| {
        asked.store(true, Ordering::Relaxed);
        async {
            let mut response = site.answer(peer.ip(), request).await;
            if stop.is_cancelled() {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(response)
        }
    });
    let mut connection = pin!(protocol.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        ended = connection.as_mut() => return ended,
        () = stop.cancelled() => {}
    }
    if asked.load(Ordering::Relaxed) {
        connection.as_mut().graceful_shutdown();
        return connection.await;
    }
    tokio::time::timeout(FIRST_TIME, connection).await.unwrap_or(Ok(()))
}

/// What every refusal has after its status, and no other answer of ours.
const REFUSED_HEAD: &str = "\r\nconnection: close\r\nretry-after: 10\r\n";

/// Whether `answer` begins as that of a server without room does: it lives, and has much to do.
pub fn is_refusal(answer: &[u8]) -> bool {
    let statuses = [Full::All, Full::One].map(status);
    let heads = statuses.map(|status| format!("HTTP/1.1 {status}{REFUSED_HEAD}"));
    heads.iter().any(|head| answer.starts_with(head.as_bytes()))
}

fn status(full: Full) -> &'static str {
    match full {
        Full::All => "503 Service Unavailable",
        Full::One => "429 Too Many Requests",
    }
}

/// Tells a client that there is no room, and hears it out: a socket that is closed with something
/// unread takes the answer with it.
async fn refuse(mut stream: TcpStream, full: Full) -> io::Result<()> {
    let status = status(full);
    let text = "too many connections are open; come back in a moment\n";
    let answer = format!(
        "HTTP/1.1 {status}{REFUSED_HEAD}content-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\n\r\n{text}",
        text.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    let mut rest = [0; 4096];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

async fn pause_after(error: &io::Error) {
    tracing::warn!("a connection could not be accepted: {error}");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

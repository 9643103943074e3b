//! What the daemon tells systemd, and takes from it; without systemd, nobody hears, and that is no error.
//!
//! The words are those of `sd_notify(3)`: `READY=1` once feeds stand and the server is open,
//! `RELOADING=1` with the time on the monotonic clock when a reload begins (which is what
//! `Type=notify-reload` asks for) and `READY=1` when it is over, `STOPPING=1`, and a `STATUS=` that
//! `systemctl status` shows. What feeds the watchdog stands in [`super::pulse`].

use std::io;
use std::net::TcpListener;

use listenfd::ListenFd;
use sd_notify::NotifyState;

/// The daemon does its work.
pub(super) fn ready() {
    notify(&[NotifyState::Ready]);
}

/// The daemon has begun to read its configuration anew; [`ready`] ends that.
pub(super) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => notify(&[NotifyState::Reloading, now]),
        Err(error) => tracing::error!("the monotonic clock cannot be read: {error}"),
    }
}

/// The daemon has begun to stop.
pub(super) fn stopping() {
    notify(&[NotifyState::Stopping, NotifyState::Status("Stopping")]);
}

/// What the daemon is doing, in a sentence.
pub(super) fn status(sentence: &str) {
    // A line's end would begin the next field.
    let line = sentence.replace('\n', " ");
    notify(&[NotifyState::Status(&line)]);
}

/// All is moving.
pub(super) fn alive() {
    notify(&[NotifyState::Watchdog]);
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!("systemd was not told: {error}");
    }
}

/// The listening socket that systemd holds open for us (`headwater.socket`), where it does: its
/// connections wait while the daemon is started again. Call it before any thread is started, since it
/// takes the variables out of the environment.
///
/// # Errors
///
/// What was handed over is no TCP socket, or there are several.
pub fn inherited_listener() -> io::Result<Option<TcpListener>> {
    let mut handed = ListenFd::from_env();
    if handed.len() > 1 {
        return Err(io::Error::other("more than one was handed over"));
    }
    handed.take_tcp_listener(0)
}

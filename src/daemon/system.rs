//! What the daemon hears from the operating system, and tells it: the clock, signals, systemd.

use std::future::pending;
use std::io;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Longest sleep: a machine that slept notices a missed job within it.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// Waits until `due` by the wall clock, which may jump; for ever where nothing is due.
pub(super) async fn until(due: Option<DateTime<Utc>>) {
    let Some(due) = due else { return pending().await };
    while let Ok(left) = (due - Utc::now()).to_std() {
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(LONGEST_SLEEP)).await;
    }
}

/// Cancels `stop` at SIGTERM or Ctrl-C.
pub(super) fn stop_on_signals(stop: &CancellationToken) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.cancel();
    });
    Ok(())
}

/// Tells systemd, where the daemon was started by it.
pub(super) fn notify_systemd(states: &[sd_notify::NotifyState<'_>]) {
    // Without systemd there is nobody to tell, and that is no error.
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd was not told");
    }
}

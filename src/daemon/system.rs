//! What the daemon hears from the operating system: the clock and the signals.

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::systemd;

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

/// What the operator asks for by signals.
#[derive(Debug, Clone, Default)]
pub(super) struct Signals {
    /// SIGTERM, or Ctrl-C.
    pub(super) stop: CancellationToken,
    /// SIGHUP: read the configuration anew. What is asked for while nobody listens is kept.
    pub(super) reload: Arc<Notify>,
}

impl Signals {
    /// Listens from now on, also to SIGHUP, which would end a process that does not.
    ///
    /// # Errors
    ///
    /// The system gives no signals.
    pub(super) fn listen() -> io::Result<Self> {
        let this = Self::default();
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        let Self { stop, reload } = this.clone();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = terminate.recv() => break,
                    _ = interrupt.recv() => break,
                    _ = hang_up.recv() => reload.notify_one(),
                }
            }
            tracing::info!("stopping");
            systemd::stopping();
            stop.cancel();
            // Who stops has no use for a new configuration, and must not be ended by asking for one.
            while hang_up.recv().await.is_some() {}
        });
        Ok(this)
    }
}

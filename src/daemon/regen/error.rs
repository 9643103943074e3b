//! Why no feeds were written, in sentences that name the place and the remedy.

use std::io;
use std::time::Duration;

use thiserror::Error;

use crate::article::scan::ScanError;
use crate::feed::write::WriteError;
use crate::problem::Problem;

/// Why no feeds were written.
#[derive(Debug, Error)]
pub enum RegenError {
    /// The article folder cannot be read.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// The vocabulary is wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Vocabulary(Vec<Problem>),
    /// `--tag` or `--topic` names nothing.
    #[error("no published article has {0}; `headwater check` lists what there is")]
    NoSuchTerm(String),
    /// Feeds with such an address would lead readers to their own machines.
    #[error(
        "{key} is {url}, which nobody elsewhere can reach; give the public address, or --allow-local for a trial"
    )]
    Local {
        /// Key of the configuration.
        key: &'static str,
        /// What stands there.
        url: String,
    },
    /// The folder of the feeds cannot be locked.
    #[error("{folder}: the feeds' folder cannot be used: {source}; see `feeds.dir`")]
    Lock {
        /// The folder.
        folder: String,
        /// What the system says.
        source: io::Error,
    },
    /// Another process writes feeds, or hangs, and was waited for in vain.
    #[error(
        "{lock}: another process has held this lock for {} seconds, and no feeds are written meanwhile; `lslocks` shows which one: end it if it hangs",
        .patience.as_secs()
    )]
    Busy {
        /// The lock's file.
        lock: String,
        /// How long it was waited for.
        patience: Duration,
    },
    /// The disk is full, or the folder takes no files.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl RegenError {
    /// Whether it may pass while the feeds of before are served: what is wrong lies outside the
    /// configuration, and is looked at again by the next run.
    pub(in crate::daemon) fn may_pass(&self) -> bool {
        match self {
            Self::Vocabulary(_) | Self::Lock { .. } | Self::Busy { .. } | Self::Write(_) => true,
            Self::Scan(_) | Self::NoSuchTerm(_) | Self::Local { .. } => false,
        }
    }
}

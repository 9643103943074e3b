//! What may be wrong, as values: each trouble has a key that stays the same as long as it lasts, a kind
//! that programs know, and facts from which [`words`](super::words) makes sentences.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::source::Failure;
use crate::store::JobName;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What it is.
    pub what: What,
    /// Since when, where that is known.
    pub since: Option<DateTime<Utc>>,
}

/// What is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// There are no feeds; `lost` where there were some.
    NoFeeds {
        /// Their folder.
        folder: String,
        /// Whether they have been written before.
        lost: bool,
    },
    /// No article is published.
    NoArticles,
    /// The newest article is old.
    StaleArticles {
        /// When it was published.
        newest: DateTime<Utc>,
    },
    /// The newest item of a source is old.
    StaleSource {
        /// The source.
        id: String,
        /// When it was published.
        newest: DateTime<Utc>,
    },
    /// The newest entry of a feed is old.
    StaleFeed {
        /// The feed's folder below the feeds' folder.
        path: String,
        /// When it was published.
        newest: DateTime<Utc>,
    },
    /// A source fails again and again.
    SourceFailing {
        /// The source.
        id: String,
        /// Failures in a row.
        failures: u32,
        /// What kind of failure the last one was.
        failure: Failure,
        /// The last one exactly.
        error: String,
        /// When it last answered well.
        last_good: Option<DateTime<Utc>>,
    },
    /// A source has answered 410.
    SourceGone {
        /// The source.
        id: String,
    },
    /// The source list cannot be read.
    SourceList {
        /// Why.
        reason: String,
    },
    /// A disk is nearly full.
    DiskFull {
        /// What we keep there.
        holds: String,
        /// A folder on it.
        folder: String,
        /// Bytes that we may still write.
        free: u64,
        /// Bytes of the whole.
        size: u64,
    },
    /// A disk has hardly room for more files, however small.
    InodesLow {
        /// What we keep there.
        holds: String,
        /// A folder on it.
        folder: String,
        /// Files that we may still make.
        free: u64,
    },
    /// A folder takes no files.
    Unwritable {
        /// The folder.
        folder: String,
        /// The key of the configuration that names it.
        key: &'static str,
        /// What the system says.
        reason: String,
    },
    /// The database is damaged.
    Damaged {
        /// Its file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The clock tells a time that cannot be.
    ClockWrong,
    /// Something was dated by a clock that was ahead.
    ClockAhead {
        /// The latest time of an item.
        latest: DateTime<Utc>,
    },
    /// The last run of a job failed.
    JobFailed {
        /// The job.
        job: JobName,
        /// Why.
        error: String,
    },
    /// A run of a job has begun and not ended.
    JobUnfinished {
        /// The job.
        job: JobName,
        /// Whether its process still lives.
        alive: bool,
    },
    /// A job has not run although its schedule says so.
    JobOverdue {
        /// The job.
        job: JobName,
        /// When it last began.
        last: Option<DateTime<Utc>>,
    },
    /// The daemon's loop does not move.
    Standstill {
        /// What it is in, and for how long.
        reason: String,
    },
    /// A feed on the disk cannot be read.
    FeedInvalid {
        /// Its file below the feeds' folder.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A feed has lost its entries.
    FeedEmpty {
        /// Its file below the feeds' folder.
        file: String,
    },
    /// Files of feeds are not there any more.
    FeedsMissing {
        /// One of them, below the feeds' folder.
        file: String,
        /// How many.
        count: usize,
    },
    /// The hub does not take our news.
    Hub {
        /// Its address.
        hub: String,
        /// Why not.
        reason: String,
    },
    /// The webhook does not take our messages.
    Undelivered {
        /// Why not.
        reason: String,
    },
    /// A changed configuration was refused, and the one before it is still in force.
    Configuration {
        /// Why.
        reason: String,
    },
    /// Something that we live on cannot be read.
    Unreadable {
        /// What, `articles` or `database`.
        what: &'static str,
        /// Why.
        reason: String,
    },
}

macro_rules! kinds {
    ($($kind:ident $name:literal $what:pat,)+) => {
        /// The kinds of trouble, as programs know them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[expect(missing_docs, reason = "each is the variant of `What` with this name")]
        pub enum Kind { $($kind),+ }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind),+];

            /// Its name for programs.
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name),+ }
            }
        }

        impl What {
            /// Its kind.
            pub fn kind(&self) -> Kind {
                match self { $($what => Kind::$kind),+ }
            }
        }
    };
}

kinds! {
    NoFeeds "no_feeds" Self::NoFeeds { .. },
    NoArticles "no_articles" Self::NoArticles,
    StaleArticles "stale_articles" Self::StaleArticles { .. },
    StaleSource "stale_source" Self::StaleSource { .. },
    StaleFeed "stale_feed" Self::StaleFeed { .. },
    SourceFailing "source_failing" Self::SourceFailing { .. },
    SourceGone "source_gone" Self::SourceGone { .. },
    SourceList "source_list" Self::SourceList { .. },
    DiskFull "disk_full" Self::DiskFull { .. },
    InodesLow "inodes_low" Self::InodesLow { .. },
    Unwritable "unwritable" Self::Unwritable { .. },
    Damaged "database_damaged" Self::Damaged { .. },
    ClockWrong "clock_wrong" Self::ClockWrong,
    ClockAhead "clock_ahead" Self::ClockAhead { .. },
    JobFailed "job_failed" Self::JobFailed { .. },
    JobUnfinished "job_unfinished" Self::JobUnfinished { .. },
    JobOverdue "job_overdue" Self::JobOverdue { .. },
    Standstill "standstill" Self::Standstill { .. },
    FeedInvalid "feed_invalid" Self::FeedInvalid { .. },
    FeedEmpty "feed_empty" Self::FeedEmpty { .. },
    FeedsMissing "feeds_missing" Self::FeedsMissing { .. },
    Hub "hub" Self::Hub { .. },
    Undelivered "undelivered" Self::Undelivered { .. },
    Configuration "configuration" Self::Configuration { .. },
    Unreadable "unreadable" Self::Unreadable { .. },
}

impl Kind {
    /// Whether it is Headwater itself that does not do its work, and not somebody whom it watches.
    pub fn is_our_own(self) -> bool {
        match self {
            Self::NoFeeds
            | Self::SourceList
            | Self::DiskFull
            | Self::InodesLow
            | Self::Unwritable
            | Self::Damaged
            | Self::ClockWrong
            | Self::ClockAhead
            | Self::JobFailed
            | Self::JobUnfinished
            | Self::JobOverdue
            | Self::Standstill
            | Self::FeedInvalid
            | Self::FeedEmpty
            | Self::FeedsMissing
            | Self::Configuration
            | Self::Unreadable => true,
            Self::NoArticles
            | Self::StaleArticles
            | Self::StaleSource
            | Self::StaleFeed
            | Self::SourceFailing
            | Self::SourceGone
            | Self::Hub
            | Self::Undelivered => false,
        }
    }

    /// How long it must last before anybody is told. A machine that wakes up is late with everything,
    /// and a minute later with nothing.
    pub fn settling(self) -> TimeDelta {
        match self {
            Self::JobOverdue | Self::Standstill => TimeDelta::minutes(5),
            _ => TimeDelta::zero(),
        }
    }
}

impl Trouble {
    /// A trouble of which only its being there is known.
    pub fn new(what: What) -> Self {
        Self { what, since: None }
    }

    /// A trouble that is known to have begun at `since`.
    pub fn begun(what: What, since: Option<DateTime<Utc>>) -> Self {
        Self { what, since }
    }

    /// What stays the same as long as it lasts, and tells it from every other.
    pub fn key(&self) -> String {
        match &self.what {
            What::NoFeeds { .. } => "feeds:none".to_owned(),
            What::NoArticles => "articles:none".to_owned(),
            What::StaleArticles { .. } => "articles:stale".to_owned(),
            What::StaleSource { id, .. } => format!("source:{id}:stale"),
            What::StaleFeed { path, .. } => format!("feed:{path}:stale"),
            What::SourceFailing { id, .. } => format!("source:{id}:failing"),
            What::SourceGone { id } => format!("source:{id}:gone"),
            What::SourceList { .. } => "sources:list".to_owned(),
            What::DiskFull { holds, .. } => format!("disk:{holds}:full"),
            What::InodesLow { holds, .. } => format!("disk:{holds}:inodes"),
            What::Unwritable { key, .. } => format!("{key}:unwritable"),
            What::Damaged { .. } => "database:damaged".to_owned(),
            What::ClockWrong => "clock:wrong".to_owned(),
            What::ClockAhead { .. } => "clock:ahead".to_owned(),
            What::JobFailed { job, .. } => format!("job:{job}:failed"),
            What::JobUnfinished { job, .. } => format!("job:{job}:unfinished"),
            What::JobOverdue { job, .. } => format!("job:{job}:overdue"),
            What::Standstill { .. } => "daemon:standstill".to_owned(),
            What::FeedInvalid { file, .. } => format!("feed:{file}:invalid"),
            What::FeedEmpty { file } => format!("feed:{file}:empty"),
            What::FeedsMissing { .. } => "feeds:missing".to_owned(),
            What::Hub { .. } => "hub:deaf".to_owned(),
            What::Undelivered { .. } => "alerts:undelivered".to_owned(),
            What::Configuration { .. } => "configuration:refused".to_owned(),
            What::Unreadable { what, .. } => format!("{what}:unreadable"),
        }
    }
}

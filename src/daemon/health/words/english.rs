//! Troubles in English.

use super::{Clock, Words, by_hand, bytes, percent};
use crate::daemon::health::trouble::{Trouble, What};

#[expect(clippy::too_many_lines, reason = "a table: an arm for each trouble")]
pub(super) fn words(trouble: &Trouble, clock: Clock) -> Words {
    let since = trouble.since.map(|since| clock.minute(since));
    let (problem, remedy) = match &trouble.what {
        What::NoFeeds { lost: false, .. } => (
            "no feeds have been written yet".to_owned(),
            "run `headwater regen`, or `headwater run` for good".to_owned(),
        ),
        What::NoFeeds { folder, lost: true } => (
            format!("the feeds are gone from {folder}"),
            "run `headwater regen` to write them again, and see who removes them".to_owned(),
        ),
        What::NoArticles => (
            "there is no published article".to_owned(),
            "see `articles.dir`, and whether all articles are drafts".to_owned(),
        ),
        What::StaleArticles { newest } => (
            format!(
                "the newest article is {} days old ({})",
                clock.days(*newest),
                clock.day(*newest)
            ),
            "see whether publishing has stopped, or set `alerts.stale_after` higher".to_owned(),
        ),
        What::StaleSource { id, newest } => (
            format!(
                "source {id} has brought nothing new for {} days (the last on {})",
                clock.days(*newest),
                clock.day(*newest)
            ),
            format!(
                "see whether it has moved; its `stale_after` in the source list, or `headwater sources disable {id}`, ends this"
            ),
        ),
        What::StaleFeed { path, newest } => (
            format!(
                "the newest entry of the feed {path} is {} days old ({})",
                clock.days(*newest),
                clock.day(*newest)
            ),
            "publish something, or see `alerts.stale_after.feeds`".to_owned(),
        ),
        What::SourceFailing { id, failures, failure, error, last_good } => {
            let good = last_good.map_or("it has never answered well".to_owned(), |time| {
                format!("last well on {}", clock.day(time))
            });
            let since = since.map(|since| format!(" since {since}")).unwrap_or_default();
            (
                format!(
                    "source {id} has failed {failures} times{since} with {failure}: {error} ({good})"
                ),
                format!("mend its address or `headwater sources disable {id}`"),
            )
        }
        What::SourceGone { id } => (
            format!("source {id} is gone for good"),
            format!("`headwater sources remove {id}`, or give it another address"),
        ),
        What::SourceList { reason } => (
            format!("the source list cannot be read, and nothing is fetched: {reason}"),
            "mend it; `headwater check` shows every mistake".to_owned(),
        ),
        What::DiskFull { holds, folder, free, size } => (
            format!(
                "the disk that holds {holds} ({folder}) is nearly full: {} of {} free ({} %)",
                bytes(*free),
                bytes(*size),
                percent(*free, *size)
            ),
            "make room; `fetch.raw_days: 0` keeps less".to_owned(),
        ),
        What::InodesLow { holds, folder, free } => (
            format!("the disk that holds {holds} ({folder}) has room for {free} more files only"),
            "remove small files, or move the folder to a file system with more inodes".to_owned(),
        ),
        What::Unwritable { folder, key, reason } => (
            format!("{folder} cannot be written: {reason}"),
            format!("make room, or make it writable (see `{key}`)"),
        ),
        What::Damaged { file, reason } => (
            format!("the database {file} is damaged: {reason}"),
            "stop headwater and give it a copy with `headwater restore FILE`".to_owned(),
        ),
        What::ClockWrong => (
            format!(
                "this machine's clock says {}, before this program was written",
                clock.minute(clock.now)
            ),
            "set it (`timedatectl`)".to_owned(),
        ),
        What::ClockAhead { latest } => (
            format!(
                "the latest item came on {}, which lies ahead: the clock is wrong, or was",
                clock.minute(*latest)
            ),
            "set it (`timedatectl`); the next upkeep mends what it dated".to_owned(),
        ),
        What::JobFailed { job, error } => (
            format!("the last {job} failed: {error}"),
            format!("mend that, and run `{}`", by_hand(*job)),
        ),
        What::JobUnfinished { job, alive: true } => (
            format!("the {job} that began at {} has not ended", since.unwrap_or_default()),
            "see what it waits for in the log, and restart the daemon".to_owned(),
        ),
        What::JobUnfinished { job, alive: false } => (
            format!(
                "the {job} that began at {} did not finish: its process has ended",
                since.unwrap_or_default()
            ),
            format!("see the log of that moment, and run `{}`", by_hand(*job)),
        ),
        What::JobOverdue { job, last } => {
            let last = last.map_or("never".to_owned(), |last| {
                let days = clock.days(last);
                let ago = if days > 1 { format!(", {days} days ago") } else { String::new() };
                format!("last at {}{ago}", clock.minute(last))
            });
            (
                format!(
                    "no {job} has run when its schedule said so ({last}; due since {})",
                    since.unwrap_or_default()
                ),
                format!(
                    "start the daemon (`headwater run`, `systemctl status headwater`), or make `schedule.{job}` what you really do"
                ),
            )
        }
        What::Standstill { reason } => (
            format!("the daemon stands still: {reason}"),
            "see in its log what it waits for, and restart it (`systemctl restart headwater`)"
                .to_owned(),
        ),
        What::FeedInvalid { file, reason } => (
            format!("the feed {file} cannot be read: {reason}"),
            "`headwater regen` writes it anew; then see who else writes there".to_owned(),
        ),
        What::FeedEmpty { file } => (
            format!("the feed {file} had entries and has none now"),
            "see whether articles have vanished, or have all become drafts; then `headwater regen`"
                .to_owned(),
        ),
        What::FeedsMissing { file, count } => (
            format!("{count} files of feeds are missing, {file} for one"),
            "`headwater regen` writes them again; then see who removes them".to_owned(),
        ),
        What::Hub { hub, reason } => (
            format!(
                "the hub {hub} has not taken news since {}: {reason}",
                since.unwrap_or_default()
            ),
            "see `feeds.hub`".to_owned(),
        ),
        What::Undelivered { reason } => (
            format!("alerts have not been delivered since {}: {reason}", since.unwrap_or_default()),
            "see `alerts.webhook`, and try it with `headwater status --test-alert`".to_owned(),
        ),
        What::Configuration { reason } => (
            format!(
                "the changed configuration was refused, and the one before it is in force: {reason}"
            ),
            "mend it and reload; `headwater check` shows every mistake".to_owned(),
        ),
        What::Unreadable { what, reason } => (
            format!("the {what} cannot be read: {reason}"),
            "see that it is there and may be read".to_owned(),
        ),
    };
    Words { problem, remedy }
}

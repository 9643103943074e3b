//! The sources: which of them fail, are gone, or have fallen silent.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::super::websub;
use super::{Trouble, What};
use crate::config::Config;
use crate::source::politeness::State;
use crate::source::{Failure, Source};
use crate::store::{Store, StoreError};

/// Failures in a row from which on a source is a problem: one is a hiccup.
pub(in crate::daemon) const HICCUPS: u32 = 3;

/// A source that publishes once a month is not silent after a fortnight: where nobody gave it a time of
/// its own, so many of its usual pauses must have passed.
const PAUSES: i32 = 4;

/// A source that is visited.
#[derive(Debug, Clone)]
pub struct Fact {
    /// Its identifier.
    pub id: String,
    /// What is remembered of it.
    pub state: State,
    /// When its newest item was published.
    pub newest: Option<DateTime<Utc>>,
    /// How old its newest item may be.
    pub patience: Option<Duration>,
    /// Since when it is to be visited; not where a hub tells of its news, nor where it is gone.
    pub due: Option<DateTime<Utc>>,
}

/// What is known of each source that is visited.
pub(super) fn facts(
    config: &Config,
    store: &Store,
    sources: &[Source],
    now: DateTime<Utc>,
) -> Result<Vec<Fact>, StoreError> {
    let mut states = store.states()?;
    let newest = store.newest_items()?;
    let subscriptions =
        if config.public_url.is_some() { websub::known(store, now)? } else { Vec::new() };
    let enabled = sources.iter().filter(|source| source.enabled);
    Ok(enabled
        .map(|source| {
            let state = states.remove(&source.id).unwrap_or_default().of(&source.url);
            let longest = config.limits.of(source).max_interval;
            let spared = subscriptions
                .iter()
                .any(|one| one.source == source.id && one.spares(state.last_success, longest, now));
            Fact {
                id: source.id.clone(),
                newest: newest.get(&source.id).copied(),
                patience: patience(
                    source.stale_after,
                    config.alerts.stale.sources,
                    pause(&state, now),
                ),
                due: state.next_at.filter(|_| !spared && !state.gone),
                state,
            }
        })
        .collect())
}

/// How long a source usually is silent, by the entries that it showed last.
fn pause(state: &State, now: DateTime<Utc>) -> Option<TimeDelta> {
    let rhythm = state.rhythm?;
    let until = state.last_success.unwrap_or(now);
    (rhythm.entries > 1)
        .then(|| (until - rhythm.since) / i32::try_from(rhythm.entries).unwrap_or(1))
}

/// How old a source's newest item may be: `own`, else `general`, or longer where its pauses are long.
fn patience(
    own: Option<Duration>,
    general: Option<Duration>,
    pause: Option<TimeDelta>,
) -> Option<Duration> {
    own.or_else(|| {
        let usual = pause.and_then(|pause| (pause * PAUSES).to_std().ok()).unwrap_or_default();
        general.map(|general| general.max(usual))
    })
}

/// What is wrong with a source.
pub fn trouble(fact: &Fact, now: DateTime<Utc>) -> Option<Trouble> {
    let (state, id) = (&fact.state, fact.id.clone());
    if state.gone {
        return Some(Trouble::begun(What::SourceGone { id }, state.failing_since));
    }
    if state.failures >= HICCUPS {
        let what = What::SourceFailing {
            id,
            failures: state.failures,
            failure: state.failure.unwrap_or(Failure::Other),
            error: state.last_error.clone().unwrap_or_else(|| "unknown".to_owned()),
            last_good: state.last_success,
        };
        return Some(Trouble::begun(what, state.failing_since));
    }
    let (newest, patience) = (fact.newest?, TimeDelta::from_std(fact.patience?).ok()?);
    let end = newest.checked_add_signed(patience)?;
    (end < now).then(|| Trouble::begun(What::StaleSource { id, newest }, Some(end)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::politeness::Rhythm;

    const DAY: Duration = Duration::from_hours(24);

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_750_000_000, 0).unwrap()
    }

    fn ago(days: i64) -> DateTime<Utc> {
        now() - TimeDelta::days(days)
    }

    #[test]
    fn a_source_is_gone_or_fails_or_is_silent_and_never_two_of_them() {
        let failing =
            |failures| State { failures, failing_since: Some(ago(1)), ..State::default() };
        let gone =
            State { gone: true, failures: 9, failing_since: Some(ago(2)), ..State::default() };
        for (state, newest, patience, expected) in [
            (State::default(), None, None, None),
            (State::default(), Some(ago(300)), None, None),
            (State::default(), None, Some(DAY), None),
            (State::default(), Some(ago(3)), Some(DAY * 3), None),
            (State::default(), Some(ago(4)), Some(DAY * 3), Some(("source:a:stale", Some(ago(1))))),
            (failing(1), None, None, None),
            (failing(2), Some(ago(4)), Some(DAY * 3), Some(("source:a:stale", Some(ago(1))))),
            (failing(3), Some(ago(4)), Some(DAY * 3), Some(("source:a:failing", Some(ago(1))))),
            (gone, Some(ago(4)), Some(DAY * 3), Some(("source:a:gone", Some(ago(2))))),
        ] {
            let fact = Fact { id: "a".into(), state, newest, patience, due: None };
            let found = trouble(&fact, now()).map(|trouble| (trouble.key(), trouble.since));
            assert_eq!(found, expected.map(|(key, since)| (key.to_owned(), since)), "{fact:?}");
        }
    }

    #[test]
    fn who_publishes_rarely_is_given_longer_unless_the_operator_says_otherwise() {
        let monthly = Rhythm { since: ago(300), entries: 10 };
        let state = State { rhythm: Some(monthly), last_success: Some(ago(0)), ..State::default() };
        let usual = pause(&state, now());
        assert_eq!(usual, Some(TimeDelta::days(30)));
        let once = Rhythm { since: ago(300), entries: 1 };
        assert_eq!(pause(&State { rhythm: Some(once), ..State::default() }, now()), None);
        for (own, general, usual, expected) in [
            (None, None, usual, None),
            (None, Some(DAY * 14), None, Some(DAY * 14)),
            (None, Some(DAY * 14), usual, Some(DAY * 120)),
            (None, Some(DAY * 200), usual, Some(DAY * 200)),
            (Some(DAY * 2), Some(DAY * 14), usual, Some(DAY * 2)),
            (Some(DAY * 2), None, usual, Some(DAY * 2)),
        ] {
            assert_eq!(patience(own, general, usual), expected, "{own:?} {general:?}");
        }
    }
}

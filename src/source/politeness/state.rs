//! What is remembered of a source, and which address it is about.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{FieldValue, Limits, Rhythm, Wishes, later, longest_wait};
use crate::source::Failure;

/// What is remembered of a source between two visits.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The address in the source list that all of this is about.
    pub address: Option<String>,
    /// What the last answer can be recognised by.
    pub validators: Option<Validators>,
    /// Where the feed has moved for good, once the new address has answered well.
    pub moved_to: Option<String>,
    /// Answered 410: it will not come back by itself.
    pub gone: bool,
    /// Failures since the last success.
    pub failures: u32,
    /// When it last answered well.
    pub last_success: Option<DateTime<Utc>>,
    /// When it last failed.
    pub last_failure: Option<DateTime<Utc>>,
    /// What went wrong, while it does.
    pub last_error: Option<String>,
    /// What kind of failure that is.
    pub failure: Option<Failure>,
    /// When the first of the failures since the last success was.
    pub failing_since: Option<DateTime<Utc>>,
    /// Not to be visited before.
    pub next_at: Option<DateTime<Utc>>,
    /// Whether the server itself asked for the wait (`Retry-After`): then nobody may shorten it.
    pub asked_to_wait: bool,
    /// What the feed asks for in its body.
    pub wishes: Wishes,
    /// How often it publishes.
    pub rhythm: Option<Rhythm>,
    /// What the last body can be recognised by: the same bytes again are no news.
    pub digest: Option<String>,
}

/// What an answer can be recognised by, and where it came from: no other address ever sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    /// The address that gave the answer.
    pub address: String,
    /// `ETag`, exactly as received.
    pub etag: Option<FieldValue>,
    /// `Last-Modified`, exactly as received.
    pub last_modified: Option<FieldValue>,
}

impl State {
    /// What is remembered of the source at `address`: nothing, where the operator has meanwhile
    /// written another address.
    #[must_use]
    pub fn of(self, address: &str) -> Self {
        let same = self.address.as_deref().is_none_or(|known| known == address);
        let state = if same { self } else { Self::default() };
        Self { address: Some(address.to_owned()), ..state }
    }

    /// What is remembered, as far as it can be true at `now`: a clock that was wrong when it was kept
    /// would silence the source until its time comes.
    #[must_use]
    pub fn plausible(self, now: DateTime<Utc>, limits: &Limits) -> Self {
        let past = |time: Option<DateTime<Utc>>| time.map(|time| time.min(now));
        let longest = later(now, longest_wait(limits));
        let is_due = self.next_at.is_some_and(|next| next > longest);
        Self {
            last_success: past(self.last_success),
            last_failure: past(self.last_failure),
            failing_since: past(self.failing_since),
            next_at: self.next_at.filter(|_| !is_due),
            asked_to_wait: self.asked_to_wait && !is_due,
            ..self
        }
    }

    /// The state of a source that its operator wants visited again, whatever it said: at the address in
    /// the list, since who said it may have been where that once led.
    #[must_use]
    pub fn revived(self) -> Self {
        if self.gone { Self { gone: false, next_at: None, moved_to: None, ..self } } else { self }
    }

    /// Where a source at `address` is really visited.
    pub fn effective<'a>(&'a self, address: &'a str) -> &'a str {
        let same = self.address.as_deref().is_none_or(|known| known == address);
        self.moved_to.as_deref().filter(|_| same).unwrap_or(address)
    }
}

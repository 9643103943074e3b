//! Asks something of a hub: a form posted with the same care for private addresses as a visit.

use chrono::{DateTime, Utc};
use reqwest::header;
use url::Url;

use super::address::redirect_target;
use super::{Budget, Clock, FetchError, Fetcher, connection};
use crate::source::politeness;

/// Most redirects of a request that are followed.
const MOST_REDIRECTS: usize = 3;

/// Longest part of an answer that is kept as its reason, in characters.
const EXCERPT: usize = 120;

/// What a hub said to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The beginning of the body, on one line.
    pub text: String,
    /// How long it wants to be left alone.
    pub wait: Option<std::time::Duration>,
}

impl Fetcher {
    /// Posts `form`; 307 and 308 lead the same request elsewhere (`WebSub` §5.1), each checked like
    /// the first address.
    ///
    /// # Errors
    ///
    /// There is no answer, or the address may not be asked.
    pub async fn post(
        &self,
        url: &Url,
        form: &[(&str, &str)],
        now: DateTime<Utc>,
    ) -> Result<Answer, FetchError> {
        let clock = Clock::at(now);
        let mut time = Budget { whole: self.settings.timeout, left: self.settings.timeout };
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut url = url.clone();
        for _ in 0..=MOST_REDIRECTS {
            let client = self.client_for(&url)?;
            let _turn = self.hosts.turn(&url, &clock).await.map_err(FetchError::Deferred)?;
            let request = client
                .post(url.clone())
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form.clone());
            let mut response = time
                .spend(async {
                    request.send().await.map_err(|error| connection(&error, &self.settings))
                })
                .await?;
            let status = response.status().as_u16();
            if let (307 | 308, Some(target)) = (status, redirect_target(&response, &url)) {
                url = target;
                continue;
            }
            let wait = response.headers().get(header::RETRY_AFTER);
            let wait = wait.and_then(|value| politeness::retry_after(value.to_str().ok()?, now));
            // What it says may be endless; its beginning will do.
            let read = async {
                response.chunk().await.map_err(|error| connection(&error, &self.settings))
            };
            let start = time.spend(read).await.ok().flatten().unwrap_or_default();
            let text = String::from_utf8_lossy(&start);
            let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
            return Ok(Answer { status, text: text.chars().take(EXCERPT).collect(), wait });
        }
        Err(FetchError::Redirects)
    }
}

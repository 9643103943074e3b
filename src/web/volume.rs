//! One file of the feeds' folder in memory: its bytes in the forms that clients asked for, the headers
//! that go with them, and what its last versions held.
//!
//! A volume never changes but for what is added when first wanted: a coded form, made once however
//! many ask at once. When its file changes, another volume takes its place and remembers from this
//! one which entries earlier versions had, so that a client that knows one can be sent what is new.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use axum::http::HeaderValue;
use sha2::{Digest, Sha256};
use tokio::sync::{OnceCell, Semaphore};
use tokio::task::spawn_blocking;

use super::coding::{Coding, Effort};
use super::conditions::Version;
use super::entries::Entries;
use super::lifetime::lifetime;
use super::media;
use crate::stamp::Stamp;

/// How many earlier versions are remembered: with an article a day and a reader that asks weekly,
/// its version is still among them. One takes eight bytes an entry.
const REMEMBERED: usize = 8;

/// At most this part of the bytes, in tenths, may be left of a form that is worth decoding.
const WORTH: usize = 9;

/// How many forms are made at once; the others wait and leave the processors to those who are served.
static CODERS: Semaphore = Semaphore::const_new(2);

/// A file as it is served.
#[derive(Debug)]
pub struct Volume {
    /// Its path below the folder, as it is asked for.
    pub path: Arc<str>,
    /// How the file looked when it was read.
    pub stamp: Stamp,
    /// When somebody last looked whether it still does; the [shelf](super::shelf)'s own time.
    pub(super) looked: AtomicU64,
    /// Tells its bytes from all others.
    pub version: Version,
    /// When the file was written, in whole seconds.
    pub modified: SystemTime,
    /// `Content-Type`.
    pub content_type: HeaderValue,
    /// `Last-Modified`.
    pub last_modified: HeaderValue,
    /// `Cache-Control`.
    pub cache_control: HeaderValue,
    /// `Cache-Control` of an answer with the new entries alone (RFC 3229 §10.9): a cache that does not
    /// know what that is must not keep it.
    pub cache_news: HeaderValue,
    bytes: Bytes,
    /// In the order of [`Coding::ALL`].
    forms: [Form; 4],
    entries: Entries,
    past: Vec<Past>,
    /// The answer with new entries that was made last: after a change nearly all ask for the same.
    news: Mutex<Option<(Version, Coding, Bytes)>>,
}

#[derive(Debug)]
struct Form {
    tag: HeaderValue,
    /// None inside where coding saves too little.
    bytes: OnceCell<Option<Bytes>>,
}

/// What an earlier version held.
#[derive(Debug, Clone)]
struct Past {
    version: Version,
    prints: Arc<[u64]>,
}

impl Volume {
    /// The file at `path` with these bytes, written at `modified`; `before` is what it was.
    pub fn new(
        path: &str,
        bytes: Vec<u8>,
        stamp: Stamp,
        modified: SystemTime,
        before: Option<&Self>,
    ) -> Self {
        let version = version(&bytes);
        let entries = if media::is_feed(path) { Entries::read(&bytes) } else { Entries::default() };
        let dates: Vec<i64> = entries.list.iter().filter_map(|entry| entry.date).collect();
        let fresh = lifetime(&dates).as_secs();
        let modified = whole_seconds(modified);
        let form = |coding| Form { tag: value(version.tag(coding)), bytes: OnceCell::new() };
        Self {
            path: path.into(),
            stamp,
            looked: AtomicU64::new(0),
            version,
            modified,
            content_type: HeaderValue::from_static(media::content_type(path)),
            last_modified: value(httpdate::fmt_http_date(modified)),
            cache_control: value(format!("public, max-age={fresh}")),
            cache_news: value(format!("no-store, im, max-age={fresh}")),
            bytes: bytes.into(),
            forms: Coding::ALL.map(form),
            entries,
            past: before.map(|before| before.remembered(version)).unwrap_or_default(),
            news: Mutex::default(),
        }
    }

    /// Most bytes that it can come to take: itself, three coded forms and one answer with news, each of
    /// which is smaller, and two kilobytes for the rest.
    pub fn weight(&self) -> u64 {
        let entries = (self.past.len() + 5) * self.entries.list.len() * size_of::<u64>();
        (5 * self.bytes.len() + entries + 2048) as u64
    }

    /// The entity tag of a form.
    pub fn tag(&self, coding: Coding) -> HeaderValue {
        self.form_of(coding).tag.clone()
    }

    /// The bytes in the form that is wanted, or as they are where that form is not worth it.
    pub async fn form(&self, wanted: Coding) -> (Coding, Bytes) {
        if wanted == Coding::Identity {
            return (wanted, self.bytes.clone());
        }
        let cell = &self.form_of(wanted).bytes;
        let made = match cell.get() {
            Some(made) => made,
            None => cell.get_or_init(|| coded(self.bytes.clone(), wanted, Effort::Kept)).await,
        };
        made.as_ref()
            .map_or_else(|| (Coding::Identity, self.bytes.clone()), |bytes| (wanted, bytes.clone()))
    }

    /// The feed with only the entries that `since` did not have, in the form that is wanted; none where
    /// that version is not remembered.
    pub async fn news(&self, since: Version, wanted: Coding) -> Option<(Coding, Bytes)> {
        let past = self.past.iter().find(|past| past.version == since)?;
        if let Some((version, coding, bytes)) = &*self.last_news()
            && (*version, *coding) == (since, wanted)
        {
            return Some((wanted, bytes.clone()));
        }
        let is_new = |print| !past.prints.contains(&print);
        let plain = Bytes::from(self.entries.only(&self.bytes, |entry| is_new(entry.print)));
        let (coding, bytes) = match wanted {
            Coding::Identity => (wanted, plain),
            _ => match coded(plain.clone(), wanted, Effort::Passing).await {
                Some(bytes) => (wanted, bytes),
                None => (Coding::Identity, plain),
            },
        };
        *self.last_news() = Some((since, coding, bytes.clone()));
        Some((coding, bytes))
    }

    fn last_news(&self) -> std::sync::MutexGuard<'_, Option<(Version, Coding, Bytes)>> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn form_of(&self, coding: Coding) -> &Form {
        let [brotli, zstd, gzip, identity] = &self.forms;
        match coding {
            Coding::Brotli => brotli,
            Coding::Zstd => zstd,
            Coding::Gzip => gzip,
            Coding::Identity => identity,
        }
    }

    /// What a volume that takes the place of this one remembers.
    fn remembered(&self, next: Version) -> Vec<Past> {
        let prints = self.entries.list.iter().map(|entry| entry.print).collect();
        let this =
            (!self.entries.list.is_empty()).then_some(Past { version: self.version, prints });
        let all = this.into_iter().chain(self.past.iter().cloned());
        // A feed that is again as it was has no news against itself.
        all.filter(|past| past.version != next).take(REMEMBERED).collect()
    }
}

/// `bytes` in a coded form; none where that saves too little or fails.
async fn coded(bytes: Bytes, coding: Coding, effort: Effort) -> Option<Bytes> {
    let permit = CODERS.acquire().await.ok()?;
    let made = spawn_blocking(move || {
        // Held by the work and not by the one who waits: a client that goes away frees nothing.
        let _permit = permit;
        let coded = coding.encode(&bytes, effort);
        coded.map(|coded| (coded.len() * 10 <= bytes.len() * WORTH).then(|| coded.into()))
    });
    match made.await {
        Ok(Ok(made)) => made,
        Ok(Err(error)) => {
            tracing::error!("a feed could not be compressed, and is sent as it is: {error}");
            None
        }
        Err(_) => None,
    }
}

fn version(bytes: &[u8]) -> Version {
    let digest = Sha256::digest(bytes);
    // Sixteen bytes are far beyond chance, and short enough to be kept by every reader.
    Version(digest[..16].iter().fold(0, |all, byte| all << 8 | u128::from(*byte)))
}

/// HTTP's dates know no fractions.
fn whole_seconds(time: SystemTime) -> SystemTime {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A header of plain ASCII, which all of ours are.
fn value(text: String) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(entries: &[&str]) -> Vec<u8> {
        let item = |name: &&str| format!("<item><guid>{name}</guid></item>");
        let items: Vec<String> = entries.iter().map(item).collect();
        format!("<rss><channel>{}</channel></rss>", items.concat()).into_bytes()
    }

    fn volume(entries: &[&str], before: Option<&Volume>) -> Volume {
        let file = std::fs::metadata(env!("CARGO_MANIFEST_DIR")).unwrap();
        let written = SystemTime::UNIX_EPOCH + Duration::from_millis(1500);
        Volume::new("index.xml", feed(entries), Stamp::of(&file), written, before)
    }

    async fn news(volume: &Volume, since: Version) -> Option<Vec<u8>> {
        let (_, bytes) = volume.news(since, Coding::Identity).await?;
        // The second answer is the kept one.
        assert_eq!(volume.news(since, Coding::Identity).await.unwrap().1, bytes);
        Some(bytes.to_vec())
    }

    #[tokio::test]
    async fn a_client_of_an_earlier_version_is_sent_what_it_lacks() {
        let first = volume(&["b", "a"], None);
        let second = volume(&["c", "b", "a"], Some(&first));
        let third = volume(&["d", "c", "b"], Some(&second));
        assert_eq!(news(&third, second.version).await, Some(feed(&["d"])));
        assert_eq!(news(&third, first.version).await, Some(feed(&["d", "c"])));
        assert_eq!(news(&third, third.version).await, None);
        assert_eq!(news(&third, Version(1)).await, None);
        // Taken back: nothing is new, and the version is no past of itself.
        let again = volume(&["c", "b", "a"], Some(&third));
        assert_eq!(news(&again, third.version).await, Some(feed(&["a"])));
        assert_eq!(news(&again, again.version).await, None);
    }

    #[tokio::test]
    async fn only_the_last_versions_are_remembered() {
        let mut versions = vec![volume(&["0"], None)];
        for number in 1..20 {
            let next = volume(&[&number.to_string()], versions.last());
            versions.push(next);
        }
        let last = versions.pop().unwrap();
        for (age, version) in versions.iter().rev().enumerate() {
            let known = news(&last, version.version).await.is_some();
            assert_eq!(known, age < REMEMBERED, "{age}");
        }
    }

    #[tokio::test]
    async fn a_form_that_saves_nothing_is_not_sent() {
        // A digest has nothing that could be left out.
        let noise: Vec<u8> = (0..64_u8).flat_map(|number| Sha256::digest([number])).collect();
        let stamp = volume(&[], None).stamp;
        let noise = Volume::new("noise", noise, stamp, SystemTime::UNIX_EPOCH, None);
        for coding in Coding::ALL {
            let (sent, bytes) = noise.form(coding).await;
            assert_eq!((sent, bytes.len()), (Coding::Identity, 64 * 32), "{coding:?}");
        }
        let entries: Vec<String> = (0..100).map(|number| number.to_string()).collect();
        let large = volume(&entries.iter().map(String::as_str).collect::<Vec<_>>(), None);
        for coding in [Coding::Brotli, Coding::Zstd, Coding::Gzip] {
            let (sent, bytes) = large.form(coding).await;
            assert!(sent == coding && bytes.len() < 2000, "{coding:?}: {}", bytes.len());
        }
    }
}

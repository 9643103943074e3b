//! Reads a recorded feed, `file:` in the source list; its time of change serves as validator.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use tokio::task::spawn_blocking;

use super::{Body, FetchError};
use crate::source::politeness::{FieldValue, State, Visit, request};

/// Reads `file`, at most `limit` bytes of it; `address` is what the source list calls it.
pub(super) async fn read(
    file: PathBuf,
    address: &str,
    state: &State,
    limit: u64,
) -> Result<(Visit, Option<Body>), FetchError> {
    let asked = request(state, address);
    let known = asked.if_none_match.clone();
    let name = file.display().to_string();
    let failed = |reason: String| FetchError::File(format!("{name}: {reason}"));
    let read = spawn_blocking(move || read_changed(&file, known.as_ref(), limit)).await;
    let read = read.map_err(|error| failed(error.to_string()))?;
    let (etag, bytes) = read.map_err(|error| failed(error.to_string()))?;
    if bytes.as_ref().is_some_and(|bytes| bytes.len() as u64 > limit) {
        return Err(FetchError::TooLarge(limit));
    }
    let visit = Visit {
        status: bytes.is_none().then_some(304),
        conditional: asked.is_conditional(),
        address: Some(address.to_owned()),
        etag,
        ..Visit::default()
    };
    Ok((visit, bytes.map(Body::local)))
}

/// The file's validator, and its bytes unless they are `known`.
fn read_changed(
    path: &PathBuf,
    known: Option<&FieldValue>,
    limit: u64,
) -> io::Result<(Option<FieldValue>, Option<Vec<u8>>)> {
    let about = std::fs::metadata(path)?;
    if !about.is_file() {
        // Opening a pipe would wait for somebody who writes.
        return Err(io::Error::other("this is no file"));
    }
    let modified = DateTime::<Utc>::from(about.modified()?).timestamp_micros();
    let etag = FieldValue::new(format!("{modified}-{}", about.len()).as_bytes());
    if etag.as_ref() == known {
        return Ok((etag, None));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((etag, Some(bytes)))
}

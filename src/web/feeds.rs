//! Feeds and pages, as they lie in the feeds' folder.
//!
//! Each answer has a strong `ETag` made from the bytes and the file's `Last-Modified`, and a reader
//! that has the bytes already gets 304 (RFC 9110 §13). Hidden files and everything outside the
//! folder do not exist here.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use sha2::{Digest, Sha256};

use super::Shown;

/// How long a reader or a cache may keep a feed without asking, in seconds.
const MAX_AGE: &str = "public, max-age=300";

/// What a part of a path may not contain as it is (RFC 3986 §3.3).
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// The page of all feeds at the front door. Its links are relative to the folder, one step down.
pub async fn door(State(shown): State<Arc<Shown>>) -> Response {
    let file = shown.feeds.join("index.html");
    match tokio::task::spawn_blocking(move || std::fs::read_to_string(file)).await {
        Ok(Ok(page)) => {
            Html(page.replacen("<head>", "<head><base href=\"/feeds/\">", 1)).into_response()
        }
        _ => not_found(),
    }
}

/// The page of all feeds.
pub async fn front(State(shown): State<Arc<Shown>>, headers: HeaderMap) -> Response {
    answer(&shown, "index.html", &headers).await
}

/// The list of all feeds for a reader's import.
pub async fn opml(State(shown): State<Arc<Shown>>, headers: HeaderMap) -> Response {
    answer(&shown, "subscriptions.opml", &headers).await
}

/// The page of all feeds lives in the folder.
pub async fn folder() -> Redirect {
    Redirect::permanent("/feeds/")
}

/// Any file of the folder; the page of a folder; a permanent redirect to where a feed is now.
pub async fn file(
    State(shown): State<Arc<Shown>>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Some(now) = moved(&path, &shown.redirects.borrow()) {
        return (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, now)]).into_response();
    }
    if path.ends_with('/') {
        answer(&shown, &format!("{path}index.html"), &headers).await
    } else {
        answer(&shown, &path, &headers).await
    }
}

/// The address at which the feed's file at `path` is now, where its folder has moved.
fn moved(path: &str, redirects: &BTreeMap<String, String>) -> Option<String> {
    let (folder, file) = path.rsplit_once('/').map_or((path, None), |(folder, file)| {
        // A folder that is asked for without its slash, or a file in one.
        if redirects.contains_key(&format!("{path}/")) {
            (path, None)
        } else {
            (folder, Some(file))
        }
    });
    let now = redirects.get(&format!("{folder}/"))?;
    let encode = |part: &str| utf8_percent_encode(part, SEGMENT).to_string();
    let parts: Vec<String> =
        now.split_terminator('/').chain([file.unwrap_or_default()]).map(encode).collect();
    Some(format!("/feeds/{}", parts.join("/")))
}

async fn answer(shown: &Shown, path: &str, headers: &HeaderMap) -> Response {
    let Some(file) = below(&shown.feeds, path) else { return not_found() };
    let read = tokio::task::spawn_blocking(move || read(&file)).await;
    match read {
        Ok(Ok((bytes, modified))) => respond(path, bytes, modified, headers),
        Ok(Err(error)) if absent(&error) => not_found(),
        Ok(Err(error)) => {
            tracing::error!(path, %error, "a feed could not be read");
            (StatusCode::INTERNAL_SERVER_ERROR, "the feed could not be read\n").into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn respond(path: &str, bytes: Vec<u8>, modified: SystemTime, headers: &HeaderMap) -> Response {
    let etag = etag(&bytes);
    let modified = DateTime::<Utc>::from(modified);
    let mut response = if unchanged(headers, &etag, modified) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Body::from(bytes).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
        response
    };
    let fields = response.headers_mut();
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static(MAX_AGE));
    for (name, value) in [(header::ETAG, etag), (header::LAST_MODIFIED, http_date(modified))] {
        if let Ok(value) = HeaderValue::try_from(value) {
            fields.insert(name, value);
        }
    }
    response
}

/// Whether the reader has these bytes already. `If-None-Match`, where it is given, alone decides
/// (RFC 9110 §13.2.2).
fn unchanged(headers: &HeaderMap, etag: &str, modified: DateTime<Utc>) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if let Some(tags) = text(header::IF_NONE_MATCH) {
        return tags
            .split(',')
            .map(str::trim)
            .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag);
    }
    text(header::IF_MODIFIED_SINCE)
        .and_then(|since| DateTime::parse_from_rfc2822(since).ok())
        .is_some_and(|since| modified.timestamp() <= since.timestamp())
}

/// The file that `path` names below `folder`; none where it would lie outside or is hidden.
fn below(folder: &FilePath, path: &str) -> Option<PathBuf> {
    let relative = FilePath::new(path);
    let plain = relative.components().all(|part| match part {
        Component::Normal(name) => !name.to_string_lossy().starts_with('.'),
        _ => false,
    });
    (plain && !path.contains('\0')).then(|| folder.join(relative))
}

fn read(file: &FilePath) -> io::Result<(Vec<u8>, SystemTime)> {
    let modified = std::fs::metadata(file)?.modified()?;
    Ok((std::fs::read(file)?, modified))
}

fn absent(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, IsADirectory, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | IsADirectory | NotADirectory | InvalidFilename)
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "there is no such feed; / lists all of them\n").into_response()
}

fn etag(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    // Sixteen bytes are far beyond chance, and short enough to be kept by every reader.
    let half = digest[..16].iter().fold(0_u128, |all, byte| all << 8 | u128::from(*byte));
    format!("\"{half:032x}\"")
}

fn http_date(time: DateTime<Utc>) -> String {
    time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn content_type(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit('.').next() {
        Some("xml") if name.starts_with("atom") => "application/atom+xml; charset=utf-8",
        Some("xml") => "application/rss+xml; charset=utf-8",
        Some("json") => "application/feed+json; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        Some("opml") => "text/x-opml; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use header::{IF_MODIFIED_SINCE, IF_NONE_MATCH};

    #[test]
    fn nothing_outside_the_folder_and_nothing_hidden_is_served() {
        let folder = FilePath::new("feeds");
        for (path, expected) in [
            ("index.xml", Some("feeds/index.xml")),
            ("tags/人工智能/atom.xml", Some("feeds/tags/人工智能/atom.xml")),
            ("../config/headwater.yaml", None),
            ("tags/../../x", None),
            ("/etc/passwd", None),
            (".manifest.json", None),
            ("tags/.x/index.xml", None),
            ("a\0b", None),
        ] {
            assert_eq!(below(folder, path), expected.map(PathBuf::from), "{path}");
        }
    }

    #[test]
    fn a_feed_that_has_moved_is_found_where_it_is() {
        let redirects = BTreeMap::from([("tags/ai-agent/".to_owned(), "tags/智能体/".to_owned())]);
        for (path, expected) in [
            ("tags/ai-agent/index.xml", Some("/feeds/tags/%E6%99%BA%E8%83%BD%E4%BD%93/index.xml")),
            ("tags/ai-agent/", Some("/feeds/tags/%E6%99%BA%E8%83%BD%E4%BD%93/")),
            ("tags/ai-agent", Some("/feeds/tags/%E6%99%BA%E8%83%BD%E4%BD%93/")),
            ("tags/ai-agents/index.xml", None),
            ("tags/智能体/index.xml", None),
            ("tags/", None),
            ("index.xml", None),
        ] {
            assert_eq!(moved(path, &redirects).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn a_reader_that_has_the_bytes_gets_304() {
        let modified = DateTime::parse_from_rfc3339("2025-06-13T08:00:00.5Z").unwrap().to_utc();
        let with = |pairs: &[(header::HeaderName, &'static str)]| {
            pairs
                .iter()
                .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
                .collect::<HeaderMap>()
        };
        for (headers, expected) in [
            (with(&[]), false),
            (with(&[(IF_NONE_MATCH, "\"a\"")]), true),
            (with(&[(IF_NONE_MATCH, "\"b\", W/\"a\"")]), true),
            (with(&[(IF_NONE_MATCH, "*")]), true),
            (with(&[(IF_NONE_MATCH, "\"b\"")]), false),
            (with(&[(IF_MODIFIED_SINCE, "Fri, 13 Jun 2025 08:00:00 GMT")]), true),
            (with(&[(IF_MODIFIED_SINCE, "Fri, 13 Jun 2025 07:59:59 GMT")]), false),
            (with(&[(IF_MODIFIED_SINCE, "yesterday")]), false),
            (
                with(&[
                    (IF_NONE_MATCH, "\"b\""),
                    (IF_MODIFIED_SINCE, "Fri, 13 Jun 2025 08:00:00 GMT"),
                ]),
                false,
            ),
        ] {
            assert_eq!(unchanged(&headers, "\"a\"", modified), expected, "{headers:?}");
        }
    }
}

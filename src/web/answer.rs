//! The answer to a request for a feed that is there.
//!
//! 304 for who has it (RFC 9110 §15.4.5), 226 with the new entries for who has an earlier version and
//! can deal with that (RFC 3229 with the instance manipulation `feed`, as readers do it), 200
//! otherwise; each in the form that the client takes. Readers in browsers may read all of it, from
//! whatever page.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::coding::Coding;
use super::conditions::{Has, Version};
use super::polls::Cost;
use super::volume::Volume;

const A_IM: HeaderName = HeaderName::from_static("a-im");
const IM: HeaderName = HeaderName::from_static("im");

/// Everything that the answers may depend on, for caches in between.
const VARY: &str = "Accept-Encoding";
const VARY_NEWS: &str = "Accept-Encoding, A-IM, If-None-Match";

/// What a script may see beyond the few fields that every script may (Fetch, "CORS-safelisted
/// response-header name").
const EXPOSED: &str = "ETag, Last-Modified, IM, Retry-After";
/// What a script may send beyond those.
const ALLOWED: &str = "A-IM, Accept, Accept-Encoding, Cache-Control, If-Modified-Since, \
                       If-None-Match, Pragma, User-Agent, X-Requested-With";
const METHODS: &str = "GET, HEAD, OPTIONS";

/// Answers with `volume` what these headers ask for; `head` leaves the body out.
pub async fn answer(volume: &Arc<Volume>, headers: &HeaderMap, head: bool) -> (Response, Cost) {
    let wanted = Coding::wanted(headers);
    let has = Has::of(headers);
    if let Some(coding) = unchanged(volume, &has, wanted) {
        return (not_modified(volume, coding), Cost::Light);
    }
    if let Has::Versions(versions) = &has
        && takes_news(headers)
        && let Some((coding, bytes)) = news(volume, versions, wanted).await
    {
        let mut response = full(volume, coding, bytes, head);
        *response.status_mut() = StatusCode::IM_USED;
        let fields = response.headers_mut();
        fields.insert(IM, HeaderValue::from_static("feed"));
        fields.insert(header::VARY, HeaderValue::from_static(VARY_NEWS));
        fields.insert(header::CACHE_CONTROL, volume.cache_news.clone());
        return (response, Cost::Light);
    }
    let (coding, bytes) = volume.form(wanted).await;
    (full(volume, coding, bytes, head), if head { Cost::Light } else { Cost::Whole })
}

/// The form that the client has of this very version, where it has one.
fn unchanged(volume: &Volume, has: &Has, wanted: Coding) -> Option<Coding> {
    match has {
        Has::Anything => Some(wanted),
        Has::Versions(versions) => {
            let same = versions.iter().filter(|(version, _)| *version == volume.version);
            // The form that it would be sent, where it has several.
            let mut codings = same.map(|(_, coding)| *coding);
            let first = codings.next()?;
            Some(if first == wanted {
                first
            } else {
                codings.find(|one| *one == wanted).unwrap_or(first)
            })
        }
        Has::Since(time) => (volume.modified <= *time).then_some(wanted),
        Has::Nothing => None,
    }
}

/// Whether the client takes the new entries alone (RFC 3229 §10.5.3).
fn takes_news(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(A_IM).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|element| {
        let (name, parameters) = element.split_once(';').unwrap_or((element, ""));
        let refused = parameters.split(';').any(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or_default();
            name.trim().eq_ignore_ascii_case("q") && value.trim().parse() == Ok(0.0)
        });
        name.trim().eq_ignore_ascii_case("feed") && !refused
    })
}

/// What is new since the first of these versions that is remembered.
async fn news(
    volume: &Volume,
    versions: &[(Version, Coding)],
    wanted: Coding,
) -> Option<(Coding, Bytes)> {
    for (version, _) in versions {
        if let Some(found) = volume.news(*version, wanted).await {
            return Some(found);
        }
    }
    None
}

fn full(volume: &Volume, coding: Coding, bytes: Bytes, head: bool) -> Response {
    let length = bytes.len();
    let mut response = Response::new(if head { Body::empty() } else { Body::from(bytes) });
    let mut fields = validators(volume, coding);
    fields.insert(header::CONTENT_TYPE, volume.content_type.clone());
    if let Some(name) = coding.name() {
        fields.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    if head {
        fields.insert(header::CONTENT_LENGTH, length.into());
    }
    *response.headers_mut() = fields;
    response
}

fn not_modified(volume: &Volume, coding: Coding) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    *response.headers_mut() = validators(volume, coding);
    response
}

/// The fields that 200 and 304 have in common.
fn validators(volume: &Volume, coding: Coding) -> HeaderMap {
    // Room for all fields, those for scripts too, so that the map is made once.
    let mut fields = HeaderMap::with_capacity(12);
    fields.insert(header::ETAG, volume.tag(coding));
    fields.insert(header::LAST_MODIFIED, volume.last_modified.clone());
    fields.insert(header::CACHE_CONTROL, volume.cache_control.clone());
    fields.insert(header::VARY, HeaderValue::from_static(VARY));
    fields
}

/// Lets readers in browsers read an answer.
pub fn readable_by_scripts(fields: &mut HeaderMap) {
    fields.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    fields.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
}

/// The answer to `OPTIONS`, which browsers send before a request with fields of its own.
pub fn options() -> Response {
    let fields = [
        (header::ALLOW, METHODS),
        (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED),
        // Browsers do not remember it for longer than a day.
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    (StatusCode::NO_CONTENT, fields).into_response()
}

/// The answer to a method that there is not.
pub fn no_such_method() -> Response {
    let text = "feeds can be read and nothing else\n";
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, METHODS)], text).into_response()
}

/// The answer to a client that asked far too often.
pub fn too_often(wait: Duration) -> Response {
    // Rounded up, so that who waits as long is not too early.
    let seconds = HeaderValue::from(wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
    let text = "this feed was asked for far too often from your address; see Retry-After\n";
    (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds)], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_asks_for_it_is_sent_new_entries_alone() {
        for (lines, expected) in [
            (vec![], false),
            (vec!["feed"], true),
            (vec!["FEED"], true),
            (vec!["vcdiff, feed, gzip"], true),
            (vec!["vcdiff", "feed"], true),
            (vec!["feed;q=0.5"], true),
            (vec!["feed;q=0"], false),
            (vec!["feed ; Q=0.0"], false),
            (vec!["vcdiff"], false),
            (vec!["feeds"], false),
            (vec![""], false),
        ] {
            let mut headers = HeaderMap::new();
            for line in &lines {
                headers.append(A_IM, HeaderValue::from_static(line));
            }
            assert_eq!(takes_news(&headers), expected, "{lines:?}");
        }
    }
}

//! `/api/v1`: what programs ask about suggestions, in JSON; `openapi.json` describes it.
//!
//! Suggestions name drafts, so they are not for everybody. Where a token is set, whoever sends it may
//! ask (`Authorization: Bearer …`, RFC 6750 §2.1). Without one only programs on this machine may: not
//! those for which a proxy asks, and not a page in somebody's browser, which calls this machine by
//! another name. What is asked is known elsewhere, by [`Answers`].

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Version, header, uri::Authority};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use ring::digest::{SHA256, digest};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// The description, `OpenAPI` 3.1.
const DESCRIPTION: &str = include_str!("api/openapi.json");

/// Most questions that are worked on or wait at a time; they wait for one another.
const AT_ONCE: usize = 8;

/// Most suggestions of one answer.
const MOST: usize = 100;

/// Headers by which a proxy tells for whom it asks, and a browser for which page.
const FOR_OTHERS: [&str; 5] = ["forwarded", "origin", "via", "x-forwarded-for", "x-real-ip"];

/// Who asks: put into each request before it comes here.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// What suggestions are wanted of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// An article, by its path.
    pub article: Option<String>,
    /// A topic, by its name.
    pub topic: Option<String>,
    /// Most of them.
    pub limit: Option<usize>,
}

/// Why there is no answer, in a sentence for whoever asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such article or topic.
    Unknown(String),
    /// Not yet, or not at the moment.
    Unready(String),
    /// Something is wrong here; the log says what.
    Failed(String),
}

/// Who knows the answers. Calls may block.
pub trait Answers: fmt::Debug + Send + Sync {
    /// What `headwater suggest --json` prints.
    ///
    /// # Errors
    ///
    /// [`Refusal`].
    fn suggestions(&self, wanted: &Wanted) -> Result<String, Refusal>;
}

/// Who may ask.
#[derive(Clone)]
pub struct Door {
    /// Of the token: two digests are compared, which takes as long whatever was sent.
    digest: Option<Arc<[u8]>>,
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Door({})", if self.digest.is_some() { "token" } else { "this machine" })
    }
}

impl Door {
    /// Open to whoever has `token`; where there is none, to this machine.
    pub fn new(token: Option<&str>) -> Self {
        Self { digest: token.map(|token| digest(&SHA256, token.as_bytes()).as_ref().into()) }
    }

    /// The answer to somebody who may not ask; none to those who may.
    fn refusal(&self, peer: IpAddr, version: Version, headers: &HeaderMap) -> Option<Response> {
        let Some(expected) = &self.digest else {
            let reason =
                "only programs on this machine may ask as long as `server.token` is not set";
            let is_in = is_of_this_machine(peer, version, headers);
            return (!is_in).then(|| error(StatusCode::FORBIDDEN, reason));
        };
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given = given.and_then(|value| value.split_once(' ')).and_then(|(scheme, token)| {
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        if given.is_some_and(|given| digest(&SHA256, given.as_bytes()).as_ref() == &**expected) {
            return None;
        }
        let reason = "send the token of `server.token` as `Authorization: Bearer …`";
        let challenge = [(header::WWW_AUTHENTICATE, "Bearer realm=\"headwater\"")];
        Some((challenge, error(StatusCode::UNAUTHORIZED, reason)).into_response())
    }
}

/// Whether a program on this machine asks for itself, and calls the machine by its own name: a page from
/// elsewhere whose name was made to lead here sends that name. HTTP/1.0 is what nginx speaks where nobody
/// told it otherwise, and then it calls us by the address that it was given.
fn is_of_this_machine(peer: IpAddr, version: Version, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    let authority = host.and_then(|host| host.parse::<Authority>().ok());
    let is_own_name = authority.is_some_and(|authority| {
        let name = authority.host();
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        name.eq_ignore_ascii_case("localhost")
            || bare.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    });
    peer.to_canonical().is_loopback()
        && is_own_name
        && version > Version::HTTP_10
        && !FOR_OTHERS.iter().any(|name| headers.contains_key(*name))
        && headers.get("sec-fetch-site").is_none_or(|site| site == "none")
}

#[derive(Debug, Clone)]
struct Api {
    answers: Arc<dyn Answers>,
    door: Door,
    places: Arc<Semaphore>,
}

/// The routes.
pub fn router(answers: Arc<dyn Answers>, door: Door) -> Router {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    Router::new()
        .route("/api/v1/openapi.json", get(async || json(StatusCode::OK, DESCRIPTION.to_owned())))
        .route("/api/v1/suggestions", get(suggestions))
        .with_state(Api { answers, door, places })
}

async fn suggestions(
    State(api): State<Api>,
    Extension(Peer(peer)): Extension<Peer>,
    version: Version,
    headers: HeaderMap,
    Query(fields): Query<Vec<(String, String)>>,
) -> Response {
    if let Some(refusal) = api.door.refusal(peer, version, &headers) {
        return refusal;
    }
    let wanted = match Wanted::of(fields) {
        Ok(wanted) => wanted,
        Err(reason) => return error(StatusCode::BAD_REQUEST, &reason),
    };
    let Ok(place) = api.places.try_acquire_owned() else {
        return later("too many questions at once");
    };
    let answer = spawn_blocking(move || {
        let _place = place;
        api.answers.suggestions(&wanted)
    });
    match answer.await {
        Ok(Ok(text)) => json(StatusCode::OK, text),
        Ok(Err(Refusal::Unknown(reason))) => error(StatusCode::NOT_FOUND, &reason),
        Ok(Err(Refusal::Unready(reason))) => later(&reason),
        Ok(Err(Refusal::Failed(reason))) => error(StatusCode::INTERNAL_SERVER_ERROR, &reason),
        Err(_) => error(StatusCode::INTERNAL_SERVER_ERROR, "ranking broke down; see the log"),
    }
}

impl Wanted {
    /// What the fields of a query say, each at most once.
    fn of(fields: Vec<(String, String)>) -> Result<Self, String> {
        let mut wanted = Self::default();
        for (name, value) in fields {
            let again = match name.as_str() {
                "article" => wanted.article.replace(value).is_some(),
                "topic" => wanted.topic.replace(value).is_some(),
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| (1..=MOST).contains(limit));
                    let limit = limit.ok_or(format!("`limit` is a number from 1 to {MOST}"))?;
                    wanted.limit.replace(limit).is_some()
                }
                _ => return Err(format!("`{name}` is none of `article`, `topic` and `limit`")),
            };
            if again {
                return Err(format!("`{name}` is given twice"));
            }
        }
        if wanted.article.is_some() && wanted.topic.is_some() {
            return Err("either `article` or `topic`, not both".to_owned());
        }
        Ok(wanted)
    }
}

fn json(status: StatusCode, text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, text + "\n").into_response()
}

fn error(status: StatusCode, reason: &str) -> Response {
    json(status, serde_json::json!({ "error": reason }).to_string())
}

fn later(reason: &str) -> Response {
    let retry = [(header::RETRY_AFTER, "1")];
    (retry, error(StatusCode::SERVICE_UNAVAILABLE, reason)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| {
                let name: HeaderName = name.parse().unwrap();
                (name, HeaderValue::from_str(value).unwrap())
            })
            .collect()
    }

    #[test]
    fn without_a_token_only_this_machine_is_let_in() {
        for (peer, lines, expected) in [
            ("127.0.0.1", &[("host", "127.0.0.1:8787")][..], true),
            ("::ffff:127.0.0.1", &[("host", "LOCALHOST")], true),
            ("::1", &[("host", "[::1]:8787")], true),
            ("192.0.2.1", &[("host", "localhost")], false),
            ("127.0.0.1", &[], false),
            // A proxy, and a browser on a page of another site or whose name leads here.
            ("127.0.0.1", &[("host", "localhost"), ("origin", "https://evil.example")], false),
            ("127.0.0.1", &[("host", "localhost"), ("sec-fetch-site", "cross-site")], false),
            ("127.0.0.1", &[("host", "localhost"), ("sec-fetch-site", "none")], true),
            ("127.0.0.1", &[("host", "localhost"), ("x-forwarded-for", "192.0.2.1")], false),
            ("127.0.0.1", &[("host", "localhost"), ("forwarded", "for=192.0.2.1")], false),
            ("127.0.0.1", &[("host", "attacker.example:8787")], false),
            ("127.0.0.1", &[("host", "localhost.attacker.example")], false),
        ] {
            let door = Door::new(None);
            let is_in =
                |version| door.refusal(peer.parse().unwrap(), version, &headers(lines)).is_none();
            assert_eq!(is_in(Version::HTTP_11), expected, "{peer} {lines:?}");
            // A proxy that says nothing of whom it asks for.
            assert!(!is_in(Version::HTTP_10), "{peer} {lines:?}");
        }
    }

    #[test]
    fn with_a_token_whoever_has_it_is_let_in_and_nobody_else() {
        let door = Door::new(Some("open sesame"));
        for (line, expected) in [
            (Some("Bearer open sesame"), true),
            (Some("bearer open sesame"), true),
            (Some("Bearer open"), false),
            (Some("Basic open sesame"), false),
            (Some("open sesame"), false),
            (None, false),
        ] {
            let lines: Vec<_> = line.iter().map(|line| ("authorization", *line)).collect();
            let given = headers(&lines);
            for peer in ["127.0.0.1", "192.0.2.1"] {
                let is_in = door.refusal(peer.parse().unwrap(), Version::HTTP_10, &given).is_none();
                assert_eq!(is_in, expected, "{line:?} from {peer}");
            }
        }
    }

    #[test]
    fn a_question_names_each_of_its_fields_once() {
        let of = |fields: &[(&str, &str)]| {
            Wanted::of(fields.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect())
        };
        let wanted = of(&[("article", "a.md"), ("limit", "3")]).unwrap();
        assert_eq!((wanted.article.as_deref(), wanted.limit), (Some("a.md"), Some(3)));
        assert_eq!(of(&[]).unwrap(), Wanted::default());
        for (fields, reason) in [
            (&[("article", "a"), ("topic", "b")][..], "either `article` or `topic`, not both"),
            (&[("topic", "a"), ("topic", "a")], "`topic` is given twice"),
            (&[("limit", "0")], "`limit` is a number from 1 to 100"),
            (&[("limit", "101")], "`limit` is a number from 1 to 100"),
            (&[("q", "x")], "`q` is none of `article`, `topic` and `limit`"),
        ] {
            assert_eq!(of(fields).unwrap_err(), reason);
        }
    }
}

//! What hubs say to a subscriber: `GET /websub/<token>` asks whether a request was ours, `POST`
//! brings news (`WebSub` §5.3, §7).
//!
//! The token is the secret part of the address; what it leads to, somebody else knows, through
//! [`Subscriber`]. What we did not ask for gets 404 and nothing of it back.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// How long a hub may take to send its news.
const BODY_TIME: Duration = Duration::from_secs(30);

/// What a hub asks: whether we asked for this, or that it will not do it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Question {
    /// `hub.mode`.
    pub mode: String,
    /// `hub.topic`.
    pub topic: String,
    /// `hub.lease_seconds`.
    pub lease_seconds: Option<u64>,
    /// `hub.reason`, with a denial.
    pub reason: Option<String>,
}

/// News as they came; whether they are the hub's has yet to be seen.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// End of the address that they came to.
    pub token: String,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `X-Hub-Signature`.
    pub signature: Option<String>,
    /// The body.
    pub body: Bytes,
}

/// Who knows of subscriptions. Calls may block.
pub trait Subscriber: std::fmt::Debug + Send + Sync {
    /// Whether `question`, asked at `token`, is about something that we asked for.
    fn answer(&self, token: &str, question: Question) -> bool;
    /// Whether there is a subscription at `token`.
    fn knows(&self, token: &str) -> bool;
    /// Takes news to be looked at later; false where there are too many at the moment.
    fn take(&self, delivery: Delivery) -> bool;
    /// Largest body in bytes.
    fn max_body(&self) -> usize;
}

/// The routes.
pub fn router(subscriber: Arc<dyn Subscriber>) -> Router {
    Router::new().route("/websub/{token}", get(question).post(delivery)).with_state(subscriber)
}

async fn question(
    State(subscriber): State<Arc<dyn Subscriber>>,
    Path(token): Path<String>,
    Query(fields): Query<Vec<(String, String)>>,
) -> Response {
    let field =
        |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.to_owned());
    let question = Question {
        mode: field("hub.mode").unwrap_or_default(),
        topic: field("hub.topic").unwrap_or_default(),
        lease_seconds: field("hub.lease_seconds").and_then(|seconds| seconds.parse().ok()),
        reason: field("hub.reason"),
    };
    // A denial is told and not asked: it has no challenge.
    let challenge = field("hub.challenge").unwrap_or_default();
    let ours = spawn_blocking(move || subscriber.answer(&token, question)).await;
    if !ours.unwrap_or(false) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let plain = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (plain, challenge).into_response()
}

/// Answers at once (§7): 410 tells a hub that nobody is here any more; whether the signature is
/// right, nobody learns (§8).
async fn delivery(
    State(subscriber): State<Arc<dyn Subscriber>>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let (known, name) = (Arc::clone(&subscriber), token.clone());
    if !spawn_blocking(move || known.knows(&name)).await.unwrap_or(false) {
        return StatusCode::GONE.into_response();
    }
    let body = match timeout(BODY_TIME, to_bytes(body, subscriber.max_body())).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(_) => return StatusCode::REQUEST_TIMEOUT.into_response(),
    };
    let field = |name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
    let delivery = Delivery {
        token,
        content_type: field("content-type"),
        signature: field("x-hub-signature"),
        body,
    };
    if subscriber.take(delivery) {
        StatusCode::ACCEPTED.into_response()
    } else {
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    }
}

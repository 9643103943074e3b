//! `/metrics`, as Prometheus reads it: the text is made elsewhere, after each round, and shown here.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::sync::watch;

/// The text format's version 0.0.4, which every scraper understands.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The route; `text` is what it shows, as it changes.
pub fn router(text: watch::Receiver<Arc<str>>) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(text)
}

async fn metrics(State(text): State<watch::Receiver<Arc<str>>>) -> Response {
    let text = text.borrow().to_string();
    ([(header::CONTENT_TYPE, CONTENT_TYPE), (header::CACHE_CONTROL, "no-store")], text)
        .into_response()
}

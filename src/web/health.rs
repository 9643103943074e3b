//! `/healthz` says that the process lives, `/readyz` that it does its work.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::Shown;

/// How the daemon is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Readiness {
    /// The first feeds are not written yet.
    #[default]
    Starting,
    /// All is well.
    Ready,
    /// Something is not, in sentences.
    Ailing(Vec<String>),
}

/// Alive, or there would be no answer.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// 200 when all is well, 503 with the reasons otherwise.
pub async fn readyz(State(shown): State<Arc<Shown>>) -> Response {
    let readiness = shown.readiness.borrow().clone();
    match readiness {
        Readiness::Ready => "ready\n".into_response(),
        Readiness::Starting => {
            (StatusCode::SERVICE_UNAVAILABLE, "the first feeds are being written\n").into_response()
        }
        Readiness::Ailing(problems) => {
            (StatusCode::SERVICE_UNAVAILABLE, problems.join("\n") + "\n").into_response()
        }
    }
}

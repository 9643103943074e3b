//! What the server's API answers: suggestions, by the index that the daemon keeps.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::Utc;
use tokio::sync::watch as channel;

use super::suggest::{self, Kept, Scope, SuggestError, When, object};
use crate::catalog::Catalog;
use crate::config::Config;
use crate::source::fetch::reveal;
use crate::store::Store;
use crate::web::api::{Answers, Door, Refusal, Wanted};

/// What answers are made of.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) config: Arc<Config>,
    pub(super) store: Store,
    pub(super) index: Arc<Mutex<Kept>>,
    /// The articles as the last regeneration found them.
    pub(super) catalog: channel::Receiver<Option<Arc<Catalog>>>,
}

/// Who may ask.
///
/// # Errors
///
/// `server.token` stands elsewhere and cannot be read there: nobody is let in by mistake.
pub fn door(config: &Config) -> Result<Door, String> {
    let token = config.token.as_ref().map(|token| reveal(token, &config.root)).transpose();
    let token = token.map_err(|reason| format!("server.token: {reason}"))?;
    match token.as_deref().map(str::trim) {
        Some("") => Err("server.token: it is empty; take it out, or give a long one".to_owned()),
        token => Ok(Door::new(token)),
    }
}

impl Answers for Desk {
    fn suggestions(&self, wanted: &Wanted) -> Result<String, Refusal> {
        let known = self.catalog.borrow().clone();
        let Some(catalog) = known else {
            return Err(Refusal::Unready("the articles are being read".to_owned()));
        };
        let config = &self.config;
        let scope = match (&wanted.article, &wanted.topic) {
            (Some(article), _) => Scope::Article(suggest::article_path(config, article)),
            (None, Some(topic)) => Scope::Topic(topic.clone()),
            (None, None) => Scope::Everything,
        };
        let limit = wanted.limit.unwrap_or(config.suggest.rank.limit);
        let now = Utc::now();
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        suggest::suggest(config, &catalog, &self.store, &mut index, &scope, limit, When::Now(now))
            .and_then(|found| {
                suggest::remember(config, &self.store, &found, now)?;
                Ok(object::list(config, &found, now).to_string())
            })
            .map_err(|error| match error {
                SuggestError::NoSuchArticle(_) | SuggestError::NoSuchTopic(_) => {
                    Refusal::Unknown(error.to_string())
                }
                SuggestError::Lists(_) | SuggestError::Store(_) => {
                    tracing::error!("suggestions cannot be made: {error}");
                    Refusal::Failed("suggestions cannot be made; see the log".to_owned())
                }
            })
    }
}

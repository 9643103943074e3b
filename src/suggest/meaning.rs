//! How near candidates are in meaning to what is asked, where the user has a model that tells.
//!
//! The candidates' vectors are made once; a query is compared with all of them, so that what shares no
//! word with it can be found.

use rayon::prelude::*;

use super::embedding::{Embeddings, nearness};
use super::{Candidate, Query};

/// Nearness from which on two texts that share no word are taken to speak of one matter. Set by hand:
/// means of many words are all somewhat alike, so it must lie well above 0.
pub(super) const NEAR: f64 = 0.5;

/// What candidates mean.
#[derive(Debug)]
pub(super) struct Meaning {
    embeddings: Embeddings,
    /// By candidate.
    vectors: Vec<Vec<f32>>,
}

impl Meaning {
    /// What `candidates` mean by a model.
    pub(super) fn new(embeddings: Embeddings, candidates: &[Candidate]) -> Self {
        let vector =
            |one: &Candidate| embeddings.vector(&format!("{}\n{}", one.title, one.summary));
        Self { vectors: candidates.par_iter().map(vector).collect(), embeddings }
    }

    /// How near each candidate is, from 0 to 1.
    pub(super) fn nearness(&self, query: &Query) -> Vec<f32> {
        let text = format!("{}\n{}\n{}", query.title, query.summary, query.body);
        let asked = self.embeddings.vector(&text);
        self.vectors.par_iter().map(|one| nearness(&asked, one).clamp(0.0, 1.0)).collect()
    }
}

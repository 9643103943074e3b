//! How near candidates are in meaning to what is asked, where the user has a model that tells.
//!
//! A candidate's vector is made once; a query is compared with all of them, so that what shares no
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
    /// Nothing yet, to be known by a model.
    pub(super) fn new(embeddings: Embeddings) -> Self {
        Self { embeddings, vectors: Vec::new() }
    }

    /// What a candidate means.
    pub(super) fn of(&self, candidate: &Candidate) -> Vec<f32> {
        self.embeddings.vector(&format!("{}\n{}", candidate.title, candidate.summary))
    }

    /// Notes what the candidate of this number means, which at most is the next one.
    pub(super) fn set(&mut self, at: usize, vector: Vec<f32>) {
        match self.vectors.get_mut(at) {
            Some(known) => *known = vector,
            None => self.vectors.push(vector),
        }
    }

    /// Forgets the candidate of this number; the last one gets it.
    pub(super) fn swap_remove(&mut self, at: usize) {
        self.vectors.swap_remove(at);
    }

    /// How near each candidate is, from 0 to 1.
    pub(super) fn nearness(&self, query: &Query) -> Vec<f32> {
        let text = format!("{}\n{}\n{}", query.title, query.summary, query.body);
        let asked = self.embeddings.vector(&text);
        self.vectors.par_iter().map(|one| nearness(&asked, one).clamp(0.0, 1.0)).collect()
    }
}

//! Cuts a word into the pieces that a model knows.
//!
//! Two ways, as the model's tokenizer says: `WordPiece` takes the longest piece each time (Schuster and
//! Nakajima, 2012), Unigram the pieces whose scores add up to the most (Kudo, 2018). What a model does
//! not know is left out here, since it has no vector.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::Error;

/// How far below the least score of any piece a character without one lies, as in `SentencePiece`.
const UNKNOWN: f64 = 10.0;

/// A piece, when it is found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub(super) id: u32,
    score: f64,
}

/// Where a piece begins that continues nothing.
pub(super) const ROOT: u32 = 0;

/// Pieces by their characters.
#[derive(Debug)]
pub(super) struct Trie {
    steps: HashMap<(u32, char), u32>,
    /// By node: the piece that ends there.
    ends: Vec<Option<Piece>>,
}

impl Trie {
    /// The trie of these pieces; of equal ones the last holds.
    pub(super) fn new<'a>(pieces: impl Iterator<Item = (&'a str, u32, f64)>) -> Self {
        let mut this = Self { steps: HashMap::new(), ends: vec![None] };
        for (text, id, score) in pieces {
            let mut node = ROOT;
            for c in text.chars() {
                // A file that is small enough to be read has fewer characters than there are numbers.
                let next = u32::try_from(this.ends.len()).unwrap_or(ROOT);
                node = *this.steps.entry((node, c)).or_insert(next);
                if node == next {
                    this.ends.push(None);
                }
            }
            this.ends[node as usize] = Some(Piece { id, score });
        }
        this
    }

    /// Every piece that `text` begins with after what leads to `from`, with its length in bytes, the
    /// shortest first.
    pub(super) fn prefixes(&self, from: u32, text: &str) -> impl Iterator<Item = (usize, Piece)> {
        let mut node = from;
        let ends = text.char_indices().map_while(move |(at, c)| {
            node = *self.steps.get(&(node, c))?;
            Some((at + c.len_utf8(), self.ends[node as usize]))
        });
        ends.filter_map(|(length, piece)| Some((length, piece?)))
    }

    /// Where what continues `text` begins; none where no piece does.
    fn after(&self, text: &str) -> Option<u32> {
        text.chars().try_fold(ROOT, |node, c| self.steps.get(&(node, c)).copied())
    }
}

/// How words are cut.
#[derive(Debug, Deserialize)]
#[serde(try_from = "File")]
pub(super) enum Pieces {
    WordPiece {
        trie: Trie,
        /// Where pieces begin that are not a word's first.
        inner: Option<u32>,
        /// Most characters of a word that is cut at all.
        longest: usize,
        size: usize,
        unknown: u32,
    },
    Unigram {
        trie: Trie,
        /// What a character counts that no piece has.
        unknown_score: f64,
        size: usize,
        unknown: Option<u32>,
    },
}

/// The part `model` of a `tokenizer.json`.
#[derive(Deserialize)]
#[serde(tag = "type")]
enum File {
    WordPiece {
        unk_token: String,
        continuing_subword_prefix: String,
        max_input_chars_per_word: usize,
        vocab: HashMap<String, u32>,
    },
    Unigram {
        unk_id: Option<usize>,
        vocab: Vec<(String, f64)>,
        #[serde(default)]
        byte_fallback: bool,
    },
}

impl TryFrom<File> for Pieces {
    type Error = serde_json::Error;

    fn try_from(file: File) -> Result<Self, Self::Error> {
        let wrong = Self::Error::custom::<&str>;
        match file {
            File::WordPiece {
                unk_token,
                continuing_subword_prefix,
                max_input_chars_per_word,
                vocab,
            } => {
                let unknown = *vocab
                    .get(&unk_token)
                    .ok_or_else(|| wrong("model.unk_token is not in its vocabulary"))?;
                let pieces = vocab.iter().map(|(text, id)| (text.as_str(), *id, 0.0));
                let trie = Trie::new(pieces);
                Ok(Self::WordPiece {
                    inner: trie.after(&continuing_subword_prefix),
                    trie,
                    longest: max_input_chars_per_word,
                    size: size(vocab.into_values()),
                    unknown,
                })
            }
            File::Unigram { byte_fallback: true, .. } => {
                Err(wrong("model.byte_fallback is true; only false is understood"))
            }
            File::Unigram { unk_id, vocab, .. } => {
                let unknown = unk_id.map(|id| u32::try_from(id).ok().filter(|_| id < vocab.len()));
                if unknown == Some(None) {
                    return Err(wrong("model.unk_id is beyond its vocabulary"));
                }
                let pieces =
                    (0..).zip(&vocab).map(|(id, (text, score))| (text.as_str(), id, *score));
                let least = vocab.iter().map(|(_, score)| *score).fold(f64::INFINITY, f64::min);
                Ok(Self::Unigram {
                    trie: Trie::new(pieces),
                    unknown_score: least - UNKNOWN,
                    size: vocab.len(),
                    unknown: unknown.flatten(),
                })
            }
        }
    }
}

/// How many identifiers there must be for these to be among them.
pub(super) fn size(ids: impl Iterator<Item = u32>) -> usize {
    ids.max().map_or(0, |most| most as usize + 1)
}

impl Pieces {
    /// Number of pieces.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::WordPiece { size, .. } | Self::Unigram { size, .. } => *size,
        }
    }

    /// The piece that stands for what is not known.
    pub(super) fn unknown(&self) -> Option<u32> {
        match self {
            Self::WordPiece { unknown, .. } => Some(*unknown),
            Self::Unigram { unknown, .. } => *unknown,
        }
    }

    /// Adds the pieces of `word` to `ids`.
    pub(super) fn cut(&self, word: &str, ids: &mut Vec<u32>) {
        match self {
            Self::WordPiece { trie, inner, longest, .. } => {
                let before = ids.len();
                if !(word.chars().count() <= *longest && longest_pieces(trie, *inner, word, ids)) {
                    ids.truncate(before);
                }
            }
            Self::Unigram { trie, unknown_score, .. } => {
                best_pieces(trie, *unknown_score, word, ids);
            }
        }
    }
}

/// The longest piece each time; false where there is none at some place.
fn longest_pieces(trie: &Trie, inner: Option<u32>, word: &str, ids: &mut Vec<u32>) -> bool {
    let mut at = 0;
    while at < word.len() {
        let from = if at == 0 { Some(ROOT) } else { inner };
        let Some((length, piece)) = from.and_then(|from| trie.prefixes(from, &word[at..]).last())
        else {
            return false;
        };
        ids.push(piece.id);
        at += length;
    }
    true
}

/// The best way to a place in a word.
#[derive(Debug, Clone, Copy)]
struct Way {
    score: f64,
    from: usize,
    id: Option<u32>,
}

/// The pieces whose scores add up to the most, by the best way to each place (Viterbi).
fn best_pieces(trie: &Trie, unknown_score: f64, word: &str, ids: &mut Vec<u32>) {
    let mut best: Vec<Option<Way>> = vec![None; word.len() + 1];
    for (from, c) in word.char_indices() {
        let before = best[from].map_or(0.0, |way| way.score);
        let mut offer = |length: usize, score: f64, id| {
            let way = Way { score: before + score, from, id };
            let known = &mut best[from + length];
            if known.is_none_or(|known| way.score > known.score) {
                *known = Some(way);
            }
        };
        let mut alone = false;
        for (length, piece) in trie.prefixes(ROOT, &word[from..]) {
            offer(length, piece.score, Some(piece.id));
            alone |= length == c.len_utf8();
        }
        if !alone {
            offer(c.len_utf8(), unknown_score, None);
        }
    }
    let first = ids.len();
    let mut end = word.len();
    while let Some(way) = best[end] {
        ids.extend(way.id);
        end = way.from;
    }
    ids[first..].reverse();
}

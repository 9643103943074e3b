//! What a text consists of in a model's eyes: a `tokenizer.json` of Hugging Face's tokenizers, as far
//! as models in model2vec's form use it.
//!
//! A text is brought into the model's form, split into words and cut into pieces, each of which has a
//! number. Special pieces, which would only mark beginning and end, are not added; unknown ones are left
//! out. Everything else in the file is for training and writing back, and is not read.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;

use super::normalize::Normalizer;
use super::pieces::{self, Pieces, ROOT, Trie};
use super::split::Splitter;

/// A tokenizer.
#[derive(Debug, Deserialize)]
#[serde(from = "File")]
pub(super) struct Tokenizer {
    normalizer: Option<Normalizer>,
    splitter: Option<Splitter>,
    pieces: Pieces,
    /// Looked for in the text as it is.
    plain: Added,
    /// Looked for in the model's form of it.
    normalized: Added,
    size: usize,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    added_tokens: Vec<Token>,
    normalizer: Option<Normalizer>,
    pre_tokenizer: Option<Splitter>,
    model: Pieces,
}

/// A name of several words, or a special sign, that is one piece wherever it stands.
#[derive(Debug, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "as the file has them")]
struct Token {
    id: u32,
    content: String,
    single_word: bool,
    lstrip: bool,
    rstrip: bool,
    normalized: bool,
}

/// Tokens by their text.
#[derive(Debug)]
struct Added {
    trie: Trie,
    tokens: HashMap<u32, Token>,
}

impl From<File> for Tokenizer {
    fn from(file: File) -> Self {
        let added = pieces::size(file.added_tokens.iter().map(|token| token.id));
        let size = file.model.size().max(added);
        let (mut normalized, plain): (Vec<Token>, Vec<Token>) =
            file.added_tokens.into_iter().partition(|token| token.normalized);
        for token in &mut normalized {
            token.content = form(file.normalizer.as_ref(), &token.content).into_owned();
        }
        Self {
            normalizer: file.normalizer,
            splitter: file.pre_tokenizer,
            pieces: file.model,
            plain: Added::new(plain),
            normalized: Added::new(normalized),
            size,
        }
    }
}

/// The form of `text` that a model knows.
fn form<'a>(normalizer: Option<&Normalizer>, text: &'a str) -> Cow<'a, str> {
    match normalizer {
        Some(normalizer) => Cow::Owned(normalizer.apply(text.to_owned())),
        None => Cow::Borrowed(text),
    }
}

impl Tokenizer {
    /// How many pieces there are.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// The known pieces of `text`, in order.
    pub(super) fn pieces(&self, text: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        for (at, (part, token)) in self.plain.parts(text).into_iter().enumerate() {
            ids.extend(token);
            let part = form(self.normalizer.as_ref(), part);
            for (inner, (part, token)) in self.normalized.parts(&part).into_iter().enumerate() {
                ids.extend(token);
                self.cut(part, at + inner == 0, &mut ids);
            }
        }
        ids.retain(|id| Some(*id) != self.pieces.unknown());
        ids
    }

    /// Adds the pieces of a text without added tokens; `begins` where it is the beginning of all.
    fn cut(&self, text: &str, begins: bool, ids: &mut Vec<u32>) {
        if text.is_empty() {
            return;
        }
        match &self.splitter {
            Some(splitter) => {
                for word in splitter.split(vec![text.to_owned()], begins) {
                    self.pieces.cut(&word, ids);
                }
            }
            None => self.pieces.cut(text, ids),
        }
    }
}

impl Added {
    fn new(tokens: Vec<Token>) -> Self {
        let texts = tokens.iter().filter(|token| !token.content.is_empty());
        Self {
            trie: Trie::new(texts.map(|token| (token.content.as_str(), token.id, 0.0))),
            tokens: tokens.into_iter().map(|token| (token.id, token)).collect(),
        }
    }

    /// The tokens in `text`, of those that begin at one place the longest, each with what stands before
    /// it or after all of them: first the text, then the token that precedes it.
    fn parts<'a>(&self, text: &'a str) -> Vec<(&'a str, Option<u32>)> {
        let mut parts = Vec::new();
        let (mut before, mut begin, mut at) = (None, 0, 0);
        while !self.tokens.is_empty()
            && let Some(c) = text[at..].chars().next()
        {
            let Some((token, length)) = self.token_at(text, at) else {
                at += c.len_utf8();
                continue;
            };
            let part = &text[begin..at];
            parts.push((if token.lstrip { part.trim_end() } else { part }, before));
            at += length;
            if token.rstrip {
                at += text[at..].len() - text[at..].trim_start().len();
            }
            (before, begin) = (Some(token.id), at);
        }
        parts.push((&text[begin..], before));
        parts
    }

    /// The longest token at a place of `text`, with its length.
    fn token_at(&self, text: &str, at: usize) -> Option<(&Token, usize)> {
        let (length, piece) = self.trie.prefixes(ROOT, &text[at..]).last()?;
        let token = self.tokens.get(&piece.id)?;
        let goes_on = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let inside =
            goes_on(text[..at].chars().next_back()) || goes_on(text[at + length..].chars().next());
        (!(token.single_word && inside)).then_some((token, length))
    }
}

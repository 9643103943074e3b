//! Splits a text into the words that are cut into pieces, as a model's `tokenizer.json` says.

use serde::Deserialize;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// How texts are split.
#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
pub(super) enum Splitter {
    /// At blanks, and around each punctuation mark.
    #[serde(rename = "BertPreTokenizer")]
    Bert,
    /// At blanks.
    WhitespaceSplit,
    /// Before each blank, which becomes a visible sign and stays.
    Metaspace {
        replacement: char,
        #[serde(default)]
        prepend_scheme: Scheme,
        /// What older files say instead.
        add_prefix_space: Option<bool>,
        #[serde(default = "yes")]
        split: bool,
    },
    /// One after the other.
    Sequence { pretokenizers: Vec<Self> },
}

/// Before which words a sign stands where no blank did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Scheme {
    #[default]
    Always,
    First,
    Never,
}

fn yes() -> bool {
    true
}

impl Splitter {
    /// The words of these texts, of which the first may begin what was to be split.
    pub(super) fn split(&self, texts: Vec<String>, begins: bool) -> Vec<String> {
        match self {
            Self::Bert => {
                let mut words = Vec::new();
                for word in texts.iter().flat_map(|text| text.split_whitespace()) {
                    for part in word.split_inclusive(is_mark) {
                        let word = part.trim_end_matches(is_mark);
                        let mark = &part[word.len()..];
                        words.extend([word, mark].into_iter().filter(|one| !one.is_empty()));
                    }
                }
                words.into_iter().map(str::to_owned).collect()
            }
            Self::WhitespaceSplit => {
                let words = texts.iter().flat_map(|text| text.split_whitespace());
                words.map(str::to_owned).collect()
            }
            Self::Metaspace { replacement, prepend_scheme, add_prefix_space, split } => {
                let scheme = match add_prefix_space {
                    Some(false) => Scheme::Never,
                    _ => *prepend_scheme,
                };
                let mut words = Vec::new();
                for (at, text) in texts.into_iter().enumerate() {
                    let mut text = text.replace(' ', replacement.encode_utf8(&mut [0; 4]));
                    let wanted =
                        scheme == Scheme::Always || scheme == Scheme::First && begins && at == 0;
                    if wanted && !text.starts_with(*replacement) {
                        text.insert(0, *replacement);
                    }
                    if *split {
                        words.extend(before_each(*replacement, &text).map(str::to_owned));
                    } else {
                        words.push(text);
                    }
                }
                words
            }
            Self::Sequence { pretokenizers } => {
                pretokenizers.iter().fold(texts, |texts, one| one.split(texts, begins))
            }
        }
    }
}

/// The parts of `text`, each of which begins with `sign` but for the first.
fn before_each(sign: char, text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?.len_utf8();
        let length = rest[first..].find(sign).map_or(rest.len(), |at| first + at);
        let (part, after) = rest.split_at(length);
        rest = after;
        Some(part)
    })
}

/// Whether BERT calls a character punctuation: Unicode does, or ASCII's typewriter has it as a sign.
fn is_mark(c: char) -> bool {
    c.is_ascii_punctuation()
        || !c.is_ascii() && c.general_category_group() == GeneralCategoryGroup::Punctuation
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_are_split_as_the_model_says() {
        let metaspace = |scheme: &str, split: bool| {
            json!({
                "type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": split,
            })
        };
        let older = json!({"type": "Metaspace", "replacement": "▁", "add_prefix_space": false});
        let sequence = |last: serde_json::Value| json!({"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, last]});
        for (splitter, text, expected) in [
            (json!({"type": "BertPreTokenizer"}), " a-b，c$!\u{3000}", "a|-|b|，|c|$|!"),
            (json!({"type": "WhitespaceSplit"}), " a-b\tc ", "a-b|c"),
            (metaspace("always", true), "a  b", "▁a|▁|▁b"),
            (metaspace("always", true), "▁a b▁", "▁a|▁b|▁"),
            (metaspace("always", false), "a b", "▁a▁b"),
            (metaspace("never", true), "a b", "a|▁b"),
            (older, "a b", "a|▁b"),
            (sequence(metaspace("first", true)), "a b", "▁a|b"),
            (sequence(metaspace("always", true)), "a b", "▁a|▁b"),
        ] {
            let read: Splitter = serde_json::from_value(splitter.clone()).unwrap();
            assert_eq!(read.split(vec![text.to_owned()], true).join("|"), expected, "{splitter}");
        }
        let first: Splitter = serde_json::from_value(metaspace("first", true)).unwrap();
        assert_eq!(first.split(vec!["a b".to_owned()], false), ["a", "▁b"]);
    }
}

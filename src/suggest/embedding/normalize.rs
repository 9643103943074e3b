//! Brings a text into the form in which a model knows its words, by the steps that its `tokenizer.json`
//! names: those of BERT, of `SentencePiece`, and of model2vec itself. A step of another name is refused,
//! since leaving it out would change what the model understands without anybody noticing.

use serde::Deserialize;
use serde::de::Error;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use super::charsmap::Charsmap;

/// A step.
#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
pub(super) enum Normalizer {
    #[serde(rename = "BertNormalizer")]
    Bert {
        clean_text: bool,
        handle_chinese_chars: bool,
        strip_accents: Option<bool>,
        lowercase: bool,
    },
    Lowercase,
    #[serde(rename = "NFC")]
    Nfc,
    #[serde(rename = "NFD")]
    Nfd,
    #[serde(rename = "NFKC")]
    Nfkc,
    #[serde(rename = "NFKD")]
    Nfkd,
    StripAccents,
    Strip {
        strip_left: bool,
        strip_right: bool,
    },
    Prepend {
        prepend: String,
    },
    Replace {
        pattern: Pattern,
        content: String,
    },
    Precompiled {
        precompiled_charsmap: Charsmap,
    },
    Sequence {
        normalizers: Vec<Self>,
    },
}

/// What is replaced.
#[derive(Debug, Deserialize)]
pub(super) enum Pattern {
    String(String),
    Regex(Runs),
}

/// The regular expressions that models use: a run of blanks becomes one.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum Runs {
    /// `\s+`
    White,
    /// ` {2,}`
    Spaces,
}

impl TryFrom<String> for Runs {
    type Error = serde_json::Error;

    fn try_from(pattern: String) -> Result<Self, Self::Error> {
        match pattern.as_str() {
            r"\s+" => Ok(Self::White),
            " {2,}" => Ok(Self::Spaces),
            other => Err(Self::Error::custom(format!(
                "the pattern `{other}` is not one of `\\s+`, ` {{2,}}`"
            ))),
        }
    }
}

impl Normalizer {
    /// `text` after this step.
    pub(super) fn apply(&self, text: String) -> String {
        match self {
            Self::Bert { clean_text, handle_chinese_chars, strip_accents, lowercase } => {
                let mut text = text;
                if *clean_text {
                    text = clean(&text);
                }
                if *handle_chinese_chars {
                    text = apart(&text);
                }
                if strip_accents.unwrap_or(*lowercase) {
                    let accent = |c: &char| c.general_category() == GeneralCategory::NonspacingMark;
                    text = text.nfd().filter(|c| c.is_ascii() || !accent(c)).collect();
                }
                if *lowercase { lower(&text) } else { text }
            }
            Self::Lowercase => lower(&text),
            Self::Nfc => text.nfc().collect(),
            Self::Nfd => text.nfd().collect(),
            Self::Nfkc => text.nfkc().collect(),
            Self::Nfkd => text.nfkd().collect(),
            Self::StripAccents => text.chars().filter(|c| !is_combining_mark(*c)).collect(),
            Self::Strip { strip_left, strip_right } => {
                let text = if *strip_left { text.trim_start() } else { &text };
                (if *strip_right { text.trim_end() } else { text }).to_owned()
            }
            Self::Prepend { prepend } if !text.is_empty() => format!("{prepend}{text}"),
            Self::Prepend { .. } => text,
            Self::Replace { pattern: Pattern::String(old), content } => text.replace(old, content),
            Self::Replace { pattern: Pattern::Regex(runs), content } => {
                runs.replace(&text, content)
            }
            Self::Precompiled { precompiled_charsmap } => precompiled_charsmap.apply(&text),
            Self::Sequence { normalizers } => {
                normalizers.iter().fold(text, |text, step| step.apply(text))
            }
        }
    }
}

impl Runs {
    fn replace(self, text: &str, content: &str) -> String {
        let (of, least): (fn(char) -> bool, usize) = match self {
            Self::White => (char::is_whitespace, 1),
            Self::Spaces => (|c| c == ' ', 2),
        };
        let mut new = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(begin) = rest.find(of) {
            let run = &rest[begin..];
            let length = run.find(|c| !of(c)).unwrap_or(run.len());
            new.push_str(&rest[..begin]);
            // Each run that has a least length above 1 is of characters of one byte.
            new.push_str(if length >= least { content } else { &run[..length] });
            rest = &run[length..];
        }
        new + rest
    }
}

/// Each character alone: a sigma at a word's end is one like any other.
fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Without characters that nobody sees, and with every blank the same one.
fn clean(text: &str) -> String {
    let unseen = |c: char| {
        use GeneralCategory::{Control, Format, PrivateUse};
        c == '\u{fffd}'
            || !matches!(c, '\t' | '\n' | '\r')
                && matches!(c.general_category(), Control | Format | PrivateUse)
    };
    let seen = text.chars().filter(|c| matches!(c, ' '..='~') || !unseen(*c));
    seen.map(|c| if c.is_whitespace() { ' ' } else { c }).collect()
}

/// With blanks around each character of the blocks that BERT calls Chinese.
fn apart(text: &str) -> String {
    let mut new = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c,
            '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{2a6df}'
            | '\u{2a700}'..='\u{2b73f}' | '\u{2b740}'..='\u{2b81f}' | '\u{2b920}'..='\u{2ceaf}'
            | '\u{f900}'..='\u{faff}' | '\u{2f800}'..='\u{2fa1f}')
        {
            new.extend([' ', c, ' ']);
        } else {
            new.push(c);
        }
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_step_does_what_its_name_says() {
        let bert = |clean: bool, apart: bool, accents: Option<bool>, lower: bool| {
            json!({
                "type": "BertNormalizer", "clean_text": clean, "handle_chinese_chars": apart,
                "strip_accents": accents, "lowercase": lower,
            })
        };
        let replace = |pattern: serde_json::Value| json!({"type": "Replace", "pattern": pattern, "content": "_"});
        let strip = |left: bool, right: bool| json!({"type": "Strip", "strip_left": left, "strip_right": right});
        for (step, text, expected) in [
            (bert(true, true, None, true), "É\u{200b}\u{fffd}a\t中文Σ", "ea  中  文 σ"),
            (bert(true, false, Some(false), true), "É中", "é中"),
            (bert(false, false, Some(true), false), "É\u{200b}", "E\u{200b}"),
            (bert(false, false, None, false), "É", "É"),
            (json!({"type": "Lowercase"}), "ΑΣ İ", "ασ i\u{307}"),
            (json!({"type": "NFC"}), "e\u{301}", "é"),
            (json!({"type": "NFD"}), "é", "e\u{301}"),
            (json!({"type": "NFKC"}), "Ａe\u{301}", "Aé"),
            (json!({"type": "NFKD"}), "Ａé", "Ae\u{301}"),
            (json!({"type": "StripAccents"}), "e\u{301}", "e"),
            (strip(true, true), "\u{a0} a ", "a"),
            (strip(true, false), " a ", "a "),
            (strip(false, true), " a ", " a"),
            (json!({"type": "Prepend", "prepend": "▁"}), "a", "▁a"),
            (json!({"type": "Prepend", "prepend": "▁"}), "", ""),
            (replace(json!({"String": "aa"})), "aaab", "_ab"),
            (replace(json!({"Regex": r"\s+"})), " a\t\u{3000}b c", "_a_b_c"),
            (replace(json!({"Regex": " {2,}"})), " a  b   ", " a_b_"),
            (
                json!({"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "StripAccents"}]}),
                "é",
                "e",
            ),
        ] {
            let normalizer: Normalizer = serde_json::from_value(step.clone()).unwrap();
            assert_eq!(normalizer.apply(text.to_owned()), expected, "{step}");
        }
    }
}

//! What was said of suggestions: verdicts, and the lines in which they are exported and learnt from.
//!
//! An editor accepts or rejects; an article that gains the reference says so by itself. A
//! [`Labelled`] line is one such verdict with all that is needed to learn from it, the features as
//! they were when the suggestion was shown among it. [`cited`] finds the suggestions that articles
//! have taken up. Pure: what is kept, and when anybody looks, is other modules' business.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::feature::{Features, Model};
use super::identity::{Known, title_key};
use super::{Cited, Target};
use crate::address::canonical;
use crate::problem::Problem;

pub mod agreement;

/// What is thought of a suggestion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Worth citing, says an editor.
    Accept,
    /// Not for this article or topic, says an editor.
    Reject,
    /// The article that it was suggested for cites it now.
    Cited,
}

impl Verdict {
    /// Its name in the store and in exports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Reject => "reject",
            Self::Cited => "cited",
        }
    }

    /// The verdict of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Accept, Self::Reject, Self::Cited].into_iter().find(|one| one.name() == name)
    }

    /// Whether the suggestion was a good one.
    pub fn is_for(self) -> bool {
        self != Self::Reject
    }
}

/// Who judges when an article takes a suggestion up: the article itself, and no editor.
pub const ARTICLE: &str = "";

/// By what a suggestion was made. Two that are equal would rank the same items alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Hash of bias and weights.
    pub model: String,
    /// Hash of all that decides beside items and articles: settings, lists, program, and the model again.
    pub configuration: String,
}

impl Fingerprint {
    /// The fingerprint of `model` and of everything else, given as `parts` in a fixed order.
    pub fn of(model: &Model, parts: &[&[u8]]) -> Self {
        // Numbers and names in a fixed order: JSON of them always exists.
        let model = serde_json::to_vec(model).unwrap_or_default();
        let all = std::iter::once(model.as_slice()).chain(parts.iter().copied());
        let mut hash = Sha256::new();
        for part in all {
            // With its length, so that no two lists of parts run into the same bytes.
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        Self { model: short(&Sha256::digest(&model)), configuration: short(&hash.finalize()) }
    }
}

/// Sixteen digits tell apart more models than anybody will ever try.
fn short(digest: &[u8]) -> String {
    let head = digest.iter().take(8).fold(0_u64, |all, byte| all << 8 | u64::from(*byte));
    format!("{head:016x}")
}

/// A verdict with all that is needed to learn from it: a line of an export.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Labelled {
    /// The suggestion's identifier.
    #[serde(default)]
    pub suggestion: String,
    /// What it was for.
    #[serde(rename = "for", with = "target_form")]
    pub target: Target,
    /// Identifier of the suggested item.
    pub item: String,
    /// Its title.
    #[serde(default)]
    pub title: String,
    /// Its address, where it has one.
    #[serde(default)]
    pub url: Option<String>,
    /// Name of its source.
    #[serde(default)]
    pub source: Option<String>,
    /// What was said.
    pub verdict: Verdict,
    /// Why, if the editor said so.
    #[serde(default)]
    pub reason: Option<String>,
    /// Who said it; [`ARTICLE`] where the article did.
    #[serde(default)]
    pub editor: String,
    /// When.
    pub judged: DateTime<Utc>,
    /// What spoke for the suggestion when it was last shown; none where that was not kept.
    pub features: Option<Features>,
    /// By what it was made.
    #[serde(default)]
    pub fingerprint: Option<Fingerprint>,
}

/// A target as `suggest --json` shows it.
mod target_form {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::suggest::Target;

    #[derive(Serialize, Deserialize)]
    struct Form {
        article: Option<String>,
        topic: Option<String>,
    }

    pub(super) fn serialize<S: Serializer>(target: &Target, to: S) -> Result<S::Ok, S::Error> {
        let (article, topic) = match target {
            Target::Article(path) => (Some(path.clone()), None),
            Target::Topic(name) => (None, Some(name.clone())),
            Target::Everything => (None, None),
        };
        Form { article, topic }.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Target, D::Error> {
        Ok(match Form::deserialize(from)? {
            Form { article: Some(path), .. } => Target::Article(path),
            Form { topic: Some(name), .. } => Target::Topic(name),
            Form { article: None, topic: None } => Target::Everything,
        })
    }
}

/// Reads exported lines: one JSON object a line.
///
/// # Errors
///
/// The first line that is no verdict.
pub fn parse(path: &str, text: &str) -> Result<Vec<Labelled>, Problem> {
    // Some editors put a byte order mark before all else.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            serde_json::from_str(line).map_err(|error| {
                Problem::new(path, (index + 1, error.column().max(1)), error.to_string())
                    .hint("each line is a verdict as `headwater verdicts export` writes it")
            })
        })
        .collect()
}

/// A suggestion for an article which, as far as is known, does not cite it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// The suggestion's identifier.
    pub suggestion: String,
    /// Path of the article.
    pub article: String,
    /// Title of the item.
    pub title: String,
    /// Address of the item.
    pub url: Option<String>,
}

/// Identifiers of the suggestions that their articles cite by now. What an article cites is never
/// suggested for it, so whatever is found here was taken up later. `articles` gives what the
/// article of a path cites, where there is one.
pub fn cited(open: &[Open], articles: impl Fn(&str) -> Option<Vec<Cited>>) -> Vec<String> {
    let mut known: HashMap<&str, Option<Known>> = HashMap::new();
    let mut found = Vec::new();
    for one in open {
        let cited =
            known.entry(&one.article).or_insert_with(|| Some(Known::of(&articles(&one.article)?)));
        let key = one.url.as_deref().and_then(canonical);
        if cited.as_ref().is_some_and(|cited| cited.has(key.as_deref(), &title_key(&one.title))) {
            found.push(one.suggestion.clone());
        }
    }
    found
}

/// Takes out of what is `cited` now what the article took up later: a reference to a suggested item.
pub fn without(cited: &mut Vec<Cited>, later: &[Cited]) {
    let later = Known::of(later);
    cited.retain(|one| {
        let key = one.url.as_deref().and_then(canonical);
        !later.has(key.as_deref(), &title_key(one.title.as_deref().unwrap_or_default()))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suggest::feature::Feature;

    fn line() -> Labelled {
        let mut features = Features::default();
        features[Feature::Title] = 0.5;
        Labelled {
            suggestion: "ab12".into(),
            target: Target::Article("insights/a.md".into()),
            item: "i1".into(),
            title: "甲".into(),
            url: None,
            source: Some("报".into()),
            verdict: Verdict::Cited,
            reason: None,
            editor: ARTICLE.into(),
            judged: "2025-06-13T08:00:00Z".parse().unwrap(),
            features: Some(features),
            fingerprint: Some(Fingerprint::of(
                &Model { bias: 0.0, weights: features },
                &[b"a", b"b"],
            )),
        }
    }

    #[test]
    fn a_line_is_read_as_it_was_written_and_a_bad_one_has_a_place() {
        let text = serde_json::to_string(&line()).unwrap();
        assert!(text.contains(r#""for":{"article":"insights/a.md","topic":null}"#), "{text}");
        assert!(text.contains(r#""judged":"2025-06-13T08:00:00Z""#), "{text}");
        assert_eq!(
            parse("v.jsonl", &format!("\u{feff}{text}\n\n{text}")).unwrap(),
            [line(), line()]
        );
        let short = r#"{"for": {"topic": "AI"}, "item": "i", "verdict": "accept",
                        "judged": "2025-06-13T08:00:00Z", "features": null}"#;
        let short = parse("v.jsonl", &short.replace('\n', " ")).unwrap();
        assert_eq!(short[0].target, Target::Topic("AI".into()));
        let problem = parse("v.jsonl", &format!("{text}\n{{}}")).unwrap_err();
        assert_eq!((problem.path.as_str(), problem.line), ("v.jsonl", 2));
    }

    #[test]
    fn a_fingerprint_changes_with_every_part() {
        let model = Model { bias: 0.0, weights: Features::default() };
        let other = Model { bias: 0.1, ..model };
        let first = Fingerprint::of(&model, &[b"ab", b"c"]);
        assert_eq!(first, Fingerprint::of(&model, &[b"ab", b"c"]));
        assert_ne!(first.configuration, Fingerprint::of(&model, &[b"a", b"bc"]).configuration);
        assert_eq!(first.model, Fingerprint::of(&model, &[]).model);
        let changed = Fingerprint::of(&other, &[b"ab", b"c"]);
        assert!(first.model != changed.model && first.configuration != changed.configuration);
    }

    #[test]
    fn a_suggestion_is_taken_up_when_its_article_cites_its_address_or_title() {
        let open = |id: &str, article: &str, title: &str, url: Option<&str>| Open {
            suggestion: id.into(),
            article: article.into(),
            title: title.into(),
            url: url.map(Into::into),
        };
        let all = [
            open("address", "a.md", "?", Some("http://www.example.org/x/?utm_source=feed")),
            open("title", "a.md", "Scale AI: the next phase!", Some("https://other.example/")),
            open("neither", "a.md", "Noodles", Some("https://example.org/y")),
            open("untitled", "a.md", "…", None),
            open("another", "b.md", "?", Some("https://example.org/x")),
            open("gone", "gone.md", "?", Some("https://example.org/x")),
        ];
        let cites = |path: &str| match path {
            "a.md" => Some(vec![
                Cited {
                    title: None,
                    url: Some("https://example.org/x".into()),
                    ..Cited::default()
                },
                Cited {
                    title: Some("“Scale AI — the next phase”".into()),
                    url: None,
                    ..Cited::default()
                },
                Cited { title: Some("!".into()), url: None, ..Cited::default() },
            ]),
            "b.md" => Some(Vec::new()),
            _ => None,
        };
        assert_eq!(cited(&all, cites), ["address", "title"]);
        assert_eq!(
            canonical("http://www.example.org/x/?utm_source=feed"),
            canonical("https://example.org/x")
        );
    }
}

//! Reads `config/vocabulary.yaml`, and writes an entry of it.

use super::read::Document;
use crate::catalog::vocabulary::{Kind, Vocabulary, VocabularyEntry};
use crate::problem::Problem;

/// Reads a list of canonical names with their aliases.
///
/// # Errors
///
/// Every problem of the text, each with its place.
pub fn parse(path: &str, text: &str) -> Result<Vocabulary, Vec<Problem>> {
    let document = Document::new(path, text, &[]);
    let mut entries = Vec::new();
    for keys in document.elements() {
        let name = keys.text("name").filter(|name| !name.trim().is_empty());
        if name.is_none() {
            keys.missing("name", "the canonical name, as people should read it");
        }
        entries.push(VocabularyEntry {
            name: name.unwrap_or_default(),
            aliases: keys.words("aliases").unwrap_or_default(),
            kind: keys.parse("kind", kind).unwrap_or(Kind::Tag),
            hidden: keys.flag("hidden").unwrap_or(false),
        });
        keys.finish();
    }
    let problems = document.into_problems();
    if problems.is_empty() { Ok(Vocabulary::new(entries)) } else { Err(problems) }
}

/// An entry as a line of the file: `- {name: 英伟达, kind: entity, aliases: [NVIDIA]}`.
pub fn line(entry: &VocabularyEntry) -> String {
    let kind = match entry.kind {
        Kind::Topic => "topic",
        Kind::Tag => "tag",
        Kind::Entity => "entity",
    };
    let mut line = format!("- {{name: {}, kind: {kind}", scalar(&entry.name));
    if !entry.aliases.is_empty() {
        let aliases: Vec<String> = entry.aliases.iter().map(|alias| scalar(alias)).collect();
        line.push_str(&format!(", aliases: [{}]", aliases.join(", ")));
    }
    if entry.hidden {
        line.push_str(", hidden: true");
    }
    line + "}"
}

/// A text as it can stand in braces: bare where no sign in it and no reader's habit (`no` is false,
/// `1e3` a number) gives it another meaning, else in quotes. YAML takes JSON's quotes and escapes.
fn scalar(text: &str) -> String {
    let telling = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let bare = text.starts_with(char::is_alphabetic)
        && text.ends_with(|c: char| c.is_alphanumeric() || c == '+')
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '.' | '+' | '/' | '·'))
        && !telling.contains(&text.to_lowercase().as_str());
    if bare { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

fn kind(text: &str) -> Result<Kind, String> {
    match text {
        "topic" => Ok(Kind::Topic),
        "tag" => Ok(Kind::Tag),
        "entity" => Ok(Kind::Entity),
        _ => Err(format!("`{text}` is not one of topic, tag, entity")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_list_is_read() {
        let text = "- name: 智能体\n  aliases: [AI Agent, 42]\n- {name: 英伟达, kind: entity, hidden: true}\n";
        let vocabulary = parse("v.yaml", text).unwrap();
        assert_eq!(vocabulary.find("42", false).unwrap().name, "智能体");
        assert!(vocabulary.find("英伟达", false).unwrap().hidden);
    }

    #[test]
    fn an_entry_is_a_line_in_the_style_of_the_file() {
        let entry = |name: &str, aliases: &[&str], kind: Kind, hidden: bool| VocabularyEntry {
            name: name.into(),
            aliases: aliases.iter().map(ToString::to_string).collect(),
            kind,
            hidden,
        };
        for (entry, expected) in [
            (
                entry("英伟达", &["NVIDIA"], Kind::Entity, false),
                "- {name: 英伟达, kind: entity, aliases: [NVIDIA]}",
            ),
            (entry("C++", &[], Kind::Tag, true), "- {name: C++, kind: tag, hidden: true}"),
            (
                entry("no", &["a: b", "C#", "[x]", "3D", "R&D", "say \"x\""], Kind::Topic, false),
                r#"- {name: "no", kind: topic, aliases: ["a: b", "C#", "[x]", "3D", "R&D", "say \"x\""]}"#,
            ),
        ] {
            assert_eq!(line(&entry), expected);
        }
    }

    proptest! {
        #[test]
        fn a_line_is_read_as_it_was_meant(name in "\\PC{1,20}", alias in any::<String>()) {
            prop_assume!(!name.trim().is_empty());
            let entry = VocabularyEntry {
                name,
                aliases: vec![alias],
                kind: Kind::Topic,
                hidden: true,
            };
            let vocabulary = parse("v.yaml", &line(&entry)).unwrap();
            prop_assert_eq!(vocabulary.entries(), [entry]);
        }
    }

    #[test]
    fn mistakes_are_named() {
        let problems: Vec<String> = parse("v.yaml", "- nme: 智能体\n- name: x\n  kind: thing\n")
            .unwrap_err()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            problems,
            [
                "v.yaml:1:3: 0.name is missing (the canonical name, as people should read it)",
                "v.yaml:1:3: unknown key 0.nme (did you mean 0.name?)",
                "v.yaml:3:3: 1.kind: `thing` is not one of topic, tag, entity",
            ]
        );
    }
}

//! Reads `config/vocabulary.yaml`.

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

    #[test]
    fn a_list_is_read() {
        let text = "- name: 智能体\n  aliases: [AI Agent, 42]\n- {name: 英伟达, kind: entity, hidden: true}\n";
        let vocabulary = parse("v.yaml", text).unwrap();
        assert_eq!(vocabulary.find("42", false).unwrap().name, "智能体");
        assert!(vocabulary.find("英伟达", false).unwrap().hidden);
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

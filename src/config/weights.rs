//! Changing `suggest.weights` in the text of a configuration without losing a byte of the rest.
//!
//! The file belongs to its operator: a number that stands there is replaced where it stands, one that
//! does not is added before its neighbours in their style, and every comment stays. Each new text is
//! read again and must say what the old one said but for that number; where no way of writing does,
//! the operator has found a form of YAML that is better changed by hand.

use serde::Serialize;
use serde_yaml::{Mapping, Value};

use crate::problem::Places;
use crate::suggest::feature::{Feature, Model};

/// Where the weights stand.
const SECTION: [&str; 2] = ["suggest", "weights"];

/// A number that becomes another.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Change {
    /// The feature's name, or `bias`.
    pub name: &'static str,
    /// What it was.
    pub old: f64,
    /// What it is to be.
    pub new: f64,
}

/// What tells two models apart.
pub fn changes(old: &Model, new: &Model) -> Vec<Change> {
    let bias = Change { name: "bias", old: old.bias, new: new.bias };
    let weights = Feature::ALL.into_iter().map(|feature| Change {
        name: feature.name(),
        old: old.weights[feature],
        new: new.weights[feature],
    });
    let moved = |one: &Change| (one.old - one.new).abs() > f64::EPSILON;
    std::iter::once(bias).chain(weights).filter(moved).collect()
}

/// The changes as they are pasted into a configuration.
pub fn section(changes: &[Change]) -> String {
    let lines: Vec<String> =
        changes.iter().map(|one| format!("    {}: {}\n", one.name, one.new)).collect();
    format!("{}:\n  {}:\n{}", SECTION[0], SECTION[1], lines.concat())
}

/// The text of a configuration with these changes.
///
/// # Errors
///
/// Why the text cannot be changed, as the end of a sentence.
pub fn edit(text: &str, changes: &[Change]) -> Result<String, String> {
    // Each is added before its neighbours, so the last one comes first.
    changes.iter().rev().try_fold(text.to_owned(), |text, change| {
        let path = [SECTION[0], SECTION[1], change.name];
        let old = serde_yaml::from_str(&text).map_err(|error| error.to_string())?;
        let number = change.new.to_string();
        let wanted = with(&old, &path, &number);
        ways(&text, &old, &path, &number)
            .into_iter()
            .find(|changed| serde_yaml::from_str(changed).ok() == Some(wanted.clone()))
            .ok_or_else(|| format!("{} is not written in a usual form", path.join(".")))
    })
}

/// What a configuration says, with `number` at `path`.
fn with(old: &Value, path: &[&str], number: &str) -> Value {
    let Some((key, rest)) = path.split_first() else {
        return serde_yaml::from_str(number).unwrap_or_default();
    };
    let mut map = old.as_mapping().cloned().unwrap_or_else(Mapping::new);
    let inner = with(map.get(*key).unwrap_or(&Value::Null), rest, number);
    map.insert((*key).into(), inner);
    Value::Mapping(map)
}

/// Ways to write `number` at `path`, the best first; some may be no YAML at all.
fn ways(text: &str, value: &Value, path: &[&str], number: &str) -> Vec<String> {
    let places = Places::of(text);
    let at = |path: &[&str]| offset(text, places.find(&path.join(".")));
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut ways = Vec::new();
    for depth in (1..=path.len()).rev() {
        let (above, rest) = path.split_at(depth);
        let Some(found) = above.iter().try_fold(value, |value, key| value.get(key)) else {
            continue;
        };
        let key = at(above);
        let Some(colon) = text[key..].find(':').map(|colon| key + colon + 1) else { continue };
        let put = |place: std::ops::Range<usize>, new: &str| {
            format!("{}{new}{}", &text[..place.start], &text[place.end..])
        };
        if rest.is_empty() {
            let start = colon + blanks(&text[colon..]);
            let length = text[start..].find(|c: char| c.is_whitespace() || ",}#".contains(c));
            ways.push(put(
                colon..length.map_or(text.len(), |length| start + length),
                &format!(" {number}"),
            ));
        } else if let Some((first, _)) = found.as_mapping().and_then(|map| map.iter().next()) {
            let first = at(&[above, &[first.as_str().unwrap_or_default()]].concat());
            let indent = column(text, first);
            ways.push(put(
                first..first,
                &format!("{}{newline}{}", block(rest, number, indent, newline), " ".repeat(indent)),
            ));
            ways.push(put(first..first, &format!("{}, ", flow(rest, number))));
        } else {
            let below = column(text, key) + 2;
            let lines =
                format!("{newline}{}{}", " ".repeat(below), block(rest, number, below, newline));
            ways.push(put(colon..colon, &lines));
            let braces = text[colon..].find("{}").map(|braces| colon + braces);
            ways.extend(braces.map(|at| put(at..at + 2, &format!("{{{}}}", flow(rest, number)))));
        }
    }
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { newline };
    ways.push(format!("{text}{gap}{}{newline}", block(path, number, 0, newline)));
    ways
}

/// `a:` and below it `b: 1`, of which the first line is indented already.
fn block(path: &[&str], number: &str, indent: usize, newline: &str) -> String {
    match path {
        [] => String::new(),
        [key] => format!("{key}: {number}"),
        [key, rest @ ..] => {
            let below = indent + 2;
            format!("{key}:{newline}{}{}", " ".repeat(below), block(rest, number, below, newline))
        }
    }
}

/// `a: {b: 1}`.
fn flow(path: &[&str], number: &str) -> String {
    match path {
        [] => String::new(),
        [key] => format!("{key}: {number}"),
        [key, rest @ ..] => format!("{key}: {{{}}}", flow(rest, number)),
    }
}

/// The byte at a line and column.
fn offset(text: &str, (line, column): (usize, usize)) -> usize {
    let before: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let chars = text[before..].char_indices().nth(column - 1);
    chars.map_or(text.len(), |(at, _)| before + at)
}

/// The column of a byte, from 0.
fn column(text: &str, at: usize) -> usize {
    text[..at].chars().rev().take_while(|c| *c != '\n').count()
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches(' ').len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::suggest::learn::fit::LARGEST;

    const CHANGES: [Change; 3] = [
        Change { name: "bias", old: 0.0, new: -3.5 },
        Change { name: "title", old: 2.0, new: 1.25 },
        Change { name: "foreign", old: 0.0, new: -1.0 },
    ];

    #[test]
    fn numbers_are_changed_where_they_stand_and_added_where_they_are_missing() {
        for (before, after) in [
            // Block style, with comments before, behind and between.
            (
                "site: {title: 站}\nsuggest: # ours\n  limit: 3\n  weights:\n    # trust titles\n    title: 2     # much\n    body: 1\n\n# end\n",
                "site: {title: 站}\nsuggest: # ours\n  limit: 3\n  weights:\n    # trust titles\n    bias: -3.5\n    foreign: -1\n    title: 1.25     # much\n    body: 1\n\n# end\n",
            ),
            // Flow style, over two lines.
            (
                "suggest:\n  weights: {title: 2, body: 1,\n            foreign: -.5}  # x\n  limit: 3\n",
                "suggest:\n  weights: {bias: -3.5, title: 1.25, body: 1,\n            foreign: -1}  # x\n  limit: 3\n",
            ),
            // No weights yet.
            (
                "suggest:\n  # how many\n  limit: 3\nsite: x\n",
                "suggest:\n  # how many\n  weights:\n    bias: -3.5\n    title: 1.25\n    foreign: -1\n  limit: 3\nsite: x\n",
            ),
            (
                "suggest: {limit: 3}\n",
                "suggest: {weights: {bias: -3.5, title: 1.25, foreign: -1}, limit: 3}\n",
            ),
            // Everything is a comment.
            (
                "suggest:\n  # limit: 3\nsite: x\n",
                "suggest:\n  weights:\n    bias: -3.5\n    title: 1.25\n    foreign: -1\n  # limit: 3\nsite: x\n",
            ),
            (
                "suggest:\n  weights: {}\n",
                "suggest:\n  weights: {bias: -3.5, title: 1.25, foreign: -1}\n",
            ),
            // No section, no line end.
            (
                "site: x",
                "site: x\nsuggest:\n  weights:\n    bias: -3.5\n    title: 1.25\n    foreign: -1\n",
            ),
            ("", "suggest:\n  weights:\n    bias: -3.5\n    title: 1.25\n    foreign: -1\n"),
            // Another system's line ends.
            (
                "suggest:\r\n  weights:\r\n    title: 2\r\n",
                "suggest:\r\n  weights:\r\n    bias: -3.5\r\n    foreign: -1\r\n    title: 1.25\r\n",
            ),
        ] {
            assert_eq!(edit(before, &CHANGES).as_deref(), Ok(after), "{before}");
        }
    }

    #[test]
    fn what_a_program_should_not_touch_is_refused() {
        for text in [
            "suggest:\n  weights: &w {title: 2}\nother: *w\n",
            "suggest: 3\n",
            "suggest: {weights: [1, 2]}\n",
            "- a list\n",
            "site: [\n",
        ] {
            let refused = edit(text, &CHANGES);
            assert!(refused.is_err(), "{text}: {refused:?}");
        }
    }

    #[test]
    fn the_largest_weights_that_are_learnt_make_a_configuration_and_larger_ones_do_not() {
        for (number, is_read) in
            [(LARGEST, true), (-LARGEST, true), (LARGEST + 0.001, false), (-LARGEST - 0.001, false)]
        {
            for name in ["bias", "topics"] {
                let change = Change { name, old: 0.0, new: number };
                let text = edit("site: {title: T, url: https://example.org/}\n", &[change]);
                let read = Config::parse("h.yaml", &text.unwrap(), &[]);
                assert_eq!(read.is_ok(), is_read, "{name} {number}");
            }
        }
    }

    #[test]
    fn only_what_has_moved_is_a_change() {
        let old = Model::default();
        let mut new = old;
        assert_eq!(changes(&old, &new), []);
        new.bias = 1.5;
        new.weights[Feature::Foreign] = -0.25;
        let names: Vec<&str> = changes(&old, &new).iter().map(|one| one.name).collect();
        assert_eq!(names, ["bias", "foreign"]);
        let text = section(&changes(&old, &new));
        assert_eq!(text, "suggest:\n  weights:\n    bias: 1.5\n    foreign: -0.25\n");
        assert_eq!(edit("", &changes(&old, &new)), Ok(text));
    }
}

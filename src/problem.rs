//! What is wrong in a file that a person wrote, and where.
//!
//! A [`Problem`] is collected, never thrown: one bad article must not cost the feeds, and a
//! configuration with three mistakes is reported with all three. [`Places`] finds the line and
//! column of a key in a YAML text, which the deserialiser does not tell for values that it could
//! read but that make no sense.

use std::collections::HashMap;
use std::fmt;

use saphyr_parser::{Event, Parser, Span};

/// One mistake in a file: where it is, what it is, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file as the user would name it.
    pub path: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// What would mend it.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem at `line` and `column` of `path`.
    pub fn new(
        path: impl Into<String>,
        (line, column): (usize, usize),
        message: impl Into<String>,
    ) -> Self {
        Self { path: path.into(), line, column, message: message.into(), hint: None }
    }

    /// The same problem with the way out.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The message with its hint, without the place.
    pub fn reason(&self) -> String {
        match &self.hint {
            Some(hint) => format!("{} ({hint})", self.message),
            None => self.message.clone(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.path, self.line, self.column, self.reason())
    }
}

/// Line and column of every key and list element of a YAML text, by dotted path
/// (`site.url`, `taxonomies.0.field`).
#[derive(Debug, Default)]
pub struct Places(HashMap<String, (usize, usize)>);

impl Places {
    /// Reads the places of `yaml`; stops quietly at a syntax error, which the deserialiser reports.
    pub fn of(yaml: &str) -> Self {
        let mut places = HashMap::new();
        // The open containers: the path of each, and what its next node is.
        let mut open: Vec<(String, Next)> = Vec::new();
        for event in Parser::new_from_str(yaml) {
            let Ok((event, span)) = event else { break };
            match event {
                Event::Scalar(text, ..) => {
                    if let Some((path, next @ Next::Key)) = open.last_mut() {
                        let key = join(path, &text);
                        places.entry(key.clone()).or_insert(place(span));
                        *next = Next::Value(key);
                    } else {
                        step(&mut open, &mut places, span);
                    }
                }
                Event::Alias(_) => {
                    step(&mut open, &mut places, span);
                }
                Event::MappingStart(..) => {
                    let path = step(&mut open, &mut places, span);
                    open.push((path, Next::Key));
                }
                Event::SequenceStart(..) => {
                    let path = step(&mut open, &mut places, span);
                    open.push((path, Next::Element(0)));
                }
                Event::MappingEnd | Event::SequenceEnd => {
                    open.pop();
                }
                _ => {}
            }
        }
        Self(places)
    }

    /// The place of the key `path`, or of the nearest key above it, or the first line.
    pub fn find(&self, path: &str) -> (usize, usize) {
        let mut path = path;
        loop {
            if let Some(place) = self.0.get(path) {
                return *place;
            }
            match path.rsplit_once('.') {
                Some((above, _)) => path = above,
                None => return (1, 1),
            }
        }
    }
}

/// What the next node in an open container is.
enum Next {
    Key,
    /// The value of the key with this path.
    Value(String),
    /// The list element with this index.
    Element(usize),
}

/// Takes the next value of the innermost container and returns its path.
fn step(
    open: &mut [(String, Next)],
    places: &mut HashMap<String, (usize, usize)>,
    span: Span,
) -> String {
    let Some((path, next)) = open.last_mut() else { return String::new() };
    match std::mem::replace(next, Next::Key) {
        Next::Value(key) => key,
        Next::Element(index) => {
            *next = Next::Element(index + 1);
            let element = join(path, &index.to_string());
            places.entry(element.clone()).or_insert(place(span));
            element
        }
        // A container as a key: no path leads there.
        Next::Key => String::new(),
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn place(span: Span) -> (usize, usize) {
    (span.start.line(), span.start.col() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_nested_keys_and_elements() {
        let places = Places::of("site:\n  url: x\nlist:\n  - a\n  - {b: 1}\n");
        for (path, place) in [
            ("site", (1, 1)),
            ("site.url", (2, 3)),
            ("list.0", (4, 5)),
            ("list.1.b", (5, 6)),
            ("site.missing", (1, 1)),
            ("nothing", (1, 1)),
        ] {
            assert_eq!(places.find(path), place, "{path}");
        }
    }

    #[test]
    fn a_broken_text_keeps_the_places_before_the_break() {
        assert_eq!(Places::of("a: 1\nb:\n  c: [\n").find("b.c"), (3, 3));
    }
}

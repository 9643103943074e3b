//! Reads a YAML text key by key and collects every mistake with its place.
//!
//! A deserialiser stops at the first mistake; an operator wants all of them at once. So the text
//! becomes a plain value, each key is asked for by name and type, and what was never asked for is
//! an unknown key. What comes out is checked data; nothing below knows YAML.

use std::cell::RefCell;
use std::fmt::Display;

use serde_yaml::{Mapping, Value};

use crate::problem::{Places, Problem};

/// A text being read.
pub(super) struct Document {
    path: String,
    places: Places,
    value: Value,
    /// Keys that the command line set, which therefore have no place in the file.
    overridden: Vec<String>,
    problems: RefCell<Vec<Problem>>,
    /// The text is no YAML: what seems to be missing in it is not.
    broken: bool,
}

impl Document {
    /// Parses `text` and lays `overrides` (`site.url`, YAML value) over it.
    pub(super) fn new(path: &str, text: &str, overrides: &[(String, String)]) -> Self {
        let problems: RefCell<Vec<Problem>> = RefCell::default();
        let value = match serde_yaml::from_str(text) {
            Ok(value) => value,
            Err(error) => {
                problems.borrow_mut().push(syntax_problem(path, text, &error));
                Value::Null
            }
        };
        let broken = !problems.borrow().is_empty();
        let mut this = Self {
            path: path.to_owned(),
            places: Places::of(text),
            value,
            overridden: Vec::new(),
            broken,
            problems,
        };
        for (key, value) in overrides {
            this.overlay(key, value);
        }
        this
    }

    fn overlay(&mut self, key: &str, text: &str) {
        self.overridden.push(key.to_owned());
        // A text that is no YAML is meant as it stands.
        let value = serde_yaml::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
        let mut node = &mut self.value;
        for part in key.split('.') {
            if !node.is_mapping() {
                *node = Value::Mapping(Mapping::new());
            }
            let Value::Mapping(map) = node else { return };
            node = map.entry(Value::String(part.to_owned())).or_insert(Value::Null);
        }
        *node = value;
    }

    /// The keys of the whole text, which must be a mapping.
    pub(super) fn root(&self) -> Keys<'_> {
        self.keys_of(&self.value, String::new())
    }

    /// The elements of the whole text, which must be a list of mappings.
    pub(super) fn elements(&self) -> Vec<Keys<'_>> {
        self.keys_of_each(&self.value, "")
    }

    /// Every mistake found so far, by place.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| (problem.line, problem.column));
        problems
    }

    fn report(&self, key: &str, message: impl Display, hint: Option<String>) {
        if self.broken {
            return;
        }
        let set = self.overridden.iter().any(|set| {
            key == set || key.strip_prefix(set).is_some_and(|rest| rest.starts_with('.'))
        });
        let (path, place) = if set {
            ("--set".to_owned(), (1, 1))
        } else {
            (self.path.clone(), self.places.find(key))
        };
        let mut problem = Problem::new(path, place, message.to_string());
        problem.hint = hint;
        self.problems.borrow_mut().push(problem);
    }

    fn keys_of<'a>(&'a self, value: &'a Value, path: String) -> Keys<'a> {
        let map = match value {
            Value::Mapping(map) => Some(map),
            Value::Null => None,
            other => {
                let name = if path.is_empty() { "the file" } else { &path };
                self.report(
                    &path,
                    format!("{name} must be keys with values, found {}", kind(other)),
                    None,
                );
                None
            }
        };
        Keys { document: self, path, map, asked: RefCell::default() }
    }

    fn keys_of_each<'a>(&'a self, value: &'a Value, path: &str) -> Vec<Keys<'a>> {
        match value {
            Value::Null => Vec::new(),
            Value::Sequence(list) => list
                .iter()
                .enumerate()
                .map(|(index, element)| self.keys_of(element, join(path, &index.to_string())))
                .collect(),
            other => {
                let name = if path.is_empty() { "the file" } else { path };
                self.report(path, format!("{name} must be a list, found {}", kind(other)), None);
                Vec::new()
            }
        }
    }
}

/// What stands below a key.
pub(super) enum Entry<'a> {
    /// One value.
    Text(String),
    /// Keys of its own, or a mistake that has been reported.
    Keys(Keys<'a>),
}

/// The keys of one mapping.
pub(super) struct Keys<'a> {
    document: &'a Document,
    path: String,
    map: Option<&'a Mapping>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Keys<'a> {
    /// The value of `key`; none where it is missing or empty.
    fn get(&self, key: &'static str) -> Option<&'a Value> {
        self.asked.borrow_mut().push(key);
        self.map?.get(key).filter(|value| !value.is_null())
    }

    /// Whether `key` has a value at all.
    pub(super) fn has(&self, key: &'static str) -> bool {
        self.get(key).is_some()
    }

    /// The keys below `key`.
    pub(super) fn section(&self, key: &'static str) -> Keys<'a> {
        let value = self.get(key).unwrap_or(&Value::Null);
        self.document.keys_of(value, join(&self.path, key))
    }

    /// The keys of each element of the list `key`; none where the key is missing.
    pub(super) fn elements(&self, key: &'static str) -> Option<Vec<Keys<'a>>> {
        let value = self.get(key)?;
        Some(self.document.keys_of_each(value, &join(&self.path, key)))
    }

    /// A word, number or truth value as text.
    pub(super) fn text(&self, key: &'static str) -> Option<String> {
        self.parse(key, |text| Ok::<_, String>(text.to_owned()))
    }

    /// A word, number or truth value as whatever `read` makes of it.
    pub(super) fn parse<T, E: Display>(
        &self,
        key: &'static str,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let value = self.get(key)?;
        let Some(text) = scalar(value) else {
            self.problem(
                key,
                format!("{} must be one value, found {}", self.name(key), kind(value)),
            );
            return None;
        };
        read(&text).map_err(|error| self.problem(key, format!("{}: {error}", self.name(key)))).ok()
    }

    /// A truth value.
    pub(super) fn flag(&self, key: &'static str) -> Option<bool> {
        self.parse(key, |text| text.parse().map_err(|_| format!("`{text}` is not true or false")))
    }

    /// A whole number of at least `least`.
    pub(super) fn count(&self, key: &'static str, least: usize) -> Option<usize> {
        self.parse(key, |text| match text.parse() {
            Ok(number) if number >= least => Ok(number),
            _ => Err(format!("`{text}` is not a whole number of at least {least}")),
        })
    }

    /// A whole number from `least` to `most`.
    pub(super) fn count_within(
        &self,
        key: &'static str,
        (least, most): (usize, usize),
    ) -> Option<usize> {
        self.parse(key, |text| match text.parse() {
            Ok(number) if (least..=most).contains(&number) => Ok(number),
            _ => Err(format!("`{text}` is not a whole number from {least} to {most}")),
        })
    }

    /// A list of words; a lone word is a list of one.
    pub(super) fn words(&self, key: &'static str) -> Option<Vec<String>> {
        let value = self.get(key)?;
        let words = match value {
            Value::Sequence(list) => list.iter().map(scalar).collect(),
            other => scalar(other).map(|word| vec![word]),
        };
        if words.is_none() {
            self.problem(key, format!("{} must be a list of words", self.name(key)));
        }
        words
    }

    /// What stands below `key`; none where it is missing or empty.
    pub(super) fn entry(&self, key: &'static str) -> Option<Entry<'a>> {
        self.get(key).map(|value| self.entry_of(key, value))
    }

    /// All keys with what stands below them, whatever they are called.
    pub(super) fn all(&self) -> Vec<(String, Entry<'a>)> {
        let mut entries = Vec::new();
        for (key, value) in self.map.into_iter().flatten() {
            let Some(key) = scalar(key) else { continue };
            let entry = self.entry_of(&key, value);
            entries.push((key, entry));
        }
        entries
    }

    fn entry_of(&self, key: &str, value: &'a Value) -> Entry<'a> {
        match scalar(value) {
            Some(text) => Entry::Text(text),
            None => Entry::Keys(self.document.keys_of(value, join(&self.path, key))),
        }
    }

    /// The names of all keys.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.map.into_iter().flatten().filter_map(|(key, _)| key.as_str())
    }

    /// Where these keys stand: file, line and column.
    pub(super) fn place(&self) -> (String, usize, usize) {
        let (line, column) = self.document.places.find(&self.path);
        (self.document.path.clone(), line, column)
    }

    /// Reports a mistake in the value of `key`.
    pub(super) fn problem(&self, key: &str, message: impl Display) {
        self.document.report(&join(&self.path, key), message, None);
    }

    /// Reports that a key without which nothing works is missing.
    pub(super) fn missing(&self, key: &str, hint: &str) {
        let message = format!("{} is missing", self.name(key));
        self.document.report(&self.path, message, Some(hint.to_owned()));
    }

    /// Reports every key that nobody asked for, with the nearest right one.
    pub(super) fn finish(&self) {
        let asked = self.asked.borrow();
        for (key, _) in self.map.into_iter().flatten() {
            let key = scalar(key).unwrap_or_default();
            if asked.iter().any(|known| *known == key) {
                continue;
            }
            let nearest = asked.iter().max_by(|a, b| {
                strsim::jaro_winkler(a, &key).total_cmp(&strsim::jaro_winkler(b, &key))
            });
            let message = format!("unknown key {}", self.name(&key));
            let hint = nearest.map(|nearest| format!("did you mean {}?", self.name(nearest)));
            self.document.report(&join(&self.path, &key), message, hint);
        }
    }

    fn name(&self, key: &str) -> String {
        join(&self.path, key)
    }
}

fn syntax_problem(path: &str, text: &str, error: &serde_yaml::Error) -> Problem {
    let place = error.location().map_or((1, 1), |at| (at.line(), at.column()));
    let message = error.to_string();
    // The library repeats the place at the end of its sentence.
    let message = message.split(" at line ").next().unwrap_or(&message);
    let problem = Problem::new(path, place, format!("not valid YAML: {message}"));
    let line = text.lines().nth(place.0.saturating_sub(1)).unwrap_or_default();
    if line.contains(": *") {
        problem.hint("put a schedule in quotes: \"0 * * * *\"")
    } else {
        problem
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a word",
        Value::Sequence(_) => "a list",
        Value::Mapping(_) => "keys with values",
        Value::Tagged(_) => "a tagged value",
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

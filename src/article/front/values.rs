//! Values of a front matter, whatever it was written in, as one plain kind.

use serde_json::Value;

pub(super) fn from_yaml(value: serde_yaml::Value) -> Value {
    use serde_yaml::Value as Yaml;
    match value {
        Yaml::Null => Value::Null,
        Yaml::Bool(flag) => Value::Bool(flag),
        Yaml::Number(number) => Value::String(number.to_string()),
        Yaml::String(text) => Value::String(text),
        Yaml::Sequence(list) => Value::Array(list.into_iter().map(from_yaml).collect()),
        Yaml::Mapping(map) => {
            let pairs = map
                .into_iter()
                .filter_map(|(key, value)| Some((word(&from_yaml(key))?, from_yaml(value))));
            Value::Object(pairs.collect())
        }
        Yaml::Tagged(tagged) => from_yaml(tagged.value),
    }
}

pub(super) fn from_toml(value: toml::Value) -> Value {
    use toml::Value as Toml;
    match value {
        Toml::String(text) => Value::String(text),
        Toml::Integer(number) => Value::String(number.to_string()),
        Toml::Float(number) => Value::String(number.to_string()),
        Toml::Boolean(flag) => Value::Bool(flag),
        Toml::Datetime(date) => Value::String(date.to_string()),
        Toml::Array(list) => Value::Array(list.into_iter().map(from_toml).collect()),
        Toml::Table(table) => {
            Value::Object(table.into_iter().map(|(key, value)| (key, from_toml(value))).collect())
        }
    }
}

/// A scalar as a word; none for lists, maps and nothing.
pub(super) fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
    .filter(|text| !text.is_empty() && text != "~")
}

pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a truth value",
        Value::Number(_) | Value::String(_) => "a word",
        Value::Array(_) => "a list",
        Value::Object(_) => "keys with values",
    }
}

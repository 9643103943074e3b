//! A field value as it stood on the wire.

use std::fmt;

use serde::de::Deserializer;
use serde::{Deserialize, Serialize, Serializer};

/// Bytes of a header's value, which RFC 9110 §5.5 allows to be more than ASCII. A validator must go
/// back exactly as it came, so nothing is decoded; for keeping, each byte becomes the character of
/// the same number (ISO 8859-1), which loses nothing and reads well where it is ASCII.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FieldValue(Vec<u8>);

impl FieldValue {
    /// The value of these bytes; none where there are none, for an empty validator validates nothing.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        (!bytes.is_empty()).then(|| Self(bytes.to_vec()))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| fmt::Write::write_char(f, char::from(*byte)))
    }
}

impl fmt::Debug for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string(), f)
    }
}

impl Serialize for FieldValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FieldValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes: Result<Vec<u8>, _> = text.chars().map(u8::try_from).collect();
        bytes.map(Self).map_err(|_| serde::de::Error::custom("a character that is no byte"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_kept() {
        let all: Vec<u8> = (0..=255).collect();
        let value = FieldValue::new(&all).unwrap();
        let text = serde_json::to_string(&value).unwrap();
        assert_eq!(serde_json::from_str::<FieldValue>(&text).unwrap(), value);
        assert_eq!(FieldValue::new(b"W/\"a\"").unwrap().to_string(), "W/\"a\"");
        assert_eq!(FieldValue::new(b""), None);
    }
}

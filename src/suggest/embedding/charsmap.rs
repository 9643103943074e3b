//! `SentencePiece`'s table of characters and what they become, as `tokenizer.json` carries it.
//!
//! Base64 of: the length of a trie in bytes, the trie as a double array (Aoe, 1989) of 32-bit units in
//! the layout of the Darts library, then the replacements, each ending in a zero byte; a trie's value is
//! where a replacement begins. Whatever stands in the table, a look-up ends and stays inside it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::Error;
use unicode_segmentation::UnicodeSegmentation;

/// Bytes from which on a group of characters is looked up one by one, as in Hugging Face's reader.
const LONG: usize = 6;

/// The table.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Charsmap {
    units: Vec<u32>,
    replacements: String,
}

impl TryFrom<String> for Charsmap {
    type Error = serde_json::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let read = || {
            let bytes = STANDARD.decode(text).ok()?;
            let (length, rest) = bytes.split_first_chunk()?;
            let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
            let (trie, replacements) = rest.split_at_checked(length)?;
            let (units, []) = trie.as_chunks() else { return None };
            let units = units.iter().map(|unit| u32::from_le_bytes(*unit)).collect();
            Some(Self { units, replacements: String::from_utf8(replacements.to_vec()).ok()? })
        };
        read().ok_or_else(|| Self::Error::custom("precompiled_charsmap is damaged"))
    }
}

impl Charsmap {
    /// `text` with its characters replaced.
    pub(super) fn apply(&self, text: &str) -> String {
        let mut new = String::with_capacity(text.len());
        for group in text.graphemes(true) {
            match self.replacement(group).filter(|_| group.len() < LONG) {
                Some(replacement) => new.push_str(replacement),
                None => {
                    for c in group.split("").filter(|c| !c.is_empty()) {
                        new.push_str(self.replacement(c).unwrap_or(c));
                    }
                }
            }
        }
        new
    }

    /// What the shortest beginning of `key` that the table has becomes.
    fn replacement(&self, key: &str) -> Option<&str> {
        let unit = |at: usize| self.units.get(at).copied();
        let mut at = offset(unit(0)?);
        for byte in key.bytes() {
            at ^= usize::from(byte);
            let found = unit(at)?;
            // The lowest byte is the label; the highest bit marks a value, which is no label.
            if byte == 0 || found & (1 << 31 | 0xff) != u32::from(byte) {
                return None;
            }
            at ^= offset(found);
            let ends = found >> 8 & 1 == 1;
            if ends {
                let begin = usize::try_from(unit(at)? & !(1 << 31)).ok()?;
                return self.replacements.get(begin..)?.split('\0').next();
            }
        }
        None
    }
}

/// How far a unit's children lie from it: bits 10 to 30, times 256 where bit 9 is set.
fn offset(unit: u32) -> usize {
    ((unit >> 10) << ((unit & 1 << 9) >> 6)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn table(units: &[u32], replacements: &str) -> Charsmap {
        let length = u32::try_from(4 * units.len()).unwrap().to_le_bytes();
        let units = units.iter().flat_map(|unit| unit.to_le_bytes());
        let bytes: Vec<u8> = length.into_iter().chain(units).chain(replacements.bytes()).collect();
        STANDARD.encode(bytes).try_into().unwrap()
    }

    /// A table in which `A` becomes `a`, and `é` in two characters becomes `é` in one.
    fn small() -> Charsmap {
        let child = |label: u8, offset: u32, ends: bool| {
            u32::from(label) | u32::from(ends) << 8 | offset << 10
        };
        let mut units = vec![0; 1024];
        // The root's children lie at 256 and after; each node's at the next such block.
        units[0] = child(0, 256, false);
        let step = |at: u32, label: u8| at ^ u32::from(label);
        // Where the replacements of `A` and of `é` are told.
        let (of_a, of_e) = (0x0a_u32, 0x0b_u32);
        units[step(256, b'A') as usize] = child(b'A', step(256, b'A') ^ of_a, true);
        units[of_a as usize] = 1 << 31;
        let mut block = 256;
        for (number, byte) in (2_u32..).zip("e\u{301}".bytes()) {
            let at = step(block, byte);
            let last = byte == 0x81;
            let next = if last { of_e } else { (number % 4) * 256 };
            units[at as usize] = child(byte, at ^ next, last);
            block = next;
        }
        units[of_e as usize] = 1 << 31 | 2;
        table(&units, "a\0é\0")
    }

    #[test]
    fn characters_and_groups_of_them_are_replaced() {
        for (text, expected) in [
            ("ABA", "aBa"),
            ("e\u{301}e", "ée"),
            ("", ""),
            // Together too long to be one, so they are looked up one by one.
            ("A\u{301}\u{301}\u{301}", "a\u{301}\u{301}\u{301}"),
            ("\0中", "\0中"),
        ] {
            assert_eq!(small().apply(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_stands_in_a_table_a_text_comes_out(
            units in prop::collection::vec(any::<u32>(), 0..50), replacements in ".*", text in ".*",
        ) {
            table(&units, &replacements).apply(&text);
        }
    }
}

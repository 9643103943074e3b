//! Durations (`30s`, `15m`, `2h`, `7d`) and sizes (`512KiB`, `10MiB`) as people write them.

use std::time::Duration;

const DURATIONS: &[(&str, u64)] = &[("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)];
const SIZES: &[(&str, u64)] = &[("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("B", 1)];

/// A whole number with one of `s`, `m`, `h`, `d`.
///
/// # Errors
///
/// A sentence that names the forms that are taken.
pub fn duration(text: &str) -> Result<Duration, String> {
    quantity(text, DURATIONS)
        .map(Duration::from_secs)
        .ok_or_else(|| format!("`{text}` is not a duration such as 30s, 15m, 2h or 7d"))
}

/// A duration that is one: `0s` is refused.
///
/// # Errors
///
/// A sentence that names the forms that are taken.
pub fn some_duration(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err(format!("`{text}` is no time at all; the shortest is 1s")),
        some => Ok(some),
    }
}

/// A size that is one: `0B` is refused.
///
/// # Errors
///
/// A sentence that names the forms that are taken.
pub fn some_size(text: &str) -> Result<u64, String> {
    match size(text)? {
        0 => Err(format!("`{text}` is no room at all")),
        some => Ok(some),
    }
}

/// A whole number of bytes with one of `B`, `KiB`, `MiB`, `GiB`.
///
/// # Errors
///
/// A sentence that names the forms that are taken.
pub fn size(text: &str) -> Result<u64, String> {
    quantity(text, SIZES).ok_or_else(|| format!("`{text}` is not a size such as 512KiB or 10MiB"))
}

fn quantity(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let (unit, factor) = units.iter().find(|(unit, _)| text.ends_with(unit))?;
    text.strip_suffix(unit)?.trim_end().parse::<u64>().ok()?.checked_mul(*factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, seconds) in [
            ("30s", Some(30)),
            ("15m", Some(900)),
            ("2h", Some(7_200)),
            ("7d", Some(604_800)),
            ("0s", Some(0)),
            ("2 h", Some(7_200)),
            ("1.5h", None),
            ("-1h", None),
            ("1h30m", None),
            ("60", None),
            ("99999999999999999999d", None),
            ("999999999999999999d", None),
            ("", None),
        ] {
            assert_eq!(duration(text).ok().map(|d| d.as_secs()), seconds, "{text}");
        }
    }

    #[test]
    fn what_must_be_some_is_not_nothing() {
        for text in ["0s", "0m", "0d", "-1s"] {
            assert!(some_duration(text).is_err(), "{text}");
        }
        for text in ["0B", "0GiB", "1"] {
            assert!(some_size(text).is_err(), "{text}");
        }
        assert_eq!((some_duration("1s"), some_size("1B")), (Ok(Duration::from_secs(1)), Ok(1)));
    }

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("512KiB", Some(524_288)),
            ("10MiB", Some(10_485_760)),
            ("1 GiB", Some(1 << 30)),
            ("100B", Some(100)),
            ("10MB", None),
            ("10", None),
        ] {
            assert_eq!(size(text).ok(), bytes, "{text}");
        }
    }
}

//! Content codings: which one a client gets, and the bytes in it.
//!
//! A feed is kept in up to four forms, each with an `ETag` of its own (RFC 9110 §8.8.3.3). The client's
//! `Accept-Encoding` with its weights decides which one is sent (§12.5.3); between equals the smaller
//! one wins, which for text is brotli, then zstd, then gzip. Nobody is refused: who accepts nothing
//! that there is gets the bytes as they are.

use std::io::{self, Write};

use axum::http::{HeaderMap, HeaderValue, header};
use flate2::write::GzEncoder;

/// A form in which a feed is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Coding {
    /// RFC 7932.
    Brotli,
    /// RFC 8878.
    Zstd,
    /// RFC 1952.
    Gzip,
    /// The bytes as they are.
    Identity,
}

/// How much work a coding is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// For bytes that are sent to everybody, and compressed once.
    Kept,
    /// For bytes that few will ask for.
    Passing,
}

/// Up to this size brotli's and zstd's slower levels take tens of milliseconds; a feed of twenty
/// articles has a tenth of it.
const LARGE: usize = 1 << 20;

impl Coding {
    /// All of them, the one that is preferred first.
    pub const ALL: [Self; 4] = [Self::Brotli, Self::Zstd, Self::Gzip, Self::Identity];

    /// The value of `Content-Encoding`; none for the bytes as they are.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Zstd => Some("zstd"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    /// What the entity tag of this form ends in.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => "-br",
            Self::Zstd => "-zstd",
            Self::Gzip => "-gzip",
            Self::Identity => "",
        }
    }

    /// The form that a request asks for.
    pub fn wanted(headers: &HeaderMap) -> Self {
        let mut lines = headers.get_all(header::ACCEPT_ENCODING).iter().map(HeaderValue::to_str);
        match (lines.next(), lines.next()) {
            (Some(Ok(line)), None) => Self::choose(line),
            (Some(_), Some(_)) => {
                let lines = headers.get_all(header::ACCEPT_ENCODING).iter();
                let all: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
                Self::choose(&all.join(","))
            }
            // Who says nothing might take anything, but a reader so simple rarely decodes it.
            _ => Self::Identity,
        }
    }

    /// The form for this value of `Accept-Encoding`.
    fn choose(accepted: &str) -> Self {
        // Weights in thousandths, in the order of `ALL`.
        let mut weights: [Option<u16>; 4] = [None; 4];
        let mut others = None;
        for part in accepted.split(',') {
            let (name, parameters) = part.split_once(';').unwrap_or((part, ""));
            let (name, weight) = (name.trim(), weight(parameters));
            if name == "*" {
                others = Some(weight);
            } else if let Some(at) = Self::ALL.iter().position(|coding| coding.is_called(name)) {
                weights[at] = Some(weight);
            }
        }
        // As it is, is never preferred to a coding unless the client says so.
        let identity = weights[3].unwrap_or_default();
        let best = Self::ALL[..3].iter().zip(weights).rev();
        let best = best
            .map(|(coding, weight)| (weight.or(others).unwrap_or_default(), *coding))
            .filter(|(weight, _)| *weight > 0 && *weight >= identity)
            .max_by_key(|(weight, _)| *weight);
        best.map_or(Self::Identity, |(_, coding)| coding)
    }

    fn is_called(self, name: &str) -> bool {
        // `x-gzip` is an old name for the same (RFC 9110 §8.4.1.3).
        let known = self.name().unwrap_or("identity");
        name.eq_ignore_ascii_case(known)
            || (self == Self::Gzip && name.eq_ignore_ascii_case("x-gzip"))
    }

    /// `bytes` in this form.
    ///
    /// # Errors
    ///
    /// The library has no memory left.
    pub fn encode(self, bytes: &[u8], effort: Effort) -> io::Result<Vec<u8>> {
        let thorough = effort == Effort::Kept && bytes.len() <= LARGE;
        match self {
            Self::Brotli => {
                let quality = if thorough { 9 } else { 4 };
                let params = brotli::enc::BrotliEncoderParams {
                    quality,
                    size_hint: bytes.len(),
                    ..Default::default()
                };
                let mut coded = Vec::new();
                brotli::BrotliCompress(&mut &*bytes, &mut coded, &params)?;
                Ok(coded)
            }
            Self::Zstd => zstd::bulk::compress(bytes, if thorough { 15 } else { 3 }),
            Self::Gzip => {
                let level = if thorough {
                    flate2::Compression::best()
                } else {
                    flate2::Compression::fast()
                };
                let mut coder = GzEncoder::new(Vec::new(), level);
                coder.write_all(bytes)?;
                coder.finish()
            }
            Self::Identity => Ok(bytes.to_vec()),
        }
    }
}

/// The weight among the parameters of one element in thousandths; one that cannot be read is none.
fn weight(parameters: &str) -> u16 {
    let value = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim())
    });
    let Some(value) = value else { return 1000 };
    match value.parse::<f32>() {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1000")]
        Ok(weight) if (0.0..=1.0).contains(&weight) => (weight * 1000.0) as u16,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn the_clients_weights_choose_the_form() {
        use Coding::{Brotli, Gzip, Identity, Zstd};
        for (accepted, expected) in [
            ("", Identity),
            ("gzip", Gzip),
            ("x-gzip", Gzip),
            ("GZIP", Gzip),
            ("gzip, deflate", Gzip),
            ("gzip, deflate, br", Brotli),
            ("gzip, deflate, br, zstd", Brotli),
            ("gzip, zstd", Zstd),
            ("br;q=0.5, gzip", Gzip),
            ("br;q=0.5, gzip;q=0.5", Brotli),
            ("br; q=0.2 , gzip;Q=0.8", Gzip),
            ("br;q=0, gzip;q=0.001", Gzip),
            ("br;q=0", Identity),
            ("*", Brotli),
            ("*;q=0", Identity),
            ("br;q=0, *", Zstd),
            ("gzip;q=1.0, *;q=0", Gzip),
            ("gzip;q=0.5, identity", Identity),
            ("gzip, identity", Gzip),
            ("gzip;q=0.5, identity;q=0.5", Gzip),
            ("identity", Identity),
            // Nothing that there is: what there is is sent.
            ("identity;q=0", Identity),
            ("deflate, compress", Identity),
            ("gzip;q=2", Identity),
            ("gzip;q=x", Identity),
            ("gzip;q=nan", Identity),
            (",,;q=1,gzip,", Gzip),
        ] {
            assert_eq!(Coding::choose(accepted), expected, "{accepted:?}");
        }
    }

    #[test]
    fn several_lines_are_one_list() {
        let mut headers = HeaderMap::new();
        assert_eq!(Coding::wanted(&headers), Coding::Identity);
        headers.append(header::ACCEPT_ENCODING, HeaderValue::from_static("br;q=0"));
        headers.append(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        assert_eq!(Coding::wanted(&headers), Coding::Gzip);
    }

    #[test]
    fn what_is_encoded_can_be_decoded() {
        let text = "上游的一条消息 <item>".repeat(200);
        for effort in [Effort::Kept, Effort::Passing] {
            for coding in Coding::ALL {
                let coded = coding.encode(text.as_bytes(), effort).unwrap();
                let mut decoded = Vec::new();
                match coding {
                    Coding::Brotli => {
                        brotli::BrotliDecompress(&mut &*coded, &mut decoded).unwrap();
                    }
                    Coding::Zstd => decoded = zstd::decode_all(&*coded).unwrap(),
                    Coding::Gzip => {
                        flate2::read::GzDecoder::new(&*coded).read_to_end(&mut decoded).unwrap();
                    }
                    Coding::Identity => decoded = coded,
                }
                assert_eq!(decoded, text.as_bytes(), "{coding:?} {effort:?}");
            }
        }
    }
}

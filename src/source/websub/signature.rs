//! Whether a push comes from the hub that shares our secret (`WebSub` §8).

use ring::hmac::{self, Algorithm, Key};

/// Whether `field`, the value of `X-Hub-Signature`, is the signature of `body` with `secret`;
/// compared in a time that does not depend on where they differ.
pub fn is_valid(field: &str, secret: &str, body: &[u8]) -> bool {
    let signed = || {
        let (method, signature) = field.trim().split_once('=')?;
        Some((algorithm(method)?, bytes(signature)?))
    };
    signed().is_some_and(|(algorithm, signature)| {
        hmac::verify(&Key::new(algorithm, secret.as_bytes()), body, &signature).is_ok()
    })
}

/// The methods of the recommendation; hubs that are older know only the first.
fn algorithm(method: &str) -> Option<Algorithm> {
    Some(match method.to_ascii_lowercase().as_str() {
        "sha1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        "sha256" => hmac::HMAC_SHA256,
        "sha384" => hmac::HMAC_SHA384,
        "sha512" => hmac::HMAC_SHA512,
        _ => return None,
    })
}

/// What hexadecimal digits stand for.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    digits.as_bytes().chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2202 §3 and RFC 4231 §4.3, test case 2.
    const KEY: &str = "Jefe";
    const BODY: &[u8] = b"what do ya want for nothing?";
    const SHA1: &str = "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79";
    const SHA256: &str = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    const SHA384: &str = "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47\
                          e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649";
    const SHA512: &str = "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
                          9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737";

    #[test]
    fn signatures_of_every_method_are_checked() {
        for (field, expected) in [
            (format!("sha1={SHA1}"), true),
            (format!("sha256={SHA256}"), true),
            (format!("SHA256={}", SHA256.to_uppercase()), true),
            (format!("sha384={SHA384}"), true),
            (format!("sha512={SHA512}"), true),
            (format!("sha256={SHA1}"), false),
            (format!("sha1={}", &SHA1[..38]), false),
            (format!("sha1={}", &SHA1[..39]), false),
            (format!("sha1={SHA1}00"), false),
            (format!("md5={SHA1}"), false),
            (SHA256.to_owned(), false),
            ("sha256=".to_owned(), false),
            ("sha256=zz".to_owned(), false),
            ("sha256=é".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(is_valid(&field, KEY, BODY), expected, "{field}");
        }
        assert!(!is_valid(&format!("sha256={SHA256}"), "other", BODY));
        assert!(!is_valid(&format!("sha256={SHA256}"), KEY, b"other"));
    }
}

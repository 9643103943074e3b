//! Canonical addresses: one key for all spellings of one page's address.
//!
//! Two sources link to one page with other tracking parameters; an article cites it with `http:`
//! and a trailing slash. What comes out here is for comparing only, never for visiting.

use url::Url;

/// Parameters that tell where a reader came from and never what is shown.
const TRACKING: &[&str] = &[
    "fbclid",
    "gclid",
    "dclid",
    "gbraid",
    "wbraid",
    "msclkid",
    "yclid",
    "igshid",
    "mc_cid",
    "mc_eid",
    "_hsenc",
    "_hsmi",
    "spm",
    "ref_src",
    "ref_url",
    "cmpid",
    "ncid",
    "guccounter",
    "share_token",
    "smid",
    "spm_id_from",
    "vd_source",
    "share_source",
];

/// The canonical form of an `http` or `https` address; none for anything else.
///
/// The scheme, a leading `www.`, user, port of the scheme, fragment, trailing slash and tracking
/// parameters go; the order of the other parameters stays, since some servers care.
pub fn canonical(address: &str) -> Option<String> {
    let url = Url::parse(address.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let host = url.host_str()?.trim_end_matches('.');
    let host = host.strip_prefix("www.").unwrap_or(host);
    let mut key = host.to_owned();
    // The parser has removed the scheme's own port. The other scheme's is as good as none.
    if let Some(port) = url.port().filter(|port| !matches!(port, 80 | 443)) {
        key.push_str(&format!(":{port}"));
    }
    key.push_str(&escapes_in_capitals(url.path().trim_end_matches('/')));
    let kept: Vec<&str> = url
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty() && !is_tracking(pair.split('=').next().unwrap_or_default()))
        .collect();
    if !kept.is_empty() {
        key.push('?');
        key.push_str(&escapes_in_capitals(&kept.join("&")));
    }
    Some(key)
}

fn is_tracking(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("utm_") || TRACKING.contains(&name.as_str())
}

/// `%e4` and `%E4` are one (RFC 3986 §6.2.2.1).
fn escapes_in_capitals(text: &str) -> String {
    let mut left_in_escape = 0;
    text.chars()
        .map(|c| {
            if c == '%' {
                left_in_escape = 2;
                c
            } else if left_in_escape > 0 {
                left_in_escape -= 1;
                c.to_ascii_uppercase()
            } else {
                c
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_of_one_address_meet() {
        for (address, expected) in [
            ("https://www.example.org/a/", Some("example.org/a")),
            ("http://example.org:80/a#part", Some("example.org/a")),
            ("HTTPS://Example.ORG/a?utm_source=x&id=7&fbclid=y", Some("example.org/a?id=7")),
            ("https://user:secret@example.org/a", Some("example.org/a")),
            ("https://example.org:8443/a", Some("example.org:8443/a")),
            ("https://example.org", Some("example.org")),
            ("https://example.org/?b=2&a=1", Some("example.org?b=2&a=1")),
            ("https://example.org/%e4%bd%a0", Some("example.org/%E4%BD%A0")),
            ("https://example.org/你", Some("example.org/%E4%BD%A0")),
            (" https://example.org/a ", Some("example.org/a")),
            ("mailto:a@example.org", None),
            ("/a", None),
            ("", None),
        ] {
            assert_eq!(canonical(address).as_deref(), expected, "{address}");
        }
    }

    proptest! {
        #[test]
        fn a_canonical_address_is_its_own(path in "[a-zA-Z0-9/._~%-]{0,30}", query in "[a-z=&%0-9]{0,20}") {
            if let Some(key) = canonical(&format!("https://example.org/{path}?{query}")) {
                prop_assert_eq!(canonical(&format!("https://{key}")), Some(key));
            }
        }
    }
}

//! Identifiers that outlive addresses and titles.
//!
//! A reader knows an entry again by its identifier alone. Ours are version 5 UUIDs (RFC 9562 §5.5)
//! of the site's `id` and the article's path, so they stay when the site moves to another address
//! or a title is corrected. `docs/decisions/0002-stable-identifiers.md` weighs the alternatives.

use uuid::Uuid;

use crate::article::stem;
use crate::catalog::Site;

/// The name space of all identifiers made here; drawn once at random, never to be changed.
const HEADWATER: Uuid = Uuid::from_u128(0x0b8d_9f85_a6f2_49b4_96bd_c2b7_8dcb_b350);

/// The identifier of the article at `path`, without the file's extension.
pub fn article(site: &Site, path: &str) -> String {
    urn(site, "article", stem(path))
}

/// The identifier of the feed at `path`.
pub fn feed(site: &Site, path: &super::FeedPath) -> String {
    urn(site, "feed", path.as_str())
}

/// The identifier of whatever `name` tells apart among the things of one `kind`.
pub fn urn(site: &Site, kind: &str, name: &str) -> String {
    let site = Uuid::new_v5(&HEADWATER, site.id.as_bytes());
    Uuid::new_v5(&site, format!("{kind}:{name}").as_bytes()).urn().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Tz;
    use url::Url;

    fn site(id: &str, url: &str) -> Site {
        Site {
            title: "T".into(),
            url: Url::parse(url).unwrap(),
            description: String::new(),
            language: "en".into(),
            timezone: Tz::UTC,
            author: crate::catalog::Author::default(),
            image: None,
            rights: None,
            id: id.into(),
        }
    }

    /// Written down, not computed: a change of these means that every subscriber of every site sees
    /// all entries as new.
    #[test]
    fn identifiers_never_change() {
        let site = site("example", "https://example.org/");
        assert_eq!(article(&site, "notes/a.md"), "urn:uuid:45ed71b8-e925-5a85-ba33-fe5c28ee9cbf");
        assert_eq!(
            feed(&site, &super::super::FeedPath::root()),
            "urn:uuid:24c04a7f-f26c-56ce-9af7-3b838597ac31"
        );
    }

    #[test]
    fn an_identifier_survives_a_moved_address_and_a_renamed_extension() {
        let old = site("example", "https://old.example/");
        let new = site("example", "https://new.example/");
        assert_eq!(article(&old, "notes/a.md"), article(&new, "notes/a.markdown"));
    }

    #[test]
    fn different_things_have_different_identifiers() {
        let here = site("example", "https://example.org/");
        let there = site("other", "https://example.org/");
        let ids = [
            article(&here, "notes/a.md"),
            article(&here, "notes/b.md"),
            article(&here, "notes/a.b.md"),
            article(&here, "no.tes/a"),
            article(&here, ".md"),
            article(&there, "notes/a.md"),
            urn(&here, "feed", "notes/a"),
        ];
        let distinct: std::collections::BTreeSet<&String> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
    }
}

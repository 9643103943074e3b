//! Conditional requests: does the client have these bytes already (RFC 9110 §13)?
//!
//! A feed's entity tag is made from its bytes, and the tag of a coded form is that one with the
//! coding's name at its end. A client may have stored any of the forms, so any of their tags says
//! that it has the feed. Proxies that compress make a tag weak, which `If-None-Match` passes over.

use std::time::SystemTime;

use axum::http::{HeaderMap, HeaderValue, header};

use super::coding::Coding;

/// What all entity tags of one version of a feed begin with, after the quotation mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version(pub u128);

impl Version {
    /// The entity tag of the form in `coding`.
    pub fn tag(self, coding: Coding) -> String {
        format!("\"{:032x}{}\"", self.0, coding.suffix())
    }

    /// The version and the form that an entity tag names; none where it is not one of ours.
    fn of_tag(tag: &str) -> Option<(Self, Coding)> {
        let inner = tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"')?.strip_suffix('"')?;
        // Upper case or a sign would be read as the same number, but it is not our tag.
        let digits = inner.get(..32)?;
        let ours = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if !digits.bytes().all(ours) {
            return None;
        }
        let coding = Coding::ALL.into_iter().find(|coding| coding.suffix() == &inner[32..])?;
        Some((Self(u128::from_str_radix(digits, 16).ok()?), coding))
    }
}

/// What a client says that it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Has {
    /// `*`: whatever there is.
    Anything,
    /// Versions that may be ours.
    Versions(Vec<(Version, Coding)>),
    /// What was there at this time.
    Since(SystemTime),
    /// Nothing that we could know.
    Nothing,
}

impl Has {
    /// What the request's headers say. `If-None-Match`, where it is given, alone decides
    /// (RFC 9110 §13.2.2).
    pub fn of(headers: &HeaderMap) -> Self {
        if headers.contains_key(header::IF_NONE_MATCH) {
            let lines = headers.get_all(header::IF_NONE_MATCH).iter();
            let mut versions = Vec::new();
            for tag in lines.filter_map(|line| line.to_str().ok()).flat_map(tags) {
                if tag == "*" {
                    return Self::Anything;
                }
                versions.extend(Version::of_tag(tag));
            }
            return Self::Versions(versions);
        }
        let since = headers.get(header::IF_MODIFIED_SINCE).map(HeaderValue::to_str);
        match since {
            Some(Ok(since)) => httpdate::parse_http_date(since).map_or(Self::Nothing, Self::Since),
            _ => Self::Nothing,
        }
    }
}

/// The elements of a list of entity tags; a tag may have a comma in it.
fn tags(list: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    list.split(move |c: char| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
    .map(str::trim)
    .filter(|tag| !tag.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const A: Version = Version(0xa);

    fn has(fields: &[(header::HeaderName, &str)]) -> Has {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        Has::of(&headers)
    }

    #[test]
    fn every_form_has_a_tag_of_its_own_that_leads_back_to_it() {
        for coding in Coding::ALL {
            assert_eq!(Version::of_tag(&A.tag(coding)), Some((A, coding)));
            assert_eq!(Version::of_tag(&format!("W/{}", A.tag(coding))), Some((A, coding)));
        }
        let tag = A.tag(Coding::Brotli);
        assert_eq!(tag, "\"0000000000000000000000000000000a-br\"");
    }

    #[test]
    fn a_list_of_tags_is_read_as_it_is_written() {
        let (identity, gzip) = (A.tag(Coding::Identity), A.tag(Coding::Gzip));
        let both = vec![(A, Coding::Identity), (A, Coding::Gzip)];
        for (list, expected) in [
            (identity.clone(), vec![(A, Coding::Identity)]),
            (format!("W/{gzip}"), vec![(A, Coding::Gzip)]),
            (format!("{identity}, {gzip}"), both.clone()),
            (format!("  {identity}  ,,W/{gzip},"), both.clone()),
            (format!("\"of, somebody else\",{identity} , {gzip}"), both),
            ("\"x\"".to_owned(), vec![]),
            (identity.replace('"', ""), vec![]),
            (identity.replace('a', "A"), vec![]),
            (identity.replace("0a", "0a-deflate"), vec![]),
            (format!("w/{identity}"), vec![]),
            ("\"0000000000000000000000000000000é\"".to_owned(), vec![]),
            (String::new(), vec![]),
        ] {
            let headers = &[(header::IF_NONE_MATCH, list.as_str())];
            assert_eq!(has(headers), Has::Versions(expected), "{list}");
        }
    }

    #[test]
    fn the_tag_decides_over_the_date() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_hours(486_056);
        let date = (header::IF_MODIFIED_SINCE, "Fri, 13 Jun 2025 08:00:00 GMT");
        let tag = A.tag(Coding::Identity);
        for (fields, expected) in [
            (vec![], Has::Nothing),
            (vec![date.clone()], Has::Since(at)),
            // The two old forms of a date (RFC 9110 §5.6.7).
            (vec![(header::IF_MODIFIED_SINCE, "Friday, 13-Jun-25 08:00:00 GMT")], Has::Since(at)),
            (vec![(header::IF_MODIFIED_SINCE, "Fri Jun 13 08:00:00 2025")], Has::Since(at)),
            (vec![(header::IF_MODIFIED_SINCE, "yesterday")], Has::Nothing),
            (vec![date.clone(), (header::IF_NONE_MATCH, "\"b\"")], Has::Versions(vec![])),
            (
                vec![(header::IF_NONE_MATCH, "\"b\""), (header::IF_NONE_MATCH, &tag)],
                Has::Versions(vec![(A, Coding::Identity)]),
            ),
            (vec![date, (header::IF_NONE_MATCH, "\"b\", *")], Has::Anything),
        ] {
            assert_eq!(has(&fields), expected, "{fields:?}");
        }
    }
}

//! Fetches the values of a source's own headers from where they are kept.

use std::path::Path;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use thiserror::Error;

use crate::source::{Place, Secret, Source};

/// Why the value of a header is not to be had. No message tells the value.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("{}{header}: {reason}", .place.as_ref().map_or(String::new(), |place| format!("{place}: ")))]
pub struct Missing {
    /// Where the source list names the place; none where the value stands in the list itself.
    pub place: Option<Place>,
    /// The header.
    pub header: String,
    /// What is wrong, and what would mend it.
    pub reason: String,
}

/// The headers of `source`, as they are now; files are looked for from `root` on.
pub(super) fn headers(source: &Source, root: &Path) -> Result<HeaderMap, Missing> {
    source.headers.iter().map(|(name, secret)| header(name, secret, root)).collect()
}

/// Every header of `source` that is not to be had.
pub fn missing(source: &Source, root: &Path) -> Vec<Missing> {
    let each = source.headers.iter();
    each.filter_map(|(name, secret)| header(name, secret, root).err()).collect()
}

fn header(name: &str, secret: &Secret, root: &Path) -> Result<(HeaderName, HeaderValue), Missing> {
    let place = match secret {
        Secret::Text(_) => None,
        Secret::Env { place, .. } | Secret::File { place, .. } => Some(place.clone()),
    };
    let missing = |reason: String| Missing { place, header: name.to_owned(), reason };
    let text = reveal(secret, root);
    let read = text.and_then(|text| {
        let key = HeaderName::try_from(name).map_err(|_| "this is no header".to_owned())?;
        let value = HeaderValue::try_from(text.trim_end_matches(['\r', '\n'])).map_err(|_| {
            "the value has characters that no header may have; mend it where it stands".to_owned()
        })?;
        Ok((key, value))
    });
    let (key, mut value) = read.map_err(missing)?;
    value.set_sensitive(true);
    Ok((key, value))
}

/// The text that `secret` stands for, as it is now, with the line's end that it may have; files are looked
/// for from `root` on.
///
/// # Errors
///
/// Why it is not to be had and what would mend it, without the text.
pub fn reveal(secret: &Secret, root: &Path) -> Result<String, String> {
    match secret {
        Secret::Text(text) => Ok(text.clone()),
        Secret::Env { name, .. } => std::env::var(name).map_err(|_| {
            format!("the environment variable {name} is not set; set it where headwater runs")
        }),
        Secret::File { path, .. } => {
            let file = root.join(path);
            std::fs::read_to_string(&file).map_err(|error| {
                let file = file.display();
                format!("{file} cannot be read: {error}; make it readable for headwater")
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn what_cannot_be_had_is_told_with_place_and_remedy_and_without_the_secret() {
        let place = || Place { path: "config/sources.yaml".into(), line: 4, column: 5 };
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("good"), "token\r\n").unwrap();
        std::fs::write(folder.path().join("bad"), "hush\nhush").unwrap();
        let file = |path: &str| Secret::File { path: PathBuf::from(path), place: place() };
        let read = |secret: Secret| header("x-key", &secret, folder.path());
        assert_eq!(read(file("good")).unwrap().1, "token");
        assert_eq!(read(Secret::from("plain")).unwrap().1, "plain");
        let unset = Secret::Env { name: "HEADWATER_NO_SUCH_VARIABLE".into(), place: place() };
        for (secret, part) in [
            (unset, "HEADWATER_NO_SUCH_VARIABLE is not set; set it"),
            (file("none"), "none cannot be read: "),
            (file("bad"), "characters that no header may have"),
        ] {
            let error = read(secret).unwrap_err().to_string();
            assert!(error.starts_with("config/sources.yaml:4:5: x-key: "), "{error}");
            assert!(error.contains(part) && !error.contains("hush"), "{error}");
        }
        assert!(
            read(Secret::from("hush\nhush"))
                .is_err_and(|error| !error.to_string().contains("hush"))
        );
    }

    #[test]
    fn a_secret_is_not_shown_where_a_source_is_logged() {
        let shown = format!("{:?}", Secret::from("hush"));
        assert_eq!(shown, "Text(…)");
        let (_, value) = header("x-key", &Secret::from("hush"), Path::new("")).unwrap();
        assert!(!format!("{value:?}").contains("hush"));
    }
}

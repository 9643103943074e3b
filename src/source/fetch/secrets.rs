//! Fetches the values of a source's own headers from where they are kept.

use std::path::Path;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::source::{Secret, Source};

/// The headers of `source`; files are looked for from `root` on. No message tells a value.
///
/// # Errors
///
/// A sentence that names the place in the list and the remedy.
pub fn headers(source: &Source, root: &Path) -> Result<HeaderMap, String> {
    source.headers.iter().map(|(name, secret)| header(name, secret, root)).collect()
}

fn header(name: &str, secret: &Secret, root: &Path) -> Result<(HeaderName, HeaderValue), String> {
    let (text, place) = match secret {
        Secret::Text(text) => (text.clone(), "the source list".to_owned()),
        Secret::Env { name: variable, place } => {
            let text = std::env::var(variable).map_err(|_| {
                format!(
                    "{place}: {name}: the environment variable {variable} is not set; set it where \
                     headwater runs"
                )
            })?;
            (text, place.clone())
        }
        Secret::File { path, place } => {
            let file = root.join(path);
            let text = std::fs::read_to_string(&file).map_err(|error| {
                format!(
                    "{place}: {name}: {} cannot be read: {error}; headwater must be allowed to",
                    file.display()
                )
            })?;
            (text, place.clone())
        }
    };
    let key = HeaderName::try_from(name).map_err(|_| format!("{place}: {name} is no header"))?;
    let mut value = HeaderValue::try_from(text.trim_end_matches(['\r', '\n'])).map_err(|_| {
        format!("{place}: {name}: the value has characters that no header may have; mend it there")
    })?;
    value.set_sensitive(true);
    Ok((key, value))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn what_cannot_be_had_is_told_with_place_and_remedy_and_without_the_secret() {
        let place = || "config/sources.yaml:4:5".to_owned();
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
            let error = read(secret).unwrap_err();
            assert!(error.starts_with("config/sources.yaml:4:5: x-key: "), "{error}");
            assert!(error.contains(part) && !error.contains("hush"), "{error}");
        }
        assert!(read(Secret::from("hush\nhush")).is_err_and(|error| !error.contains("hush")));
    }

    #[test]
    fn a_secret_is_not_shown_where_a_source_is_logged() {
        let shown = format!("{:?}", Secret::from("hush"));
        assert_eq!(shown, "Text(…)");
        let (_, value) = header("x-key", &Secret::from("hush"), Path::new("")).unwrap();
        assert!(!format!("{value:?}").contains("hush"));
    }
}

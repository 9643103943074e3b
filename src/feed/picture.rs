//! Pictures: what a feed says of one besides its address.

use url::Url;

/// A picture on the web.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Picture {
    /// Where it is.
    pub url: Url,
    /// Its media type, as far as the name tells.
    pub media_type: Option<&'static str>,
    /// Its size in bytes, where the file is at hand.
    pub length: Option<u64>,
}

impl Picture {
    /// The picture at `url` of `length` bytes; an empty file is as good as none.
    pub fn new(url: Url, length: Option<u64>) -> Self {
        let length = length.filter(|bytes| *bytes > 0);
        Self { media_type: media_type(url.path()), url: strict(url), length }
    }
}

/// The address without the characters that browsers take and RFC 3986 §2 does not.
fn strict(url: Url) -> Url {
    if !url.path().contains(['[', ']', '|', '^']) {
        return url;
    }
    let path = url.path();
    let path = path.replace('[', "%5B").replace(']', "%5D").replace('|', "%7C").replace('^', "%5E");
    let mut strict = url.clone();
    strict.set_path(&path);
    strict
}

fn media_type(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    Some(match extension.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "svg" => "image/svg+xml",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_by_the_book() {
        let url = Url::parse("https://example.org/a[1]|b c.png").unwrap();
        assert_eq!(
            Picture::new(url, None).url.as_str(),
            "https://example.org/a%5B1%5D%7Cb%20c.png"
        );
    }

    #[test]
    fn the_name_tells_the_type() {
        for (path, expected) in [
            ("a.png", Some("image/png")),
            ("b/C.JPG", Some("image/jpeg")),
            ("c.jpeg?size=large", Some("image/jpeg")),
            ("d.webp", Some("image/webp")),
            ("e.d/picture", None),
            ("f.mp4", None),
        ] {
            let url = Url::parse("https://example.org/").unwrap().join(path).unwrap();
            assert_eq!(Picture::new(url, None).media_type, expected, "{path}");
        }
    }
}

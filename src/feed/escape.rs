//! How `&` and `<` are escaped in plain text.
//!
//! Readers disagree on whether a title is text or HTML. The RSS Best Practices Profile (title) found
//! that `&#x26;` and `&#x3C;` are read rightly by most of them, more than `&amp;` and `&lt;`, which
//! say the same in XML; and the W3C's feed validator takes them as a sign that no HTML is meant.

/// `xml` with numeric escapes, but where `html` begins and until it ends: those parts hold escaped
/// HTML or none at all, and are left as they are.
pub(super) fn numeric(xml: &[u8], html: (&[u8], &[u8])) -> Vec<u8> {
    let (begin, end) = html;
    let mut written = Vec::with_capacity(xml.len() + 64);
    let mut rest = xml;
    while let Some(first) = rest.first() {
        let (kept, length): (&[u8], usize) = if rest.starts_with(begin) {
            let length = find(rest, end).map_or(rest.len(), |at| at + end.len());
            (&rest[..length], length)
        } else if rest.starts_with(b"&amp;") {
            (b"&#x26;", 5)
        } else if rest.starts_with(b"&lt;") {
            (b"&#x3C;", 4)
        } else {
            (std::slice::from_ref(first), 1)
        };
        written.extend_from_slice(kept);
        rest = &rest[length..];
    }
    written
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_escaped_by_numbers_and_html_left_alone() {
        let cdata: (&[u8], &[u8]) = (b"<![CDATA[", b"]]>");
        for (xml, expected) in [
            ("<t>a &amp;amp; &lt;b&gt;</t>", "<t>a &#x26;amp; &#x3C;b&gt;</t>"),
            ("<d><![CDATA[&amp;&lt;]]></d>&lt;", "<d><![CDATA[&amp;&lt;]]></d>&#x3C;"),
            ("<d><![CDATA[&amp;", "<d><![CDATA[&amp;"),
            ("<t>中文 &amp; 🙂</t>", "<t>中文 &#x26; 🙂</t>"),
            ("", ""),
        ] {
            let written = numeric(xml.as_bytes(), cdata);
            assert_eq!(String::from_utf8(written).unwrap(), expected);
        }
    }
}

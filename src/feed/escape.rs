//! How `&` and `<` are escaped in plain text.
//!
//! Readers disagree on whether a title is text or HTML. The RSS Best Practices Profile (title) found
//! that `&#x26;` and `&#x3C;` are read rightly by most of them, more than `&amp;` and `&lt;`, which
//! say the same in XML; and the W3C's feed validator takes them as a sign that no HTML is meant.

use memchr::{memchr2, memmem};

/// `xml` with numeric escapes, but where `html` begins and until it ends: those parts hold escaped
/// HTML or none at all, and are left as they are. `html` begins with `<` or `&`.
pub(super) fn numeric(xml: &[u8], html: (&[u8], &[u8])) -> Vec<u8> {
    let (begin, end) = html;
    let mut written = Vec::with_capacity(xml.len() + 64);
    let mut rest = xml;
    while let Some(at) = memchr2(b'&', b'<', rest) {
        let (before, mark) = rest.split_at(at);
        written.extend_from_slice(before);
        let (kept, length): (&[u8], usize) = if mark.starts_with(begin) {
            let length = memmem::find(mark, end).map_or(mark.len(), |at| at + end.len());
            (&mark[..length], length)
        } else if mark.starts_with(b"&amp;") {
            (b"&#x26;", 5)
        } else if mark.starts_with(b"&lt;") {
            (b"&#x3C;", 4)
        } else {
            (&mark[..1], 1)
        };
        written.extend_from_slice(kept);
        rest = &mark[length..];
    }
    written.extend_from_slice(rest);
    written
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

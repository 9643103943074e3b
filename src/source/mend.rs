//! From whatever bytes came to text that an XML reader can go through.
//!
//! Feeds declare a character set that they do not use, begin with blank lines or a warning of their
//! server, leave an ampersand bare and use HTML's entities. Each of these is mended here, in one
//! pass over the text; what is inside CDATA is left alone. Nothing is lost that could be kept.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

/// The bytes as text: by byte order mark, else as UTF-8 where they are that, else by what the
/// declaration or the server says, else by what they look like.
pub fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding.decode(bytes).0;
    }
    let head = &bytes[..bytes.len().min(16)];
    // UTF-16 without a mark: every other byte of `<?` is zero.
    if head.starts_with(b"\0<") {
        return encoding_rs::UTF_16BE.decode(bytes).0;
    }
    if head.starts_with(b"<\0") {
        return encoding_rs::UTF_16LE.decode(bytes).0;
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        // ISO-2022 is ASCII on the outside; only its label tells.
        let labelled = declared(bytes).filter(|encoding| *encoding == encoding_rs::ISO_2022_JP);
        return labelled.map_or(Cow::Borrowed(text), |encoding| encoding.decode(bytes).0);
    }
    let label = declared(bytes)
        .or_else(|| from_content_type(content_type?))
        .filter(|encoding| *encoding != UTF_8);
    let encoding = label.unwrap_or_else(|| {
        let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Allow);
        detector.feed(bytes, true);
        detector.guess(None, chardetng::Utf8Detection::Allow)
    });
    encoding.decode(bytes).0
}

fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(512)]);
    let declaration = head.get(head.find("<?xml")?..)?.split("?>").next()?;
    let value = declaration.split("encoding").nth(1)?.trim_start_matches(['=', ' ', '\t']);
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Encoding::for_label(value[1..].split(quote).next()?.trim().as_bytes())
}

fn from_content_type(content_type: &str) -> Option<&'static Encoding> {
    let label = content_type.to_ascii_lowercase();
    let label = label.split("charset=").nth(1)?.trim_matches(['"', '\'', ' ']);
    Encoding::for_label(label.split(';').next()?.trim_matches(['"', ' ']).as_bytes())
}

/// The text from its first tag on, with every ampersand escaped that begins no reference of XML's,
/// HTML's entities resolved, and characters dropped that XML forbids (XML 1.0 §2.2).
pub fn mend(text: &str) -> String {
    let start = text.find('<').unwrap_or(0);
    let mut rest = &text[start..];
    let mut mended = String::with_capacity(rest.len() + rest.len() / 16);
    while let Some(at) = rest.find(['&', '<']) {
        push_allowed(&mut mended, &rest[..at]);
        rest = &rest[at..];
        if rest.starts_with("<![CDATA[") {
            let end = rest.find("]]>").map_or(rest.len(), |end| end + 3);
            push_allowed(&mut mended, &rest[..end]);
            rest = &rest[end..];
        } else if rest.starts_with('<') {
            mended.push('<');
            rest = &rest[1..];
        } else {
            rest = reference(rest, &mut mended);
        }
    }
    push_allowed(&mut mended, rest);
    mended
}

/// Writes the reference at the beginning of `text`, and returns what follows it.
fn reference<'a>(text: &'a str, mended: &mut String) -> &'a str {
    // The longest name of an HTML entity has 31 letters.
    let end = text.bytes().take(34).position(|byte| byte == b';');
    let name = end.map(|end| &text[1..end]).filter(|name| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#')
    });
    let Some(name) = name else {
        mended.push_str("&amp;");
        return &text[1..];
    };
    let rest = &text[name.len() + 2..];
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => number.parse().ok(),
        };
        // Windows' own characters, written by their position there, are meant as such.
        let c = code.and_then(windows_character).filter(|c| is_allowed(*c));
        if let Some(c) = c {
            mended.push_str(&format!("&#{};", u32::from(c)));
        }
    } else if matches!(name, "amp" | "lt" | "gt" | "quot" | "apos") {
        mended.push_str(&text[..name.len() + 2]);
    } else if let Some(characters) = quick_xml::escape::resolve_html5_entity(name) {
        mended.push_str(&quick_xml::escape::escape(characters));
    } else {
        mended.push_str("&amp;");
        return &text[1..];
    }
    rest
}

fn windows_character(code: u32) -> Option<char> {
    if let 0x80..=0x9f = code {
        let byte = [u8::try_from(code).ok()?];
        return encoding_rs::WINDOWS_1252.decode(&byte).0.chars().next();
    }
    char::from_u32(code)
}

fn push_allowed(into: &mut String, text: &str) {
    if text.chars().all(is_allowed) {
        into.push_str(text);
    } else {
        into.extend(text.chars().filter(|c| is_allowed(*c)));
    }
}

/// XML 1.0 §2.2.
fn is_allowed(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn character_sets_are_found() {
        let (gbk, _, _) = encoding_rs::GBK.encode("<a>中文标题，足够长以便猜测</a>");
        let declared = [b"<?xml version='1.0' encoding='gb2312'?>".as_slice(), &gbk].concat();
        let utf16: Vec<u8> =
            "\u{feff}<a>中文</a>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (bytes, content_type) in [
            ("<a>中文</a>".as_bytes(), None),
            ("\u{feff}<a>中文</a>".as_bytes(), Some("text/xml; charset=gbk")),
            ("<?xml version='1.0' encoding='gb2312'?><a>中文</a>".as_bytes(), None),
            (gbk.as_ref(), Some("text/xml; charset=\"GBK\"")),
            (gbk.as_ref(), None),
            (declared.as_slice(), None),
            (utf16.as_slice(), None),
        ] {
            assert!(decode(bytes, content_type).contains("中文"), "{content_type:?}");
        }
    }

    #[test]
    fn what_is_broken_is_mended_and_what_is_whole_is_left() {
        for (text, expected) in [
            ("\n warning <a>b</a>", "<a>b</a>"),
            ("<a>R&D &amp; AT&T</a>", "<a>R&amp;D &amp; AT&amp;T</a>"),
            ("<a>&nbsp;&hellip;&bogus;</a>", "<a>\u{a0}…&amp;bogus;</a>"),
            ("<a>&#8217;&#x2019;&#146;&#0;</a>", "<a>&#8217;&#8217;&#8217;</a>"),
            ("<a><![CDATA[R&D &nbsp;]]></a>", "<a><![CDATA[R&D &nbsp;]]></a>"),
            ("<a>\u{b}b\u{1}</a>", "<a>b</a>"),
            ("<a href=\"?b=1&c=2\">", "<a href=\"?b=1&amp;c=2\">"),
            ("&", "&amp;"),
            ("", ""),
        ] {
            assert_eq!(mend(text), expected, "{text}");
        }
    }
}

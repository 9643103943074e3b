//! From whatever bytes came to text.
//!
//! Feeds declare a character set that they do not use, and servers one that they know nothing of. A
//! byte order mark is believed, then UTF-8 where the bytes are that, then a label that the bytes do
//! not contradict; what is left is judged by its looks.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How much of a text is looked at to find out its character set, in bytes.
const LOOKED_AT: usize = 1 << 20;

/// The bytes as text: by byte order mark, else as UTF-8 where they are that, else by what the server
/// or the declaration says if it can be true, else by what they look like (RFC 7303 §3, where the
/// server's word counts more than the document's).
pub fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    if let Some(text) = utf32(bytes) {
        return Cow::Owned(text);
    }
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding.decode(bytes).0;
    }
    // UTF-16 without a mark: every other byte of the first characters is zero.
    match bytes {
        [0, first, 0, _, ..] if *first != 0 => return UTF_16BE.decode(bytes).0,
        [first, 0, _, 0, ..] if *first != 0 => return UTF_16LE.decode(bytes).0,
        _ => {}
    }
    let labels =
        || [content_type.and_then(from_content_type), declared(bytes)].into_iter().flatten();
    if let Ok(text) = std::str::from_utf8(bytes) {
        // ISO-2022 is ASCII on the outside; only its label tells, and that it has escapes.
        let is_iso_2022 = |encoding: &&Encoding| *encoding == encoding_rs::ISO_2022_JP;
        let labelled = text.contains('\u{1b}').then(|| labels().find(is_iso_2022)).flatten();
        return labelled.map_or(Cow::Borrowed(text), |encoding| encoding.decode(bytes).0);
    }
    if is_nearly_utf8(bytes) {
        return String::from_utf8_lossy(bytes);
    }
    // A label that the bytes contradict is none. What is read here has no zeros: it is no UTF-16.
    let possible = |encoding: &&'static Encoding| ![UTF_8, UTF_16LE, UTF_16BE].contains(encoding);
    let labels = || labels().filter(possible);
    let looks_like = || {
        let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Allow);
        detector.feed(&bytes[..bytes.len().min(LOOKED_AT)], true);
        detector.guess(None, chardetng::Utf8Detection::Deny)
    };
    labels()
        .find_map(|encoding| encoding.decode_without_bom_handling_and_without_replacement(bytes))
        .unwrap_or_else(|| labels().next().unwrap_or_else(looks_like).decode(bytes).0)
}

/// UTF-32, with its mark or with the zeros of `<`; browsers have forgotten it, feeds have not.
fn utf32(bytes: &[u8]) -> Option<String> {
    let unit: fn([u8; 4]) -> u32 = match bytes {
        [0xff, 0xfe, 0, 0, ..] | [b'<', 0, 0, 0, ..] => u32::from_le_bytes,
        [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, b'<', ..] => u32::from_be_bytes,
        _ => return None,
    };
    let (units, _) = bytes.as_chunks::<4>();
    let character =
        |four: &[u8; 4]| char::from_u32(unit(*four)).unwrap_or(char::REPLACEMENT_CHARACTER);
    Some(units.iter().map(character).filter(|c| *c != '\u{feff}').collect())
}

/// Whether broken places are rare among the characters beyond ASCII: one wrong byte, or a cut
/// through the last character, makes no other character set of a text.
fn is_nearly_utf8(bytes: &[u8]) -> bool {
    let bytes = &bytes[..bytes.len().min(LOOKED_AT)];
    if std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none()) {
        return true;
    }
    let (mut whole, mut broken) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    whole > 4 * broken
}

fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(512)]);
    let declaration = head.get(head.find("<?xml")?..)?.split("?>").next()?;
    let value = declaration.split("encoding").nth(1)?.trim_start_matches(['=', ' ', '\t']);
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Encoding::for_label_no_replacement(value[1..].split(quote).next()?.trim().as_bytes())
}

fn from_content_type(content_type: &str) -> Option<&'static Encoding> {
    let label = content_type.to_ascii_lowercase();
    let label = label.split("charset=").nth(1)?.trim_matches(['"', '\'', ' ']);
    let label = label.split(';').next()?.trim_matches(['"', '\'', ' ']);
    // What servers say of files that they know nothing about is no word about this one.
    let is_default = matches!(label, "iso-8859-1" | "us-ascii");
    if is_default { None } else { Encoding::for_label_no_replacement(label.as_bytes()) }
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
    fn every_way_to_tell_a_character_set() {
        let text = "<?xml version='1.0' encoding='X'?><a>中文標題 한국어 日本語</a>";
        let utf32 = |bytes: fn(u32) -> [u8; 4]| -> Vec<u8> {
            text.chars().flat_map(|c| bytes(u32::from(c))).collect()
        };
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let marked = |mark: &[u8], text: &[u8]| [mark, text].concat();
        for bytes in [
            utf32(u32::to_le_bytes),
            utf32(u32::to_be_bytes),
            marked(&[0xff, 0xfe, 0, 0], &utf32(u32::to_le_bytes)),
            marked(&[0, 0, 0xfe, 0xff], &utf32(u32::to_be_bytes)),
            marked(&[0xfe, 0xff], &utf16),
            utf16,
            marked(&[0xef, 0xbb, 0xbf], text.as_bytes()),
            text.replace('X', "utf-16").into_bytes(),
            text.replace('X', "hz-gb-2312").into_bytes(),
        ] {
            assert!(decode(&bytes, None).contains("中文標題 한국어 日本語"), "{:?}", &bytes[..8]);
        }
    }

    #[test]
    fn labels_count_where_they_can_be_true() {
        for (label, text) in [
            ("gbk", "<a>简体中文</a>"),
            ("gb2312", "<a>简体中文</a>"),
            ("gb18030", "<a>简体中文𠀀</a>"),
            ("big5", "<a>繁體中文</a>"),
            ("shift_jis", "<a>日本語のタイトル</a>"),
            ("euc-jp", "<a>日本語のタイトル</a>"),
            ("iso-2022-jp", "<a>日本語のタイトル</a>"),
            ("euc-kr", "<a>한국어 제목</a>"),
            ("windows-1251", "<a>Русский текст</a>"),
            ("koi8-r", "<a>Русский текст</a>"),
            ("windows-1250", "<a>Příliš žluťoučký</a>"),
            ("windows-1252", "<a>“naïve” café</a>"),
            ("iso-8859-7", "<a>Ελληνικά</a>"),
            ("windows-1256", "<a>العربية</a>"),
        ] {
            let encoding = Encoding::for_label(label.as_bytes()).unwrap();
            let (bytes, _, _) = encoding.encode(text);
            let http = format!("text/xml; charset=\"{label}\"");
            let lying = "text/xml; charset=utf-8";
            let declared = format!("<?xml version=\"1.0\" encoding=\"{label}\"?>");
            let declared = [declared.as_bytes(), &bytes].concat();
            assert!(decode(&bytes, Some(&http)).ends_with(text), "{label}, by the server");
            assert!(decode(&declared, None).ends_with(text), "{label}, declared");
            assert!(decode(&declared, Some(lying)).ends_with(text), "{label}, against the server");
            assert!(decode(&declared, Some("text/xml; charset=iso-8859-1")).ends_with(text));
        }
    }

    #[test]
    fn text_without_a_label_is_read_as_what_it_looks_like() {
        for (label, text) in [
            ("gbk", "<title>国务院发布关于进一步促进就业的若干意见，各地正在落实</title>"),
            ("big5", "<title>行政院昨日公布最新的經濟成長預測，民間消費持續回溫</title>"),
            (
                "shift_jis",
                "<title>日本銀行は金融政策決定会合で、政策金利の据え置きを決めた</title>",
            ),
            ("euc-jp", "<title>日本銀行は金融政策決定会合で、政策金利の据え置きを決めた</title>"),
            ("euc-kr", "<title>한국은행은 기준금리를 동결하기로 결정했다고 밝혔다</title>"),
            (
                "windows-1251",
                "<title>Центральный банк сохранил ключевую ставку без изменений</title>",
            ),
        ] {
            let (bytes, _, _) = Encoding::for_label(label.as_bytes()).unwrap().encode(text);
            assert_eq!(decode(&bytes, None), text, "{label}");
        }
    }

    #[test]
    fn a_wrong_byte_or_a_cut_makes_no_other_character_set() {
        let text = "<a>中文标题，足够长以便猜测</a>".as_bytes();
        let broken = [&text[..12], &[0xff], &text[12..]].concat();
        assert!(decode(&broken, None).contains("，足够长以便猜测"));
        for cut in 12..text.len() {
            assert!(decode(&text[..cut], None).contains("中文标"), "{cut}");
        }
    }
}

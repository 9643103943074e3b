//! Language tags (BCP 47).

/// Whether a tag is one of Chinese: its first part is `zh`, in any case (RFC 5646, section 2.1.1), and `zha`
/// is Zhuang. Feeds part it with `_` as well.
pub fn is_chinese(tag: &str) -> bool {
    tag.trim().split(['-', '_']).next().is_some_and(|first| first.eq_ignore_ascii_case("zh"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_is_told_by_the_first_part_in_any_case() {
        for tag in ["zh", "zh-CN", "ZH-cn", "zh_CN", " zh-Hant-TW"] {
            assert!(is_chinese(tag), "{tag}");
        }
        for tag in ["", "en", "zha", "en-zh", "-zh"] {
            assert!(!is_chinese(tag), "{tag}");
        }
    }
}

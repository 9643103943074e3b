//! Slugs: a name as a part of a path, exactly as Hugo makes it.
//!
//! A site that moves over from Hugo keeps its subscribers only if every feed keeps its address,
//! so this follows Hugo's path sanitising to the letter: letters, digits, marks and
//! `. / \ _ # + ~ - @` stay, each space becomes a hyphen, everything else goes, and the rest is
//! lower case (checked against Hugo 0.168). Two things are ours: a slug can never climb out of its folder, and it never
//! exceeds what a file system takes as one name.

use std::borrow::Cow;

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// Longest part of a path in bytes. Most file systems allow 255; the rest is for a temporary
/// file's suffix.
const LONGEST: usize = 200;

/// The slug of a term, a section or a file name; empty where nothing of the name can stay.
///
/// A name with `/` gives a path of several parts, as in Hugo.
pub fn slug(name: &str) -> String {
    let sanitised = sanitise(name);
    let mut slug = String::with_capacity(sanitised.len());
    for part in sanitised.split('/') {
        if part.chars().all(|c| c == '.') {
            continue;
        }
        if !slug.is_empty() {
            slug.push('/');
        }
        slug.push_str(&shorten(part, LONGEST));
    }
    slug
}

/// The slug of a term. Hugo drops marks of full width, by which terms differ as much as by others (`Ｃ＋＋`,
/// `Ｃ＃`, `．ＮＥＴ`): a name with such a mark is brought to half width first.
pub fn of_term(name: &str) -> String {
    if name.contains(['＋', '＃', '．', '／', '＠', '＿', '～']) {
        slug(&name.nfkc().collect::<String>())
    } else {
        slug(name)
    }
}

/// Hugo's `paths.Sanitize`, in lower case: a space is a hyphen, other white space together is one.
fn sanitise(name: &str) -> String {
    let mut kept = String::with_capacity(name.len());
    let (mut space_pending, mut after_hyphen) = (false, false);
    for (at, c) in name.char_indices() {
        let c = if c == ' ' { '-' } else { c };
        if allowed(name, at, c) {
            after_hyphen = c == '-';
            if space_pending && !after_hyphen {
                kept.push('-');
            }
            space_pending = false;
            // Hugo's lower case is letter by letter, without the two letters of `İ` or the final sigma.
            kept.extend(c.to_lowercase().take(1));
        } else if c.is_whitespace() && !kept.is_empty() && !after_hyphen {
            space_pending = true;
        }
    }
    kept
}

fn allowed(name: &str, at: usize, c: char) -> bool {
    match c {
        '.' | '/' | '\\' | '_' | '#' | '+' | '~' | '-' | '@' => true,
        // An escape that is already there stays one.
        '%' => name
            .as_bytes()
            .get(at + 1..at + 3)
            .is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)),
        c if c.is_ascii() => c.is_ascii_alphanumeric(),
        c => match c.general_category_group() {
            GeneralCategoryGroup::Letter | GeneralCategoryGroup::Mark => true,
            // Decimal digits only: `½` and `Ⅷ` go.
            GeneralCategoryGroup::Number => {
                c.general_category() == unicode_properties::GeneralCategory::DecimalNumber
            }
            _ => false,
        },
    }
}

/// Cuts an over-long part and marks it with a hash of the whole, so that two long names that begin
/// alike stay two.
fn shorten(part: &str, longest: usize) -> Cow<'_, str> {
    if part.len() <= longest {
        return Cow::Borrowed(part);
    }
    let hash = Sha256::digest(part.as_bytes());
    let mark = format!("-{:02x}{:02x}{:02x}{:02x}", hash[0], hash[1], hash[2], hash[3]);
    let cut = part.floor_char_boundary(longest - mark.len());
    Cow::Owned(format!("{}{mark}", &part[..cut]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn slugs_are_hugos() {
        for (name, expected) in [
            ("Scale AI", "scale-ai"),
            ("人工智能", "人工智能"),
            ("AI 竞争", "ai-竞争"),
            ("C++", "c++"),
            ("C#", "c#"),
            ("GPT-4o", "gpt-4o"),
            ("R&D", "rd"),
            ("a  b", "a--b"),
            ("a - b", "a---b"),
            (" a ", "-a-"),
            ("a\tb", "a-b"),
            ("中　文", "中-文"),
            ("x/ y", "x/-y"),
            ("x.", "x."),
            ("İstanbul", "istanbul"),
            ("a—b", "ab"),
            ("ａｂ", "ａｂ"),
            ("“超智能”", "超智能"),
            ("[AI内参日报]", "ai内参日报"),
            ("大模型（LLM）", "大模型llm"),
            ("AI·芯片", "ai芯片"),
            ("Llama 3.1", "llama-3.1"),
            ("CI/CD", "ci/cd"),
            ("100%25", "100%25"),
            ("100%", "100"),
            ("½ Ⅷ ２", "--２"),
            ("élan", "élan"),
            ("！？", ""),
        ] {
            assert_eq!(slug(name), expected, "{name}");
        }
    }

    #[test]
    fn a_slug_never_climbs_out_of_its_folder() {
        for (name, expected) in
            [("..", ""), ("../../etc", "etc"), ("/root", "root"), ("a/./b//c/..", "a/b/c")]
        {
            assert_eq!(slug(name), expected, "{name}");
        }
    }

    #[test]
    fn long_names_are_cut_but_stay_apart() {
        let (one, other) = (format!("{}甲", "长".repeat(200)), format!("{}乙", "长".repeat(200)));
        assert!(slug(&one).len() <= LONGEST);
        assert_ne!(slug(&one), slug(&other));
    }

    proptest! {
        #[test]
        fn a_slug_is_a_slug_of_itself(name in "\\PC{0,40}") {
            let once = slug(&name);
            prop_assert_eq!(slug(&once), once);
        }
    }
}

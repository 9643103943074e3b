//! Several authors in one line, as a style wants them, told by an example.
//!
//! `A, B & C` puts a comma between names and `&` before the last. What stands behind the last letter
//! stands for those who are left out: `A, B, C, 等` names three at most. So a template needs no
//! words for separators and limits, and whoever reads it sees what comes out.

/// What stands between the names of an item's authors in a [`Candidate`](crate::suggest::Candidate).
const JOINED: char = '、';

/// How the names of several authors stand together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    between: String,
    before_last: String,
    /// How many are named at most, and what then stands for the others.
    limit: Option<(usize, String)>,
}

impl Default for Names {
    /// All of them, as the item has them.
    fn default() -> Self {
        let joined = JOINED.to_string();
        Self { between: joined.clone(), before_last: joined, limit: None }
    }
}

impl Names {
    /// Reads an example; none where it does not begin with the `A` of the first name.
    pub(super) fn by_example(example: &str) -> Option<Self> {
        let rest = example.strip_prefix('A')?;
        let (between, before_last, most, others) = match rest.split_once('B') {
            None => ("", "", 1, rest),
            Some((between, rest)) => match rest.split_once('C') {
                None => (between, between, 2, rest),
                Some((before_last, rest)) => (between, before_last, 3, rest),
            },
        };
        // One name and nothing behind it is one name.
        let limit = (!others.is_empty() || most == 1).then(|| (most, others.to_owned()));
        Some(Self { between: between.to_owned(), before_last: before_last.to_owned(), limit })
    }

    /// The names of `authors`, each put through `each`; none where there are none.
    pub(super) fn write(&self, authors: &str, each: impl Fn(&str) -> String) -> Option<String> {
        let names: Vec<String> =
            authors.split(JOINED).map(each).filter(|name| !name.is_empty()).collect();
        let (shown, others) = match &self.limit {
            Some((most, others)) if names.len() > *most => {
                (&names[..*most], in_their_language(others, &names))
            }
            _ => (names.as_slice(), String::new()),
        };
        let (last, first) = shown.split_last()?;
        let first = first.join(&self.between);
        // Where some are left out, the last one shown is not the last one.
        let joint = if others.is_empty() { &self.before_last } else { &self.between };
        let joint = if first.is_empty() { "" } else { joint };
        Some(format!("{first}{joint}{last}{others}"))
    }
}

/// “等” behind names in Latin letters is “et al” (GB/T 7714-2015 §8.1.2).
fn in_their_language(others: &str, names: &[String]) -> String {
    let chinese = |c: char| ('\u{3400}'..='\u{9fff}').contains(&c);
    if names.iter().any(|name| name.contains(chinese)) {
        return others.to_owned();
    }
    let blank = if others.starts_with('等') { " " } else { "" };
    format!("{blank}{}", others.replace('等', "et al"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_together_as_in_the_example() {
        for (example, authors, expected) in [
            ("A, B, & C", "Ann Lee", Some("Ann Lee")),
            ("A, B, & C", "Ann Lee、Bo Chen", Some("Ann Lee, & Bo Chen")),
            ("A, B, & C", "Ann Lee、Bo Chen、Di Wu", Some("Ann Lee, Bo Chen, & Di Wu")),
            ("A, B, C, 等", "甲、乙、丙", Some("甲, 乙, 丙")),
            ("A, B, C, 等", "甲、乙、丙、丁", Some("甲, 乙, 丙, 等")),
            ("A, B, C, 等", "Ann、Bo、Cy、Di", Some("Ann, Bo, Cy, et al")),
            ("A等", "Ann Lee、Bo Chen", Some("Ann Lee et al")),
            ("A等", "甲、乙", Some("甲等")),
            ("A", "甲、乙", Some("甲")),
            ("A and B", "Ann、Bo、Cy", Some("Ann and Bo and Cy")),
            ("A, B", "甲、 、乙、", Some("甲, 乙")),
            ("A, B", "", None),
            ("A, B", " 、 ", None),
        ] {
            let names = Names::by_example(example).unwrap();
            let written = names.write(authors, |name| name.trim().to_owned());
            assert_eq!(written.as_deref(), expected, "{example}: {authors}");
        }
        assert_eq!(Names::by_example("first"), None);
        let usual = Names::default().write("甲、乙、丙、丁", str::to_owned);
        assert_eq!(usual.as_deref(), Some("甲、乙、丙、丁"));
    }
}

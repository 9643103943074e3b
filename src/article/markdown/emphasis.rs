//! Emphasis in Chinese that touches Latin letters: `Agent**“真能用”**。`
//!
//! `CommonMark` lets `**` begin before a mark of punctuation only where a blank or another mark stands before
//! it, since English is written so. The parser knows that Chinese is not, by the character beside the
//! asterisks; where that is a letter or a digit, a joint is set between them that counts as Chinese, and
//! is taken out of what comes out.

use std::borrow::Cow;

use memchr::memmem;

/// A place that Unicode keeps for Chinese and has given to no character.
const JOINT: char = '\u{FAFF}';

/// What may stand first in words that are emphasised.
const OPENING: &str = "“‘（《「『【〈";

/// What may stand last in them.
const CLOSING: &str = "”’）》」』】〉。，、；：！？…％%";

/// The Markdown with joints where it needs any.
pub(super) fn joined(markdown: &str) -> Cow<'_, str> {
    let mut whole = String::new();
    let mut done = 0;
    for at in memmem::find_iter(markdown.as_bytes(), "**") {
        let (before, behind) = (&markdown[..at], &markdown[at + 2..]);
        let (Some(last), Some(next)) = (before.chars().next_back(), behind.chars().next()) else {
            continue;
        };
        let place = if last.is_ascii_alphanumeric() && OPENING.contains(next) {
            at
        } else if CLOSING.contains(last) && next.is_ascii_alphanumeric() {
            at + 2
        } else {
            continue;
        };
        whole.push_str(&markdown[done..place]);
        whole.push(JOINT);
        done = place;
    }
    if done == 0 {
        return Cow::Borrowed(markdown);
    }
    whole.push_str(&markdown[done..]);
    Cow::Owned(whole)
}

/// What was made of it, without them.
pub(super) fn without_joints(made: String) -> String {
    if made.contains(JOINT) { made.replace(JOINT, "") } else { made }
}

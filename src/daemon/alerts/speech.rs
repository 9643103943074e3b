//! A message as people read it: a title and lines of text, in Chinese or English.

use super::decide::{Message, Note};
use crate::config::alerts::Language;

/// A message in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speech {
    /// What it is about, in one line.
    pub title: String,
    /// The lines below it.
    pub lines: Vec<String>,
}

impl Speech {
    /// The title and as many whole lines as `most` bytes hold; where not all fit, the last line says how
    /// many are missing.
    pub fn text(&self, most: usize) -> String {
        let mut text = clipped(&self.title, most);
        for (at, line) in self.lines.iter().enumerate() {
            let left = self.lines.len() - at;
            // Room for a last line that counts the rest.
            let needed = line.len() + 1 + if left > 1 { REST } else { 0 };
            if text.len() + needed > most {
                let rest = format!("\n… +{left}");
                if text.len() + rest.len() <= most {
                    text.push_str(&rest);
                }
                break;
            }
            text.push('\n');
            text.push_str(line);
        }
        text
    }
}

/// The longest last line, `\n… +1234`.
const REST: usize = 10;

fn clipped(text: &str, most: usize) -> String {
    text[..text.floor_char_boundary(most)].to_owned()
}

/// What `message` says about `site`.
pub fn speech(message: &Message, site: &str, language: Language) -> Speech {
    let (begun, ended) = (message.begun.len(), message.ended.len());
    let title = match (language, begun, ended) {
        (Language::Chinese, 1, 0) => format!("【{site}】出现问题"),
        (Language::Chinese, 0, 1) => format!("【{site}】问题已解决"),
        (Language::Chinese, ..) => format!(
            "【{site}】新问题 {begun} 个，已解决 {ended} 个，现共有 {} 个问题",
            message.lasting
        ),
        (Language::English, 1, 0) => format!("[{site}] Problem"),
        (Language::English, 0, 1) => format!("[{site}] Resolved"),
        (Language::English, ..) => {
            format!("[{site}] {begun} new, {ended} resolved, {} now in all", message.lasting)
        }
    };
    let began = message.begun.iter().map(|note| format!("🔴 {}", line(note, language)));
    let is_over = message.ended.iter().map(|note| format!("✅ {}", note.words.problem));
    Speech { title, lines: began.chain(is_over).collect() }
}

fn line(note: &Note, language: Language) -> String {
    let words = &note.words;
    match language {
        Language::Chinese => format!("{}。{}。", words.problem, words.remedy),
        Language::English => format!("{}; {}", words.problem, words.remedy),
    }
}

/// What a trial says.
pub fn trial(site: &str, language: Language) -> Speech {
    let (title, line) = match language {
        Language::Chinese => (format!("【{site}】测试"), "Headwater 的告警会发到这里。"),
        Language::English => (format!("[{site}] Test"), "Headwater's alerts will arrive here."),
    };
    Speech { title, lines: vec![line.to_owned()] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::health::{Kind, Words};

    fn note(problem: &str) -> Note {
        let words = Words { problem: problem.to_owned(), remedy: "mend it".to_owned() };
        let since = chrono::DateTime::UNIX_EPOCH;
        Note { key: problem.to_owned(), kind: Kind::DiskFull, since, words }
    }

    fn message(begun: &[&str], ended: &[&str]) -> Message {
        let notes = |problems: &[&str]| problems.iter().map(|problem| note(problem)).collect();
        let at = chrono::DateTime::UNIX_EPOCH;
        Message {
            made: at,
            begun: notes(begun),
            ended: notes(ended),
            lasting: 7,
            attempts: 0,
            next_at: at,
            error: None,
        }
    }

    #[test]
    fn each_message_says_what_it_is_about() {
        for (language, begun, ended, expected) in [
            (Language::English, &["a"][..], &[][..], "[S] Problem\n🔴 a; mend it"),
            (Language::English, &[], &["a"], "[S] Resolved\n✅ a"),
            (
                Language::English,
                &["a", "b"],
                &["c"],
                "[S] 2 new, 1 resolved, 7 now in all\n🔴 a; mend it\n🔴 b; mend it\n✅ c",
            ),
            (Language::Chinese, &["甲"], &[], "【S】出现问题\n🔴 甲。mend it。"),
            (Language::Chinese, &[], &["甲"], "【S】问题已解决\n✅ 甲"),
            (
                Language::Chinese,
                &["甲"],
                &["乙"],
                "【S】新问题 1 个，已解决 1 个，现共有 7 个问题\n🔴 甲。mend it。\n✅ 乙",
            ),
        ] {
            let speech = speech(&message(begun, ended), "S", language);
            assert_eq!(speech.text(2000), expected);
        }
    }

    #[test]
    fn a_long_message_ends_with_what_is_missing() {
        let lines: Vec<String> = (0..500).map(|n| format!("{n} {}", "字".repeat(20))).collect();
        let speech = Speech { title: "T".into(), lines };
        for most in [0, 1, 5, 70, 100, 2000, 2048] {
            let text = speech.text(most);
            assert!(text.len() <= most, "{most}");
            if most > 20 {
                let shown = text.lines().count() - 2;
                assert!(text.ends_with(&format!("\n… +{}", 500 - shown)), "{text}");
            }
        }
        assert_eq!(speech.text(usize::MAX).lines().count(), 501);
    }
}

//! What a reader's `User-Agent` tells: an aggregator fetches once for many people and says for how
//! many.
//!
//! There is no standard, but a habit that all of them follow: a number before "subscribers" (or
//! "readers", "users"), somewhere; and where a feed is known under several addresses, a number for
//! each, as `feed-id`. Programs that index pages are no readers.

use memchr::memmem;

/// An aggregator that says how many people it fetches for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Aggregator {
    /// Its name, in lower case.
    pub name: String,
    /// Under which number it knows the feed; empty where it does not say.
    pub feed_id: String,
    /// For how many people it fetches.
    pub subscribers: u32,
}

/// Who a `User-Agent` is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agent {
    /// Fetches for many.
    Aggregator(Aggregator),
    /// Somebody's reader, as far as one can tell.
    Reader,
    /// A program for itself, or one that does not say what it is.
    Other,
}

/// Names and numbers of feeds are cut here; none that is in use is as long.
const LONGEST: usize = 40;

/// More people than there are on earth do not subscribe: a number above this is a joke.
const MOST: u32 = 1_000_000_000;

/// In the singular the last two are what programs call themselves.
const CROWD: [&str; 3] = ["subscriber", "readers", "users"];
const FEED_ID: [&str; 4] = ["feed-id", "feedid", "feed_id", "feed id"];
/// What indexers and monitors call themselves.
const ROBOTS: [&str; 5] = ["bot", "crawl", "spider", "slurp", "monitor"];

impl Agent {
    /// Who this `User-Agent` is.
    pub fn of(text: &str) -> Self {
        let text = text.trim().to_ascii_lowercase();
        if let Some(subscribers) = CROWD.iter().find_map(|word| number_before(&text, word)) {
            let (name, feed_id) = (name(&text), feed_id(&text));
            return Self::Aggregator(Aggregator { name, feed_id, subscribers });
        }
        let robot =
            ROBOTS.iter().any(|word| memmem::find(text.as_bytes(), word.as_bytes()).is_some());
        if text.is_empty() || robot { Self::Other } else { Self::Reader }
    }
}

/// The number that stands before `word`: "1,234 subscribers", "12-subscribers".
fn number_before(text: &str, word: &str) -> Option<u32> {
    memmem::find_iter(text.as_bytes(), word).find_map(|at| {
        let before = text[..at].trim_end_matches([' ', '-', '_', '+']);
        let start = before.trim_end_matches(|c: char| c.is_ascii_digit() || c == ',').len();
        // The end of a version is no number of people.
        if before[..start].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '/')) {
            return None;
        }
        let digits = before[start..].replace(',', "");
        digits.parse().ok().filter(|number| *number <= MOST)
    })
}

/// The first product that is not every browser's.
fn name(text: &str) -> String {
    let own = text.strip_prefix("mozilla/").and_then(|rest| {
        let (_, comment) = rest.split_once('(')?;
        let comment = comment.split(')').next()?;
        comment.split(';').map(str::trim).find(|part| !part.is_empty() && *part != "compatible")
    });
    let product = own.unwrap_or(text);
    // "feed wrangler/1.0 (…", "feedbin feed-id:1 - 2 subscribers", "the old reader (…", "inoreader.com"
    let end = product.find(['/', '(', ';', ':', '+']).unwrap_or(product.len());
    let words = product[..end].split_whitespace();
    let words = words.take_while(|word| {
        *word != "-"
            && !word.starts_with("feed-id")
            && !word.starts_with(|c: char| c.is_ascii_digit())
    });
    let name = words.collect::<Vec<_>>().join(" ");
    let name = name.trim_end_matches(".com").trim_start_matches("www.");
    plain(if name.is_empty() { "unnamed" } else { name })
}

fn feed_id(text: &str) -> String {
    let after = FEED_ID.iter().find_map(|word| {
        let at = memmem::find(text.as_bytes(), word.as_bytes())?;
        let rest = text[at + word.len()..].trim_start();
        rest.strip_prefix([':', '='])
    });
    let value = after.unwrap_or_default().trim_start();
    plain(value.split([' ', ';', ')', ',']).next().unwrap_or_default())
}

/// What may be shown on a terminal and kept.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aggregators_say_for_how_many_they_fetch() {
        for (text, name, feed_id, subscribers) in [
            (
                "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 12 subscribers; like FeedFetcher-Google)",
                "feedly",
                "",
                12,
            ),
            ("Feedbin feed-id:1373711 - 142 subscribers", "feedbin", "1373711", 142),
            (
                "NewsBlur Feed Fetcher - 23 subscribers - http://www.newsblur.com/site/1/x (Mozilla/5.0 (Macintosh))",
                "newsblur feed fetcher",
                "",
                23,
            ),
            ("Mozilla/5.0 (compatible; inoreader.com; 5 subscribers)", "inoreader", "", 5),
            (
                "Mozilla/5.0 (compatible; Inoreader/1.0; +http://www.inoreader.com/feed-fetcher; 20 subscribers; )",
                "inoreader",
                "",
                20,
            ),
            (
                "Mozilla/5.0 (compatible; theoldreader.com; 1 subscribers; feed-id=52c1a2)",
                "theoldreader",
                "52c1a2",
                1,
            ),
            (
                "The Old Reader (http://theoldreader.com; 9 subscribers; feed-id: 5)",
                "the old reader",
                "5",
                9,
            ),
            ("Bloglovin/1.0 (http://www.bloglovin.com; 3 subscribers)", "bloglovin", "", 3),
            (
                "Feed Wrangler/1.0 (5 subscribers; feed-id=12; http://feedwrangler.net)",
                "feed wrangler",
                "12",
                5,
            ),
            ("Netvibes (http://www.netvibes.com/; 2 subscribers; feedID: 77)", "netvibes", "77", 2),
            ("BazQux/2.4 (+https://bazqux.com/fetcher; 1 subscriber)", "bazqux", "", 1),
            (
                "NewsGatorOnline/2.0 (http://www.newsgator.com; 1,234 subscribers)",
                "newsgatoronline",
                "",
                1234,
            ),
            ("Bloglines/3.1 (http://www.bloglines.com; 57 readers)", "bloglines", "", 57),
            ("SomeBot/1.0 (8 users)", "somebot", "", 8),
            ("12 subscribers", "unnamed", "", 12),
            ("X/1 (0 subscribers)", "x", "", 0),
        ] {
            let expected = Aggregator { name: name.into(), feed_id: feed_id.into(), subscribers };
            assert_eq!(Agent::of(text), Agent::Aggregator(expected), "{text}");
        }
    }

    #[test]
    fn other_programs_are_readers_unless_they_index_pages() {
        for (text, expected) in [
            ("NetNewsWire (RSS Reader; https://netnewswire.com/)", Agent::Reader),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                Agent::Reader,
            ),
            ("Tiny Tiny RSS/23.05 (https://tt-rss.org/)", Agent::Reader),
            ("curl/8.14", Agent::Reader),
            ("Mozilla/5.0 Reader", Agent::Reader),
            ("Feed/2 users-club", Agent::Reader),
            ("x/1 (many subscribers)", Agent::Reader),
            ("x/1 (99999999999 subscribers)", Agent::Reader),
            (
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                Agent::Other,
            ),
            ("Uptime-Monitor/1", Agent::Other),
            ("", Agent::Other),
            ("  ", Agent::Other),
        ] {
            assert_eq!(Agent::of(text), expected, "{text}");
        }
    }

    #[test]
    fn nothing_long_or_unprintable_is_kept() {
        let text =
            format!("{}\u{1b}é/1 (1 subscribers; feed-id:{})", "x".repeat(90), "y".repeat(90));
        let Agent::Aggregator(found) = Agent::of(&text) else { panic!("{text}") };
        assert_eq!((found.name, found.feed_id), ("x".repeat(40), "y".repeat(40)));
    }
}

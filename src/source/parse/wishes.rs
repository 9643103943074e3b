//! What a feed asks of those who fetch it: `ttl`, `skipHours`, `skipDays` (RSS 2.0), and the
//! syndication module of RSS 1.0.

use std::time::Duration;

use super::entry::best;
use super::field::Field;
use super::names::Part;
use crate::source::politeness::wishes::{Wishes, day, hour, syndication};

/// What the fields of a feed say, and whether it was cut before its end.
pub(super) fn read(feed: &[Field<'_>], is_cut: bool) -> Wishes {
    let text = |part| best(feed, part).and_then(Field::text);
    let ttl = text(Part::Ttl).and_then(|ttl| ttl.parse::<u64>().ok());
    let ttl = ttl.map(|minutes| Duration::from_secs(minutes.saturating_mul(60)));
    let (period, frequency) = (text(Part::Period), text(Part::Frequency));
    let all = |part| feed.iter().filter(move |field| field.part == part).filter_map(Field::text);
    Wishes {
        interval: ttl.max(syndication(period.as_deref(), frequency.as_deref())),
        skip_hours: all(Part::SkipHour).fold(0, |hours, text| hours | hour(&text)),
        skip_days: all(Part::SkipDay).fold(0, |days, text| days | day(&text)),
        is_cut,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(feed: &str) -> Wishes {
        super::super::parse(feed.as_bytes(), None, None).unwrap().wishes
    }

    #[test]
    fn every_wish_of_a_feed_is_read() {
        let sy = "xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'";
        let hours = Wishes { interval: Some(Duration::from_hours(2)), ..Wishes::default() };
        for (feed, expected) in [
            ("<rss version='2.0'><channel><ttl>120</ttl></channel></rss>".to_owned(), hours),
            ("<rss version='2.0'><channel><ttl>x</ttl></channel></rss>".to_owned(), Wishes::default()),
            (
                format!(
                    "<rss version='2.0' {sy}><channel><ttl>60</ttl><sy:updatePeriod>\n daily \
                     </sy:updatePeriod><sy:updateFrequency>12</sy:updateFrequency></channel></rss>"
                ),
                hours,
            ),
            (
                format!(
                    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' {sy}>\
                     <channel><sy:updatePeriod>hourly</sy:updatePeriod></channel></rdf:RDF>"
                ),
                Wishes { interval: Some(Duration::from_hours(1)), ..Wishes::default() },
            ),
            (
                format!(
                    "<feed xmlns='http://www.w3.org/2005/Atom' {sy}>\
                     <sy:updatePeriod>hourly</sy:updatePeriod></feed>"
                ),
                Wishes { interval: Some(Duration::from_hours(1)), ..Wishes::default() },
            ),
            (
                "<rss version='0.91'><channel><skipHours><hour>1</hour><hour> 24 </hour></skipHours>\
                 <skipDays><day>Saturday</day><day>Sunday</day></skipDays></channel></rss>"
                    .to_owned(),
                Wishes { skip_hours: 3, skip_days: 0b110_0000, ..Wishes::default() },
            ),
        ] {
            assert_eq!(read(&feed), expected, "{feed}");
        }
    }
}

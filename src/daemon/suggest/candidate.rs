//! An item of the store as what may be suggested.

use std::cmp::Ordering;
use std::collections::HashMap;

use chrono_tz::Tz;

use crate::source::Source;
use crate::store::StoredItem;
use crate::suggest::Candidate;

/// Turns an item into a candidate, in the name of the one of its sources that is to be cited.
pub fn candidate(stored: StoredItem, sources: &HashMap<String, Source>, zone: Tz) -> Candidate {
    let listed: Vec<&Source> = stored.sources.iter().filter_map(|id| sources.get(id)).collect();
    let item = stored.item;
    let source = listed.iter().copied().min_by(|a, b| nearer(a, b, &item.source));
    // Title and author are in the words of who was first; an author there may be who passed it on.
    let is_own = source.is_none_or(|source| source.id == item.source);
    let authors = Some(item.authors.join("、")).filter(|names| is_own && !names.is_empty());
    let mut topics = item.categories;
    topics.extend(listed.iter().flat_map(|source| source.topics.iter().cloned()));
    Candidate {
        publication: Some(source.map_or(item.source, |source| source.name.clone())),
        author: authors,
        // The day that the editors would write, which is not Greenwich's. An item without a date of its own
        // bears the moment at which it was seen, and nobody is to cite that.
        published: (item.published != item.first_seen)
            .then(|| item.published.with_timezone(&zone).date_naive()),
        first_seen: item.first_seen,
        tier: source.map(|source| source.tier).unwrap_or_default(),
        weight: source.map_or(1.0, |source| source.weight),
        id: item.id,
        title: item.title,
        url: item.url,
        summary: item.summary,
        topics,
    }
}

/// Which of two sources of one item is to be cited: the nearer to what happened, then the one that is trusted
/// more, then the one that was `first`.
fn nearer(a: &Source, b: &Source, first: &str) -> Ordering {
    let later = |source: &Source| source.id != first;
    a.tier
        .cmp(&b.tier)
        .then(b.weight.total_cmp(&a.weight))
        .then(later(a).cmp(&later(b)))
        .then_with(|| a.id.cmp(&b.id))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::source::item::Sighting;

    #[test]
    fn who_did_it_is_cited_whoever_told_of_it_first() {
        let list = "- {id: agg, name: AGG, url: 'https://a.example/', tier: aggregator, weight: 5}\n\
                    - {id: maker, name: MAKER, url: 'https://b.example/', tier: first_party}\n\
                    - {id: paper, name: PAPER, url: 'https://c.example/'}\n\
                    - {id: weekly, name: WEEKLY, url: 'https://d.example/', weight: 2}\n\
                    - {id: daily, name: DAILY, url: 'https://e.example/'}\n";
        let sources = crate::config::sources::parse("sources.yaml", list).unwrap();
        let sources: HashMap<String, Source> =
            sources.into_iter().map(|source| (source.id.clone(), source)).collect();
        for (first, all, expected, author) in [
            ("agg", "agg maker paper", "MAKER", None),
            ("agg", "agg", "AGG", Some("某人")),
            ("paper", "daily paper weekly", "WEEKLY", None),
            ("paper", "daily paper", "PAPER", Some("某人")),
            // Sources that are gone from the list are not cited while one is left.
            ("gone", "gone paper", "PAPER", None),
            ("gone", "gone", "gone", Some("某人")),
        ] {
            let at = DateTime::from_timestamp(1_750_000_000, 0).unwrap();
            let mut item = Sighting::sample("a", "甲", at).item;
            item.source = first.to_owned();
            item.authors = vec!["某人".to_owned()];
            let stored = StoredItem { item, sources: all.split(' ').map(str::to_owned).collect() };
            let found = candidate(stored, &sources, Tz::UTC);
            assert_eq!(found.publication.as_deref(), Some(expected), "{all}");
            assert_eq!(found.author.as_deref(), author, "{all}");
        }
    }
}

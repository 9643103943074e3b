//! How the history of a feed is cut into pages (RFC 5005 §4), of which a full one never changes.

/// Those of `pages`, which are newest first: the feed has `shown` of them, and `as_new` are as new as the
/// newest. Oldest first; none where the feed shows everything.
///
/// They are counted from the oldest article, so that a new one changes the last page only. A full
/// page appears together with its successor and with the link to it, and then never changes: hence
/// the newest article waits where it would make the last page just full, and no full page has one that
/// is as new as the newest, since another of that day may yet come to stand before it.
pub(super) fn pages(pages: &[usize], shown: usize, limit: usize, as_new: usize) -> Vec<Vec<usize>> {
    if pages.len() <= shown {
        return Vec::new();
    }
    let size = limit.max(2);
    let newest = usize::from(pages.len().is_multiple_of(size));
    let oldest_first: Vec<usize> = pages[newest..].iter().rev().copied().collect();
    let (full, open) = oldest_first.split_at((pages.len() - as_new) / size * size);
    let newest_first = |page: &[usize]| page.iter().rev().copied().collect();
    full.chunks(size).chain([open]).map(newest_first).collect()
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;

    /// The history of so many articles, numbered as they came, of which so many came on each day.
    fn history(articles: usize, a_day: usize, limit: usize) -> Vec<Vec<usize>> {
        let day = |number: &usize| number / a_day;
        let mut pages: Vec<usize> = (0..articles).collect();
        // Newest first; those of a day stand by name, and came in that order.
        pages.sort_by_key(|number| (Reverse(day(number)), *number));
        let as_new = pages.iter().take_while(|number| day(number) == day(&pages[0])).count();
        super::pages(&pages, limit, limit, as_new)
    }

    #[test]
    fn a_full_page_of_history_never_changes() {
        for (a_day, limit) in [(1, 1), (1, 2), (1, 3), (1, 20), (2, 3), (5, 3), (7, 20), (30, 20)] {
            let mut before: Vec<Vec<usize>> = Vec::new();
            for articles in 0..100 {
                let name = format!("{articles} articles, {a_day} a day, {limit} a page");
                let now = history(articles, a_day, limit);
                if let Some((open, full)) = now.split_last() {
                    // A page is full when it has a successor, and only then.
                    assert!(open.len() < limit.max(2) + a_day, "{name}");
                    assert!(full.iter().all(|page| page.len() == limit.max(2)), "{name}");
                    // With what the feed itself shows, nothing is missing.
                    let archived: usize = now.iter().map(Vec::len).sum();
                    assert!(archived + 1 >= articles, "{name}");
                }
                let full = before.len().saturating_sub(1);
                assert_eq!(before[..full], now[..full], "{name}");
                before = now;
            }
        }
    }

    #[test]
    fn what_is_too_old_to_be_shown_is_in_the_history() {
        let pages = [4, 3, 2, 1, 0];
        assert_eq!(super::pages(&pages, 2, 20, 1), [[4, 3, 2, 1, 0]]);
        assert!(super::pages(&pages, 5, 20, 1).is_empty());
    }
}

//! The link in a footnote: Markdown's, HTML's, or a bare address.

/// Stands where the link stood. No text that a person wrote has it.
pub(super) const LINK: char = '\u{fffc}';

/// What is linked.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) text: String,
    pub(super) url: String,
}

/// Cuts the first link, Markdown's or HTML's or a bare address, and leaves [`LINK`] in its place.
pub(super) fn cut_link(text: &str) -> (String, Option<Link>) {
    let found = markdown_link(text).or_else(|| html_link(text)).or_else(|| bare_address(text));
    match found {
        Some((range, link)) => {
            (format!("{}{LINK}{}", &text[..range.start], &text[range.end..]), Some(link))
        }
        None => (text.to_owned(), None),
    }
}

type Cut<T> = (std::ops::Range<usize>, T);

fn markdown_link(text: &str) -> Option<Cut<Link>> {
    let middle = text.match_indices("](").find(|(at, _)| {
        let target = text[at + 2..].trim_start_matches(['<', ' ']);
        target.starts_with("http") || target.starts_with("//") || target.starts_with("www.")
    })?;
    let open = opening(text, middle.0)?;
    let target = middle.0 + 2;
    let length = closing(&text[target..]);
    let inside = text[target..target + length].trim();
    // A title in quotes may follow the address.
    let url = inside
        .strip_prefix('<')
        .and_then(|inside| inside.split_once('>'))
        .map_or_else(|| inside.split_whitespace().next().unwrap_or_default(), |(url, _)| url);
    let link = Link { text: text[open + 1..middle.0].to_owned(), url: address(url) };
    Some((open..(target + length + 1).min(text.len()), link))
}

/// The bracket that opens what closes at `close`.
fn opening(text: &str, close: usize) -> Option<usize> {
    let mut depth = 1;
    for (at, c) in text[..close].char_indices().rev() {
        let escaped = text[..at].ends_with('\\');
        match c {
            ']' if !escaped => depth += 1,
            '[' if !escaped => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    text[..close].find('[')
}

/// Where a link's target ends: at the bracket that closes it, or at the end.
fn closing(target: &str) -> usize {
    let mut depth = 1;
    for (at, c) in target.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    // Unbalanced: up to the first bracket, or all of it.
    target.find(')').unwrap_or(target.len())
}

fn html_link(text: &str) -> Option<Cut<Link>> {
    let lower = text.to_ascii_lowercase();
    let start = lower.find("<a ")?;
    let open = start + lower[start..].find('>')? + 1;
    let href = start + lower[start..open].find("href=")? + "href=".len();
    let value = &text[href..open - 1];
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let url = match quote {
        Some(quote) => value[1..].split(quote).next()?,
        None => value.split_whitespace().next()?,
    };
    let close = lower[open..].find("</a>").map_or(text.len(), |at| open + at);
    let end = (close + "</a>".len()).min(text.len());
    Some((start..end, Link { text: text[open..close].to_owned(), url: address(url) }))
}

/// An address in angle brackets, or else as it stands.
fn bare_address(text: &str) -> Option<Cut<Link>> {
    let first = |marks: [&str; 2]| marks.iter().filter_map(|mark| text.find(mark)).min();
    let angled = first(["<https://", "<http://"]).map(|at| at + 1);
    let start = angled.or_else(|| first(["https://", "http://"]))?;
    let stops = |c: char| {
        c.is_whitespace()
            || matches!(c, '。' | '，' | '·' | '）' | '（' | '>' | '<' | ']' | '"' | '”' | '；')
    };
    let mut end = text[start..].find(stops).map_or(text.len(), |at| start + at);
    end = start + text[start..end].trim_end_matches(['.', ',', ';']).len();
    // `(https://…)` gives its closing bracket back.
    if text[..start].ends_with('(') && text[start..end].ends_with(')') {
        end -= 1;
    }
    let link = Link { text: String::new(), url: address(&text[start..end]) };
    // `<https://…>` is one mark.
    let angled = text[..start].ends_with('<') && text[end..].starts_with('>');
    let range = if angled { start - 1..end + 1 } else { start..end };
    Some((range, link))
}

/// An address as it can be visited.
fn address(url: &str) -> String {
    let url = url.replace("\\_", "_").replace("&amp;", "&");
    if url.starts_with("//") {
        format!("https:{url}")
    } else if url.starts_with("www.") {
        format!("https://{url}")
    } else {
        url
    }
}

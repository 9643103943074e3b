//! Markdown to HTML that any reader may show, and to plain text.
//!
//! Tables, footnotes, strikethrough, task lists, and emphasis that works beside Chinese
//! punctuation. Raw HTML passes through one policy, so that no script comes out; links and
//! pictures are absolute, because a feed is read away from its page; footnote anchors carry a
//! prefix, because one feed shows many articles. Formulas between dollars stay as written.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use ammonia::UrlRelative;
use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, format_html, parse_document};
use memchr::memmem;
use url::Url;

mod emphasis;

/// Deepest nesting that is rendered; deeper texts, which nobody writes, come out as plain text
/// before they exhaust the stack of whoever walks the tree.
const DEEPEST: usize = 60;

/// What the body of one article needs to know of its surroundings.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Address of the article's page, which relative links start from.
    pub base: &'a Url,
    /// Put before the name of each footnote, so that it is unique within a feed.
    pub prefix: &'a str,
}

/// The body as HTML.
pub fn to_html(body: &str, context: &Context<'_>) -> String {
    if too_deep(body) {
        return format!("<p>{}</p>", ammonia::clean_text(body));
    }
    let arena = Arena::new();
    let mut options = options();
    let joined = emphasis::joined(body);
    let root = parse_document(&arena, &joined, &options);
    let mut raw = false;
    for node in root.descendants() {
        raw |= prepare(node, context);
    }
    // Without raw HTML, and with links to pages alone, there is nothing to look for.
    options.render.r#unsafe = raw;
    let mut html = String::with_capacity(body.len() * 3 / 2);
    if format_html(root, &options, &mut html).is_err() {
        return format!("<p>{}</p>", ammonia::clean_text(body));
    }
    let html = emphasis::without_joints(html);
    if raw { sanitise(&html, context.base) } else { finish(&html, context.base) }
}

/// The renderer's HTML with what it cannot be told. What is left relative are the footnotes' own
/// anchors. Their `aria-label`s are in English whatever the article is in, and the W3C's feed
/// validator warns of each. A note that is defined twice would give its `id` twice. Text has its quotes
/// escaped, so none of these is ever found in prose or code.
fn finish(html: &str, base: &Url) -> String {
    const HREF: &str = " href=\"";
    const LABEL: &str = " aria-label=\"";
    const ID: &str = " id=\"";
    let value = |at: usize| html[at..].split('"').next().unwrap_or_default();
    let mut seen = HashSet::new();
    let base = ammonia_safe(base);
    let mut finished = String::with_capacity(html.len() + html.len() / 8);
    let mut done = 0;
    for at in memmem::find_iter(html.as_bytes(), "=\"") {
        let begin = at + 2;
        let name = &html[done..begin];
        let again = |_: &&str| !seen.insert(value(begin));
        let dropped = name.strip_suffix(LABEL).or(name.strip_suffix(ID).filter(again));
        if let Some(before) = dropped {
            finished.push_str(before);
            done = html.len().min(begin + value(begin).len() + 1);
        } else if name.ends_with(HREF) && html[begin..].starts_with('#') {
            finished.push_str(name);
            finished.push_str(&base);
            done = begin;
        }
    }
    finished.push_str(&html[done..]);
    finished
}

/// The text without any markup, one line a block.
pub fn to_text(markdown: &str) -> String {
    if too_deep(markdown) {
        return markdown.to_owned();
    }
    let arena = Arena::new();
    let joined = emphasis::joined(markdown);
    let root = parse_document(&arena, &joined, &options());
    let mut text = String::with_capacity(markdown.len());
    for node in root.descendants() {
        match &node.data.borrow().value {
            NodeValue::Text(part) => text.push_str(part),
            NodeValue::Code(code) => text.push_str(&code.literal),
            NodeValue::CodeBlock(block) => {
                separate(&mut text);
                text.push_str(&block.literal);
            }
            NodeValue::Math(math) => text.push_str(&math.literal),
            NodeValue::SoftBreak | NodeValue::LineBreak => text.push(' '),
            value if value.block() => separate(&mut text),
            _ => {}
        }
    }
    text.truncate(text.trim_end().len());
    emphasis::without_joints(text)
}

/// The web addresses that a text links to, as they are written, those without a link's marks among them.
pub fn links(body: &str) -> Vec<String> {
    if too_deep(body) || memmem::find(body.as_bytes(), b"http").is_none() {
        return Vec::new();
    }
    let arena = Arena::new();
    let mut options = options();
    options.extension.autolink = true;
    let root = parse_document(&arena, body, &options);
    let link = |node: &AstNode<'_>| match &node.data.borrow().value {
        NodeValue::Link(link) if link.url.starts_with("http") => Some(link.url.clone()),
        _ => None,
    };
    root.descendants().filter_map(link).collect()
}

/// Footnotes that the text refers to and never defines, with the line of the first mark.
pub fn undefined_notes(body: &str) -> Vec<(usize, String)> {
    let mut fenced = false;
    let mut defined = HashSet::new();
    let mut used: Vec<(usize, &str)> = Vec::new();
    for (index, line) in body.lines().enumerate() {
        fenced ^= line.trim_start().starts_with("```");
        if fenced {
            continue;
        }
        let mut rest = line;
        while let Some(start) = rest.find("[^") {
            let Some(end) = rest[start..].find(']') else { break };
            let label = &rest[start + 2..start + end];
            let begins = start == 0 && rest.len() == line.len();
            rest = &rest[start + end + 1..];
            if begins && rest.starts_with(':') {
                defined.insert(label);
            } else if !label.is_empty() && !label.contains(char::is_whitespace) {
                used.push((index + 1, label));
            }
        }
    }
    let mut seen = HashSet::new();
    used.retain(|(_, label)| !defined.contains(label) && seen.insert(*label));
    used.into_iter().map(|(line, label)| (line, label.to_owned())).collect()
}

pub(super) fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.footnotes = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    options.extension.cjk_friendly_emphasis = true;
    options.extension.math_dollars = true;
    options
}

/// Makes one node fit for a feed; tells whether it is raw HTML.
fn prepare<'a>(node: &'a AstNode<'a>, context: &Context<'_>) -> bool {
    let mut data = node.data.borrow_mut();
    match &mut data.value {
        NodeValue::HtmlBlock(_) | NodeValue::HtmlInline(_) => return true,
        NodeValue::Link(link) | NodeValue::Image(link) => {
            if let Ok(absolute) = context.base.join(&link.url) {
                // What leads to no page (`javascript:`, `data:`) is for whoever looks through raw HTML.
                let is_plain = matches!(absolute.scheme(), "http" | "https" | "mailto");
                link.url = absolute.into();
                return !is_plain;
            }
        }
        NodeValue::FootnoteDefinition(note) => note.name.insert_str(0, context.prefix),
        NodeValue::FootnoteReference(note) => note.name.insert_str(0, context.prefix),
        NodeValue::Math(math) => {
            let dollars = if math.display_math { "$$" } else { "$" };
            let formula = format!("{dollars}{}{dollars}", math.literal);
            data.value = NodeValue::Text(formula.into());
        }
        _ => {}
    }
    false
}

/// The one policy for raw HTML in articles: what an article may show, and nothing that acts.
fn sanitise(html: &str, base: &Url) -> String {
    let mut policy = ammonia::Builder::default();
    policy
        .add_tags([
            "section",
            "figure",
            "figcaption",
            "picture",
            "source",
            "input",
            "video",
            "audio",
        ])
        .add_generic_attributes(["id", "class", "lang", "dir", "title"])
        .add_tag_attributes("img", ["srcset", "sizes", "loading"])
        .add_tag_attributes("source", ["src", "srcset", "sizes", "type", "media"])
        .add_tag_attributes("video", ["src", "poster", "controls", "width", "height"])
        .add_tag_attributes("audio", ["src", "controls"])
        // Addresses that no reader shows and that nobody would make absolute.
        .rm_tag_attributes("blockquote", ["cite"])
        .rm_tag_attributes("q", ["cite"])
        .rm_tag_attributes("del", ["cite"])
        .rm_tag_attributes("ins", ["cite"])
        .add_tag_attributes("a", ["data-footnote-ref", "data-footnote-backref"])
        .add_tag_attributes("section", ["data-footnotes"])
        .add_tag_attributes("input", ["type", "checked", "disabled"])
        .link_rel(None)
        .url_relative(UrlRelative::RewriteWithBase(base.clone()));
    let source = base.clone();
    let seen = Mutex::new(HashSet::new());
    policy.attribute_filter(move |element, attribute, value| match (element, attribute) {
        // A note that is defined twice, or an article that says so itself.
        (_, "id") => {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.insert(value.to_owned()).then(|| value.into())
        }
        ("img" | "source", "srcset") => Some(absolute_srcset(value, &source).into()),
        // A task's box is the only input that is no form.
        ("input", "type") => (value == "checkbox").then(|| value.into()),
        _ => Some(value.into()),
    });
    policy.clean(html).to_string()
}

/// Candidates as HTML reads them (`parse a srcset attribute`): an address goes to the next blank, commas
/// within it are its own, and one at its end closes the candidate.
fn absolute_srcset(srcset: &str, base: &Url) -> String {
    let is_between = |c: char| c.is_whitespace() || c == ',';
    let mut rest = srcset.trim_start_matches(is_between);
    let mut candidates = Vec::new();
    while !rest.is_empty() {
        let (word, behind) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
        let address = word.trim_end_matches(',');
        let (size, next) = if address.len() < word.len() {
            ("", behind)
        } else {
            behind.split_once(',').unwrap_or((behind, ""))
        };
        let absolute = base.join(address).ok();
        if let Some(url) = absolute.filter(|url| matches!(url.scheme(), "http" | "https")) {
            candidates.push(format!("{url} {}", size.trim()).trim_end().to_owned());
        }
        rest = next.trim_start_matches(is_between);
    }
    candidates.join(", ")
}

fn ammonia_safe(base: &Url) -> String {
    base.as_str().replace('&', "&amp;").replace('"', "&quot;")
}

fn separate(text: &mut String) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}

/// Whether quotes or lists are nested beyond reason: each level costs at least one mark of its own
/// at the beginning of a line.
pub(super) fn too_deep(body: &str) -> bool {
    let nested =
        |line: &&str| line.len() > DEEPEST && line.starts_with([' ', '\t', '>', '-', '*', '+']);
    body.lines().filter(nested).any(|line| {
        // A list's mark stands before a blank: `-----` is a rule, and `/*****` a comment's beginning.
        let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        let nests = |pair: &&[u8]| match pair[0] {
            b' ' | b'\t' | b'>' => true,
            b'-' | b'*' | b'+' => is_blank(&pair[1]),
            _ => false,
        };
        let marks = line.as_bytes().windows(2).take_while(nests);
        let marks = marks.filter(|pair| !is_blank(&pair[0])).count();
        let indent = line.len() - line.trim_start().len();
        marks > DEEPEST
            || indent > DEEPEST * 4 && line.trim_start().starts_with(['-', '*', '+', '>'])
    }) || memmem::find_iter(body.as_bytes(), "[[[[[[[[[[[[[[[[").count() > DEEPEST
}

#[cfg(test)]
mod tests;

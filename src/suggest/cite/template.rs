//! The language of citations: a text with parts in braces, and the styles that have a name.
//!
//! `{title}` is a part; `{date:%Y-%m-%d}` is one in a form of its own. Braces around text with parts
//! are a group: `{（{date}）|n.d.}` is the first of its alternatives whose parts are all there. What
//! is missing, part or group, drops out with the punctuation that belongs to it (see
//! [`join`](super::join)). The named styles are texts in this language and nothing else.

use chrono::NaiveDate;
use thiserror::Error;

use super::names::Names;

/// A named style: what the configuration calls it, and its template.
type Preset = (&'static str, &'static str);

/// The styles that have a name; the first is the one that is used where none is given.
pub const PRESETS: &[Preset] = &[("house", HOUSE), ("gbt7714", GBT7714), ("apa", APA)];

/// The style of the site that Headwater was made for: full-width marks, dates by strokes.
const HOUSE: &str = "{author}（{date}）。[{title}]({url})。{publication}。检索日期{accessed}。";

/// GB/T 7714-2015 §4.6, an electronic resource: `责任者. 题名[EB/OL]. (发布日期)[引用日期]. 网址.`
/// Of four authors or more three stand, and “等”; where nobody signed, the body that publishes is
/// responsible; numbered notes may lack even that (§8.1). Names stand as the source writes them.
const GBT7714: &str = "{{author:A, B, C, 等}. |{publication}. }{title}[EB/OL]. \
    ({date:%Y-%m-%d})[{accessed:%Y-%m-%d}]. <{url}>.";

/// APA 7, a web page or an article of a news site (§10.16): title in italics, then the site, which
/// is left out where it is the author (§9.32). Without an author the title goes first (§9.12);
/// without a date it is “n.d.” (§9.17), and only then the page is one whose text may be another
/// tomorrow, which calls for a date of retrieval (§9.16). No full stop behind the address (§9.35).
/// Names stand as the source writes them: a feed tells neither the family name nor whether its
/// author is a person, and a name turned round wrongly is worse than one to be turned.
const APA: &str = "{{author:A, B, & C}|*{title}*}. ({{date:%Y, %B %-d}|n.d.}). \
    {{author:}*{title}*}. {publication:other}. \
    {{date:}<{url}>|Retrieved {accessed:%B %-d, %Y}, from <{url}>}";

/// How a day is written where the template does not say it.
const USUAL_DAY: &str = "%Y/%-m/%-d";

/// What ends a line in Markdown (`CommonMark` §2.1).
const LINE_ENDS: [char; 2] = ['\n', '\r'];

/// A checked citation template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(pub(super) Vec<Node>);

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Text(String),
    Part(Part),
    /// Alternatives, of which the first stands that lacks nothing.
    Group(Vec<Vec<Node>>),
}

/// What an item fills, and in which form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Author(Names),
    /// A day by its format.
    Date(String),
    Title,
    Url,
    Publication,
    /// The publication, where it is not the author as well.
    OtherPublication,
    Accessed(String),
    /// Says nothing, and is there when the part is: `{date:}`.
    Given(Box<Part>),
}

/// Why a template is refused.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum TemplateError {
    /// A placeholder that no item can fill.
    #[error(
        "{{{0}}} is not one of {{author}}, {{date}}, {{title}}, {{url}}, {{publication}}, {{accessed}}"
    )]
    Unknown(String),
    /// A part in a form that it does not have.
    #[error("{{{part}:{form}}} cannot be written: {remedy}")]
    Form {
        /// The part's name.
        part: String,
        /// What stands behind the colon.
        form: String,
        /// What could stand there.
        remedy: &'static str,
    },
    /// An opening brace without its closing one.
    #[error("a {{ is not closed")]
    Open,
    /// A footnote is a line; behind a line end anything could begin, a heading too.
    #[error(
        "it must stand on one line, as a footnote does: put it in quotes, or begin its block with `>-`"
    )]
    LineEnd,
    /// A citation without a title names nothing.
    #[error("it must contain {{title}}")]
    NoTitle,
    /// A word that names no style.
    #[error("`{word}` is neither one of {presets} nor a template such as \"{{author}}. {{title}}. {{url}}\"", presets = names_of_presets())]
    NoPreset {
        /// What was given.
        word: String,
    },
}

fn names_of_presets() -> String {
    PRESETS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

impl Default for Template {
    /// The first of [`PRESETS`].
    fn default() -> Self {
        // That each of them can be read is tested.
        Self::new(PRESETS[0].1).unwrap_or(Self(vec![Node::Part(Part::Title)]))
    }
}

impl Template {
    /// Reads a template, or the name of a style.
    ///
    /// # Errors
    ///
    /// A placeholder or its form is unknown, a brace is not closed, `{title}` is missing, a text
    /// without braces names no style, or there is a line end before the end.
    pub fn new(text: &str) -> Result<Self, TemplateError> {
        // A block in YAML ends with one.
        let text = text.trim_end_matches(LINE_ENDS);
        if text.contains(LINE_ENDS) {
            return Err(TemplateError::LineEnd);
        }
        if !text.contains('{') {
            let named = PRESETS.iter().find(|(name, _)| text.trim().eq_ignore_ascii_case(name));
            let (_, template) =
                named.ok_or_else(|| TemplateError::NoPreset { word: text.trim().to_owned() })?;
            return Self::new(template);
        }
        // A link without an address is its text.
        let link = "[{title}]({url})";
        let nodes = read(&text.replace(link, &format!("{{{link}|{{title}}}}")))?;
        if has_title(&nodes) { Ok(Self(nodes)) } else { Err(TemplateError::NoTitle) }
    }
}

fn has_title(nodes: &[Node]) -> bool {
    nodes.iter().any(|node| match node {
        Node::Text(_) => false,
        Node::Part(part) => *part == Part::Title,
        Node::Group(alternatives) => alternatives.iter().any(|one| has_title(one)),
    })
}

fn read(text: &str) -> Result<Vec<Node>, TemplateError> {
    let mut nodes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let end = closing(after).ok_or(TemplateError::Open)?;
        let inside = &after[..end];
        nodes.push(Node::Text(before.to_owned()));
        nodes.push(if inside.contains('{') {
            Node::Group(alternatives(inside).into_iter().map(read).collect::<Result<_, _>>()?)
        } else {
            Node::Part(part(inside)?)
        });
        rest = &after[end + 1..];
    }
    nodes.push(Node::Text(rest.to_owned()));
    nodes.retain(|node| *node != Node::Text(String::new()));
    Ok(nodes)
}

/// Where the brace closes that was opened before `text`.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    text.char_indices().find_map(|(at, c)| match (c, depth) {
        ('}', 0) => Some(at),
        ('}', _) => {
            depth -= 1;
            None
        }
        ('{', _) => {
            depth += 1;
            None
        }
        _ => None,
    })
}

/// The alternatives of a group: what stands between the strokes that are in no further brace.
fn alternatives(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    text.split(|c| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == '|' && depth == 0
    })
    .collect()
}

fn part(text: &str) -> Result<Part, TemplateError> {
    let (name, form) = text.split_once(':').map_or((text, None), |(name, form)| (name, Some(form)));
    if form == Some("") {
        return Ok(Part::Given(Box::new(part(name)?)));
    }
    let wrong = |remedy| {
        let form = form.unwrap_or_default().to_owned();
        TemplateError::Form { part: name.to_owned(), form, remedy }
    };
    if form.is_some_and(|form| form.contains('|')) {
        return Err(wrong("a text for a missing part stands in a group, {{date}|n.d.}"));
    }
    let day = || match form {
        None => Ok(USUAL_DAY.to_owned()),
        Some(form) if is_day(form) => Ok(form.to_owned()),
        Some(_) => Err(wrong("a day is written as in {date:%Y-%m-%d} or {date:%B %-d, %Y}")),
    };
    match (name, form) {
        ("author", None) => Ok(Part::Author(Names::default())),
        ("author", Some(form)) => Names::by_example(form).map(Part::Author).ok_or_else(|| {
            wrong("names are written as in {author:A, B & C} or {author:A, B, C, 等}")
        }),
        ("date", _) => day().map(Part::Date),
        ("accessed", _) => day().map(Part::Accessed),
        ("title", None) => Ok(Part::Title),
        ("url", None) => Ok(Part::Url),
        ("publication", None) => Ok(Part::Publication),
        ("publication", Some("other")) => Ok(Part::OtherPublication),
        ("publication", Some(_)) => {
            Err(wrong("{publication:other} leaves out one that is the author"))
        }
        ("title" | "url", Some(_)) => Err(wrong("it has one form only")),
        _ => Err(TemplateError::Unknown(name.to_owned())),
    }
}

/// Whether a day can be written by this format, on one line; one that asks for hours cannot.
fn is_day(format: &str) -> bool {
    use std::fmt::Write;
    let mut written = String::new();
    write!(written, "{}", NaiveDate::default().format(format)).is_ok()
        && written != format
        && !written.contains(LINE_ENDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_a_template_and_its_name_stands_for_it() {
        for (name, text) in PRESETS {
            assert_eq!(Template::new(name), Template::new(text));
            assert!(Template::new(text).is_ok(), "{name}");
        }
        assert_eq!(Template::new(" GBT7714 "), Template::new(GBT7714));
        assert_eq!(Template::new(HOUSE), Ok(Template::default()));
    }

    #[test]
    fn the_line_end_of_a_block_in_yaml_is_no_part_of_the_template() {
        for end in ["\n", "\r\n", "\n\n"] {
            assert_eq!(Template::new(&format!("{HOUSE}{end}")), Template::new(HOUSE));
            assert_eq!(Template::new(&format!("apa{end}")), Template::new("apa"));
        }
    }

    #[test]
    fn a_template_that_cannot_work_is_refused_with_the_remedy() {
        for (text, expected) in [
            ("{titel}", "{titel} is not one of {author}, {date}"),
            ("{title", "a { is not closed"),
            ("{title} {（{date}）", "a { is not closed"),
            ("{url}", "must contain {title}"),
            ("{title} {{author:}x}{titel}", "{titel} is not one of"),
            ("{title} {date:%Q}", "{date:%Q} cannot be written: a day is written as in"),
            ("{title} {date:%H:%M}", "a day is written as in"),
            ("{title} {date:iso}", "a day is written as in"),
            ("{title} {date:%Y|n.d.}", "stands in a group, {{date}|n.d.}"),
            ("{title} {author:last}", "names are written as in {author:A, B & C}"),
            ("{title:x}", "it has one form only"),
            ("{title} {publication:x}", "{publication:other} leaves out"),
            ("{title}.\n## {author}", "it must stand on one line, as a footnote does: put"),
            ("{title}\r{author}\n", "must stand on one line"),
            ("{title} {{author}\n|x}", "must stand on one line"),
            ("\n{title}", "must stand on one line"),
            ("{title} {date:%Y%n# %m}", "a day is written as in"),
            ("gbt", "`gbt` is neither one of house, gbt7714, apa nor a template such as"),
            ("", "`` is neither one of house"),
        ] {
            let error = Template::new(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}

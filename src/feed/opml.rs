//! The list of all feeds for programs: OPML 2.0, <https://opml.org/spec2.opml>.
//!
//! A folder for each group, in it a feed each. It carries the date of the newest entry, not of its
//! making.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::page::group_title;
use super::plan::Plan;
use super::{Feed, Format, Group, Settings};

/// Its name in the feeds' folder.
pub const FILE_NAME: &str = "subscriptions.opml";

/// The list of the feeds of `plan`, each in the first of the formats.
///
/// # Errors
///
/// None in practice: only what the XML writer passes through.
pub fn opml(plan: &Plan, settings: &Settings) -> io::Result<Vec<u8>> {
    let format = settings.formats.first().copied().unwrap_or(Format::Rss);
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("opml").with_attribute(("version", "2.0")).write_inner_content(|xml| {
        xml.create_element("head").write_inner_content(|xml| {
            let mut text = |name, value: &str| {
                xml.create_element(name).write_text_content(BytesText::new(value)).map(drop)
            };
            text("title", &plan.about.title)?;
            if let Some(newest) = plan.feeds.iter().filter_map(Feed::updated).max() {
                text("dateModified", &newest.format("%a, %d %b %Y %H:%M:%S %z").to_string())?;
            }
            text("ownerName", &plan.about.author.name)?;
            text("docs", "https://opml.org/spec2.opml")
        })?;
        xml.create_element("body").write_inner_content(|xml| {
            for feeds in plan.feeds.chunk_by(|a, b| a.group == b.group) {
                match &feeds[0].group {
                    Group::Site => outlines(xml, feeds, format, settings)?,
                    group => {
                        let title = group_title(group, &plan.about.language);
                        xml.create_element("outline")
                            .with_attribute(("text", title))
                            .with_attribute(("title", title))
                            .write_inner_content(|xml| outlines(xml, feeds, format, settings))?;
                    }
                }
            }
            Ok(())
        })?;
        Ok(())
    })?;
    let mut bytes = xml.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

fn outlines(
    xml: &mut Writer<Vec<u8>>,
    feeds: &[Feed],
    format: Format,
    settings: &Settings,
) -> io::Result<()> {
    for feed in feeds {
        xml.create_element("outline")
            // `rss` is the type of every kind of feed, whatever its format.
            .with_attribute(("type", "rss"))
            .with_attribute(("text", feed.name.as_str()))
            .with_attribute(("title", feed.title.as_str()))
            .with_attribute(("xmlUrl", feed.url(settings, format).as_str()))
            .with_attribute(("htmlUrl", feed.home.as_str()))
            .with_attribute(("language", feed.about.language.as_str()))
            .write_empty()?;
    }
    Ok(())
}

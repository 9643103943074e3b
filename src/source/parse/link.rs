//! The address of the page that a feed or an entry belongs to, among all that it links to.

use url::Url;

use super::field::Field;
use super::names::Part;

/// The page: RSS's address between the tags, Atom's alternate link; a page for people before
/// another form of it. Of several that are equally good the last one counts, as in most readers.
pub(super) fn page(fields: &[Field<'_>]) -> Option<String> {
    let links = fields.iter().rev().filter(|field| field.part == Part::Link);
    let ranked = links.filter_map(|link| Some((rank(link)?, link)));
    let (_, link) = ranked.min_by_key(|(rank, _)| *rank)?;
    let address = link.attribute("href").or_else(|| link.text())?;
    resolve(&address, link.base.as_deref())
}

/// How likely a link is to the page; none where it is to something else (RFC 4287 §4.2.7.2).
fn rank(link: &Field<'_>) -> Option<u8> {
    let rel = link.attribute("rel").map(|rel| rel.to_ascii_lowercase());
    let is_alternate = rel.is_none_or(|rel| {
        rel == "alternate" || rel == "http://www.iana.org/assignments/relation/alternate"
    });
    let kind = link.attribute("type").unwrap_or_default().to_ascii_lowercase();
    let is_page = kind.is_empty() || kind.contains("html");
    match (link.attribute("href"), link.text()) {
        (Some(_), _) if is_alternate => Some(if is_page { 1 } else { 2 }),
        (None, Some(_)) if is_alternate => Some(0),
        (None, Some(_)) => Some(3),
        _ => None,
    }
}

/// RSS: a `guid` is the page's address, unless it says that it is none.
pub(super) fn permalink(fields: &[Field<'_>]) -> Option<String> {
    let guid = super::entry::best(fields, Part::Id).filter(|id| id.rank == 0)?;
    let text = guid.text()?;
    let is_address = text.starts_with("http://") || text.starts_with("https://");
    let is_permanent =
        guid.attribute("ispermalink").is_none_or(|said| said.eq_ignore_ascii_case("true"));
    if is_address && is_permanent { resolve(&text, guid.base.as_deref()) } else { None }
}

/// An address, absolute where that can be known.
pub(super) fn resolve(address: &str, base: Option<&Url>) -> Option<String> {
    let address = address.trim();
    if address.is_empty() {
        return None;
    }
    match (Url::parse(address), base) {
        (Err(_), Some(base)) => base.join(address).ok().map(String::from),
        _ => Some(address.to_owned()),
    }
}

//! HTML of other people: made harmless, or made plain text.

use ammonia::{Builder, UrlRelative};
use url::Url;

/// HTML that may be shown: ammonia's own policy, with links made absolute.
pub(super) fn sanitise(html: &str, base: Option<&Url>) -> Option<String> {
    let mut policy = Builder::default();
    if let Some(base) = base {
        policy.url_relative(UrlRelative::RewriteWithBase(base.clone()));
    }
    let clean = policy.clean(html).to_string();
    Some(clean.trim().to_owned()).filter(|clean| !clean.is_empty())
}

/// The text of HTML on one line; none where there is none.
pub fn plain(html: &str) -> Option<String> {
    let text = if html.contains(['<', '&']) {
        let bare =
            Builder::empty().clean_content_tags(["script", "style"].into()).clean(html).to_string();
        quick_xml::escape::unescape(&bare).map_or(bare.clone(), std::borrow::Cow::into_owned)
    } else {
        html.to_owned()
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(text).filter(|text| !text.is_empty())
}

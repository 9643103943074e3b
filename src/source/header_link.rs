//! The `Link` field of an answer (RFC 8288 §3), taken apart.

/// A link as it was sent.
pub(super) struct Link<'a> {
    /// Absolute, or relative to the answer's address.
    pub(super) address: &'a str,
    /// Names in lower case, and values.
    parameters: Vec<(String, String)>,
}

impl Link<'_> {
    /// The value of a parameter; the first counts (§3.3).
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether it leads from this answer: `anchor` names another thing that it leads from (§3.2).
    pub(super) fn is_ours(&self) -> bool {
        self.value("anchor").is_none()
    }
}

/// The links in a value of the field. What is broken ends it.
pub(super) fn links(mut value: &str) -> impl Iterator<Item = Link<'_>> {
    std::iter::from_fn(move || {
        let (link, rest) = first(value)?;
        value = rest;
        Some(link)
    })
}

/// The first link, and what follows.
fn first(text: &str) -> Option<(Link<'_>, &str)> {
    let text = text.trim_start_matches([',', ' ', '\t']).strip_prefix('<')?;
    let (address, mut rest) = text.split_once('>')?;
    let mut parameters = Vec::new();
    while let Some(parameter) = rest.trim_start().strip_prefix(';') {
        let end = parameter.find(['=', ';', ',']).unwrap_or(parameter.len());
        let name = parameter[..end].trim().to_ascii_lowercase();
        rest = &parameter[end..];
        let mut value = String::new();
        if let Some(given) = rest.strip_prefix('=') {
            (value, rest) = word(given.trim_start());
        }
        parameters.push((name, value));
    }
    Some((Link { address: address.trim(), parameters }, rest.trim_start()))
}

/// A token or a quoted string (RFC 9110 §5.6), and what follows.
fn word(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ',']).unwrap_or(text.len());
        return (text[..end].trim().to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, next)| next)),
            other => value.push(other),
        }
    }
    (value, "")
}

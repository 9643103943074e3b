//! Where a paragraph ends because HTML begins (`CommonMark` §4.6).

/// Elements whose tag begins a block of HTML wherever a line begins with it.
const BLOCKS: &str = "address article aside base basefont blockquote body caption center col colgroup dd details \
    dialog dir div dl dt fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 \
    h6 head header hr html iframe legend li link main menu menuitem nav noframes ol optgroup \
    option p param pre script search section style summary table tbody td textarea tfoot th \
    thead title tr track ul";

/// Whether a line begins a block of HTML that may follow a paragraph at once.
pub(super) fn interrupts(line: &str) -> bool {
    let inner = line.trim_start_matches(' ');
    let Some(tag) = inner.strip_prefix('<').filter(|_| line.len() - inner.len() < 4) else {
        return false;
    };
    if tag.starts_with(['?', '!']) {
        return true;
    }
    let name = tag.strip_prefix('/').unwrap_or(tag);
    let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
    let (name, behind) = name.split_at(end);
    let is_whole = behind.is_empty() || behind.starts_with([' ', '\t', '>', '/']);
    is_whole && BLOCKS.split(' ').any(|block| block.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_ends_a_paragraph_and_a_word_does_not() {
        for (line, expected) in [
            ("<hr>", true),
            ("  <DIV class=x>", true),
            ("</section>", true),
            ("<!-- a -->", true),
            ("<p", true),
            ("    <hr>", false),
            ("<em>", false),
            ("<preface>", false),
            ("<https://a.example/>", false),
            ("a <hr>", false),
        ] {
            assert_eq!(interrupts(line), expected, "{line}");
        }
    }
}

//! Markdown that cannot be broken by what it shows.

/// Text for a table cell or a sentence: no new cell, no link, no HTML.
pub(crate) fn prose(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' => clean.push(' '),
            '<' => clean.push_str("&lt;"),
            '>' => clean.push_str("&gt;"),
            '&' => clean.push_str("&amp;"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '#' | '~' | '!' | '@' => {
                clean.push('\\');
                clean.push(character);
            }
            other if other.is_control() => {}
            other => clean.push(other),
        }
    }
    clean
}

/// Text as a code span in a table cell; empty text gives two backticks, as the original prints it.
pub(crate) fn code(text: &str) -> String {
    if text.is_empty() {
        return "``".to_owned();
    }
    let clean: String =
        text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    let clean = clean.replace('|', "\\|");
    let longest = clean.split(|character| character != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    if clean.starts_with('`') || clean.ends_with('`') {
        return format!("{fence} {clean} {fence}");
    }
    format!("{fence}{clean}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out() {
        assert_eq!(prose("a|b\n<script>[x](y)"), "a\\|b &lt;script&gt;\\[x\\](y)");
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(code(""), "``");
    }
}

//! Markdown that cannot be broken by what it shows.

use crate::ui::is_invisible;

/// Stands for a character that must not be there.
const REPLACEMENT: char = '\u{fffd}';

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
            other if other.is_control() || is_invisible(other) => clean.push(REPLACEMENT),
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
    let visible = |character: char| match character {
        '\n' | '\r' | '\t' => ' ',
        other if other.is_control() || is_invisible(other) => REPLACEMENT,
        other => other,
    };
    let clean: String = text.chars().map(visible).collect();
    // `##[` at any place of a line is a command to some runners.
    let clean = clean.replace('|', "\\|").replace("##[", "##\\[");
    let longest = clean.split(|character| character != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    if clean.starts_with('`') || clean.ends_with('`') {
        return format!("{fence} {clean} {fence}");
    }
    format!("{fence}{clean}{fence}")
}

/// Lines as they are, in a fence that they cannot close.
pub(crate) fn fenced(lines: &str) -> String {
    let longest = lines.split(|character| character != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}\n{lines}{fence}\n")
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
        assert_eq!(fenced("a\n"), "```\na\n```\n");
        assert_eq!(fenced("````\n"), "`````\n````\n`````\n");
        assert_eq!(prose("a\u{1b}[1m\u{202e}b"), "a\u{fffd}\\[1m\u{fffd}b");
        assert_eq!(code("a\n\u{1b}\u{202e}b"), "`a \u{fffd}\u{fffd}b`");
    }
}

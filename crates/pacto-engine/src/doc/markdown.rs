//! Untrusted text in Markdown: what a contract says never becomes markup.
//!
//! Nothing here starts a line with foreign text, so only inline syntax has to be escaped.

use std::fmt::Write;

/// An empty cell.
pub(super) const EMPTY: &str = "—";
/// Most rows of one table. Longer ones end with a note.
pub(super) const MAX_ROWS: usize = 5_000;
/// Past this length nothing is listed any more, in bytes. Files of 50 MiB can ask for much more text than they hold.
pub(super) const MAX_DOCUMENT_BYTES: usize = 8 * 1024 * 1024;
/// Most characters of one foreign text. A `$ref` can repeat a text, so that its length must be bounded.
const MAX_TEXT_CHARS: usize = 1_000;

/// `text` on one line of at most `max` characters: blanks and line ends become single spaces, characters that
/// control a terminal, hide text or turn its direction become U+FFFD.
pub(super) fn one_line(text: &str, max: usize) -> String {
    // Blanks count too, so that a long text costs no more than a short one.
    let start = text.get(..text.floor_char_boundary(max.saturating_mul(8))).unwrap_or_default();
    let mut line = String::new();
    let mut left = max;
    for (position, word) in start.split_whitespace().enumerate() {
        let blank = (position > 0).then_some(' ');
        for character in blank.into_iter().chain(word.chars()) {
            if left == 0 {
                line.push('…');
                return line;
            }
            left -= 1;
            line.push(if is_deceptive(character) { char::REPLACEMENT_CHARACTER } else { character });
        }
    }
    if start.len() < text.len() {
        line.push('…');
    }
    line
}

fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}')
}

/// Foreign text as Markdown text, also inside of a table cell.
pub(super) fn prose(text: &str) -> String {
    let line = one_line(text, MAX_TEXT_CHARS);
    let mut escaped = String::with_capacity(line.len());
    let mut previous = ' ';
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // Inside of a word it is no emphasis: LOG_LEVEL stays readable.
            '_' if previous.is_alphanumeric()
                && characters.peek().is_some_and(|next| next.is_alphanumeric()) =>
            {
                escaped.push('_');
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' | '#' => {
                escaped.push('\\');
                escaped.push(character);
            }
            _ => escaped.push(character),
        }
        previous = character;
    }
    escaped
}

/// Foreign text as a code span outside of tables.
pub(super) fn code(text: &str) -> String {
    span(&one_line(text, MAX_TEXT_CHARS))
}

/// Foreign text as a code span inside of a table cell.
pub(super) fn cell_code(text: &str) -> String {
    let line = one_line(text, MAX_TEXT_CHARS);
    if line.contains("\\|") {
        // Renderers disagree about a backslash before an escaped pipe; entities leave nothing to disagree about.
        return format!("<code>{}</code>", entities(&line));
    }
    span(&line).replace('|', "\\|")
}

/// A code span whose fence is longer than any run of backticks in `line`.
fn span(line: &str) -> String {
    if line.is_empty() {
        return EMPTY.to_owned();
    }
    let longest = line.split(|character| character != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let padding = if line.starts_with('`') || line.ends_with('`') { " " } else { "" };
    format!("{fence}{padding}{line}{padding}{fence}")
}

/// Foreign text inside of an HTML element.
pub(super) fn html(text: &str) -> String {
    entities(&one_line(text, MAX_TEXT_CHARS))
}

/// Text in which nothing means anything, neither to HTML nor to Markdown.
fn entities(line: &str) -> String {
    let mut encoded = String::with_capacity(line.len());
    for character in line.chars() {
        if character.is_ascii_punctuation() && !matches!(character, '-' | '.' | ',' | '/') {
            let _ = write!(encoded, "&#{};", u32::from(character));
        } else {
            encoded.push(character);
        }
    }
    encoded
}

/// Foreign text as a cell, [`EMPTY`] where there is none.
pub(super) fn cell(text: Option<&str>) -> String {
    let text = prose(text.unwrap_or_default());
    if text.is_empty() { EMPTY.to_owned() } else { text }
}

/// A table while it is written; without rows, nothing of it is.
#[derive(Debug)]
pub(super) struct Table<'a> {
    out: &'a mut String,
    columns: &'static [&'static str],
    rows: usize,
    left_out: usize,
}

impl<'a> Table<'a> {
    /// A table with these columns at the end of `out`.
    pub(super) fn new(out: &'a mut String, columns: &'static [&'static str]) -> Self {
        Self { out, columns, rows: 0, left_out: 0 }
    }

    /// One row of cells that are Markdown already.
    pub(super) fn row(&mut self, cells: &[&str]) {
        if self.rows == MAX_ROWS || self.out.len() >= MAX_DOCUMENT_BYTES {
            self.left_out += 1;
            return;
        }
        if self.rows == 0 {
            let _ = writeln!(
                self.out,
                "| {} |\n|{}",
                self.columns.join(" | "),
                "---|".repeat(self.columns.len())
            );
        }
        self.rows += 1;
        let _ = writeln!(self.out, "| {} |", cells.join(" | "));
    }

    /// Ends the table, and says how many rows it does not show; false if it has no rows at all.
    pub(super) fn finish(self) -> bool {
        if self.rows > 0 {
            self.out.push('\n');
        }
        if self.left_out > 0 {
            note(self.out, &format!("{} more are not shown.", self.left_out));
        }
        self.rows + self.left_out > 0
    }
}

/// An italic line of its own. `text` is Markdown already.
pub(super) fn note(out: &mut String, text: &str) {
    let _ = writeln!(out, "_{text}_\n");
}

/// `no interfaces`, `1 interface`, `2 interfaces`.
pub(super) fn count(number: usize, singular: &str, plural: &str) -> String {
    match number {
        0 => format!("no {plural}"),
        1 => format!("1 {singular}"),
        _ => format!("{number} {plural}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_inert() {
        assert_eq!(prose("a | b\n\n# c"), "a \\| b \\# c");
        assert_eq!(
            prose("<script>alert(1)</script> &amp;"),
            "&lt;script&gt;alert(1)&lt;/script&gt; &amp;amp;"
        );
        assert_eq!(prose("![x](http://e) [y][z] \\[w]"), "!\\[x\\](http://e) \\[y\\]\\[z\\] \\\\\\[w\\]");
        assert_eq!(prose("*a* _b_ __c__ LOG_LEVEL `d` ~~e~~ $f$"), {
            "\\*a\\* \\_b\\_ \\_\\_c\\_\\_ LOG_LEVEL \\`d\\` \\~\\~e\\~\\~ \\$f\\$"
        });
        assert_eq!(prose(" \t "), "");
        assert_eq!(prose("\u{1b}[31mred\u{202e}dab\u{0}"), "\u{fffd}\\[31mred\u{fffd}dab\u{fffd}");
        assert_eq!(prose("a\u{2028}b\u{85}c\r\nd"), "a b c d");
    }

    #[test]
    fn code_has_a_longer_fence() {
        assert_eq!(code("plain|pipe"), "`plain|pipe`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("``x"), "``` ``x ```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code("a\nb"), "`a b`");
        assert_eq!(code(""), EMPTY);
    }

    #[test]
    fn code_in_a_cell_keeps_the_cell() {
        assert_eq!(cell_code("a|b"), "`a\\|b`");
        assert_eq!(cell_code("a\\|b`"), "<code>a&#92;&#124;b&#96;</code>");
        assert_eq!(cell_code("^(a|b)$"), "`^(a\\|b)$`");
        assert_eq!(cell_code("end\\"), "`end\\`");
    }

    #[test]
    fn html_text_has_no_tags() {
        assert_eq!(html("a-b 1.0 </b> [x]&'\""), "a-b 1.0 &#60;/b&#62; &#91;x&#93;&#38;&#39;&#34;");
    }

    #[test]
    fn tables_are_bounded() {
        let mut out = String::new();
        assert!(!Table::new(&mut out, &["A"]).finish());
        assert_eq!(out, "");
        for (rows, last) in [(MAX_ROWS, "| x |\n\n"), (MAX_ROWS + 1, "| x |\n\n_1 more are not shown._\n\n")]
        {
            out.clear();
            let mut table = Table::new(&mut out, &["A"]);
            (0..rows).for_each(|_| table.row(&["x"]));
            assert!(table.finish());
            assert!(out.starts_with("| A |\n|---|\n| x |\n") && out.ends_with(last), "{rows}");
        }
    }

    #[test]
    fn length_is_bounded() {
        assert_eq!(one_line("abc def", 7), "abc def");
        assert_eq!(one_line("abc def", 6), "abc de…");
        assert_eq!(one_line(&format!("a{}b", " ".repeat(1_000)), 10), "a…");
        assert_eq!(prose(&"x".repeat(MAX_TEXT_CHARS)).chars().count(), MAX_TEXT_CHARS);
        assert_eq!(prose(&"x".repeat(MAX_TEXT_CHARS + 1)).chars().count(), MAX_TEXT_CHARS + 1);
    }
}

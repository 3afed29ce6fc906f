//! Files with `edition = "…"` for a parser that knows `proto2` and `proto3` only.
//!
//! The text stays the same but for what the older grammar has not: the `edition` statement, `default` in the options
//! of a field, names in `reserved` without quotes, `export` and `local`. What grows the text is remembered, so that
//! places are those of the file.

use std::borrow::Cow;
use std::ops::Range;

/// The option `default` of a field, as long as the word itself; `proto3` does not have it and editions do.
pub(super) const DEFAULT: &str = "dEFAULT";

/// A text that the parser takes.
#[derive(Debug)]
pub(super) struct Prepared<'t> {
    pub text: Cow<'t, str>,
    /// Such as `2023`, where the file names an edition.
    pub edition: Option<String>,
    grown: Vec<Grown>,
}

/// Bytes that are not in the file.
#[derive(Debug)]
struct Grown {
    line: i32,
    /// First column after them.
    column: i32,
    /// How many there are in the line up to here.
    bytes: i32,
}

impl Prepared<'_> {
    /// How many bytes in front of a column of the prepared text are not in the file; columns count bytes from 0.
    pub(super) fn grown(&self, line: i32, column: i32) -> i32 {
        let behind = self.grown.partition_point(|grown| (grown.line, grown.column) <= (line, column));
        let last = behind.checked_sub(1).and_then(|position| self.grown.get(position));
        last.filter(|grown| grown.line == line).map_or(0, |grown| grown.bytes)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'t> {
    Word(&'t str),
    Text(&'t str),
    Mark(u8),
}

/// Prepares a file; one without an edition stays as it is.
pub(super) fn prepare(text: &str) -> Prepared<'_> {
    let mut tokens = Tokens { text, at: 0 };
    let statement: Vec<_> = tokens.by_ref().take(4).collect();
    let [(Token::Word("edition"), start), (Token::Mark(b'='), _), (Token::Text(edition), end), ..] =
        statement.as_slice()
    else {
        return Prepared { text: Cow::Borrowed(text), edition: None, grown: Vec::new() };
    };
    let mut edits = vec![(start.start..end.end, "syntax=\"proto3\"".to_owned())];
    let rest: Vec<_> = tokens.collect();
    for (position, (token, range)) in rest.iter().enumerate() {
        let before = position.checked_sub(1).and_then(|position| rest.get(position)).map(|(token, _)| *token);
        let after = rest.get(position + 1).map(|(token, _)| *token);
        let is_start = before.is_none_or(|token| matches!(token, Token::Mark(b'{' | b'}' | b';')));
        match token {
            Token::Word("default")
                if matches!(before, Some(Token::Mark(b'[' | b','))) && after == Some(Token::Mark(b'=')) =>
            {
                edits.push((range.clone(), DEFAULT.to_owned()));
            }
            Token::Word("export" | "local")
                if is_start && matches!(after, Some(Token::Word("message" | "enum"))) =>
            {
                edits.push((range.clone(), String::new()));
            }
            Token::Word("option") if before == Some(Token::Word("import")) => {
                edits.push((range.clone(), String::new()));
            }
            Token::Word("reserved") if is_start => {
                edits.extend(quoted(rest.get(position + 1..).unwrap_or_default()));
            }
            _ => {}
        }
    }
    let (text, grown) = apply(text, &edits);
    Prepared { text: Cow::Owned(text), edition: Some((*edition).to_owned()), grown }
}

/// The names of `reserved a, b;`. A field whose type has this name is something else.
fn quoted(tokens: &[(Token<'_>, Range<usize>)]) -> Vec<(Range<usize>, String)> {
    let mut edits = Vec::new();
    for pair in tokens.chunks(2) {
        let [(Token::Word(name), range), (Token::Mark(mark), _)] = pair else { return Vec::new() };
        let starts_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        if !starts_name {
            return Vec::new();
        }
        edits.push((range.clone(), format!("\"{name}\"")));
        match mark {
            b',' => {}
            b';' => return edits,
            _ => return Vec::new(),
        }
    }
    Vec::new()
}

/// Puts the edits in, which are in order; what gets shorter is filled up with blanks.
fn apply(text: &str, edits: &[(Range<usize>, String)]) -> (String, Vec<Grown>) {
    let mut out = String::with_capacity(text.len());
    let (mut grown, mut from, mut line, mut line_start) = (Vec::new(), 0, 0, 0);
    for (range, replacement) in edits {
        let kept = text.get(from..range.start).unwrap_or_default();
        if let Some(last) = kept.rfind('\n') {
            line += kept.matches('\n').count();
            line_start = out.len() + last + 1;
        }
        out.push_str(kept);
        out.push_str(replacement);
        let replaced = text.get(range.clone()).unwrap_or_default();
        match replaced.get(replacement.len()..) {
            Some(rest) => {
                for character in rest.chars() {
                    out.push(if character == '\n' { '\n' } else { ' ' });
                    if character == '\n' {
                        line += 1;
                        line_start = out.len();
                    }
                }
            }
            None => {
                let line = number(line);
                let before: Option<&Grown> = grown.last().filter(|grown: &&Grown| grown.line == line);
                let before = before.map_or(0, |grown| grown.bytes);
                grown.push(Grown {
                    line,
                    column: number(out.len() - line_start),
                    bytes: before + number(replacement.len() - replaced.len()),
                });
            }
        }
        from = range.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    (out, grown)
}

fn number(value: usize) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

/// Words, texts and marks of a file, without comments.
struct Tokens<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Iterator for Tokens<'t> {
    type Item = (Token<'t>, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.text.as_bytes();
        loop {
            let rest = self.text.get(self.at..)?;
            let first = *bytes.get(self.at)?;
            let start = self.at;
            if rest.starts_with("//") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                self.at += rest.get(2..)?.find("*/").map_or(rest.len(), |end| end + 4);
            } else if first == b'"' || first == b'\'' {
                let mut end = start + 1;
                while let Some(byte) = bytes.get(end).filter(|byte| **byte != first && **byte != b'\n') {
                    end += if *byte == b'\\' { 2 } else { 1 };
                }
                let end = end.min(bytes.len());
                self.at = (end + 1).min(bytes.len());
                let inner = self.text.get(start + 1..end).unwrap_or_default();
                // An escape in front of a letter of several bytes ends inside of it.
                while !self.text.is_char_boundary(self.at) {
                    self.at += 1;
                }
                return Some((Token::Text(inner), start..self.at));
            } else if first.is_ascii_alphanumeric() || first == b'_' || first == b'.' {
                let length = rest
                    .find(|character: char| {
                        !(character.is_ascii_alphanumeric() || matches!(character, '_' | '.'))
                    })
                    .unwrap_or(rest.len());
                self.at += length;
                return Some((Token::Word(rest.get(..length)?), start..self.at));
            } else {
                self.at += rest.chars().next()?.len_utf8();
                if !first.is_ascii_whitespace() {
                    return Some((Token::Mark(first), start..self.at));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_an_edition_stays() {
        for text in ["", "syntax = \"proto3\";", "message edition {}", "// edition = \"2023\";\nmessage A {}"]
        {
            let prepared = prepare(text);
            assert_eq!((&*prepared.text, &prepared.edition), (text, &None));
        }
    }

    #[test]
    fn places_stay_those_of_the_file() {
        let text = "// c\nedition = \"2023\"; message A { reserved b, c; int32 d = 1 [default = 2]; }\nlocal enum E { E_ = 0; }";
        let prepared = prepare(text);
        assert_eq!(prepared.edition.as_deref(), Some("2023"));
        let line = prepared.text.lines().nth(1).unwrap();
        insta::assert_snapshot!(prepared.text, @r#"
        // c
        syntax="proto3" ; message A { reserved "b", "c"; int32 d = 1 [dEFAULT = 2]; }
              enum E { E_ = 0; }
        "#);
        let original = text.lines().nth(1).unwrap();
        for word in ["message", "int32", "="] {
            let (now, was) = (line.rfind(word).unwrap(), original.rfind(word).unwrap());
            let now = i32::try_from(now).unwrap();
            assert_eq!(now - prepared.grown(1, now), i32::try_from(was).unwrap(), "{word}");
        }
        assert_eq!(prepare("edition=\"2024\";A").grown(0, 16), 1);
    }

    #[test]
    fn odd_texts_end() {
        for text in [
            "edition = \"2023",
            "edition = '\\",
            "edition=\"2023\"; reserved a, b",
            "/*",
            "edition = \"2023\"; \"\\é",
        ] {
            let _ = prepare(text);
        }
        assert_eq!(prepare("edition = \"2023\"; message A { reserved x = 1; }").grown.len(), 0);
    }
}

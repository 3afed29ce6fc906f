//! A text file with its name, and positions in it.

use std::sync::{Arc, OnceLock};

use schemars::JsonSchema;
use serde::Serialize;

/// A range of bytes in a [`Source`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` to `end`, in bytes. Offsets past 4 GiB saturate; no file here is that large.
    pub fn new(start: usize, end: usize) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { start: clamp(start), end: clamp(end).max(clamp(start)) }
    }
}

/// A place that a person can open in an editor.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// File, as the user named its directory or reference.
    pub file: Arc<str>,
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
}

/// The text of one file.
///
/// ```
/// use pacto_contract::{Source, Span};
/// let source = Source::new("pacto.yaml", "a: 1\nbé: 2\n");
/// let location = source.locate(Span::new(10, 11));
/// assert_eq!((location.line, location.column), (2, 5));
/// ```
#[derive(Debug, Clone)]
pub struct Source(Arc<SourceInner>);

#[derive(Debug)]
struct SourceInner {
    name: Arc<str>,
    text: Box<str>,
    line_starts: OnceLock<Vec<u32>>,
    /// Characters before every [`STRIDE`]th byte, so that a column in a very long line is found at once.
    characters: OnceLock<Vec<u32>>,
}

/// Bytes between two entries of [`SourceInner::characters`].
const STRIDE: usize = 64;

impl Source {
    /// A file called `name` with this text.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Box<str>>) -> Self {
        Self(Arc::new(SourceInner {
            name: name.into(),
            text: text.into(),
            line_starts: OnceLock::new(),
            characters: OnceLock::new(),
        }))
    }

    /// The name to show.
    pub fn name(&self) -> &Arc<str> {
        &self.0.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The text of a span, empty when it lies outside.
    pub fn slice(&self, span: Span) -> &str {
        self.0.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// Line and column of the first byte of `span`.
    pub fn locate(&self, span: Span) -> Location {
        let starts = self.0.line_starts.get_or_init(|| line_starts(&self.0.text));
        let line = starts.partition_point(|start| *start <= span.start).max(1);
        let start = starts.get(line - 1).copied().unwrap_or_default();
        Location {
            file: Arc::clone(&self.0.name),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: self.characters_before(span.start).saturating_sub(self.characters_before(start)) + 1,
        }
    }

    fn characters_before(&self, offset: u32) -> u32 {
        let bytes = self.0.text.as_bytes();
        let table = self.0.characters.get_or_init(|| {
            let strides = bytes.chunks(STRIDE).scan(0, |sum, stride| {
                let before = *sum;
                *sum += characters(stride);
                Some(before)
            });
            strides.collect()
        });
        let offset = (offset as usize).min(bytes.len());
        let stride = offset / STRIDE;
        let rest = bytes.get(stride * STRIDE..offset).unwrap_or_default();
        table.get(stride).copied().unwrap_or_else(|| characters(bytes)) + characters(rest)
    }
}

/// Characters that start in `bytes`. A byte order mark is none; it stands at the start of a text only.
fn characters(bytes: &[u8]) -> u32 {
    let starts = bytes.iter().filter(|byte| **byte & 0b1100_0000 != 0b1000_0000).count();
    let marks = usize::from(bytes.starts_with("\u{feff}".as_bytes()));
    u32::try_from(starts - marks).unwrap_or(u32::MAX)
}

/// Offsets at which lines begin; `\n`, `\r\n` and a lone `\r` end a line, as in YAML.
fn line_starts(text: &str) -> Vec<u32> {
    let bytes = text.as_bytes();
    let mut starts = vec![0];
    for (offset, byte) in bytes.iter().enumerate() {
        let ends_line = *byte == b'\n' || (*byte == b'\r' && bytes.get(offset + 1) != Some(&b'\n'));
        if ends_line {
            starts.push(u32::try_from(offset + 1).unwrap_or(u32::MAX));
        }
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_every_style() {
        let source = Source::new("f", "a\r\nb\rc\nd");
        let line = |offset: usize| source.locate(Span::new(offset, offset)).line;
        assert_eq!([line(0), line(3), line(5), line(7)], [1, 2, 3, 4]);
        assert_eq!(line(999), 4);
    }

    #[test]
    fn columns_count_characters_in_long_lines() {
        let source = Source::new("f", "é".repeat(3 * STRIDE));
        let column = |offset: usize| source.locate(Span::new(offset, offset)).column as usize;
        for character in [0, 1, STRIDE / 2 - 1, STRIDE / 2, STRIDE, 2 * STRIDE + 7, 3 * STRIDE] {
            assert_eq!(column(2 * character), character + 1);
        }
        assert_eq!(column(usize::MAX), 3 * STRIDE + 1);
    }

    #[test]
    fn a_byte_order_mark_is_no_column() {
        let source = Source::new("f", "\u{feff}a: 1");
        assert_eq!(source.locate(Span::new(3, 4)).column, 1);
    }
}

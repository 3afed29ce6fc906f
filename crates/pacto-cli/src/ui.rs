//! The only owner of stdout and stderr.
//!
//! Data goes to stdout, everything else to stderr. Text that comes from contracts is untrusted: [`neutral`] takes
//! its power over terminals away.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Style of errors and of BREAKING.
pub(crate) const RED: Style = AnsiColor::Red.on_default().bold();
/// Style of warnings and of `POTENTIAL_BREAKING`.
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
/// Style of what is fine.
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
/// Style of help and places.
pub(crate) const FAINT: Style = Style::new().dimmed();

/// The two streams.
pub(crate) struct Ui {
    out: io::BufWriter<anstream::AutoStream<io::Stdout>>,
    err: anstream::AutoStream<io::Stderr>,
}

impl Ui {
    pub(crate) fn new() -> Self {
        Self {
            out: io::BufWriter::new(anstream::AutoStream::auto(io::stdout())),
            err: anstream::AutoStream::auto(io::stderr()),
        }
    }

    /// Data, as it is. A reader that has gone away is no error of ours.
    pub(crate) fn data(&mut self, text: &str) {
        let _ = self.out.write_all(text.as_bytes());
    }

    /// A line that is no data.
    pub(crate) fn note(&mut self, line: &str) {
        let _ = self.out.flush();
        let _ = writeln!(self.err, "{line}");
    }

    /// The last word about a command that failed.
    pub(crate) fn error(&mut self, message: &str) {
        self.note(&format!("{RED}Error:{RED:#} {}", neutral(message)));
    }

    /// A value as JSON: two spaces, a line feed at the end, nothing escaped that JSON does not ask for.
    pub(crate) fn json(&mut self, value: &impl serde::Serialize) {
        if let Ok(text) = serde_json::to_string_pretty(value) {
            self.data(&text);
            self.data("\n");
        }
    }

    pub(crate) fn flush(&mut self) {
        let _ = self.out.flush();
        let _ = self.err.flush();
    }

    /// A progress bar on a terminal, nothing elsewhere.
    pub(crate) fn progress(what: &'static str, wanted: bool) -> ProgressBar {
        let visible = wanted && io::stderr().is_terminal();
        let target = if visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} {eta}") {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(what);
        bar
    }
}

/// `text` without control characters and without characters that reorder a line; each is shown as its code.
///
/// Line feeds are shown as `\n`, so that one finding stays one line.
pub(crate) fn neutral(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => clean.push_str("\\n"),
            '\t' => clean.push(' '),
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {
                let _ = write!(clean, "\\u{{{:x}}}", u32::from(character));
            }
            other if other.is_control() => {
                let _ = write!(clean, "\\u{{{:x}}}", u32::from(other));
            }
            other => clean.push(other),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::neutral;

    #[test]
    fn takes_power_over_terminals_away() {
        assert_eq!(neutral("a\u{1b}[31mred\u{7}"), "a\\u{1b}[31mred\\u{7}");
        assert_eq!(neutral("a\r\nb\u{202e}c\u{9b}"), "a\\u{d}\\nb\\u{202e}c\\u{9b}");
        assert_eq!(neutral("größe → 2 ✓"), "größe → 2 ✓");
    }
}

//! The only owner of stdout and stderr.
//!
//! Data goes to stdout, everything else to stderr. Text that comes from contracts is untrusted: [`neutral`] takes
//! its power over terminals away.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pacto_app::notices::Notices;

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
    /// The first write to stdout that failed for another reason than a reader that has gone away.
    lost: Option<io::Error>,
    /// Who may be drawing on the terminal.
    notices: Notices,
}

impl Ui {
    pub(crate) fn new(notices: Notices) -> Self {
        Self {
            notices,
            out: io::BufWriter::new(anstream::AutoStream::auto(io::stdout())),
            err: anstream::AutoStream::auto(io::stderr()),
            lost: None,
        }
    }

    /// Data, as it is. A reader that has gone away is no error of ours.
    pub(crate) fn data(&mut self, text: &str) {
        self.notices.unwatch();
        let written = self.out.write_all(text.as_bytes());
        self.check(written);
    }

    /// A line that is no data.
    pub(crate) fn note(&mut self, line: &str) {
        self.notices.unwatch();
        let flushed = self.out.flush();
        self.check(flushed);
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

    /// Writes out what is buffered; `false` when a part of the data could not be written, which is said on stderr.
    pub(crate) fn flush(&mut self) -> bool {
        let flushed = self.out.flush();
        self.check(flushed);
        let lost = self.lost.take();
        if let Some(error) = &lost {
            self.error(&format!("stdout: {error}"));
        }
        let _ = self.err.flush();
        lost.is_none()
    }

    fn check(&mut self, result: io::Result<()>) {
        if let Err(error) = result
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            self.lost.get_or_insert(error);
        }
    }

    /// A line on a terminal that says how many contracts came so far, nothing elsewhere. It goes with the value.
    pub(crate) fn fetching() -> Option<impl Fn(usize, &str) + Send + 'static> {
        if !io::stderr().is_terminal() {
            return None;
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        let bar = Cleared(bar);
        Some(move |count: usize, name: &str| {
            let count = if count == 1 { "1 contract".to_owned() } else { format!("{count} contracts") };
            bar.0.set_message(format!("{count}, {}", neutral(name)));
            bar.0.tick();
        })
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

/// A bar that leaves nothing behind.
struct Cleared(ProgressBar);

impl Drop for Cleared {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// `text` without control characters and without characters that reorder a line; each is shown as its code.
///
/// Line feeds are shown as `\n`, so that one finding stays one line. A GitHub runner takes a line that begins with
/// `::`, and `##[` anywhere, for a command to itself, so these are broken up too.
pub(crate) fn neutral(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    if text.trim_start().starts_with("::") {
        clean.push('\\');
    }
    for character in text.chars() {
        match character {
            '\n' => clean.push_str("\\n"),
            '\t' => clean.push(' '),
            '[' if clean.ends_with("##") => clean.push_str("\\["),
            other if other.is_control() || is_invisible(other) => {
                let _ = write!(clean, "\\u{{{:x}}}", u32::from(other));
            }
            other => clean.push(other),
        }
    }
    clean
}

/// Whether a character reorders the text around it, separates lines, or has no width at all where that is no part
/// of any script.
pub(crate) fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{61c}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::neutral;

    #[test]
    fn takes_power_over_terminals_away() {
        assert_eq!(neutral("a\u{1b}[31mred\u{7}"), "a\\u{1b}[31mred\\u{7}");
        assert_eq!(neutral("a\r\nb\u{202e}c\u{9b}"), "a\\u{d}\\nb\\u{202e}c\\u{9b}");
        assert_eq!(neutral("größe → 2 ✓"), "größe → 2 ✓");
        assert_eq!(neutral("a\u{2028}b\u{200b}\u{e0041}"), "a\\u{2028}b\\u{200b}\\u{e0041}");
    }

    #[test]
    fn takes_power_over_github_runners_away() {
        assert_eq!(neutral("::add-mask::x"), "\\::add-mask::x");
        assert_eq!(neutral(" ::x"), "\\ ::x");
        assert_eq!(neutral("a ##[error]b"), "a ##\\[error]b");
        assert_eq!(neutral("a::b [::1] #[x]"), "a::b [::1] #[x]");
    }
}

//! The two text formats, and which one a client wants.

use std::fmt::{self, Write as _};

/// A text format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposition {
    /// Prometheus text 0.0.4: what every client understands.
    Prometheus,
    /// `OpenMetrics` 1.0.0.
    OpenMetrics,
}

impl Exposition {
    /// The one that an `Accept` header prefers; Prometheus text where it names neither.
    ///
    /// ```
    /// use pacto_operator::metrics::Exposition;
    /// let accept = "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    /// assert_eq!(Exposition::preferred(accept), Exposition::OpenMetrics);
    /// assert_eq!(Exposition::preferred("*/*"), Exposition::Prometheus);
    /// ```
    pub fn preferred(accept: &str) -> Self {
        let weight = |wanted: &str| {
            let offers = accept.split(',').filter_map(|offer| {
                let mut parts = offer.split(';').map(str::trim);
                let is_wanted = parts.next()?.eq_ignore_ascii_case(wanted);
                let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok());
                is_wanted.then(|| weight.unwrap_or(1.0))
            });
            offers.fold(0.0_f32, f32::max)
        };
        let open = weight("application/openmetrics-text");
        if open > 0.0 && open >= weight("text/plain") { Self::OpenMetrics } else { Self::Prometheus }
    }

    /// Its `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Makes Prometheus text of `OpenMetrics` while that is written: counters are described by the name that they have, and there is
/// no mark at the end.
pub(super) struct PrometheusText<'a> {
    text: &'a mut String,
    line: String,
    /// The help waits for the type, which decides about the name.
    help: Option<String>,
}

impl<'a> PrometheusText<'a> {
    pub(super) fn new(text: &'a mut String) -> Self {
        Self { text, line: String::new(), help: None }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if let Some(help) = line.strip_prefix("# HELP ") {
            self.help = Some(help.to_owned());
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
        {
            // Writing to a string does not fail.
            let suffix = if kind == "counter" { "_total" } else { "" };
            if let Some((_, help)) = self.help.take().as_deref().and_then(|help| help.split_once(' ')) {
                let _ = writeln!(self.text, "# HELP {name}{suffix} {help}");
            }
            let _ = writeln!(self.text, "# TYPE {name}{suffix} {kind}");
        } else if !line.starts_with("# ") {
            self.text.push_str(&line);
            self.text.push('\n');
        }
        // The buffer is used again.
        self.line = line;
        self.line.clear();
    }
}

impl fmt::Write for PrometheusText<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        for piece in part.split_inclusive('\n') {
            match piece.strip_suffix('\n') {
                Some(end) => {
                    self.line.push_str(end);
                    self.end_line();
                }
                None => self.line.push_str(piece),
            }
        }
        Ok(())
    }
}

//! Reads `>=1.2, <2 || 3.x || 4.0 - 4.5` into groups of terms.

use super::RangeError;
use super::term::{Operator, Term};
use crate::limits::{MAX_RANGE_BYTES, MAX_RANGE_TERMS};

/// Terms by AND group.
///
/// # Errors
///
/// [`RangeError`] at the first thing that does not fit.
pub(super) fn parse(text: &str) -> Result<Vec<Vec<Term>>, RangeError> {
    if text.len() > MAX_RANGE_BYTES {
        return Err(RangeError::TooLong { bytes: text.len(), limit: MAX_RANGE_BYTES });
    }
    let mut scanner = Scanner { text, at: 0, terms: 0 };
    scanner.skip_space();
    if scanner.rest().is_empty() {
        return Ok(vec![vec![Term::any()]]);
    }
    let mut groups = vec![scanner.group()?];
    while scanner.skip("||") {
        groups.push(scanner.group()?);
    }
    Ok(groups)
}

struct Scanner<'a> {
    text: &'a str,
    /// Byte offset, always on a character boundary.
    at: usize,
    terms: usize,
}

impl<'a> Scanner<'a> {
    fn group(&mut self) -> Result<Vec<Term>, RangeError> {
        let mut terms = Vec::new();
        self.skip_space();
        if self.at_group_end() {
            return Err(RangeError::EmptyAlternative { column: self.column(self.at) });
        }
        loop {
            self.term_or_hyphen_range(&mut terms)?;
            let spaced = self.skip_space();
            if self.at_group_end() {
                return Ok(terms);
            }
            let comma = self.at;
            if self.skip(",") {
                self.skip_space();
                if self.at_group_end() {
                    return Err(self.stray_comma(comma));
                }
            } else if !spaced {
                return Err(self.missing_separator());
            }
        }
    }

    fn term_or_hyphen_range(&mut self, terms: &mut Vec<Term>) -> Result<(), RangeError> {
        let start = self.at;
        let symbol = self.take(self.rest().find(|c| !is_operator(c)));
        let operator = Operator::parse(symbol).ok_or_else(|| RangeError::UnknownOperator {
            operator: symbol.to_owned(),
            column: self.column(start),
        })?;
        self.skip_space();
        let version = self.version_text();
        if version.starts_with('-') {
            return Err(self.bad_hyphen(start));
        }
        if version.is_empty() && symbol.is_empty() {
            // The caller saw that the group goes on, so this is a comma.
            return Err(self.stray_comma(start));
        }
        if version.is_empty() {
            return Err(RangeError::MissingVersion {
                operator: symbol.to_owned(),
                column: self.column(start),
            });
        }
        if !self.skip_hyphen() {
            return self.push(terms, operator, version, start);
        }
        self.skip_space();
        let upper_start = self.at;
        let upper = self.version_text();
        if !symbol.is_empty() || upper.is_empty() {
            return Err(self.bad_hyphen(start));
        }
        self.push(terms, Operator::GreaterEqual, version, start)?;
        self.push(terms, Operator::LessEqual, upper, upper_start)
    }

    fn push(
        &mut self,
        terms: &mut Vec<Term>,
        operator: Operator,
        version: &str,
        start: usize,
    ) -> Result<(), RangeError> {
        self.terms += 1;
        if self.terms > MAX_RANGE_TERMS {
            return Err(RangeError::TooManyTerms { limit: MAX_RANGE_TERMS });
        }
        let term = Term::parse(operator, version).map_err(|cause| RangeError::BadVersion {
            term: self.text_since(start),
            column: self.column(start),
            cause,
        })?;
        terms.push(term);
        Ok(())
    }

    /// Steps over ` - `; a hyphen without space after it belongs to the next term.
    fn skip_hyphen(&mut self) -> bool {
        let start = self.at;
        let found = self.skip_space() && self.skip("-");
        if found && (self.rest().is_empty() || self.rest().starts_with(is_space)) {
            return true;
        }
        self.at = start;
        false
    }

    /// Takes up to a space, a comma, an operator or `||`.
    fn version_text(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| is_space(c) || is_operator(c) || c == ',');
        self.take(end.into_iter().chain(rest.find("||")).min())
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Takes `length` bytes, or all that is left.
    fn take(&mut self, length: Option<usize>) -> &'a str {
        let rest = self.rest();
        let taken = length.and_then(|end| rest.get(..end)).unwrap_or(rest);
        self.at += taken.len();
        taken
    }

    fn skip(&mut self, prefix: &str) -> bool {
        let found = self.rest().starts_with(prefix);
        if found {
            self.at += prefix.len();
        }
        found
    }

    fn skip_space(&mut self) -> bool {
        !self.take(self.rest().find(|c| !is_space(c))).is_empty()
    }

    fn at_group_end(&self) -> bool {
        self.rest().is_empty() || self.rest().starts_with("||")
    }

    fn text_since(&self, start: usize) -> String {
        self.text.get(start..self.at).unwrap_or_default().to_owned()
    }

    /// The 1-based column, in characters, of a byte offset.
    fn column(&self, at: usize) -> usize {
        self.text.get(..at).map_or(1, |before| before.chars().count() + 1)
    }

    fn missing_separator(&mut self) -> RangeError {
        let start = self.at;
        self.take(self.rest().find(|c| !is_operator(c)));
        self.skip_space();
        self.version_text();
        RangeError::MissingSeparator { term: self.text_since(start), column: self.column(start) }
    }

    fn stray_comma(&self, at: usize) -> RangeError {
        RangeError::StrayComma { column: self.column(at) }
    }

    fn bad_hyphen(&self, start: usize) -> RangeError {
        RangeError::BadHyphenRange { term: self.text_since(start), column: self.column(start) }
    }
}

fn is_operator(c: char) -> bool {
    matches!(c, '=' | '!' | '<' | '>' | '~' | '^')
}

fn is_space(c: char) -> bool {
    c.is_ascii_whitespace()
}

//! Numbered headings and the table of contents that leads to them.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::markdown::{one_line, prose};

/// Title of the table of contents.
pub const CONTENTS: &str = "Table of Contents";
/// Most characters of a title.
const MAX_TITLE_CHARS: usize = 200;

/// The numbered part of the document while it is written.
#[derive(Debug)]
pub(super) struct Outline {
    body: String,
    contents: String,
    anchors: Anchors,
    section: usize,
    subsection: usize,
}

impl Outline {
    /// An outline in a document with this title, whose anchor is taken.
    pub(super) fn new(title: &str) -> Self {
        let mut anchors = Anchors::default();
        anchors.take(title);
        anchors.take(CONTENTS);
        Self { body: String::new(), contents: String::new(), anchors, section: 0, subsection: 0 }
    }

    /// Starts section `1`, `2`, … . `title` is foreign text.
    pub(super) fn section(&mut self, title: &str) {
        self.section += 1;
        self.subsection = 0;
        self.heading("##", "", &format!("{}. {title}", self.section));
    }

    /// Starts section `1.1`, `1.2`, … . `title` is foreign text.
    pub(super) fn subsection(&mut self, title: &str) {
        self.subsection += 1;
        self.heading("###", "  ", &format!("{}.{}. {title}", self.section, self.subsection));
    }

    fn heading(&mut self, marks: &str, indent: &str, title: &str) {
        let title = one_line(title, MAX_TITLE_CHARS);
        let anchor = self.anchors.take(&title);
        let title = prose(&title);
        let _ = writeln!(self.body, "{marks} {title}\n");
        let _ = writeln!(self.contents, "{indent}- [{title}](#{anchor})");
    }

    /// Where the text of the current section goes.
    pub(super) fn body(&mut self) -> &mut String {
        &mut self.body
    }

    /// Writes the table of contents and all sections.
    pub(super) fn finish(self, out: &mut String) {
        let _ = write!(out, "## {CONTENTS}\n\n{}\n{}", self.contents, self.body);
    }
}

/// Anchors that are taken, with the last number that was added to each.
#[derive(Debug, Default)]
struct Anchors(BTreeMap<String, usize>);

impl Anchors {
    /// The anchor that renderers give a heading: lower case, blanks as `-`, without punctuation, and numbered when
    /// it is taken.
    fn take(&mut self, title: &str) -> String {
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        let anchor: String =
            title.to_lowercase().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect();
        let mut free = anchor.clone();
        let mut number = self.0.get(&anchor).copied().unwrap_or_default();
        while self.0.contains_key(&free) {
            number += 1;
            free = format!("{anchor}-{number}");
        }
        self.0.insert(anchor, number);
        self.0.entry(free.clone()).or_default();
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_follow_the_renderers() {
        let mut anchors = Anchors::default();
        assert_eq!(anchors.take("2.1. HTTP Interface: rest-api"), "21-http-interface-rest-api");
        assert_eq!(anchors.take("Über (x) & _y_"), "über-x--_y_");
        assert_eq!(anchors.take("a"), "a");
        assert_eq!(anchors.take("a"), "a-1");
        assert_eq!(anchors.take("a-1"), "a-1-1");
        assert_eq!(anchors.take("a"), "a-2");
    }

    #[test]
    fn headings_are_numbered() {
        let mut outline = Outline::new("1 One");
        outline.section("One");
        outline.subsection("In [it]");
        outline.subsection("Too");
        outline.section("Two");
        outline.subsection("More");
        let mut out = String::new();
        outline.finish(&mut out);
        assert_eq!(out, {
            "## Table of Contents\n\n\
             - [1. One](#1-one-1)\n  \
               - [1.1. In \\[it\\]](#11-in-it)\n  \
               - [1.2. Too](#12-too)\n\
             - [2. Two](#2-two)\n  \
               - [2.1. More](#21-more)\n\n\
             ## 1. One\n\n### 1.1. In \\[it\\]\n\n### 1.2. Too\n\n## 2. Two\n\n### 2.1. More\n\n"
        });
    }
}

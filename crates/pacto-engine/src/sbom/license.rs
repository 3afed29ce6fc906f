//! Licences compared by meaning: operand order, spelling of identifiers and deprecated forms do not matter.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::LazyLock;

use spdx::expression::{ExprNode, Operator};
use spdx::{
    AdditionItem, Expression, LicenseItem, LicenseReq, ParseMode, exception_id, gnu_license_id, license_id,
};

use super::{MAX_LICENSE_BYTES, MAX_LICENSE_BYTES_TOTAL, MAX_LICENSE_DEPTH};

/// Lax, but without guessed names: those map `gnu gpl v2` to GPL-3.0 and would hide a real change.
const PARSE_MODE: ParseMode = ParseMode { allow_imprecise_license_names: false, ..ParseMode::LAX };

/// Deprecated identifiers that stand for a licence with an exception.
const WITH_EXCEPTION: [(&str, &str, &str); 7] = [
    ("GPL-2.0-with-GCC-exception", "GPL-2.0", "GCC-exception-2.0"),
    ("GPL-2.0-with-autoconf-exception", "GPL-2.0", "Autoconf-exception-2.0"),
    ("GPL-2.0-with-bison-exception", "GPL-2.0", "Bison-exception-2.2"),
    ("GPL-2.0-with-classpath-exception", "GPL-2.0", "Classpath-exception-2.0"),
    ("GPL-2.0-with-font-exception", "GPL-2.0", "Font-exception-2.0"),
    ("GPL-3.0-with-GCC-exception", "GPL-3.0", "GCC-exception-3.1"),
    ("GPL-3.0-with-autoconf-exception", "GPL-3.0", "Autoconf-exception-3.0"),
];

/// All SPDX identifiers in lower case beside their real spelling, sorted.
static IDENTIFIERS: LazyLock<Vec<(String, &str)>> = LazyLock::new(|| {
    let licenses = spdx::identifiers::LICENSES.iter().map(|l| l.name);
    let exceptions = spdx::identifiers::EXCEPTIONS.iter().map(|e| e.name);
    let mut names: Vec<_> =
        licenses.chain(exceptions).map(|name| (name.to_ascii_lowercase(), name)).collect();
    names.sort_unstable();
    names
});

/// Compares licence texts by meaning and remembers what it has parsed.
#[derive(Default)]
pub(super) struct LicenseComparison {
    /// Canonical form by text; not the terms themselves, which may take a hundred times the memory.
    canonical: HashMap<String, Option<String>>,
    parsed_bytes: usize,
}

impl LicenseComparison {
    /// Whether two licence texts say the same; texts that are no SPDX expression are compared as text.
    pub(super) fn same(&mut self, old: &str, new: &str) -> bool {
        let (old, new) = (old.trim(), new.trim());
        if old == new {
            return true;
        }
        self.parse(old);
        self.parse(new);
        let canonical = |text: &str| self.canonical.get(text).and_then(Option::as_ref);
        canonical(old).is_some_and(|old| canonical(new) == Some(old))
    }

    fn parse(&mut self, text: &str) {
        if text.len() > MAX_LICENSE_BYTES
            || self.parsed_bytes + text.len() > MAX_LICENSE_BYTES_TOTAL
            || self.canonical.contains_key(text)
        {
            return;
        }
        self.parsed_bytes += text.len();
        let canonical = Terms::parse(text).map(|terms| terms.to_string());
        self.canonical.insert(text.to_owned(), canonical);
    }
}

/// A licence expression whose form does not depend on the order or grouping of operands.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Terms {
    One(LicenseReq),
    /// At least two operands, none of them a group of the same operator.
    Group(Operator, BTreeSet<Terms>),
}

impl Terms {
    fn parse(text: &str) -> Option<Self> {
        if paren_depth(text) > MAX_LICENSE_DEPTH {
            return None;
        }
        let expression = Expression::parse_mode(text, PARSE_MODE)
            .or_else(|_| Expression::parse_mode(&with_real_spelling(text), PARSE_MODE))
            .ok()?;
        // The nodes come in postfix order.
        let mut stack = Vec::new();
        for node in expression.iter() {
            let terms = match node {
                ExprNode::Req(term) => Self::One(without_deprecated(&term.req)),
                ExprNode::Op(operator) => {
                    let right = stack.pop()?;
                    Self::join(*operator, stack.pop()?, right)
                }
            };
            stack.push(terms);
        }
        stack.pop()
    }

    fn join(operator: Operator, left: Self, right: Self) -> Self {
        let (mut into, mut from) = (left.operands(operator), right.operands(operator));
        if into.len() < from.len() {
            std::mem::swap(&mut into, &mut from);
        }
        // One by one: `append` walks the large set for each further operand.
        into.extend(from);
        match into.pop_first() {
            Some(only) if into.is_empty() => only,
            Some(first) => {
                into.insert(first);
                Self::Group(operator, into)
            }
            None => Self::Group(operator, into),
        }
    }

    fn operands(self, operator: Operator) -> BTreeSet<Self> {
        match self {
            Self::Group(own, operands) if own == operator => operands,
            other => BTreeSet::from([other]),
        }
    }
}

impl fmt::Display for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (operator, operands) = match self {
            Self::One(term) => return term.fmt(f),
            Self::Group(Operator::And, operands) => (" AND ", operands),
            Self::Group(Operator::Or, operands) => (" OR ", operands),
        };
        for (index, operand) in operands.iter().enumerate() {
            f.write_str(if index == 0 { "(" } else { operator })?;
            operand.fmt(f)?;
        }
        f.write_str(")")
    }
}

/// `GPL-2.0` is `GPL-2.0-only`, `GPL-2.0+` is `GPL-2.0-or-later`, and so on.
fn without_deprecated(term: &LicenseReq) -> LicenseReq {
    let LicenseItem::Spdx { id, or_later } = term.license else {
        return term.clone();
    };
    if !id.is_deprecated() {
        return term.clone();
    }
    let split = WITH_EXCEPTION.iter().find(|(name, _, _)| *name == id.name);
    let (base, addition) = match split {
        Some((_, base, exception)) if term.addition.is_none() => {
            (*base, exception_id(exception).map(AdditionItem::Spdx))
        }
        _ => (id.name, term.addition.clone()),
    };
    match gnu_license_id(base, or_later) {
        Some(id) => LicenseReq { license: LicenseItem::Spdx { id, or_later: false }, addition },
        None => term.clone(),
    }
}

/// Identifiers match in any case by the specification, but the parser knows only their real spelling.
fn with_real_spelling(text: &str) -> String {
    let is_separator = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':'));
    text.split_inclusive(is_separator)
        .flat_map(|piece| {
            let word = piece.trim_end_matches(is_separator);
            [real_spelling(word), &piece[word.len()..]]
        })
        .collect()
}

fn real_spelling(word: &str) -> &str {
    if license_id(word).is_some() || exception_id(word).is_some() {
        return word;
    }
    let lower = word.to_ascii_lowercase();
    IDENTIFIERS
        .binary_search_by(|(name, _)| name.as_str().cmp(&lower))
        .map_or(word, |index| IDENTIFIERS[index].1)
}

fn paren_depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Several licences that all apply, joined by `AND`; a choice (`OR`) among them is put in parentheses.
#[derive(Default)]
pub(super) struct Conjunction {
    text: String,
    first_is_choice: bool,
    count: usize,
}

impl Conjunction {
    pub(super) fn push(&mut self, license: &str) {
        let choice = is_choice(license);
        match self.count {
            0 => {
                self.first_is_choice = choice;
                self.text.push_str(license);
            }
            further => {
                if further == 1 && self.first_is_choice {
                    self.text = format!("({})", self.text);
                }
                self.text.push_str(" AND ");
                if choice {
                    self.text.extend(["(", license, ")"]);
                } else {
                    self.text.push_str(license);
                }
            }
        }
        self.count += 1;
    }

    pub(super) fn into_text(self) -> Option<String> {
        (self.count > 0).then_some(self.text)
    }
}

/// Whether `license` has an `OR` outside of parentheses.
fn is_choice(license: &str) -> bool {
    let mut depth = 0_i64;
    license.split_whitespace().any(|word| {
        for byte in word.bytes() {
            match byte {
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
        }
        depth == 0 && matches!(word, "OR" | "or")
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        Conjunction, LicenseComparison, MAX_LICENSE_BYTES, MAX_LICENSE_BYTES_TOTAL, MAX_LICENSE_DEPTH, Terms,
        WITH_EXCEPTION,
    };

    fn same(old: &str, new: &str) -> bool {
        LicenseComparison::default().same(old, new)
    }

    #[track_caller]
    fn equal(texts: &[&str]) {
        for pair in texts.windows(2) {
            assert!(same(pair[0], pair[1]), "{pair:?}");
        }
    }

    #[track_caller]
    fn different(texts: &[&str]) {
        for (index, old) in texts.iter().enumerate() {
            for new in &texts[index + 1..] {
                assert!(!same(old, new), "{old} and {new}");
            }
        }
    }

    #[test]
    fn order_grouping_and_repetition_do_not_matter() {
        equal(&[
            "MIT OR Apache-2.0",
            "Apache-2.0 OR MIT",
            "(Apache-2.0) or (MIT)",
            "MIT/Apache-2.0",
            "MIT OR (Apache-2.0 OR MIT)",
            "  MIT  OR  Apache-2.0 ",
        ]);
        equal(&["MIT AND (ISC OR Zlib) AND BSD-3-Clause", "BSD-3-Clause AND (MIT AND (Zlib OR ISC))"]);
        equal(&["MIT", "MIT AND MIT", "(MIT OR MIT)"]);
    }

    #[test]
    fn meaning_matters() {
        different(&[
            "MIT",
            "MIT OR Apache-2.0",
            "MIT AND Apache-2.0",
            "MIT AND (Apache-2.0 OR ISC)",
            "MIT AND Apache-2.0 OR ISC",
            "Apache-2.0 WITH LLVM-exception",
            "Apache-2.0",
            "Apache-2.0+",
            "GPL-2.0-only",
            "GPL-2.0-or-later",
            "LicenseRef-a",
            "DocumentRef-x:LicenseRef-a",
            "NONE",
        ]);
    }

    #[test]
    fn deprecated_spellings_are_the_current_ones() {
        equal(&["GPL-2.0", "GPL-2.0-only", "gpl-2.0"]);
        equal(&["GPL-2.0+", "GPL-2.0-or-later", "GPL-2.0-only+"]);
        equal(&["LGPL-2.1+ OR MIT", "MIT OR LGPL-2.1-or-later"]);
        equal(&["AGPL-1.0", "AGPL-1.0-only"]);
        equal(&[
            "GPL-2.0-with-classpath-exception",
            "GPL-2.0-only WITH Classpath-exception-2.0",
            "GPL-2.0 with classpath-exception-2.0",
        ]);
    }

    #[test]
    fn the_exception_table_names_real_identifiers() {
        for (name, base, exception) in WITH_EXCEPTION {
            assert!(spdx::license_id(name).is_some_and(spdx::LicenseId::is_deprecated), "{name}");
            assert!(same(name, &format!("{base}-only WITH {exception}")), "{name}");
        }
    }

    #[test]
    fn identifiers_match_in_any_case() {
        equal(&["mit or apache-2.0", "MIT OR Apache-2.0", "APACHE-2.0 OR Mit"]);
    }

    #[test]
    fn what_is_no_expression_is_compared_as_text() {
        equal(&["Apache License 2.0", " Apache License 2.0\n"]);
        different(&["Apache License 2.0", "Apache License, 2.0", "apache license 2.0", "Apache-2.0"]);
        different(&["MIT AND", "AND MIT", "MIT", "(MIT", "MIT)", "", "(", "MIT +", "WITH"]);
        different(&["gnu gpl v2", "GPL-3.0-only", "GPL-2.0-only"]);
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| format!("{}MIT{}", "(".repeat(depth), ")".repeat(depth));
        assert!(same(&nested(MAX_LICENSE_DEPTH), "MIT"));
        assert!(!same(&nested(MAX_LICENSE_DEPTH + 1), "MIT"));
        assert!(same(&nested(10_000), &nested(10_000)));
        assert!(!same(&nested(10_000), &nested(9_999)));
        let chain =
            |operand: &str| format!("{}{operand}{}", "MIT AND (ISC OR (".repeat(5_000), "))".repeat(5_000));
        assert!(!same(&chain("Zlib"), &chain("0BSD")));
    }

    #[test]
    fn length_is_bounded() {
        let filler = |length: usize| {
            let padding = length - "MIT OR LicenseRef-".len();
            ["MIT OR LicenseRef-", &"a".repeat(padding)].concat()
        };
        let turned = |text: &str| format!("{} OR MIT", &text["MIT OR ".len()..]);
        let at_limit = filler(MAX_LICENSE_BYTES);
        assert!(same(&at_limit, &turned(&at_limit)));
        let past_limit = filler(MAX_LICENSE_BYTES + 1);
        assert!(!same(&past_limit, &turned(&past_limit)));
    }

    #[test]
    fn the_work_is_bounded() {
        let text = |number: usize| format!("LicenseRef-{number:0>4074} OR MIT");
        let turned = |number: usize| format!("MIT OR LicenseRef-{number:0>4074}");
        let pair_bytes = text(0).len() + turned(0).len();
        let pairs = MAX_LICENSE_BYTES_TOTAL / pair_bytes;
        let mut comparison = LicenseComparison::default();
        for number in 0..pairs {
            assert!(comparison.same(&text(number), &turned(number)), "{number}");
        }
        assert!(!comparison.same(&text(pairs), &turned(pairs)));
        // What is known stays known, and equal texts need no parsing.
        assert!(comparison.same(&turned(0), &text(0)));
        assert!(comparison.same(&text(pairs), &text(pairs)));
    }

    #[test]
    fn conjunction_keeps_choices_apart() {
        let join = |licenses: &[&str]| {
            let mut all = Conjunction::default();
            for license in licenses {
                all.push(license);
            }
            all.into_text()
        };
        assert_eq!(join(&[]), None);
        assert_eq!(join(&["MIT OR ISC"]).as_deref(), Some("MIT OR ISC"));
        assert_eq!(join(&["MIT", "ISC"]).as_deref(), Some("MIT AND ISC"));
        assert_eq!(
            join(&["MIT OR ISC", "Zlib", "(0BSD or Unlicense)"]).as_deref(),
            Some("(MIT OR ISC) AND Zlib AND (0BSD or Unlicense)")
        );
        assert_eq!(join(&["Zlib", "(MIT) OR (ISC)"]).as_deref(), Some("Zlib AND ((MIT) OR (ISC))"));
    }

    proptest! {
        #[test]
        fn any_text_equals_itself(text in ".{0,60}") {
            prop_assert!(same(&text, &text));
        }

        #[test]
        fn parsing_never_panics(words in prop::collection::vec(
            prop::sample::select(vec![
                "MIT", "GPL-2.0", "+", "(", ")", " ", "AND", " OR ", "with", "/", ":", "é", "LicenseRef-x",
                "DocumentRef-y:", "AdditionRef-z", "Classpath-exception-2.0", "GFDL-1.1-invariants",
            ]), 0..12)) {
            let text = words.concat();
            let spaced = words.join(" ");
            let _ = (Terms::parse(&text), Terms::parse(&spaced));
        }
    }
}

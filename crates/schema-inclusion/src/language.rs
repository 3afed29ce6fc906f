//! Patterns as sets of texts: automata that are walked character by character.

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::util::primitives::StateID;
use regex_automata::util::syntax;
use regex_automata::{Anchored, MatchKind};
use regex_syntax::hir::{Class, Hir, HirKind};

/// Largest automaton, in bytes.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Longest pattern, in bytes.
const MAX_PATTERN: usize = 2_000;

/// The texts that have a part which a pattern describes.
#[derive(Debug)]
pub struct Language {
    automaton: dense::DFA<Vec<u32>>,
    start: StateID,
    /// Characters at which the classes of the pattern begin, or the first one behind.
    pub borders: Vec<char>,
}

/// Where a walk stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct State {
    at: StateID,
    /// A part was found already; what follows does not matter.
    found: bool,
}

impl Language {
    /// Reads a pattern of ECMA-262; `None` where it has what no automaton can do, or is too large.
    pub fn new(pattern: &str) -> Option<Self> {
        if pattern.len() > MAX_PATTERN {
            return None;
        }
        let pattern = translated(pattern);
        let tree = regex_syntax::Parser::new().parse(&pattern).ok()?;
        let mut borders = Vec::new();
        collect(&tree, &mut borders);
        borders.sort_unstable();
        borders.dedup();
        let automaton = dense::Builder::new()
            .configure(
                dense::Config::new()
                    .match_kind(MatchKind::All)
                    .start_kind(StartKind::Unanchored)
                    .dfa_size_limit(Some(MAX_BYTES))
                    .determinize_size_limit(Some(MAX_BYTES)),
            )
            .syntax(syntax::Config::new())
            .build(&pattern)
            .ok()?;
        let start = automaton
            .universal_start_state(Anchored::No)
            .or_else(|| automaton.start_state_forward(&regex_automata::Input::new("")).ok())?;
        Some(Self { automaton, start, borders })
    }

    /// Before the first character.
    pub fn start(&self) -> State {
        State { at: self.start, found: self.automaton.is_match_state(self.start) }
    }

    /// After one more character.
    pub fn step(&self, state: State, character: char) -> State {
        if state.found {
            return state;
        }
        let mut bytes = [0; 4];
        let mut at = state.at;
        let mut found = false;
        for byte in character.encode_utf8(&mut bytes).bytes() {
            at = self.automaton.next_state(at, byte);
            found |= self.automaton.is_match_state(at);
        }
        // What matches is one and the same from here on, however it was reached.
        State { at: if found { self.start } else { at }, found }
    }

    /// Whether a text that ends here has such a part.
    pub fn accepts(&self, state: State) -> bool {
        state.found || self.automaton.is_match_state(self.automaton.next_eoi_state(state.at))
    }

    /// Whether a text has such a part.
    pub fn has(&self, text: &str) -> bool {
        let end = text.chars().fold(self.start(), |state, character| self.step(state, character));
        self.accepts(end)
    }
}

/// What ECMA-262 calls digits, letters of words and blanks.
fn translated(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut characters = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('d') => out.push_str(if in_class { "0-9" } else { "[0-9]" }),
                Some('w') => out.push_str(if in_class { "0-9A-Za-z_" } else { "[0-9A-Za-z_]" }),
                Some('D') => out.push_str("[^0-9]"),
                Some('W') => out.push_str("[^0-9A-Za-z_]"),
                Some('/') => out.push('/'),
                // What a class of Unicode is called stands in braces.
                Some(class @ ('p' | 'P' | 'u')) if characters.peek() == Some(&'{') => {
                    out.extend(['\\', class]);
                    for inner in characters.by_ref() {
                        out.push(inner);
                        if inner == '}' {
                            break;
                        }
                    }
                }
                Some(other) => out.extend(['\\', other]),
                None => out.push('\\'),
            },
            '[' if in_class => out.push_str("\\["),
            '[' => {
                in_class = true;
                out.push('[');
            }
            ']' => {
                in_class = false;
                out.push(']');
            }
            // `a{` is three characters in ECMA-262.
            '{' if !in_class && !characters.peek().is_some_and(char::is_ascii_digit) => out.push_str("\\{"),
            '&' | '~' | '-' if in_class && characters.peek() == Some(&character) => {
                out.extend(['\\', character]);
            }
            other => out.push(other),
        }
    }
    out
}

/// The borders of all classes and characters of a pattern.
fn collect(tree: &Hir, borders: &mut Vec<char>) {
    let mut add = |first: char, last: char| {
        borders.push(first);
        borders.extend(
            char::from_u32(u32::from(last) + 1).or_else(|| (last < '\u{e000}').then_some('\u{e000}')),
        );
    };
    match tree.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => {
            for character in String::from_utf8_lossy(&literal.0).chars() {
                add(character, character);
            }
        }
        HirKind::Class(Class::Unicode(class)) => {
            class.ranges().iter().for_each(|range| add(range.start(), range.end()));
        }
        HirKind::Class(Class::Bytes(class)) => {
            class.ranges().iter().for_each(|range| add(char::from(range.start()), char::from(range.end())));
        }
        HirKind::Repetition(inner) => collect(&inner.sub, borders),
        HirKind::Capture(inner) => collect(&inner.sub, borders),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            for part in parts {
                collect(part, borders);
            }
        }
    }
}

/// One character for each region between borders, readable ones where there are some.
pub fn alphabet(borders: &[char]) -> Vec<char> {
    const LIKED: &str = "a0A bcxyz_-.:/@1!";
    let mut starts = vec!['\u{0}'];
    starts.extend_from_slice(borders);
    starts.sort_unstable();
    starts.dedup();
    let mut chosen = Vec::new();
    for (index, start) in starts.iter().enumerate() {
        let is_inside =
            |character: char| character >= *start && starts.get(index + 1).is_none_or(|end| character < *end);
        let liked = LIKED.chars().find(|character| is_inside(*character));
        let printable = (' '..='~').find(|character| is_inside(*character));
        chosen.push(liked.or(printable).unwrap_or(*start));
    }
    // What is liked comes first, so that witnesses are readable.
    chosen.sort_by_key(|character| (LIKED.find(*character).unwrap_or(usize::MAX), *character));
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_accepted_as_by_search() {
        for (pattern, good, bad) in [
            ("^a+$", vec!["a", "aaa"], vec!["", "b", "ab"]),
            ("b", vec!["b", "abc"], vec!["", "ac"]),
            ("^x-", vec!["x-", "x-y"], vec!["ax-"]),
            ("\\d{2}$", vec!["12", "a12"], vec!["1", "12a", "١٢"]),
            ("^[^@]+@[^@]+$", vec!["a@b"], vec!["a", "@"]),
            ("", vec!["", "x"], vec![]),
            ("a\\/b", vec!["a/b"], vec!["ab"]),
        ] {
            let language = Language::new(pattern).unwrap();
            for text in good {
                assert!(language.has(text), "{pattern} {text}");
            }
            for text in bad {
                assert!(!language.has(text), "{pattern} {text}");
            }
        }
        assert!(Language::new("(?=a)b").is_none() && Language::new("(a)\\1").is_none());
    }
}

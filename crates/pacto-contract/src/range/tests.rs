use proptest::prelude::*;
use semver::{Prerelease, Version};

use super::term::{Operator, Precision, Term};
use super::{RangeError, VersionRange, grammar};
use crate::limits::{MAX_RANGE_BYTES, MAX_RANGE_TERMS};
use crate::version::LenientVersion;

fn range(text: &str) -> VersionRange {
    VersionRange::parse(text).unwrap()
}

fn matches(text: &str, version: &str) -> bool {
    range(text).matches(&LenientVersion::parse(version).unwrap())
}

#[test]
fn terms_admit() {
    for (text, inside, outside) in [
        ("", "0.0.0 9.9.9", "1.0.0-rc"),
        ("*", "0.0.0 9.9.9", "1.0.0-rc"),
        ("*-0", "0.0.0-0 1.0.0-rc 2.0.0", ""),
        ("~0.0.0", "0.0.0 9.9.9", "1.0.0-rc"),
        ("=1.2", "1.2.0 1.2.9", "1.3.0 1.1.9"),
        ("1.x.x", "1.0.0 1.9.9", "2.0.0"),
        ("1.x.3", "1.0.0 1.9.9", "2.0.0"),
        ("^1.2", "1.2.0 1.9.9", "1.1.9 2.0.0"),
        ("^0.2.3", "0.2.3 0.2.9", "0.2.2 0.3.0"),
        ("^0.0.3", "0.0.3", "0.0.2 0.0.4"),
        ("^0.0", "0.0.0 0.0.9", "0.1.0"),
        ("^0", "0.0.0 0.9.9", "1.0.0"),
        ("^2024.01.01", "2024.01.01 2024.12.31", "2025.01.01"),
        ("~>1.2", "1.2.0 1.2.9", "1.3.0"),
        ("~1", "1.0.0 1.9.9", "2.0.0"),
        (">1", "2.0.0", "1.9.9"),
        (">1 >0-0", "2.0.0-0 2.0.0", "1.9.9 1.9.9-rc"),
        ("=>1.2", "1.2.0", "1.1.9"),
        ("=<1.2", "0.0.0 1.2.9", "1.3.0"),
        ("<=1.1-a", "0.1.0-z 1.1.9", "1.2.0-0 1.2.0"),
        ("<1.2", "1.1.9", "1.2.0 1.2.0-rc"),
        ("!=1.x", "0.9.9 2.0.0", "1.0.0 1.9.9"),
        ("!=1.2", "1.1.9 1.3.0", "1.2.0 1.2.9 1.3.0-rc"),
        ("!=1.2 *-0", "1.2.0-rc", "1.2.0"),
        ("!=1.2-rc", "1.2.0 1.2.9-rc.0", "1.2.0-rc 1.2.9-rc"),
        ("1.2 - 2", "1.2.0 2.9.9", "1.1.9 3.0.0"),
        ("1-2 - v3", "1.0.0-2 3.9.9", "1.0.0-1 4.0.0-0"),
        ("^1.2 || 3 , !=3.1.0", "1.9.0 3.0.0", "2.0.0 3.1.0"),
        // Never across `||`: the second alternative names no pre-release.
        ("1.0.0-rc || ^2", "1.0.0-rc 2.0.0", "2.1.0-rc"),
        // A major wildcard is 0.0.0 after other operators, as in the original library.
        ("^*", "0.0.0", "0.0.1 1.0.0"),
        ("<=*", "0.0.9", "0.1.0"),
        ("!=*", "0.0.1", "0.0.0"),
        (">*", "0.0.1", "0.0.0"),
    ] {
        for version in inside.split_whitespace() {
            assert!(matches(text, version), "{text:?} admits {version}");
        }
        for version in outside.split_whitespace() {
            assert!(!matches(text, version), "{text:?} does not admit {version}");
        }
    }
}

#[test]
fn says_what_is_wrong() {
    for (text, expected) in [
        ("1 ||", "beside \"||\" at column 5"),
        ("|| 1", "beside \"||\" at column 1"),
        ("1 || || 2", "beside \"||\" at column 6"),
        ("^1 ==2", "unknown operator \"==\" at column 4"),
        ("1, >=", "\">=\" at column 4 has no version"),
        (">= =1", "\">=\" at column 1 has no version"),
        ("12.3.34~ 1.2.3, 4", "\"~ 1.2.3\" at column 8 is joined"),
        (">=1<2", "\"<2\" at column 4 is joined"),
        (",1", "comma at column 1"),
        ("1 ,, 2", "comma at column 4"),
        ("1 , || 2", "comma at column 3"),
        ("^1 - 2", "\"^1 - 2\" at column 1 is not a hyphen range"),
        ("1 - ", "\"1 - \" at column 1 is not a hyphen range"),
        ("1 - >2", "is not a hyphen range"),
        ("1 - 2 - 3", "\"-\" at column 7 is not a hyphen range"),
        ("1 -2", "\"-2\" at column 3 is not a hyphen range"),
        ("^1, >= 1.2.3.4", "\">= 1.2.3.4\" at column 5: version \"1.2.3.4\" has more than"),
        (">1.2.3-01", "\">1.2.3-01\" at column 1: version \"1.2.3-01\""),
        ("1 - 2y", "at column 5: version \"2y\": \"2y\" is not a number"),
        ("1 | 2", "\"|\" at column 3"),
        ("1.x.y", "\"y\" is not a number"),
        ("\u{661}", "not allowed"),
    ] {
        let message = VersionRange::parse(text).unwrap_err().to_string();
        assert!(message.contains(expected), "{text:?}: {message}");
    }
}

#[test]
fn length_and_terms_are_limited() {
    let spaces = " ".repeat(MAX_RANGE_BYTES - 1);
    assert!(VersionRange::parse(&format!("1{spaces}")).is_ok());
    assert_eq!(
        VersionRange::parse(&format!("1 {spaces}")),
        Err(RangeError::TooLong { bytes: MAX_RANGE_BYTES + 1, limit: MAX_RANGE_BYTES })
    );
    let terms = vec!["1"; MAX_RANGE_TERMS].join(",");
    assert!(VersionRange::parse(&terms).is_ok());
    assert_eq!(
        VersionRange::parse(&format!("{terms}||1")),
        Err(RangeError::TooManyTerms { limit: MAX_RANGE_TERMS })
    );
}

#[test]
fn emptiness() {
    for text in [
        ">=1 <1",
        ">1.2.3 <1.2.4",
        ">18446744073709551615",
        "!=1.0.0-a =1.0.0-a",
        ">=1.0.0-a <1.0.0-a.0 !=1.0.0-a",
        // What is left between the bounds is a single pre-release, of the excluded family.
        ">=1.2.0-a <1.2.0-a.0 !=1.2-a",
        "^1 ^2 || >2 <1",
    ] {
        assert!(range(text).is_empty(), "{text}");
    }
    for (text, witness) in [
        ("*", "0.0.0"),
        (">1.2.3 <1.2.5", "1.2.4"),
        (">1.2.3 <1.2.4-a", "1.2.4-0"),
        (">=1.2.0-a <1.2.0-a.1 !=1.2-a", "1.2.0-a.0"),
        (">18446744073709551615.0", "18446744073709551615.1.0"),
    ] {
        let range = range(text);
        let found = range.intersection_witness(&range).map(|v| v.to_string());
        assert_eq!(found.as_deref(), Some(witness), "{text}");
    }
}

#[test]
fn containment() {
    for (outer, inner) in [
        ("^1", "^1.2"),
        ("*", "^1.2 || ~3"),
        (">=1", ">0"),
        ("<1.3.0-0", "<1.3"),
        ("*-0", "*"),
        ("1.x || >=2", ">=1"),
        ("!=1.2-a", ">=1.3-0"),
        ("!=1.2-a", "!=1.2-a <1.2.7"),
        ("!=1.2-a || =1.2.3-a", "!=1.2-a"),
        ("^1", ">2 <1"),
    ] {
        assert!(range(outer).contains(&range(inner)), "{outer} / {inner}");
    }
    for (outer, inner, counterexample) in [
        ("^1.2", "^1", "1.0.0"),
        ("*", ">=1-0", "1.0.0-0"),
        ("^1 || ^2-0", "^1-0", "1.0.0-0"),
        ("!=1.2-a", "*-0", "1.2.0-a"),
        ("!=1.2-a || =1.2.0-a", "*-0", "1.2.1-a"),
        ("!=1.2-a || >=1.2.0-a <1.2.9", "*-0", "1.2.10-a"),
    ] {
        let found = range(outer).counterexample(&range(inner));
        assert_eq!(found.unwrap().to_string(), counterexample, "{outer} / {inner}");
    }
    assert!(range("1.x").equivalent(&range("^1")));
    assert!(range("^1 || ^2").equivalent(&range("1 - 2")));
    assert!(!range("^1 || ^2").equivalent(&range("1-0 - 2")));
}

/// The rules of the original library, number by number, with no intervals.
fn term_admits(term: &Term, version: &Version) -> bool {
    let wanted = &term.version;
    let order = version.cmp_precedence(wanted);
    let major = version.major == wanted.major;
    let minor = major && version.minor == wanted.minor;
    let zero = (wanted.major, wanted.minor, wanted.patch) == (0, 0, 0);
    let numbers = |v: &Version| match term.precision {
        Precision::Major => (v.major, 0),
        _ => (v.major, v.minor),
    };
    let partial = matches!(term.precision, Precision::Major | Precision::Minor);
    let tilde = match term.precision {
        Precision::Major => major,
        Precision::Minor => minor,
        Precision::Patch | Precision::None => zero || minor,
    };
    match term.operator {
        Operator::Equal if term.precision == Precision::Patch => order.is_eq(),
        Operator::Equal | Operator::Tilde => order.is_ge() && tilde,
        Operator::NotEqual => match term.precision {
            Precision::Major => !major,
            Precision::Minor => !minor || version.pre != wanted.pre,
            Precision::Patch | Precision::None => order.is_ne(),
        },
        Operator::Greater if partial => numbers(version) > numbers(wanted),
        Operator::Greater => order.is_gt(),
        Operator::GreaterEqual => order.is_ge(),
        Operator::Less => order.is_lt(),
        Operator::LessEqual if term.precision == Precision::Patch => order.is_le(),
        Operator::LessEqual => numbers(version) <= numbers(wanted),
        Operator::Caret => {
            let same = if wanted.major > 0 || term.precision == Precision::Major {
                major
            } else if wanted.minor > 0 || term.precision == Precision::Minor {
                minor
            } else {
                minor && version.patch == wanted.patch
            };
            order.is_ge() && same
        }
    }
}

fn text_admits(text: &str, version: &Version) -> bool {
    grammar::parse(text).unwrap().iter().any(|terms| {
        let named = terms.iter().any(Term::names_prerelease);
        (named || version.pre.is_empty()) && terms.iter().all(|term| term_admits(term, version))
    })
}

const NUMBERS: [u64; 4] = [0, 1, 2, u64::MAX];
const PRERELEASES: [&str; 8] = ["", "0", "0.0", "1", "a", "a.0", "a.0.0", "b"];

fn grid() -> impl Iterator<Item = Version> {
    let triples = NUMBERS.into_iter().flat_map(|major| {
        let minors = NUMBERS.into_iter();
        minors.flat_map(move |minor| NUMBERS.map(|patch| Version::new(major, minor, patch)))
    });
    triples.flat_map(|version| {
        PRERELEASES.map(|pre| Version { pre: Prerelease::new(pre).unwrap(), ..version.clone() })
    })
}

fn term_text() -> impl Strategy<Value = String> {
    let operator =
        prop::sample::select(vec!["", "=", "!=", "!=", ">", ">=", "=>", "<", "<=", "=<", "~", "~>", "^"]);
    let number = || prop::sample::select(vec!["0", "1", "01", "2", "18446744073709551615"]);
    let wild = || prop_oneof![5 => number(), 1 => Just("x"), 1 => Just("*")];
    let numbers = prop_oneof![
        4 => (number(), number(), number()).prop_map(|(a, b, c)| format!("{a}.{b}.{c}")),
        3 => (number(), number()).prop_map(|(a, b)| format!("{a}.{b}")),
        1 => number().prop_map(str::to_owned),
        1 => (wild(), wild(), wild()).prop_map(|(a, b, c)| format!("{a}.{b}.{c}")),
    ];
    let named: Vec<&str> = PRERELEASES.into_iter().skip(1).collect();
    let pre = prop_oneof![
        3 => Just(String::new()),
        2 => prop::sample::select(named).prop_map(|pre| format!("-{pre}")),
    ];
    let version = (numbers, pre).prop_map(|(numbers, pre)| numbers + &pre);
    prop_oneof![
        9 => (operator, version.clone()).prop_map(|(operator, version)| operator.to_owned() + &version),
        1 => (version.clone(), version).prop_map(|(from, to)| format!("{from} - {to}")),
    ]
}

fn range_text() -> impl Strategy<Value = String> {
    let group = prop::collection::vec(term_text(), 1..4).prop_map(|terms| terms.join(" "));
    prop::collection::vec(group, 1..4).prop_map(|groups| groups.join(" || "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn matching_follows_the_rules(text in range_text()) {
        let range = range(&text);
        for version in grid() {
            prop_assert_eq!(range.admits(&version), text_admits(&text, &version), "{}", version);
        }
    }

    #[test]
    fn algebra_agrees_with_brute_force(a in range_text(), b in range_text()) {
        let (left, right) = (range(&a), range(&b));
        match left.counterexample(&right) {
            Some(version) => {
                prop_assert!(right.admits(&version) && !left.admits(&version), "{}", version);
            }
            None => prop_assert!(grid().all(|v| left.admits(&v) || !right.admits(&v))),
        }
        match left.intersection_witness(&right) {
            Some(version) => {
                prop_assert!(left.admits(&version) && right.admits(&version), "{}", version);
                prop_assert!(right.intersects(&left) && !left.is_empty());
            }
            None => prop_assert!(!grid().any(|v| left.admits(&v) && right.admits(&v))),
        }
        if left.is_empty() {
            prop_assert!(!grid().any(|v| left.admits(&v)) && right.contains(&left));
        }
        prop_assert!(left.contains(&left));
        let either = range(&format!("{a} || {b}"));
        prop_assert!(either.contains(&left) && either.contains(&right));
        prop_assert_eq!(either.equivalent(&left), left.contains(&right));
    }

    #[test]
    fn never_panics(text in "[-0-9.x*|=!<>~^, vab\u{e9}]{0,24}") {
        if let Ok(range) = VersionRange::parse(&text) {
            prop_assert_eq!(range.to_string(), text);
        }
    }
}

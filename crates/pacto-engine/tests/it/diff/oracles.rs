//! Cases of two other checkers with their verdicts; see `oracles/README.md` beside the checkout.
//!
//! The cases are not copied here. Agreement may grow and must not shrink; the numbers below are what is reached.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use pacto_engine::diff::{Classification, Comparison, Proof};
use serde_json::Value;

use super::fixture::{Version, diff, rule_ids, shared};

/// What is reached, for one corpus.
struct Reached {
    /// Pairs with the class that the other checker gives, or with a document that shows that it is wrong.
    agree: usize,
    /// Pairs with a lower class: perhaps a break that is missed.
    too_low: usize,
    /// Of these, pairs that are called harmless or equal although they break.
    silent: usize,
}

const OASDIFF: Reached = Reached { agree: 64, too_low: 0, silent: 0 };
const OPENAPI_DIFF: Reached = Reached { agree: 39, too_low: 0, silent: 0 };

/// A pair of documents with the worst verdict of its cases.
struct Pair {
    base: String,
    revision: String,
    expected: Expected,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Expected {
    /// Anything below breaking will do.
    Harmless,
    Exactly(Classification),
}

/// Whether whatever is said to break, or perhaps to break, is shown by a document. The crate that found it checked it with another
/// implementation.
fn is_shown(comparison: &Comparison) -> bool {
    let findings = comparison.changes.iter().flat_map(|change| &change.findings);
    let mut worst = findings.filter(|finding| finding.classification == comparison.classification);
    worst.all(|finding| finding.proof == Proof::Witness && finding.witness.is_some())
}

#[derive(Default)]
struct Tally {
    /// Listed in `tests/oracles-exceptions.toml`, with what we say.
    excepted: Vec<String>,
    agree: Vec<String>,
    /// Breaking, and a document shows it, whatever the other checker says.
    shown: Vec<String>,
    too_low: Vec<String>,
    too_high: Vec<String>,
    not_comparable: Vec<String>,
    silent: usize,
}

fn pairs(cases: &Path, level: fn(&Value) -> Option<Expected>) -> Vec<Pair> {
    let cases: Value = serde_json::from_str(&fs::read_to_string(cases).unwrap()).unwrap();
    let mut worst: BTreeMap<(String, String), Option<Expected>> = BTreeMap::new();
    for case in cases.as_array().unwrap() {
        let text = |key: &str| case[key].as_str().unwrap().to_owned();
        let known = worst.entry((text("base"), text("revision"))).or_default();
        *known = (*known).max(level(case));
    }
    let pair = |((base, revision), expected)| Some(Pair { base, revision, expected: expected? });
    worst.into_iter().filter_map(pair).collect()
}

/// Pairs on which we say something else for a reason, with what we say.
fn exceptions(corpus: &str) -> BTreeMap<(String, String), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracles-exceptions.toml");
    let file: toml::Table = fs::read_to_string(path).unwrap().parse().unwrap();
    let cases = file["case"].as_array().unwrap();
    let text = |case: &toml::Value, key: &str| case[key].as_str().unwrap().to_owned();
    for case in cases {
        assert!(["wrong", "contradictory", "decided"].contains(&text(case, "kind").as_str()));
        assert!(!text(case, "proof").is_empty());
    }
    let own = cases.iter().filter(|case| text(case, "corpus") == corpus);
    own.map(|case| ((text(case, "base"), text(case, "revision")), text(case, "ours"))).collect()
}

fn judge(corpus: &str, directory: &Path, pairs: Vec<Pair>) -> Tally {
    let mut tally = Tally::default();
    let mut exceptions = exceptions(corpus);
    for Pair { base, revision, expected } in pairs {
        let version = |file: &str| Version::http_text(&fs::read_to_string(directory.join(file)).unwrap());
        let comparison = diff(&version(&base), &version(&revision));
        let actual = comparison.classification;
        let line = format!("{base} -> {revision}: {} for {expected:?}", actual.as_str());
        if let Some(ours) = exceptions.remove(&(base.clone(), revision.clone())) {
            assert_eq!(actual.as_str(), ours, "{line}: the exception says something else");
            assert_ne!(expected, Expected::Exactly(actual), "{line}: the exception is not needed");
            tally.excepted.push(line);
            continue;
        }
        let wanted = match expected {
            Expected::Exactly(class) => class,
            Expected::Harmless => actual.min(Classification::PotentialBreaking),
        };
        if !comparison.diagnostics.is_empty() {
            tally.not_comparable.push(format!("{line}: {}", comparison.diagnostics[0].message));
        } else if actual == wanted {
            tally.agree.push(line);
        } else if actual < wanted {
            tally.silent +=
                usize::from(wanted == Classification::Breaking && actual == Classification::NonBreaking);
            tally.too_low.push(line);
        } else if actual > wanted && is_shown(&comparison) {
            tally.shown.push(line);
        } else {
            let first = comparison.changes[0].findings[0].rule_id.clone();
            tally.too_high.push(format!("{line}: {first}"));
        }
    }
    assert!(exceptions.is_empty(), "exceptions about pairs that are not there: {:?}", exceptions.keys());
    tally
}

/// Expected findings that were found by their ids, of all. A case that ran one check alone says that its ids must be
/// found, and nothing of the rest of the pair.
const IDS: (usize, usize) = (114, 131);

#[test]
fn findings_of_oasdiff_are_found_by_their_ids() {
    let Some(directory) = shared("oracles/oasdiff") else {
        println!("left out: oracles");
        return;
    };
    let known: Value =
        serde_json::from_str(&fs::read_to_string(directory.join("../oasdiff-rules.json")).unwrap()).unwrap();
    let cases: Value =
        serde_json::from_str(&fs::read_to_string(directory.join("cases.json")).unwrap()).unwrap();
    let (mut found, mut missing) = (0, BTreeMap::<String, usize>::new());
    for case in cases.as_array().unwrap() {
        let version = |key: &str| {
            Version::http_text(&fs::read_to_string(directory.join(case[key].as_str().unwrap())).unwrap())
        };
        let fired = rule_ids(&diff(&version("base"), &version("revision")));
        for id in case["expected_ids"].as_array().unwrap() {
            let id = id.as_str().unwrap();
            // Some cases name texts of messages.
            if known.get(id).is_none() {
                continue;
            }
            if fired.contains(id) {
                found += 1;
            } else {
                *missing.entry(id.to_owned()).or_default() += 1;
            }
        }
    }
    let all = found + missing.values().sum::<usize>();
    println!("oasdiff: {found} of {all} findings by their ids, missing {missing:?}");
    assert!(found >= IDS.0 || all != IDS.1, "found {found} of {all}, before {IDS:?}");
}

fn report(name: &str, tally: &Tally, reached: &Reached) {
    println!(
        "{name}: {} agree, {} excepted with a proof, {} disagree with a document that shows it, {} too low ({} of them silent), {} too high, {} not comparable",
        tally.agree.len(),
        tally.excepted.len(),
        tally.shown.len(),
        tally.too_low.len(),
        tally.silent,
        tally.too_high.len(),
        tally.not_comparable.len()
    );
    for (title, lines) in [
        ("excepted", &tally.excepted),
        ("shown", &tally.shown),
        ("too low", &tally.too_low),
        ("too high", &tally.too_high),
        ("not comparable", &tally.not_comparable),
    ] {
        for line in lines {
            println!("  {title}: {line}");
        }
    }
    assert!(tally.agree.len() + tally.shown.len() >= reached.agree, "agreement fell from {}", reached.agree);
    assert!(tally.too_low.len() <= reached.too_low, "too low rose from {}", reached.too_low);
    assert!(tally.silent <= reached.silent, "silence rose from {}", reached.silent);
}

#[test]
fn agreement_with_oasdiff_does_not_fall() {
    let Some(directory) = shared("oracles/oasdiff") else {
        println!("left out: oracles");
        return;
    };
    let level = |case: &Value| match case["worst_level"].as_str() {
        Some("ERR") => Some(Expected::Exactly(Classification::Breaking)),
        Some("WARN") => Some(Expected::Exactly(Classification::PotentialBreaking)),
        Some("INFO") => Some(Expected::Exactly(Classification::NonBreaking)),
        _ => None,
    };
    let tally = judge("oasdiff", &directory, pairs(&directory.join("cases.json"), level));
    report("oasdiff", &tally, &OASDIFF);
}

#[test]
fn agreement_with_openapi_diff_does_not_fall() {
    let Some(directory) = shared("oracles/openapi-diff") else {
        println!("left out: oracles");
        return;
    };
    let level = |case: &Value| match case["verdict"].as_str() {
        Some("incompatible") => Some(Expected::Exactly(Classification::Breaking)),
        Some("compatible" | "equal") => Some(Expected::Harmless),
        _ => None,
    };
    let tally = judge("openapi-diff", &directory, pairs(&directory.join("cases.json"), level));
    report("openapi-diff", &tally, &OPENAPI_DIFF);
}

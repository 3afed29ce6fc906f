//! Two corpora of others, where they are beside the checkout: every decided answer is the right one, and all are decided.

use pacto_testkit::{checkout_dir, shared_dir};
use schema_inclusion::{Answer, Dialect, Options, included};
use serde_json::Value;

/// Cases that are decided, of a hundred; no less than was reached.
const DECIDED_PERCENT: usize = 100;

#[derive(Default, Debug)]
struct Report {
    right: usize,
    undecided: Vec<String>,
    wrong: Vec<String>,
}

impl Report {
    fn judge(&mut self, name: &str, answer: &Answer, expected: bool) {
        match answer {
            Answer::Undecided { reason, .. } => self.undecided.push(format!("{name}: {reason}")),
            Answer::Included if expected => self.right += 1,
            Answer::NotIncluded { .. } if !expected => self.right += 1,
            answer => self.wrong.push(format!("{name}: {answer:?}, expected {expected}")),
        }
    }

    fn print(&self, name: &str) {
        let all = self.right + self.undecided.len() + self.wrong.len();
        println!(
            "{name}: {all} cases, agree {}, disagree {}, undecided {}",
            self.right,
            self.wrong.len(),
            self.undecided.len()
        );
        assert!(self.wrong.is_empty(), "{:#?}", self.wrong);
        assert!(self.right * 100 >= all * DECIDED_PERCENT, "{:#?}", self.undecided);
    }
}

fn cases(name: &str) -> Option<Vec<Value>> {
    let file = shared_dir()?.join("oracles").join(name);
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

/// Cases that are wrong themselves, by their number.
fn exceptions(corpus: &str) -> Vec<(i64, bool)> {
    let text = std::fs::read_to_string(checkout_dir().join("tests/oracles-exceptions.toml")).unwrap();
    let table: toml::Table = toml::from_str(&text).unwrap();
    let entries = table.get(corpus).and_then(toml::Value::as_array).cloned().unwrap_or_default();
    let read = |entry: &toml::Value| Some((entry.get("id")?.as_integer()?, entry.get("is")?.as_bool()?));
    entries.iter().map(|entry| read(entry).unwrap()).collect()
}

#[test]
fn the_corpus_of_subschemas() {
    let Some(cases) = cases("schema-inclusion.json") else { return };
    let exceptions = exceptions("schema-inclusion");
    let mut report = Report::default();
    for case in &cases {
        let (left, right) = (&case["lhs"], &case["rhs"]);
        let mut options = Options::new(Dialect::Draft4);
        options.left = Dialect::of(left, Dialect::Draft4);
        options.right = Dialect::of(right, Dialect::Draft4);
        let known = exceptions.iter().find(|(id, _)| case["id"] == *id);
        let expected = known.map_or(case["expected"] == true, |(_, is)| *is);
        let name = format!("{} {}", case["id"], case["test"]);
        report.judge(&name, &included(left, right, &options), expected);
    }
    report.print("schema-inclusion.json");
}

#[test]
fn the_corpus_of_containment() {
    let Some(cases) = cases("schema-containment.json") else { return };
    let mut report = Report::default();
    for case in &cases {
        let dialect = match case["draft"].as_str() {
            Some("draft4") => Dialect::Draft4,
            Some("draft6") => Dialect::Draft6,
            Some("draft7") => Dialect::Draft7,
            Some("draft2019-09") => Dialect::Draft201909,
            _ => Dialect::Draft202012,
        };
        let name = format!("{} {} {} {}", case["draft"], case["file"], case["group"], case["test"]);
        let answer = included(&case["lhs"], &case["rhs"], &Options::new(dialect));
        report.judge(&name, &answer, case["lhs_subset_of_rhs"] == true);
    }
    report.print("schema-containment.json");
}

//! What a team decided about rules and findings: another class for a rule, a finding that is known and accepted.
//!
//! ```yaml
//! rules:
//!   api-tag-removed: breaking
//!   FIELD_SAME_TYPE: non-breaking
//! ignore:
//!   - fingerprint: 3f2a9c0d11e4b857
//!     reason: the only client was moved, see TICKET-17
//!     until: 2027-03-31
//!     service: orders
//! ```
//!
//! Nothing is hidden by it: a finding keeps the class that it had, and who decided otherwise, and why.

use std::collections::BTreeMap;

use pacto_contract::yaml::{Budget, Entry, Mapping, Node, load};
use pacto_contract::{Code, Diagnostic, Location, Pointer, Source};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::change::{Change, Classification, Finding};
use super::rules;
use super::version::Day;

/// Most rules and findings that one file decides about.
const MAX_ENTRIES: usize = 10_000;
/// Length of a day, `2027-03-31`.
const DAY: usize = 10;

/// A decision that changed the class of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// The class without the decision.
    pub from: Classification,
    /// Where it was decided.
    pub at: Location,
    /// Why, where somebody said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Last day on which it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// Decisions of a file.
#[derive(Debug, Clone, Default)]
pub struct Rulebook {
    levels: BTreeMap<String, (Classification, Location)>,
    ignored: BTreeMap<String, Vec<Ignored>>,
}

#[derive(Debug, Clone)]
struct Ignored {
    reason: String,
    until: Option<String>,
    service: Option<String>,
    at: Location,
}

impl Rulebook {
    /// Reads a file. `name` is what it is called in messages.
    ///
    /// ```
    /// use pacto_engine::diff::Rulebook;
    /// assert!(Rulebook::parse("rules.yaml", "rules: {FIELD_SAME_TYPE: breaking}").is_ok());
    /// let wrong = Rulebook::parse("rules.yaml", "rules: {FIELD_SAME_TYP: breaking}").unwrap_err();
    /// assert!(wrong[0].help.as_deref().unwrap().contains("FIELD_SAME_TYPE"));
    /// ```
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the file.
    pub fn parse(name: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let source = Source::new(name, text);
        let tree = match load(text, Budget::INTERFACE) {
            Ok(tree) => tree,
            Err(error) => {
                let mut finding =
                    problem(&source, &Node::from_json(&serde_json::Value::Null), error.to_string());
                finding.location = Some(source.locate(error.span));
                return Err(vec![finding]);
            }
        };
        let mut reader = Reader { source: &source, book: Self::default(), problems: Vec::new() };
        reader.read(&tree);
        if reader.problems.is_empty() { Ok(reader.book) } else { Err(reader.problems) }
    }

    /// JSON Schema of the file, for editors, with every rule that there is.
    ///
    /// ```
    /// let schema = pacto_engine::diff::Rulebook::json_schema();
    /// assert_eq!(schema["properties"]["ignore"]["items"]["required"][0], "fingerprint");
    /// ```
    pub fn json_schema() -> serde_json::Value {
        let ids: Vec<String> = rules::all().into_keys().collect();
        let text =
            |description: &str| json!({"type": "string", "pattern": r"\S", "description": description});
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Decisions about rules and findings of pacto diff",
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "rules": {
                    "type": "object",
                    "description": "Another class for a rule",
                    "maxProperties": MAX_ENTRIES,
                    "propertyNames": {"enum": ids},
                    "additionalProperties": {"enum": ["breaking", "potential", "non-breaking"]},
                },
                "ignore": {
                    "type": "array",
                    "description": "Findings that are known and accepted",
                    "maxItems": MAX_ENTRIES,
                    "items": {
                        "type": "object",
                        "additionalProperties": false,
                        "required": ["fingerprint", "reason"],
                        "properties": {
                            "fingerprint": text("As in `pacto diff --details` and in JSON"),
                            "reason": text("Why it is accepted"),
                            "until": {
                                "type": "string",
                                "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
                                "description": "Last day on which it is accepted",
                            },
                            "service": text("The only service for which it is accepted"),
                        },
                    },
                },
            },
        })
    }

    /// Applies it to the changes of a service; see [`super::Comparison::apply`]. Without `today` nothing ends.
    /// Says which decisions have ended and would still be needed.
    pub(super) fn apply(&self, service: &str, changes: &mut [Change], today: Option<Day>) -> Vec<Diagnostic> {
        let mut ended = Vec::new();
        for change in changes.iter_mut() {
            for finding in &mut change.findings {
                self.decide(service, finding, today, &mut ended);
            }
            change.findings.sort_by_key(|finding| std::cmp::Reverse(finding.classification));
            let worst = change.findings.iter().map(|finding| finding.classification).max();
            change.classification = worst.unwrap_or(change.classification);
        }
        changes.sort_by_key(|change| std::cmp::Reverse(change.classification));
        ended
    }

    fn decide(&self, service: &str, finding: &mut Finding, today: Option<Day>, ended: &mut Vec<Diagnostic>) {
        let from = finding.classification;
        if let Some((class, at)) = self.levels.get(&finding.rule_id).filter(|(class, _)| *class != from) {
            finding.classification = *class;
            finding.decision = Some(Decision { from, at: at.clone(), reason: None, until: None });
        }
        let ignored = self.ignored.get(&finding.fingerprint).into_iter().flatten();
        for ignored in ignored.filter(|one| one.service.as_deref().is_none_or(|name| name == service)) {
            if finding.classification == Classification::NonBreaking {
                return;
            }
            let until = ignored.until.as_deref().unwrap_or_default();
            if Day::parse(until).zip(today).is_some_and(|(until, today)| until < today) {
                let message =
                    format!("{} ({}) was accepted until {until}", finding.rule_id, finding.fingerprint);
                let mut said = Diagnostic::new(Code::DecisionEnded, &Pointer::root(), message);
                said.location = Some(ignored.at.clone());
                ended.push(said.with_help("solve it, or decide again with a later day"));
                continue;
            }
            finding.classification = Classification::NonBreaking;
            finding.decision = Some(Decision {
                from,
                at: ignored.at.clone(),
                reason: Some(ignored.reason.clone()),
                until: ignored.until.clone(),
            });
        }
    }
}

struct Reader<'r> {
    source: &'r Source,
    book: Rulebook,
    problems: Vec<Diagnostic>,
}

fn problem(source: &Source, node: &Node, message: impl Into<String>) -> Diagnostic {
    let mut finding = Diagnostic::new(Code::RulebookInvalid, &Pointer::root(), message);
    finding.location = Some(source.locate(node.span));
    finding
}

impl Reader<'_> {
    fn wrong(&mut self, node: &Node, message: impl Into<String>, help: impl Into<String>) {
        let finding = problem(self.source, node, message);
        self.problems.push(finding.with_help(help));
    }

    fn read(&mut self, tree: &Node) {
        let Some(mapping) = tree.as_mapping() else {
            return self.wrong(tree, "this is not a map", "write `rules:` and `ignore:`");
        };
        for entry in mapping.entries() {
            match &*entry.key {
                "rules" => self.rules(&entry.node),
                "ignore" => self.ignored(&entry.node),
                other => self.wrong(
                    &entry.node,
                    format!("{other:?} is not known here"),
                    "the keys are `rules` and `ignore`",
                ),
            }
        }
    }

    fn rules(&mut self, node: &Node) {
        let Some(mapping) = node.as_mapping() else {
            return self.wrong(node, "`rules` is not a map", "write `rule-id: breaking` below it");
        };
        if mapping.entries().len() > MAX_ENTRIES {
            return self.wrong(node, format!("more than {MAX_ENTRIES} rules"), "split the file");
        }
        let known = rules::all();
        for Entry { key, node, .. } in mapping.entries() {
            if !known.contains_key(&**key) {
                let near = rules::nearest(key).unwrap_or_default();
                self.wrong(node, format!("no rule is called {key:?}"), format!("the nearest is {near:?}"));
                continue;
            }
            match node.as_str().and_then(class) {
                Some(class) => {
                    let at = self.source.locate(node.span);
                    self.book.levels.insert((**key).to_owned(), (class, at));
                }
                None => self.wrong(
                    node,
                    format!("{key}: this is not a class"),
                    "the classes are `breaking`, `potential` and `non-breaking`",
                ),
            }
        }
    }

    fn ignored(&mut self, node: &Node) {
        let Some(items) = node.as_sequence() else {
            return self.wrong(node, "`ignore` is not a list", "write `- fingerprint: …` below it");
        };
        if items.len() > MAX_ENTRIES {
            return self.wrong(node, format!("more than {MAX_ENTRIES} findings"), "take out what has ended");
        }
        for item in items {
            match item.as_mapping() {
                Some(mapping) => self.one_ignored(item, mapping),
                None => self.wrong(item, "this is not a map", "write `fingerprint:` and `reason:`"),
            }
        }
    }

    fn one_ignored(&mut self, item: &Node, mapping: &Mapping) {
        const KEYS: &[&str] = &["fingerprint", "reason", "until", "service"];
        for entry in mapping.entries() {
            if !KEYS.contains(&&*entry.key) {
                let message = format!("{:?} is not known here", &*entry.key);
                self.wrong(&entry.node, message, format!("the keys are {}", KEYS.join(", ")));
            } else if entry.node.scalar_text().is_none_or(|text| text.trim().is_empty()) {
                self.wrong(&entry.node, format!("{} is empty", entry.key), "write a text");
            }
        }
        let text = |key: &str| mapping.get(key).and_then(Node::scalar_text).map(str::to_owned);
        let Some(fingerprint) = text("fingerprint") else {
            return self.wrong(
                item,
                "`fingerprint` is missing",
                "it is in the output of `pacto diff --details` and in JSON",
            );
        };
        let Some(reason) = text("reason") else {
            return self.wrong(item, "`reason` is missing", "say why the finding is accepted");
        };
        let until = text("until");
        if let Some((day, node)) = until.as_deref().zip(mapping.get("until"))
            && (Day::parse(day).is_none() || day.len() > DAY)
        {
            return self.wrong(node, format!("{day:?} is not a day"), "write it as 2027-03-31");
        }
        let at = self.source.locate(item.span);
        let ignored = Ignored { reason, until, service: text("service"), at };
        self.book.ignored.entry(fingerprint).or_default().push(ignored);
    }
}

fn class(text: &str) -> Option<Classification> {
    match text.to_ascii_lowercase().replace('_', "-").as_str() {
        "breaking" => Some(Classification::Breaking),
        "potential" | "potential-breaking" => Some(Classification::PotentialBreaking),
        "non-breaking" => Some(Classification::NonBreaking),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::change::{ChangeType, Proof};

    fn changes() -> Vec<Change> {
        let finding = |rule: &str, class: Classification, fingerprint: &str| Finding {
            rule_id: rule.to_owned(),
            classification: class,
            direction: None,
            message: String::new(),
            hint: None,
            old: None,
            new: None,
            fingerprint: fingerprint.to_owned(),
            proof: Proof::Structural,
            witness: None,
            decision: None,
        };
        let change = |findings: Vec<Finding>| Change {
            path: "a".to_owned(),
            interface: None,
            change_type: ChangeType::Modified,
            old_value: None,
            new_value: None,
            classification: findings[0].classification,
            reason: String::new(),
            findings,
        };
        vec![
            change(vec![
                finding("FIELD_SAME_TYPE", Classification::Breaking, "01"),
                finding("FIELD_SAME_NAME", Classification::PotentialBreaking, "02"),
            ]),
            change(vec![finding("RPC_ADDED", Classification::NonBreaking, "03")]),
        ]
    }

    fn classes(changes: &[Change]) -> Vec<Classification> {
        changes.iter().map(|change| change.classification).collect()
    }

    #[test]
    fn rules_get_another_class() {
        use Classification::{Breaking, NonBreaking, PotentialBreaking};
        let book =
            Rulebook::parse("r", "rules: {FIELD_SAME_TYPE: NON_BREAKING, RPC_ADDED: breaking}").unwrap();
        let mut changes = changes();
        assert!(book.apply("s", &mut changes, None).is_empty());
        assert_eq!(classes(&changes), [Breaking, PotentialBreaking]);
        let [added, field] = changes.as_slice() else { panic!() };
        assert_eq!(added.findings[0].decision.as_ref().unwrap().from, NonBreaking);
        let kept: Vec<_> = field.findings.iter().map(|finding| finding.decision.is_some()).collect();
        assert_eq!(kept, [false, true]);
    }

    #[test]
    fn findings_are_accepted_until_a_day() {
        let text = "ignore:\n  - {fingerprint: '01', reason: known, until: 2027-03-31, service: s}\n";
        let book = Rulebook::parse("r", text).unwrap();
        let class = |service: &str, today: Option<&str>| {
            let mut changes = changes();
            let today = today.and_then(Day::parse);
            let ended = book.apply(service, &mut changes, today);
            (changes[0].classification, ended.len())
        };
        assert_eq!(class("s", Some("2027-03-31")), (Classification::PotentialBreaking, 0));
        assert_eq!(class("s", None), (Classification::PotentialBreaking, 0));
        assert_eq!(class("s", Some("2027-04-01")), (Classification::Breaking, 1));
        assert_eq!(class("other", Some("2027-01-01")), (Classification::Breaking, 0));
    }

    #[test]
    fn the_schema_accepts_what_is_read() {
        let schema = jsonschema::validator_for(&Rulebook::json_schema()).unwrap();
        for (text, is_read) in [
            ("{}", true),
            ("rules: {FIELD_SAME_TYPE: breaking, request-property-removed: potential}", true),
            ("rules: {FIELD_SAME_TYP: breaking}", false),
            ("rules: {FIELD_SAME_TYPE: bad}", false),
            ("rules: []", false),
            ("rule: {}", false),
            ("ignore: [{fingerprint: a, reason: b, until: '2027-03-31', service: c}]", true),
            ("ignore: [{fingerprint: a}]", false),
            ("ignore: [{reason: b}]", false),
            ("ignore: [{fingerprint: a, reason: ' '}]", false),
            ("ignore: [{fingerprint: a, reason: b, until: '2027-13-01'}]", false),
            ("ignore: [{fingerprint: a, reason: b, until: soon}]", false),
            ("ignore: [{fingerprint: a, reason: b, untill: x}]", false),
            ("ignore: {}", false),
        ] {
            let tree = load(text, Budget::INTERFACE).unwrap().to_json().unwrap();
            assert_eq!(Rulebook::parse("r", text).is_ok(), is_read, "{text}");
            assert_eq!(schema.is_valid(&tree), is_read, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let text = "rule: {}\nrules:\n  FIELD_SAME_TYP: breaking\n  FIELD_SAME_TYPE: bad\nignore:\n  - reason: x\n  - fingerprint: a\n  - {fingerprint: a, reason: b, until: 2027-13-01}\n  - {fingerprint: a, reason: b, untill: x}\n  - {fingerprint: a, reason: ' '}\n";
        let said: Vec<_> = Rulebook::parse("rules.yaml", text).unwrap_err();
        let said: Vec<_> = said
            .iter()
            .map(|finding| {
                let place = finding.location.as_ref().unwrap();
                format!(
                    "{}:{} {} ({})",
                    place.line,
                    place.column,
                    finding.message,
                    finding.help.as_deref().unwrap()
                )
            })
            .collect();
        insta::assert_snapshot!(said.join("\n"), @r#"
        1:7 "rule" is not known here (the keys are `rules` and `ignore`)
        3:19 no rule is called "FIELD_SAME_TYP" (the nearest is "FIELD_SAME_TYPE")
        4:20 FIELD_SAME_TYPE: this is not a class (the classes are `breaking`, `potential` and `non-breaking`)
        6:5 `fingerprint` is missing (it is in the output of `pacto diff --details` and in JSON)
        7:5 `reason` is missing (say why the finding is accepted)
        8:40 "2027-13-01" is not a day (write it as 2027-03-31)
        9:41 "untill" is not known here (the keys are fingerprint, reason, until, service)
        10:30 reason is empty (write a text)
        "#);
        for text in ["", "[]", "rules: []", "ignore: {}", "ignore: [1]", "a: [", "\u{0}"] {
            assert!(Rulebook::parse("rules.yaml", text).is_err(), "{text:?}");
        }
    }
}

//! `tests/corpus/proto`: two versions of `.proto` files and the findings that they give at each level.
//!
//! `old` and `new` are files by path; the interface names `api.proto`. `silent` names rules that the case comes near to
//! without firing them. Under `expected` are the findings by level, each with its place in the new version, or in the
//! old one where it is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use pacto_contract::Code;
use pacto_engine::diff::rules::PROTO_RULES;
use pacto_engine::diff::{Classification, Comparison, Options, ProtoLevel, compare_with};
use serde_json::Value;

use super::fixture::{Version, corpus, entries, read_yaml, rule_ids, stem, unexpected};

/// A contract with one grpc interface.
const GRPC: &str = "pactoVersion: '1.0'\nservice: {name: api, version: 1.0.0}\n\
    interfaces: [{name: api, type: grpc, port: 90, contract: api.proto}]\n";

struct Case {
    name: String,
    file: Value,
}

fn cases() -> Vec<Case> {
    let read = |path: &std::path::PathBuf| Case { name: stem(path), file: read_yaml(path) };
    entries(&corpus().join("proto")).iter().map(read).collect()
}

impl Case {
    fn version(&self, side: &str) -> Version {
        let files = self.file[side].as_object().unwrap();
        let mut all = vec![("pacto.yaml", GRPC.as_bytes())];
        all.extend(files.iter().map(|(path, text)| (path.as_str(), text.as_str().unwrap().as_bytes())));
        Version::of(&all)
    }

    fn compare(&self, level: ProtoLevel) -> Comparison {
        let (old, new) = (self.version("old"), self.version("new"));
        let mut comparison =
            compare_with(old.side(), new.side(), Options { proto_level: level, ..Options::default() });
        comparison.diagnostics.retain(|finding| finding.code != Code::VersionUnderstates);
        comparison
    }
}

/// Every comparison, for the list of rules.
pub fn comparisons() -> Vec<(String, Comparison)> {
    let all = cases()
        .into_iter()
        .flat_map(|case| ProtoLevel::ALL.map(|level| (case.name.clone(), case.compare(level))));
    all.collect()
}

fn lines(case: &Case) -> String {
    let mut text = "expected:\n".to_owned();
    for level in ProtoLevel::ALL {
        writeln!(text, "  {}:", level.as_str()).unwrap();
        let comparison = case.compare(level);
        assert_eq!(comparison.diagnostics, [], "{}", case.name);
        for change in &comparison.changes {
            for finding in &change.findings {
                let place = finding.new.as_ref().or(finding.old.as_ref());
                let place = place.map_or_else(String::new, |place| {
                    format!(" at {}:{}:{}", place.file, place.line, place.column)
                });
                let class = finding.classification.as_str();
                let line = format!("{class} {}{place}: {}", finding.rule_id, finding.message);
                writeln!(text, "    - {line:?}").unwrap();
            }
        }
    }
    text
}

#[test]
fn every_case_gives_the_expected_findings() {
    let mut wrong = Vec::new();
    for case in cases() {
        let actual = lines(&case);
        wrong.extend(unexpected("proto", &case.name, &case.file, &actual));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_fires_somewhere_and_comes_near_elsewhere() {
    let fired: BTreeSet<String> =
        comparisons().iter().flat_map(|(_, comparison)| rule_ids(comparison)).collect();
    let mut near = BTreeSet::new();
    for case in cases() {
        let fired: BTreeSet<String> =
            ProtoLevel::ALL.iter().flat_map(|level| rule_ids(&case.compare(*level))).collect();
        for id in case.file["silent"].as_array().into_iter().flatten() {
            let id = id.as_str().unwrap();
            assert!(!fired.contains(id), "{}: {id} fired", case.name);
            near.insert(id.to_owned());
        }
    }
    let ids = || PROTO_RULES.iter().map(|row| row.id);
    let missing: Vec<_> = ids().filter(|id| !fired.contains(*id)).collect();
    assert!(missing.is_empty(), "never fired: {missing:?}");
    let missing: Vec<_> = ids().filter(|id| !near.contains(*id)).collect();
    assert!(missing.is_empty(), "no near miss: {missing:?}");
}

/// What is breaking at a level is so at every stricter one that minds the same; nothing is lost on the way.
#[test]
fn a_stricter_level_says_no_less() {
    for case in cases() {
        let of = |level| case.compare(level).classification;
        let classes: BTreeMap<_, _> = ProtoLevel::ALL.into_iter().map(|level| (level, of(level))).collect();
        assert!(classes[&ProtoLevel::WireJson] >= classes[&ProtoLevel::Wire], "{}", case.name);
        let strict = classes[&ProtoLevel::File].max(classes[&ProtoLevel::Package]);
        assert!(strict >= classes[&ProtoLevel::WireJson], "{}: {classes:?}", case.name);
    }
}

#[test]
fn a_version_does_not_differ_from_itself() {
    for case in cases() {
        for side in ["old", "new"] {
            let version = case.version(side);
            let comparison = compare_with(version.side(), version.side(), Options::default());
            assert_eq!(comparison.classification, Classification::NonBreaking);
            assert!(comparison.is_empty(), "{}: {side}", case.name);
        }
    }
}

/// Comments, blanks and the order of declarations are not part of an interface; neither is how a type is named.
#[test]
fn another_writing_changes_nothing() {
    let written = [
        "syntax = \"proto3\"; package a.b; service S { rpc Get(Q) returns (stream A); }\n\
         message Q { string q = 1; repeated A.Kind kinds = 2; map<string, A> by_name = 3; }\n\
         message A { enum Kind { NONE = 0; ONE = 1; } Kind kind = 1; oneof o { int32 x = 2; int64 y = 3; } }",
        "// Licence.\nsyntax = 'proto3';\npackage a.b;\n\nmessage A {\n  oneof o { int64 y = 3; int32 x = 2; }\n\
         \x20 .a.b.A.Kind kind = 1; // which\n  enum Kind { NONE = 0; ONE = 1; }\n}\n\
         message Q { map<string, b.A> by_name = 3; repeated a.b.A.Kind kinds = 2; string q = 1 [json_name = \"q\"]; }\n\
         /* all of it */ service S { rpc Get(.a.b.Q) returns (stream b.A) {} }",
        "edition = \"2023\"; package a.b; option features.field_presence = IMPLICIT;\n\
         service S { rpc Get(Q) returns (stream A); }\n\
         message Q { string q = 1; repeated A.Kind kinds = 2; map<string, A> by_name = 3; }\n\
         message A { enum Kind { NONE = 0; ONE = 1; } Kind kind = 1; oneof o { int32 x = 2; int64 y = 3; } }",
    ];
    for (old, new) in written.iter().flat_map(|old| written.iter().map(move |new| (old, new))) {
        let version =
            |text: &str| Version::of(&[("pacto.yaml", GRPC.as_bytes()), ("api.proto", text.as_bytes())]);
        let (old, new) = (version(old), version(new));
        let comparison = compare_with(old.side(), new.side(), Options::default());
        let rules = rule_ids(&comparison);
        let rules: BTreeSet<_> =
            rules.iter().map(String::as_str).filter(|id| *id != "FILE_SAME_SYNTAX").collect();
        assert!(rules.is_empty(), "{rules:?}");
        assert_eq!(comparison.classification, Classification::NonBreaking);
    }
}

/// The parser lets numbers and names stand twice; found by `cargo xtask fuzz protobuf`.
#[test]
fn what_stands_twice_does_not_differ_from_itself() {
    let text = "syntax = \"proto3\";\nmessage A { oneof o { string a = 3; } string b = 3; reserved 3; }\n\
        enum E { X = 0; Y = 0; X = 1; }\nservice S { rpc Get(A) returns (A); rpc Get(A) returns (B); }\nmessage A { int32 c = 1; }\n";
    let version = Version::of(&[("pacto.yaml", GRPC.as_bytes()), ("api.proto", text.as_bytes())]);
    for level in ProtoLevel::ALL {
        let options = Options { proto_level: level, ..Options::default() };
        assert!(compare_with(version.side(), version.side(), options).is_empty(), "{level:?}");
    }
}

//! Cases of `buf breaking` with what it says, place for place; see `oracles/README.md` beside the checkout.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use pacto_contract::Bundle;
use pacto_contract::yaml::{Budget, Node, load};
use pacto_engine::diff::rules::PROTO_RULES;
use pacto_engine::diff::{ProtoAnnotation, ProtoLevel, proto_annotations};
use serde_json::Value;

use super::fixture::shared;

/// An annotation in one line: rule, file, start and end.
type Said = (String, Option<String>, Option<[u64; 4]>);

#[test]
fn says_what_buf_says() {
    let Some(oracle) = shared("oracles/buf") else {
        println!("left out: oracles");
        return;
    };
    let cases: Value = serde_json::from_str(&fs::read_to_string(oracle.join("cases.json")).unwrap()).unwrap();
    let (mut agree, mut failures) = (0, Vec::new());
    for case in cases.as_array().unwrap() {
        let name = case["dir"].as_str().unwrap();
        let mut expected: Vec<Said> = case["expected"].as_array().unwrap().iter().map(expected).collect();
        let mut actual = said(&oracle, name);
        expected.sort();
        actual.sort();
        if expected == actual {
            agree += 1;
        } else {
            let missing = without(&expected, &actual);
            let surplus = without(&actual, &expected);
            failures.push(format!("{name}\n  missing {missing:?}\n  surplus {surplus:?}"));
        }
    }
    println!("buf: {agree} agree, {} differ", failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn without(all: &[Said], known: &[Said]) -> Vec<Said> {
    let mut known = known.to_vec();
    let mut rest = Vec::new();
    for said in all {
        match known.iter().position(|other| other == said) {
            Some(position) => drop(known.remove(position)),
            None => rest.push(said.clone()),
        }
    }
    rest
}

fn expected(annotation: &Value) -> Said {
    let place = |key: &str, index: usize| annotation[key][index].as_u64();
    let span = place("start", 0).map(|line| {
        let end = |index| place("end", index).unwrap();
        [line, place("start", 1).unwrap(), end(0), end(1)]
    });
    let text = |key: &str| annotation[key].as_str().map(str::to_owned);
    (text("rule").unwrap(), text("file"), span)
}

fn said(oracle: &Path, name: &str) -> Vec<Said> {
    let (before, after) = (oracle.join("previous").join(name), oracle.join("current").join(name));
    let configuration = fs::read_to_string(after.join("buf.yaml")).unwrap_or_default();
    let configuration = load(&configuration, Budget::INTERFACE).unwrap();
    let (rules, ignored) = (rules(&configuration), strings(&configuration, "ignore"));
    let is_ignored = |annotation: &ProtoAnnotation| {
        let file = annotation.file.as_ref().or(annotation.old_file.as_ref());
        file.is_some_and(|file| {
            ignored.iter().any(|path| file == path || file.starts_with(&format!("{path}/")))
        })
    };
    let annotations = proto_annotations(&bundle(&before), &bundle(&after)).unwrap();
    let counted = annotations
        .into_iter()
        .filter(|annotation| rules.contains(annotation.rule) && !is_ignored(annotation));
    let number = u64::from;
    let span = |((line, column), (last, end)): ((u32, u32), (u32, u32))| {
        [number(line), number(column), number(last), number(end)]
    };
    counted.map(|found| (found.rule.to_owned(), found.file, found.span.map(span))).collect()
}

fn strings(configuration: &Node, key: &str) -> Vec<String> {
    let list = configuration.get("breaking").and_then(|breaking| breaking.get(key));
    let items = list.and_then(Node::as_sequence).unwrap_or_default();
    items.iter().filter_map(Node::as_str).map(str::to_owned).collect()
}

/// Rules that a configuration asks for.
fn rules(configuration: &Node) -> BTreeSet<&'static str> {
    /// Only in the second version of the configuration.
    const OF_V2: &[&str] = &["EXTENSION_NO_DELETE", "PACKAGE_EXTENSION_NO_DELETE", "FIELD_SAME_DEFAULT"];
    /// Ours alone on the wire.
    const OURS: &[&str] = &["RPC_NO_DELETE", "PACKAGE_SERVICE_NO_DELETE"];
    let is_v2 = configuration.get("version").and_then(Node::as_str) == Some("v2");
    let of = |level: ProtoLevel| {
        let rows =
            PROTO_RULES.iter().filter(move |row| row.levels.contains(&level) && row.id != "EXTENSION_MOVED");
        let rows = rows.filter(move |row| is_v2 || !OF_V2.contains(&row.id));
        let is_wire = matches!(level, ProtoLevel::Wire | ProtoLevel::WireJson);
        rows.filter(move |row| !(is_wire && OURS.contains(&row.id))).map(|row| row.id)
    };
    let named = |name: &str| -> Vec<&'static str> {
        match name {
            "FILE" => of(ProtoLevel::File).collect(),
            "PACKAGE" => of(ProtoLevel::Package).collect(),
            "WIRE_JSON" => of(ProtoLevel::WireJson).collect(),
            "WIRE" => of(ProtoLevel::Wire).collect(),
            // What rules were called before.
            "FIELD_SAME_LABEL" => vec![
                "FIELD_SAME_CARDINALITY",
                "FIELD_WIRE_COMPATIBLE_CARDINALITY",
                "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
            ],
            "FIELD_SAME_CTYPE" => vec!["FIELD_SAME_CPP_STRING_TYPE"],
            "FILE_SAME_JAVA_STRING_CHECK_UTF8" => vec!["FIELD_SAME_JAVA_UTF8_VALIDATION"],
            id => PROTO_RULES.iter().filter(|row| row.id == id).map(|row| row.id).collect(),
        }
    };
    let mut used = strings(configuration, "use");
    if used.is_empty() {
        used.push("FILE".to_owned());
    }
    let all: BTreeSet<_> = used.iter().flat_map(|name| named(name)).collect();
    let except: BTreeSet<_> = strings(configuration, "except").iter().flat_map(|name| named(name)).collect();
    all.difference(&except).copied().collect()
}

/// All files below a directory; `build.roots` are where paths begin.
fn bundle(directory: &Path) -> Bundle {
    let configuration = fs::read_to_string(directory.join("buf.yaml")).unwrap_or_default();
    let configuration = load(&configuration, Budget::INTERFACE).ok();
    let roots = configuration.as_ref().and_then(|node| node.get("build")?.get("roots")?.as_sequence());
    let roots: Vec<String> =
        roots.unwrap_or_default().iter().filter_map(Node::as_str).map(str::to_owned).collect();
    let roots = if roots.is_empty() { vec![".".to_owned()] } else { roots };
    let mut bundle = Bundle::default();
    for root in roots {
        let root = directory.join(root);
        for file in files(&root) {
            let path = file.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            bundle.insert(&path, fs::read(&file).unwrap()).unwrap();
        }
    }
    bundle
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            found.push(path);
        }
    }
    found.sort();
    found
}

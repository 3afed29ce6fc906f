//! The structural layer and the published JSON Schema say yes and no to the same documents.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use pacto_contract::ContractDocument;
use pacto_contract::shape::{CONTRACT, Field, ObjectShape, Pattern, Rule, Shape, Text, json_schema};
use pacto_contract::yaml::{Budget, Node, decode_utf8, emit, load};
use pacto_engine::validate::structure;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

static SCHEMA: LazyLock<jsonschema::Validator> =
    LazyLock::new(|| jsonschema::validator_for(&json_schema()).unwrap());

/// What both say. A text without a tree, or a tree without a JSON form, is no question for the schema; then the
/// structural layer must say no.
fn verdict(bytes: &[u8]) -> Result<bool, String> {
    let document = ContractDocument::parse("pacto.yaml", bytes);
    let findings = match &document {
        Ok(document) => structure(document).findings,
        Err(failure) => failure.findings.clone(),
    };
    let ours = findings.is_empty();
    let tree = decode_utf8(bytes).and_then(|text| load(text, Budget::CONTRACT));
    let theirs = match tree.ok().and_then(|tree| tree.to_json().ok()) {
        Some(json) => SCHEMA.is_valid(&json),
        None => false,
    };
    if ours == theirs {
        return Ok(ours);
    }
    let found: Vec<_> =
        findings.iter().map(|finding| format!("{}: {}", finding.path, finding.message)).collect();
    Err(format!("structural {ours}, schema {theirs}; findings {found:?}\n{}", String::from_utf8_lossy(bytes)))
}

/// Any value of a form, with every rule between its keys obeyed.
fn valid(shape: &'static Shape) -> BoxedStrategy<Value> {
    match shape {
        Shape::Text(constraints) => text(*constraints),
        Shape::Integer { min, max } => {
            let most = max.unwrap_or(1_000_000);
            prop_oneof![Just(*min), Just(most), *min..=most].prop_map(|number| json!(number)).boxed()
        }
        Shape::Boolean => any::<bool>().prop_map(|value| json!(value)).boxed(),
        Shape::List { items, min_items } => {
            proptest::collection::vec(valid(items), *min_items..min_items + 3).prop_map(Value::Array).boxed()
        }
        Shape::Object(shape) => object(shape),
        Shape::FreeObject => {
            proptest::collection::vec(("[a-z]{1,3}", any_value()), 0..3).prop_map(from_pairs).boxed()
        }
        Shape::TextOrObject(constraints, shape) => prop_oneof![text(*constraints), object(shape)].boxed(),
    }
}

fn from_pairs(pairs: Vec<(String, Value)>) -> Value {
    Value::Object(pairs.into_iter().collect())
}

fn text(constraints: Text) -> BoxedStrategy<Value> {
    if !constraints.values.is_empty() {
        let values: Vec<_> = constraints.values.iter().map(|(value, _)| json!(value)).collect();
        return proptest::sample::select(values).boxed();
    }
    let pattern = match constraints.pattern {
        Some(Pattern::ServiceName) => "[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?",
        Some(Pattern::Team) => "[a-zA-Z0-9._/-]{1,6}",
        Some(Pattern::Person) => "[a-zA-Z0-9._@/-]{1,6}",
        None if constraints.min_chars > 0 => "[a-z0-9é./: -]{1,8}",
        None => "[a-z0-9é./: -]{0,8}",
    };
    pattern.prop_map(Value::String).boxed()
}

fn object(shape: &'static ObjectShape) -> BoxedStrategy<Value> {
    let fields: Vec<_> = shape.fields.iter().map(field).collect();
    fields.prop_map(|fields| from_pairs(obey(shape, fields))).boxed()
}

/// A key with its value, and whether it was chosen to be there.
fn field(field: &'static Field) -> BoxedStrategy<(&'static str, bool, Value)> {
    let present = if field.required { Just(true).boxed() } else { any::<bool>().boxed() };
    (present, valid(&field.shape)).prop_map(|(present, value)| (field.name, present, value)).boxed()
}

/// Adds and removes keys until every rule holds.
fn obey(shape: &ObjectShape, mut fields: Vec<(&'static str, bool, Value)>) -> Vec<(String, Value)> {
    for rule in shape.rules.iter().chain(shape.rules) {
        let is_there =
            |fields: &[(&str, bool, Value)], key: &str| fields.iter().any(|field| field.0 == key && field.1);
        let text = |fields: &[(&str, bool, Value)], key: &str| {
            fields
                .iter()
                .find(|field| field.0 == key && field.1)
                .and_then(|field| field.2.as_str().map(str::to_owned))
        };
        match rule {
            Rule::ExactlyOne { keys, .. } => {
                let first = keys.iter().find(|key| is_there(&fields, key)).or(keys.first());
                keys.iter().for_each(|key| set_present(&mut fields, key, Some(key) == first));
            }
            Rule::AtMostOne { keys, .. } => {
                let first = keys.iter().find(|key| is_there(&fields, key));
                keys.iter().for_each(|key| set_present(&mut fields, key, Some(key) == first));
            }
            Rule::Excludes { key, others } if is_there(&fields, key) => {
                others.iter().for_each(|other| set_present(&mut fields, other, false));
            }
            Rule::Needs { key, others, .. } if is_there(&fields, key) => {
                others.iter().for_each(|other| set_present(&mut fields, other, true));
            }
            Rule::RequiredWhen { key, values, needed, .. }
                if text(&fields, key).is_some_and(|text| values.contains(&&*text)) =>
            {
                set_present(&mut fields, needed, true);
            }
            Rule::ForbiddenWhen { key, values, forbidden }
                if text(&fields, key).is_some_and(|text| values.contains(&&*text)) =>
            {
                set_present(&mut fields, forbidden, false);
            }
            Rule::ConstWhen { key, value, path, expected, .. }
                if text(&fields, key).as_deref() == Some(*value) =>
            {
                let pointer = format!("/{}", path.get(1..).unwrap_or_default().join("/"));
                let outer = fields.iter_mut().find(|field| Some(&field.0) == path.first());
                if let Some(inner) = outer.and_then(|outer| outer.2.pointer_mut(&pointer)) {
                    *inner = json!(expected);
                }
            }
            _ => {}
        }
    }
    let there = fields.iter().filter(|field| field.1).count();
    let missing = shape.min_fields.saturating_sub(there);
    fields.iter_mut().filter(|field| !field.1).take(missing).for_each(|field| field.1 = true);
    fields.into_iter().filter(|field| field.1).map(|field| (field.0.to_owned(), field.2)).collect()
}

fn set_present(fields: &mut [(&'static str, bool, Value)], key: &str, present: bool) {
    for field in fields.iter_mut().filter(|field| field.0 == key) {
        field.1 = present;
    }
}

/// Values of every kind, those at the borders of the format among them.
fn any_value() -> BoxedStrategy<Value> {
    let scalars = [
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(-0.0),
        json!(-1),
        json!(1),
        json!(1.5),
        json!(8080),
        json!(8080.0),
        json!(1e3),
        json!(65_535),
        json!(65_535.0),
        json!(65_536),
        json!(65_536.0),
        json!(0.5),
        json!(9_007_199_254_740_991_u64),
        json!(9_007_199_254_740_992_u64),
        json!(9_007_199_254_740_993_u64),
        json!(9.1e15),
        json!(9e18),
        json!(1e19),
        json!(1e300),
        json!(-1e300),
        json!(5e-324),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(""),
        json!(" "),
        json!("x"),
        json!("X"),
        json!("-x"),
        json!("a b"),
        json!("é"),
        json!("с"),
        json!("a\nb"),
        json!("a\n"),
        json!("\u{0}"),
        json!("\u{1f600}"),
        json!("8080"),
        json!("true"),
        json!("null"),
        json!("1.0"),
        json!("1.1"),
        json!("1.2"),
        json!("1.3"),
        json!("http"),
        json!("event"),
        json!("stateless"),
        json!("stateful"),
        json!("persistent"),
        json!("ephemeral"),
        json!("HTTP"),
        json!("1.0 "),
        json!([]),
        json!({}),
        json!([[]]),
        json!([{}]),
        json!([null]),
        json!({"": 1}),
        json!({"name": "x"}),
        json!({"schema": "a"}),
        json!({"ref": "a"}),
        json!({"schema": "a", "ref": "b"}),
        json!({"values": {}}),
        json!({"team": "a"}),
        json!({"contacts": []}),
        json!({"min": 1}),
        json!({"min": 1, "max": 0}),
        json!({"replicas": 1, "min": 1}),
        json!({"type": "event", "name": "a"}),
    ];
    proptest::sample::select(scalars.to_vec()).boxed()
}

/// One change to a document.
#[derive(Debug, Clone)]
enum Mutation {
    Delete(usize),
    Rename(usize, &'static str),
    Capitalise(usize),
    Add(usize, &'static str, Value),
    Replace(usize, Value),
    /// The value at one place put at another.
    Transplant(usize, usize),
    Wrap(usize),
    SwapForm(usize),
}

const KEYS: [&str; 24] = [
    "",
    "colour",
    "name",
    "type",
    "port",
    "contract",
    "schema",
    "ref",
    "values",
    "configuration",
    "configurations",
    "policy",
    "policies",
    "readiness",
    "metadata",
    "min",
    "max",
    "replicas",
    "owner",
    "team",
    "dri",
    "compatibility",
    "durability",
    "x y",
];

fn mutation() -> impl Strategy<Value = Mutation> {
    let place = || any::<usize>();
    let key = || proptest::sample::select(KEYS.to_vec());
    prop_oneof![
        2 => place().prop_map(Mutation::Delete),
        2 => (place(), key()).prop_map(|(place, key)| Mutation::Rename(place, key)),
        1 => place().prop_map(Mutation::Capitalise),
        2 => (place(), key(), any_value()).prop_map(|(place, key, value)| Mutation::Add(place, key, value)),
        5 => (place(), any_value()).prop_map(|(place, value)| Mutation::Replace(place, value)),
        1 => (place(), place()).prop_map(|(from, to)| Mutation::Transplant(from, to)),
        1 => place().prop_map(Mutation::Wrap),
        2 => place().prop_map(Mutation::SwapForm),
    ]
}

/// JSON Pointers of all values, the root first.
fn places(value: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut next = 0;
    while let Some(at) = found.get(next).cloned() {
        next += 1;
        match value.pointer(&at) {
            Some(Value::Object(members)) => {
                let escaped = members.keys().map(|key| key.replace('~', "~0").replace('/', "~1"));
                found.extend(escaped.map(|key| format!("{at}/{key}")));
            }
            Some(Value::Array(items)) => found.extend((0..items.len()).map(|index| format!("{at}/{index}"))),
            _ => {}
        }
    }
    found
}

fn pick<T>(options: &[T], choice: usize) -> Option<&T> {
    options.get(choice.checked_rem(options.len())?)
}

/// The object that has a key at `choice`, and that key.
fn member(document: &mut Value, choice: usize) -> Option<(&mut Map<String, Value>, String)> {
    let members: Vec<_> = places(document)
        .into_iter()
        .filter_map(|at| at.rsplit_once('/').map(|(parent, key)| (parent.to_owned(), key.to_owned())))
        .filter(|(parent, _)| document.pointer(parent).is_some_and(Value::is_object))
        .collect();
    let (parent, key) = pick(&members, choice)?.clone();
    let key = key.replace("~1", "/").replace("~0", "~");
    Some((document.pointer_mut(&parent)?.as_object_mut()?, key))
}

fn at(document: &mut Value, choice: usize) -> Option<&mut Value> {
    let places = places(document);
    document.pointer_mut(pick(&places, choice)?)
}

fn mutate(document: &mut Value, mutation: &Mutation) -> Option<()> {
    match mutation {
        Mutation::Delete(place) => {
            let (object, key) = member(document, *place)?;
            object.shift_remove(&key);
        }
        Mutation::Rename(place, name) => {
            let (object, key) = member(document, *place)?;
            let value = object.shift_remove(&key)?;
            object.insert((*name).to_owned(), value);
        }
        Mutation::Capitalise(place) => {
            let (object, key) = member(document, *place)?;
            let value = object.shift_remove(&key)?;
            object.insert(key.to_uppercase(), value);
        }
        Mutation::Add(place, name, value) => {
            let objects: Vec<_> = places(document)
                .into_iter()
                .filter(|at| document.pointer(at).is_some_and(Value::is_object))
                .collect();
            let object = document.pointer_mut(pick(&objects, *place)?)?.as_object_mut()?;
            object.insert((*name).to_owned(), value.clone());
        }
        Mutation::Replace(place, value) => *at(document, *place)? = value.clone(),
        Mutation::Transplant(from, to) => {
            let value = at(document, *from)?.clone();
            *at(document, *to)? = value;
        }
        Mutation::Wrap(place) => {
            let value = at(document, *place)?;
            *value = match value.take() {
                Value::Array(mut items) if items.len() == 1 => items.pop()?,
                other => Value::Array(vec![other]),
            };
        }
        Mutation::SwapForm(place) => swap_form(document, *place)?,
    }
    Some(())
}

/// Turns one singular section into the plural form or back, without regard for names, or one owner into the other form.
fn swap_form(document: &mut Value, choice: usize) -> Option<()> {
    let (singular, plural) =
        *pick(&[("configuration", "configurations"), ("policy", "policies"), ("", "")], choice)?;
    if singular.is_empty() {
        let owner = document.pointer_mut("/service/owner")?;
        *owner = match owner.take() {
            Value::String(name) => json!({"team": name}),
            Value::Object(owner) => owner.get("team").cloned().unwrap_or(json!("")),
            other => other,
        };
        return Some(());
    }
    let root = document.as_object_mut()?;
    match (root.shift_remove(singular), root.shift_remove(plural)) {
        (Some(one), None) => root.insert(plural.to_owned(), json!([one])),
        (None, Some(list)) => root.insert(singular.to_owned(), list.get(0).cloned().unwrap_or(json!({}))),
        _ => None,
    };
    Some(())
}

/// The document as YAML in two spellings; both have to get the same verdict.
fn verdict_of(document: &Value) -> Result<bool, String> {
    let flow = verdict(document.to_string().as_bytes())?;
    let block = verdict(emit(&Node::from_json(document)).as_bytes())?;
    if flow == block { Ok(flow) } else { Err(format!("flow {flow}, block {block}: {document}")) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_table_describes_is_valid_to_both(document in object(&CONTRACT)) {
        prop_assert_eq!(verdict_of(&document), Ok(true));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutations_get_the_same_verdict_from_both(
        document in object(&CONTRACT),
        mutations in proptest::collection::vec(mutation(), 1..4),
    ) {
        let mut document = document;
        for mutation in &mutations {
            mutate(&mut document, mutation);
        }
        if let Err(disagreement) = verdict_of(&document) {
            return Err(TestCaseError::fail(disagreement));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_key_that_is_there_twice_is_refused(document in object(&CONTRACT), choice in any::<usize>()) {
        let text = document.to_string();
        let members: Vec<_> = text.match_indices('{').filter(|(at, _)| text.get(at + 1..at + 2) == Some("\"")).collect();
        let (at, _) = *pick(&members, choice).unwrap();
        let key = text[at + 2..].split('"').next().unwrap();
        let twice = format!("{}\"{key}\": 1, {}", &text[..=at], &text[at + 1..]);
        prop_assert_eq!(verdict(twice.as_bytes()), Ok(false));
    }
}

#[test]
fn identity_that_is_missing_or_empty_is_refused_by_both() {
    let whole = json!({"pactoVersion": "1.0", "service": {"name": "cart", "version": "1.0.0"}});
    assert_eq!(verdict_of(&whole), Ok(true));
    for pointer in ["/pactoVersion", "/service", "/service/name", "/service/version"] {
        for value in [json!(""), json!(null), json!([]), json!({}), json!(1), json!(1.0), json!(true)] {
            let mut changed = whole.clone();
            *changed.pointer_mut(pointer).unwrap() = value.clone();
            assert_eq!(verdict_of(&changed), Ok(false), "{pointer} {value}");
        }
        let mut without = whole.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        without.pointer_mut(parent).unwrap().as_object_mut().unwrap().shift_remove(key);
        assert_eq!(verdict_of(&without), Ok(false), "{pointer}");
    }
    for text in ["", "[]", "1", "~", "{}", "a: [", "\u{0}"] {
        assert_eq!(verdict(text.as_bytes()), Ok(false), "{text:?}");
    }
}

#[test]
fn numbers_at_every_border_get_the_same_verdict_from_both() {
    let head = "pactoVersion: '1.0'\nservice: {name: cart, version: 1.0.0}\n";
    let numbers = [
        "-1",
        "-0",
        "-0.0",
        "0",
        "0.0",
        "0.5",
        "1",
        "1.0",
        "1e0",
        "1e3",
        "0x10",
        "0o17",
        "+1",
        "65535",
        "65535.0",
        "65535.5",
        "65536",
        "6.5535e4",
        "9007199254740991",
        "9007199254740991.0",
        "9007199254740992",
        "9.1e15",
        "9223372036854775807",
        "9223372036854775808",
        "1e19",
        "18446744073709551615",
        "18446744073709551616",
        "1e300",
        "1e999",
        ".inf",
        "-.inf",
        ".nan",
        "1_000",
        "'1'",
        "~",
        "true",
        "2024-01-01",
        "99999999999999999999999999999999999999999",
    ];
    for number in numbers {
        for section in [
            format!("interfaces: [{{name: a, type: http, port: {number}}}]"),
            format!("scaling: {{replicas: {number}}}"),
            format!("scaling: {{min: 1, max: {number}}}"),
            format!("metadata: {{any: {number}}}"),
        ] {
            let text = format!("{head}{section}\n");
            verdict(text.as_bytes()).unwrap();
        }
    }
}

fn yaml_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            yaml_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            found.push(path);
        }
    }
}

#[test]
fn every_yaml_file_of_the_checkout_gets_the_same_verdict_from_both() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for directory in ["tests/contracts", "examples", "../shared/demo"] {
        yaml_files(&root.join(directory), &mut files);
    }
    if !root.join("../shared").is_dir() {
        println!("left out: demo");
    }
    assert!(files.len() > 40, "only {} files", files.len());
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        if let Err(disagreement) = verdict(&bytes) {
            panic!("{}: {disagreement}", file.display());
        }
    }
}

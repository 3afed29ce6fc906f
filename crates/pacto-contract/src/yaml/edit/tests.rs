use proptest::prelude::*;
use serde_json::json;

use super::*;

const CONTRACT: &str = "\
# Ours.
pactoVersion: \"1.0\" # the format

service:
  name: cart # the shop's
  version: 1.0.0

# What it shows.
interfaces:
  - name: api # first
    type: http
    port: 8080 # plain

  # The second.
  - {name: events, type: event}
dependencies: []
scaling: {min: 1, max: 3} # small
metadata:
";

fn at(path: &[&str]) -> Pointer {
    path.iter().fold(Pointer::root(), |place, step| match step.parse() {
        Ok(index) => place.index(index),
        Err(_) => place.key(step),
    })
}

fn edited(change: impl FnOnce(&mut Editor)) -> String {
    let mut editor = Editor::new(CONTRACT).unwrap();
    change(&mut editor);
    editor.text().to_owned()
}

#[test]
fn scalars_change_and_their_comments_stay() {
    let text = edited(|editor| {
        editor.set(&at(&["service", "version"]), &json!("2.0.0")).unwrap();
        editor.set(&at(&["service", "name"]), &json!("basket")).unwrap();
        editor.set(&at(&["interfaces", "0", "port"]), &json!(9090)).unwrap();
        editor.set(&at(&["scaling", "max"]), &json!(5)).unwrap();
    });
    let expected = CONTRACT
        .replace("1.0.0", "\"2.0.0\"")
        .replace("name: cart", "name: basket")
        .replace("8080", "9090")
        .replace("max: 3", "max: 5");
    assert_eq!(text, expected);
}

#[test]
fn what_is_missing_is_added_where_it_belongs() {
    let text = edited(|editor| {
        editor.set(&at(&["service", "owner"]), &json!("shop")).unwrap();
        editor.set(&at(&["runtime", "state", "type"]), &json!("stateless")).unwrap();
        editor.set(&at(&["interfaces", "0", "visibility"]), &json!("public")).unwrap();
        editor.set(&at(&["interfaces", "1", "visibility"]), &json!("internal")).unwrap();
        editor.set(&at(&["metadata", "tier"]), &json!("1")).unwrap();
        editor
            .append(&at(&["dependencies"]), &json!({"ref": "oci://r.example/a", "required": true}))
            .unwrap();
        editor.append(&at(&["interfaces"]), &json!({"name": "rpc", "type": "grpc"})).unwrap();
    });
    insta::assert_snapshot!(text, @r#"
    # Ours.
    pactoVersion: "1.0" # the format

    service:
      name: cart # the shop's
      version: 1.0.0
      owner: shop

    # What it shows.
    interfaces:
      - name: api # first
        type: http
        port: 8080 # plain
        visibility: public

      # The second.
      - {name: events, type: event, "visibility": "internal"}
      - name: rpc
        type: grpc
    dependencies:
      - ref: "oci://r.example/a"
        required: true
    scaling: {min: 1, max: 3} # small
    metadata:
      tier: "1"
    runtime:
      state:
        type: stateless
    "#);
}

#[test]
fn what_is_removed_takes_nothing_with_it() {
    let text = edited(|editor| {
        editor.remove(&at(&["interfaces", "0", "name"])).unwrap();
        editor.remove(&at(&["scaling", "min"])).unwrap();
        editor.remove(&at(&["service", "version"])).unwrap();
        editor.remove(&at(&["interfaces", "1"])).unwrap();
        editor.remove(&at(&["metadata"])).unwrap();
    });
    insta::assert_snapshot!(text, @r#"
    # Ours.
    pactoVersion: "1.0" # the format

    service:
      name: cart # the shop's

    # What it shows.
    interfaces:
      - type: http
        port: 8080 # plain

      # The second.
    dependencies: []
    scaling: {max: 3} # small
    "#);
    // The last element takes its list along.
    let gone = edited(|editor| {
        editor.remove(&at(&["interfaces", "1"])).unwrap();
        editor.remove(&at(&["interfaces", "0"])).unwrap();
    });
    assert!(!gone.contains("interfaces") && gone.contains("# What it shows."), "{gone}");
}

#[test]
fn other_kinds_of_values_take_each_others_place() {
    let text = edited(|editor| {
        editor.set(&at(&["service"]), &json!("none")).unwrap();
        editor.set(&at(&["scaling"]), &json!({"replicas": 2})).unwrap();
        editor.set(&at(&["dependencies"]), &json!([1, 2])).unwrap();
    });
    let tree = load(&text, Budget::CONTRACT).unwrap().to_json().unwrap();
    assert_eq!((&tree["service"], &tree["scaling"]), (&json!("none"), &json!({"replicas": 2})));
    assert!(text.contains("# small") && text.contains("# What it shows."), "{text}");
}

#[test]
fn other_ends_of_lines_and_other_layouts() {
    let mut editor = Editor::new("a:\r\n  b: 1\r\nc:\r\n- x\r\n- y").unwrap();
    editor.set(&at(&["a", "d"]), &json!(2)).unwrap();
    editor.append(&at(&["c"]), &json!("z")).unwrap();
    assert_eq!(editor.text(), "a:\r\n  b: 1\r\n  d: 2\r\nc:\r\n- x\r\n- y\r\n- z\r\n");
    let mut json = Editor::new("{\"a\": [1], \"b\": {}}").unwrap();
    json.append(&at(&["a"]), &json!({"x": "y"})).unwrap();
    json.set(&at(&["b", "c"]), &json!(true)).unwrap();
    json.set(&at(&["d"]), &json!([1])).unwrap();
    assert_eq!(json.text(), "{\"a\": [1, {\"x\":\"y\"}], \"b\": {\"c\": true}, \"d\": [1]}");
    json.remove(&at(&["a", "0"])).unwrap();
    json.remove(&at(&["d"])).unwrap();
    assert_eq!(json.text(), "{\"a\": [{\"x\":\"y\"}], \"b\": {\"c\": true}}");
}

#[test]
fn what_cannot_be_is_refused_and_changes_nothing() {
    let mut editor = Editor::new(CONTRACT).unwrap();
    for place in [&["service", "name", "x"][..], &["interfaces", "7", "port"], &["interfaces", "x"]] {
        assert!(editor.set(&at(place), &json!(1)).is_err(), "{place:?}");
    }
    assert!(editor.append(&at(&["service"]), &json!(1)).is_err());
    assert!(editor.remove(&at(&["none"])).is_err());
    assert_eq!(editor.text(), CONTRACT);
    assert!(matches!(Editor::new("a: [1"), Err(EditError::Load(_))));
    // What an anchor says would change elsewhere too.
    let text = "a: &x {b: 1}\nc: *x\n";
    let mut anchored = Editor::new(text).unwrap();
    assert!(matches!(anchored.set(&at(&["a", "b"]), &json!(2)), Err(EditError::Layout(_))));
    assert_eq!(anchored.text(), text);
}

fn json_value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i32>().prop_map(Json::from),
        "[ -~äöü\\n]{0,12}".prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map("[a-z#:\\- ]{1,6}", inner, 0..4)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Whatever is written can be read back, and the rest is as it was.
    #[test]
    fn every_change_says_what_it_says(first in json_value(), second in json_value(), key in "[a-z]{1,5}") {
        let start = object("start", first.clone());
        let text = emit(&Node::from_json(&start));
        let mut editor = Editor::new(&text).unwrap();
        let place = Pointer::root().key("new").key(&key);
        editor.set(&place, &second).unwrap();
        let mut expected = start;
        put(&mut expected, &place, second.clone());
        prop_assert_eq!(editor.tree().to_json().unwrap(), expected.clone());
        prop_assert!(editor.text().starts_with(text.trim_end()), "{}", editor.text());
        editor.append(&Pointer::root().key("list"), &second).unwrap();
        editor.append(&Pointer::root().key("list"), &first).unwrap();
        expected["list"] = json!([second, first]);
        prop_assert_eq!(editor.tree().to_json().unwrap(), expected.clone());
        editor.remove(&Pointer::root().key("list").index(0)).unwrap();
        expected["list"] = json!([first]);
        prop_assert_eq!(editor.tree().to_json().unwrap(), expected);
    }
}

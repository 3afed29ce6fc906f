//! What description files add to an interface.

use super::{OPENAPI, Subject};

fn interfaces(kind: &str, file: Option<&str>) -> String {
    let contract = format!(
        "pactoVersion: '1.0'\nservice: {{name: a, version: '1'}}\n\
         interfaces: [{{name: x, type: {kind}, port: 80, contract: file}}]\n"
    );
    let files: Vec<_> = file.map(|text| ("file", text)).into_iter().collect();
    let document = Subject::new(&contract, &files).markdown();
    let start = document.find("described by `file`.\n\n").unwrap();
    let text = &document[start + "described by `file`.\n\n".len()..];
    text[..text.find("---\n\nGenerated").unwrap()].trim_end().to_owned()
}

#[test]
fn files_that_say_nothing_become_a_note() {
    for kind in ["http", "event", "grpc"] {
        assert_eq!(interfaces(kind, None), "_The file is not in the bundle._");
    }
    assert_eq!(interfaces("grpc", Some("syntax = \"proto3\";")), "_The file lists no methods._");
    for kind in ["http", "event"] {
        assert_eq!(interfaces(kind, Some("")), "_The file cannot be read: the file is empty._");
        let note = interfaces(kind, Some("a: [<b>"));
        assert!(note.starts_with("_The file cannot be read: ") && note.ends_with("._"), "{note}");
        let note = interfaces(kind, Some("{'<b>|*': 1, '<b>|*': 2}"));
        assert_eq!(note, {
            "_The file cannot be read: the key \"&lt;b&gt;\\|\\*\" is there twice; first on line 1._"
        });
    }
    assert_eq!(interfaces("http", Some("[1]")), "_The file is not an OpenAPI document._");
    assert_eq!(interfaces("http", Some("openapi: 3.1.0")), "_The file lists no operations._");
    assert_eq!(interfaces("http", Some("{openapi: 3.1.0, paths: [a]}")), "_The file lists no operations._");
    assert_eq!(
        interfaces("event", Some("asyncapi: 4.0.0")),
        "_The file is not an AsyncAPI 2 or 3 document._"
    );
    assert_eq!(interfaces("event", Some("asyncapi: 2.6.0")), "_The file lists no channels._");
}

#[test]
fn events_from_the_view_of_the_service() {
    let version_2 = r##"
        asyncapi: 2.6.0
        channels:
          trips.ended:
            subscribe: {operationId: b, summary: It is over, message: {$ref: "#/components/messages/Ended"}}
            publish: {operationId: a, message: {oneOf: [{name: One}, {title: Two}, {payload: {}}]}}
          idle: {description: Nobody uses it}
        components: {messages: {Ended: {payload: {}}}}
    "##;
    insta::assert_snapshot!(interfaces("event", Some(version_2)), @"
    | Channel | Direction | Operation | Messages | Summary |
    |---|---|---|---|---|
    | `idle` | — | — | — | Nobody uses it |
    | `trips.ended` | produced | `a` | `One`, `Two` | — |
    | `trips.ended` | consumed | `b` | `Ended` | It is over |
    ");
    let version_3 = r##"
        asyncapi: 3.0.0
        channels:
          ended: {address: trips.ended, summary: Trips, messages: {e: {$ref: "#/components/messages/Ended"}, f: {}}}
          idle: {messages: {g: {}}}
        operations:
          tell: {action: send, channel: {$ref: "#/channels/ended"}}
          hear: {action: receive, channel: {$ref: "#/channels/ended"}, summary: Ears, messages: [{$ref: "#/channels/ended/messages/e"}]}
          lost: {action: receive, channel: {$ref: "other.yaml#/channels/there"}}
          odd: {action: shout}
        components: {messages: {Ended: {payload: {}}}}
    "##;
    insta::assert_snapshot!(interfaces("event", Some(version_3)), @"
    | Channel | Direction | Operation | Messages | Summary |
    |---|---|---|---|---|
    | `idle` | — | — | `g` | — |
    | `there` | consumed | `lost` | — | — |
    | `trips.ended` | produced | `tell` | `Ended`, `f` | Trips |
    | `trips.ended` | consumed | `hear` | `Ended` | Ears |
    ");
}

#[test]
fn json_and_yaml_read_the_same() {
    let tree = pacto_contract::yaml::load(OPENAPI, pacto_contract::yaml::Budget::INTERFACE).unwrap();
    let json = serde_json::to_string_pretty(&tree.to_json().unwrap()).unwrap();
    assert_eq!(interfaces("http", Some(&json)), interfaces("http", Some(OPENAPI)));
}

#[test]
fn methods_have_an_order() {
    let shuffled = "{openapi: 3.0.0, paths: {/b: {trace: {}, options: {}, delete: {}, put: {}, get: {}}, \
                    /a: {head: {}, patch: {}, post: {}}}}";
    let table = interfaces("http", Some(shuffled));
    let rows: Vec<_> = table.lines().skip(2).map(|line| line.trim_end_matches(" | — |")).collect();
    assert_eq!(rows, {
        [
            "| POST | `/a`",
            "| PATCH | `/a`",
            "| HEAD | `/a`",
            "| GET | `/b`",
            "| PUT | `/b`",
            "| DELETE | `/b`",
            "| OPTIONS | `/b`",
            "| TRACE | `/b`",
        ]
    });
}

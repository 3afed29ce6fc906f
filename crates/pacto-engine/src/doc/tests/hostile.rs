//! Foreign text adds no structure.

use proptest::prelude::*;

use super::{Subject, graph, section};

/// A contract in which every free text is `text`.
fn repeated(text: &str) -> Subject {
    let quoted = serde_json::to_string(text).unwrap();
    let contract = format!(
        "pactoVersion: '1.0'\n\
         service:\n  name: {quoted}\n  version: {quoted}\n  owner: {{team: {quoted}, dri: {quoted}, \
         contacts: [{{type: {quoted}, value: {quoted}, purpose: {quoted}}}]}}\n  image: {{ref: {quoted}}}\n  \
         chart: {{ref: {quoted}, version: {quoted}}}\n\
         interfaces:\n- {{name: {quoted}, type: http, port: 1, visibility: public, contract: OPENAPI}}\n\
         - {{name: {quoted}, type: event, visibility: {quoted}, contract: ASYNCAPI}}\n\
         - {{name: {quoted}, type: {quoted}, contract: {quoted}}}\n\
         configurations:\n- {{name: {quoted}, schema: SCHEMA}}\n- {{name: {quoted}, ref: {quoted}}}\n\
         policies:\n- {{name: {quoted}, schema: SCHEMA}}\n- {{name: {quoted}, ref: {quoted}}}\n\
         dependencies:\n- {{name: {quoted}, ref: {quoted}, required: true, compatibility: {quoted}}}\n\
         - {{ref: {quoted}, compatibility: {quoted}}}\n\
         runtime:\n  workload: {quoted}\n  \
         state: {{type: {quoted}, persistence: {{scope: {quoted}, durability: {quoted}}}, dataCriticality: {quoted}}}\n  \
         health: {{interface: {quoted}, path: {quoted}}}\n  metrics: {{interface: {quoted}, path: {quoted}}}\n\
         metadata: {{k: {quoted}, l: [{quoted}]}}\n"
    );
    let openapi = format!(
        "{{openapi: 3.0.0, paths: {{/: {{get: {{summary: {quoted}}}, put: {{description: {quoted}}}}}}}}}"
    );
    let asyncapi = format!(
        "{{asyncapi: 3.0.0, channels: {{c: {{address: {quoted}, messages: {{m: {{name: {quoted}}}}}}}}}, \
         operations: {{o: {{action: send, summary: {quoted}, channel: {{$ref: '#/channels/c'}}}}}}}}"
    );
    let schema = format!(
        "{{title: {quoted}, description: {quoted}, properties: {{a: {{type: {quoted}, format: {quoted}, \
         description: {quoted}, default: {quoted}, enum: [{quoted}], pattern: {quoted}}}, \
         b: {{const: {quoted}, $ref: {quoted}}}}}}}"
    );
    Subject::new(&contract, &[("OPENAPI", &openapi), ("ASYNCAPI", &asyncapi), ("SCHEMA", &schema)])
}

fn in_graph(subject: &Subject) -> String {
    let root = subject.node(&[Ok(1), Err(&subject.document.contract.service.name)]);
    subject.with_graph(&graph(vec![root, subject.node(&[Ok(0), Ok(1)])]))
}

/// What foreign text could add to: kinds of lines, cells of a row, labels of the diagram.
fn structure(document: &str) -> Vec<(&str, usize)> {
    const STARTS: [&str; 12] = [
        "# ",
        "## ",
        "### ",
        "- ",
        "  - ",
        "|---",
        "<details id=",
        "<summary>",
        "</details>",
        "<a id=",
        "---",
        "_",
    ];
    let mut in_diagram = false;
    let line = |line: &str| {
        let fence = ["```mermaid", "```"].into_iter().find(|fence| line == *fence);
        in_diagram = fence.map_or(in_diagram, |fence| fence == "```mermaid");
        let start = STARTS.into_iter().find(|start| line.starts_with(start));
        match line.chars().next() {
            _ if in_diagram => ("diagram", line.matches('"').count()),
            Some('|') => ("row", line.replace("\\|", "").matches('|').count()),
            None => ("", 0),
            Some(_) => (fence.or(start).unwrap_or("text"), 0),
        }
    };
    document.lines().map(line).collect()
}

#[test]
fn hostile_text_stays_text() {
    let hostile = "</summary><script>alert(1)</script>\n\n# ![x](http://e/) [y](javascript:z) | `|\\|` %%{init: {}}%% \"]";
    let document = in_graph(&repeated(hostile));
    assert_eq!(structure(&document), structure(&in_graph(&repeated("word"))));
    let prose = "&lt;/summary&gt;&lt;script&gt;alert(1)&lt;/script&gt; \\# !\\[x\\](http://e/) \\[y\\](javascript:z) \\| \\`\\|\\\\\\|\\` \
                 %%{init: {}}%% \"\\]";
    let code = "``</summary><script>alert(1)</script> # ![x](http://e/) [y](javascript:z) | `|\\|` %%{init: {}}%% \"]``";
    assert!(
        document.starts_with(&format!("# {prose}\n\n**{prose}** {code} is a {prose} {prose} workload with "))
    );
    // Code spans with this text have a fence of two backticks, and nothing else has.
    let outside: Vec<_> = document.split("``").step_by(2).collect();
    let outside = outside.concat();
    assert!(!outside.contains("<script") && !outside.contains("[y]"));
    assert!(document.contains("<summary><strong>&#60;/summary&#62;&#60;script&#62;alert&#40;1&#41;"));
    let diagram = section(&document, "## 1. Architecture");
    assert!(!diagram.contains("%%") && !diagram.contains("<script") && !diagram.contains("`|"), "{diagram}");
}

proptest! {
    #[test]
    fn no_text_adds_structure(text in "[a1 |`<>&\\[\\](){}!#*_~$%\"'\\\\:;/\n\t=+.-]{0,12}[a-z]") {
        let (document, plain) = (in_graph(&repeated(&text)), in_graph(&repeated("word")));
        prop_assert_eq!(structure(&document), structure(&plain));
    }
}

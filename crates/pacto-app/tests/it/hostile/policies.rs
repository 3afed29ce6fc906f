//! Policies and ranges that lead nowhere, around, or everywhere at once.

use crate::support::{Case, HEAD, HTTP, assert_table, repeated};

fn adopting(reference: &str) -> Case {
    Case::new(format!("{HEAD}{HTTP}policy:\n  ref: {reference}\n"))
}

fn published(name: &str) -> String {
    format!("oci://registry.example.com/test/{name}")
}

fn policy_of(name: &str) -> String {
    format!("policy:\n  ref: {}\n", published(name))
}

/// `p0` refers to `p1`, and so on; the last has a schema.
fn chain(length: usize) -> Case {
    let case = adopting(&published("p0"));
    for index in 0..length {
        case.publish(&format!("p{index}"), &policy_of(&format!("p{}", index + 1)), None);
    }
    case.publish(&format!("p{length}"), "", Some("{\"required\": [\"scaling\"]}"));
    case
}

/// Every level refers twice to the next, under two names.
fn diamond(levels: usize) -> Case {
    let case = adopting(&published("l0a"));
    for level in 0..levels {
        let next = |side: char| published(&format!("l{}{side}", level + 1));
        let policies = format!(
            "policies:\n  - {{name: a, ref: '{}'}}\n  - {{name: b, ref: '{}'}}\n",
            next('a'),
            next('b')
        );
        for side in ['a', 'b'] {
            case.publish(&format!("l{level}{side}"), &policies, None);
        }
    }
    for side in ['a', 'b'] {
        case.publish(&format!("l{levels}{side}"), "", Some("{\"required\": [\"scaling\"]}"));
    }
    case
}

fn cycle(length: usize) -> Case {
    let case = adopting(&published("p0"));
    for index in 0..length {
        case.publish(&format!("p{index}"), &policy_of(&format!("p{}", (index + 1) % length)), None);
    }
    case
}

/// The label of a chain names every step; a test looks at its ends.
fn said(case: &Case) -> String {
    let said = case.said();
    match (said.char_indices().nth(300), said.char_indices().nth_back(200)) {
        (Some((first, _)), Some((last, _))) if first < last => {
            format!("{} … {}", &said[..first], &said[last..])
        }
        _ => said,
    }
}

#[test]
fn policies_come_to_an_end() {
    let wide = adopting(&published("wide"));
    let entries = repeated(2_000, |index| format!("  - {{name: n{index}, ref: '{}'}}\n", published("leaf")));
    wide.publish("wide", &format!("policies:\n{entries}"), None).publish("leaf", "", Some("false"));
    let own = Case::new(format!(
        "{HEAD}{HTTP}policies:\n{}",
        repeated(2_000, |index| format!("  - {{name: n{index}, schema: p.json}}\n"))
    ));
    own.file("bundle/p.json", "{\"properties\": {\"policies\": {\"items\": false}}}");
    let forbids = adopting(&published("rules"));
    forbids.publish("rules", "", Some("{\"title\": \"No policies\", \"properties\": {\"policy\": false}}"));
    let itself = adopting(&published("rules"));
    itself.publish("rules", &policy_of("rules"), None);
    let publishes = Case::new(format!("{HEAD}policy:\n  schema: p.json\n"));
    publishes.file("bundle/p.json", "{\"properties\": {\"policy\": false}}");
    assert_table(
        [
            (
                "a chain of 100",
                chain(100),
                "ERROR POLICY_VIOLATION - bundle/pacto.yaml:1:1 policy oci://registry.example.com/test/p0 → oci://registry.example.com/test/p1 → oci://registry.example.com/test/p2 → oci://registry.example.com/test/p3 → … → oci://registry.example.com/test/p97 → oci://registry.example.com/test/p98 → oci://registry.example.com/test/p99 → oci://registry.example.com/test/p100: missing property 'scaling'",
            ),
            (
                "a chain of 1,000",
                chain(1_000),
                "ERROR POLICY_REF_UNRESOLVED policy.ref bundle/pacto.yaml:10:8 policy oci://registry.example.com/test/p0 → oci://registry.example.com/test/p1 → oci://registry.example.com/test/p2 → oci://registry.example.com/test/p3 → … → oci://registry.example.com/test/p125 → oci://registry.example.com/test/p126 → oci://registry.example.com/test/p127 → oci://registry.example.com/test/p128 is unresolved: the chain of policies is longer than 128 | a contract is not valid while a policy of it cannot be read",
            ),
            (
                "a cycle of one",
                itself,
                "ERROR POLICY_REF_CYCLE policy.ref bundle/pacto.yaml:10:8 policy oci://registry.example.com/test/rules → oci://registry.example.com/test/rules leads back to itself: cart@1.0.0 -> rules@1.0.0 -> rules@1.0.0",
            ),
            (
                "a cycle of two",
                cycle(2),
                "ERROR POLICY_REF_CYCLE policy.ref bundle/pacto.yaml:10:8 policy oci://registry.example.com/test/p0 → oci://registry.example.com/test/p1 → oci://registry.example.com/test/p0 leads back to itself: cart@1.0.0 -> p0@1.0.0 -> p1@1.0.0 -> p0@1.0.0",
            ),
            (
                "a cycle of 100",
                cycle(100),
                "ERROR POLICY_REF_CYCLE policy.ref bundle/pacto.yaml:10:8 policy oci://registry.example.com/test/p0 → oci://registry.example.com/test/p1 → oci://registry.example.com/test/p2 → oci://registry.example.com/test/p3 → … → oci://registry.example.com/test/p97 → oci://registry.example.com/test/p98 → oci://registry.example.com/test/p99 → oci://registry.example.com/test/p0 leads back to itself: cart@1.0.0 -> p0@1.0.0 -> p1@1.0.0 -> p2@1.0.0 -> … -> p97@1.0.0 -> p98@1.0.0 -> p99@1.0.0 -> p0@1.0.0",
            ),
            (
                "a cycle of 1,000",
                cycle(1_000),
                "ERROR POLICY_REF_UNRESOLVED policy.ref bundle/pacto.yaml:10:8 policy oci://registry.example.com/test/p0 → oci://registry.example.com/test/p1 → oci://registry.example.com/test/p2 → oci://registry.example.com/test/p3 → … → oci://registry.example.com/test/p125 → oci://registry.example.com/test/p126 → oci://registry.example.com/test/p127 → oci://registry.example.com/test/p128 is unresolved: the chain of policies is longer than 128 | a contract is not valid while a policy of it cannot be read",
            ),
            (
                "two to the power of 20 ways",
                diamond(20),
                "ERROR POLICY_VIOLATION - bundle/pacto.yaml:1:1 policy oci://registry.example.com/test/l0a → oci://registry.example.com/test/l1a → oci://registry.example.com/test/l2a → oci://registry.example.com/test/l3a → … → oci://registry.example.com/test/l17a → oci://registry.example.com/test/l18a → oci://regist … com/test/l3a → … → oci://registry.example.com/test/l17a → oci://registry.example.com/test/l18a → oci://registry.example.com/test/l19a → oci://registry.example.com/test/l20b: missing property 'scaling'",
            ),
            (
                "2,000 names of one policy",
                wide,
                "ERROR POLICY_VIOLATION - bundle/pacto.yaml:1:1 policy oci://registry.example.com/test/wide → oci://registry.example.com/test/leaf: nothing is allowed here\nWARNING POLICY_UNSATISFIABLE policy.ref bundle/pacto.yaml:10:8 no contract can satisfy policy oci://registry.example.com/test/wide → oci://registry.example.com/test/leaf: nothing is allowed at the contract | tell the owner of the policy; it may be meant for another document",
            ),
            (
                "2,000 policies that are broken 2,000 times",
                own,
                "ERROR POLICY_VIOLATION policies[0] bundle/pacto.yaml:10:5 policy \"n0\": nothing is allowed here\nERROR POLICY_VIOLATION policies[1] bundle/pacto.yaml:11:5 policy \"n0\": nothing is allowed here\nERROR POLICY_VIOLATION policies[2] bundle/pacto.yaml:12:5 policy \"n0\": nothing is allowed here\nERROR POLICY_VI … 5 policy \"n0\": nothing is allowed here\nERROR POLICY_VIOLATION policies[999] bundle/pacto.yaml:1009:5 policy \"n0\": nothing is allowed here | 1000 more findings are left out; correct these and run again",
            ),
            (
                "a policy that forbids itself",
                forbids,
                "ERROR POLICY_VIOLATION policy bundle/pacto.yaml:9:1 policy oci://registry.example.com/test/rules: No policies (nothing is allowed here)",
            ),
            (
                "a publisher that forbids itself",
                publishes,
                "INFO POLICY_NOT_SELF_ENFORCED policy bundle/pacto.yaml:5:1 policy p.json is published, and not applied to the contract that publishes it",
            ),
            (
                "the contract itself",
                adopting("."),
                "ERROR POLICY_REF_CYCLE policy.ref bundle/pacto.yaml:10:8 policy . leads back to itself: cart@1.0.0 -> cart@1.0.0",
            ),
        ],
        |case| said(&case),
    );
}

#[test]
fn two_ways_to_one_policy_are_no_cycle() {
    let case = diamond(1);
    let both = format!(
        "policies:\n  - {{name: a, ref: '{}'}}\n  - {{name: b, ref: '{}'}}\n",
        published("l1a"),
        published("l0a")
    );
    case.file("bundle/pacto.yaml", format!("{HEAD}{HTTP}scaling: {{replicas: 1}}\n{both}"));
    assert_eq!(case.said(), "");
}

#[test]
fn a_policy_that_is_published_and_adopted_is_enforced() {
    let schema = "{\"required\": [\"interfaces\"]}";
    let adopted = published("rules");
    let policies =
        format!("policies:\n  - {{name: own, schema: p.json}}\n  - {{name: theirs, ref: '{adopted}'}}\n");
    let case = Case::new(format!("{HEAD}{policies}"));
    case.file("bundle/p.json", schema).publish("rules", "", Some(schema));
    assert_table(
        [(
            "the same schema",
            case,
            "ERROR POLICY_VIOLATION - bundle/pacto.yaml:1:1 policy oci://registry.example.com/test/rules: missing property 'interfaces'\nINFO POLICY_NOT_SELF_ENFORCED policies[0] bundle/pacto.yaml:6:5 policy \"own\" is published, and not applied to the contract that publishes it",
        )],
        |case| case.said(),
    );
}

#[test]
fn ranges_are_read_or_refused() {
    let said = |range: String| {
        let dependency = format!("dependencies:\n  - ref: ../stock\n    compatibility: \"{range}\"\n");
        Case::new(format!("{HEAD}{dependency}")).said()
    };
    assert_table(
        [
            (
                "nothing in it",
                ">=1 <1".to_owned(),
                "WARNING IMPOSSIBLE_COMPATIBILITY dependencies[0].compatibility bundle/pacto.yaml:7:20 no version satisfies \">=1 <1\" | correct the bounds",
            ),
            ("one version", "^0.0.0".to_owned(), ""),
            ("everything", "*".to_owned(), ""),
            ("half of it impossible", "1.x || >=2 <1".to_owned(), ""),
            ("build metadata", "1.0.0+build.7".to_owned(), ""),
            ("a pre-release", ">=1.0.0-rc.1 <1.0.0".to_owned(), ""),
            (
                "a number beyond 64 bits",
                ">=99999999999999999999".to_owned(),
                "ERROR INVALID_COMPATIBILITY dependencies[0].compatibility bundle/pacto.yaml:7:20 \">=99999999999999999999\" is not a version constraint: term \">=99999999999999999999\" at column 1: version \"99999999999999999999\": the number 99999999999999999999 is too large; the largest is 18446744073709551615",
            ),
            ("200 terms", vec![">=1"; 200].join(" "), ""),
            (
                "1,000 terms",
                vec![">=1"; 300].join(","),
                "ERROR INVALID_COMPATIBILITY dependencies[0].compatibility bundle/pacto.yaml:7:20 \">=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,\"… is not a version constraint: version range is 1199 bytes long; the limit is 1024",
            ),
            (
                "too long",
                "1".repeat(100_000),
                "ERROR INVALID_COMPATIBILITY dependencies[0].compatibility bundle/pacto.yaml:7:20 \"11111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111\"… is not a version constraint: version range is 100000 bytes long; the limit is 1024",
            ),
            (
                "operators only",
                ">".repeat(1_000),
                "ERROR INVALID_COMPATIBILITY dependencies[0].compatibility bundle/pacto.yaml:7:20 \">>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>\"… is not a version constraint: unknown operator \">>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>\" at column 1; use one of =, !=, >, <, >=, <=, ~, ^, and a space or comma between terms",
            ),
            (
                "alternatives only",
                "||".repeat(500),
                "ERROR INVALID_COMPATIBILITY dependencies[0].compatibility bundle/pacto.yaml:7:20 \"||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||\"… is not a version constraint: nothing stands beside \"||\" at column 1; remove it or write a term such as ^1.2",
            ),
            (
                "hyphens only",
                " - ".repeat(300),
                "ERROR INVALID_COMPATIBILITY dependencies[0].compatibility bundle/pacto.yaml:7:20 \" -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -\"… is not a version constraint: \"-\" at column 2 is not a hyphen range; write two versions without operators and with spaces around the hyphen, such as 1.2 - 2.0",
            ),
        ],
        said,
    );
}

#[test]
fn a_configuration_that_is_nowhere_is_a_warning() {
    let case = Case::new(format!(
        "{HEAD}configurations:\n{}",
        repeated(1_500, |index| format!("  - {{name: n{index}, ref: '{}'}}\n", published("settings")))
    ));
    case.publish("settings", "", None);
    let said = case.said();
    assert_eq!(said.lines().count(), 1_000);
    assert_eq!(
        said.lines().last().unwrap(),
        "WARNING CONFIG_REF_UNRESOLVED configurations[999].ref bundle/pacto.yaml:1005:23 configuration \"oci://registry.example.com/test/settings\" is unresolved: registry.example.com/test/settings:1.0.0 has no configuration/schema.json | 500 more findings are left out; correct these and run again"
    );
}

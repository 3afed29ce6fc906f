//! Names that look like others, and versions that are not what they are called.

use crate::support::{Case, HEAD, HTTP, assert_table};

#[test]
fn names_that_look_alike_are_refused() {
    let said = |name: &str| Case::new(HEAD.replace("cart", name)).said();
    assert_table(
        [
            (
                "Cyrillic",
                "c\u{430}rt",
                "ERROR SCHEMA_VIOLATION service.name bundle/pacto.yaml:3:9 'c\u{430}rt' does not match pattern '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' | use lower-case letters, digits and hyphens; start and end with a letter or digit; '\u{430}' is U+0430",
            ),
            (
                "Greek",
                "\u{3f2}art",
                "ERROR SCHEMA_VIOLATION service.name bundle/pacto.yaml:3:9 '\u{3f2}art' does not match pattern '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' | use lower-case letters, digits and hyphens; start and end with a letter or digit; '\u{3f2}' is U+03F2",
            ),
            (
                "full width",
                "\u{ff43}art",
                "ERROR SCHEMA_VIOLATION service.name bundle/pacto.yaml:3:9 '\u{ff43}art' does not match pattern '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' | use lower-case letters, digits and hyphens; start and end with a letter or digit; '\u{ff43}' is U+FF43",
            ),
            (
                "a zero-width space",
                "ca\u{200b}rt",
                "ERROR SCHEMA_VIOLATION service.name bundle/pacto.yaml:3:9 'ca\u{200b}rt' does not match pattern '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' | use lower-case letters, digits and hyphens; start and end with a letter or digit; '\\u{200b}' is U+200B",
            ),
            (
                "a soft hyphen",
                "ca\u{ad}rt",
                "ERROR SCHEMA_VIOLATION service.name bundle/pacto.yaml:3:9 'ca\u{ad}rt' does not match pattern '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' | use lower-case letters, digits and hyphens; start and end with a letter or digit; '\\u{ad}' is U+00AD",
            ),
            (
                "right to left",
                "\u{202e}trac",
                "ERROR SCHEMA_VIOLATION service.name bundle/pacto.yaml:3:9 '\u{202e}trac' does not match pattern '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' | use lower-case letters, digits and hyphens; start and end with a letter or digit; '\\u{202e}' is U+202E",
            ),
            (
                "a combining mark",
                "ca\u{301}rt",
                "ERROR SCHEMA_VIOLATION service.name bundle/pacto.yaml:3:9 'ca\u{301}rt' does not match pattern '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' | use lower-case letters, digits and hyphens; start and end with a letter or digit; '\\u{301}' is U+0301",
            ),
            (
                "a hyphen that is none",
                "ca\u{2010}rt",
                "ERROR SCHEMA_VIOLATION service.name bundle/pacto.yaml:3:9 'ca\u{2010}rt' does not match pattern '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' | use lower-case letters, digits and hyphens; start and end with a letter or digit; '\u{2010}' is U+2010",
            ),
            (
                "upper case",
                "CART",
                "ERROR SCHEMA_VIOLATION service.name bundle/pacto.yaml:3:9 'CART' does not match pattern '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' | use lower-case letters, digits and hyphens; start and end with a letter or digit",
            ),
            (
                "a blank",
                "ca rt",
                "ERROR SCHEMA_VIOLATION service.name bundle/pacto.yaml:3:9 'ca rt' does not match pattern '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' | use lower-case letters, digits and hyphens; start and end with a letter or digit",
            ),
            (
                "a slash",
                "../cart",
                "ERROR SCHEMA_VIOLATION service.name bundle/pacto.yaml:3:9 '../cart' does not match pattern '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' | use lower-case letters, digits and hyphens; start and end with a letter or digit",
            ),
            (
                "a hyphen first",
                "-cart",
                "ERROR SCHEMA_VIOLATION service.name bundle/pacto.yaml:3:9 '-cart' does not match pattern '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' | use lower-case letters, digits and hyphens; start and end with a letter or digit",
            ),
            (
                "Arabic digits",
                "cart\u{661}",
                "ERROR SCHEMA_VIOLATION service.name bundle/pacto.yaml:3:9 'cart\u{661}' does not match pattern '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' | use lower-case letters, digits and hyphens; start and end with a letter or digit; '\u{661}' is U+0661",
            ),
        ],
        said,
    );
}

#[test]
fn references_that_look_alike_are_refused() {
    let said = |reference: &str| {
        let dependency = format!("dependencies:\n  - ref: \"{reference}\"\n    compatibility: \"*\"\n");
        Case::new(format!("{HEAD}{dependency}")).said()
    };
    assert_table(
        [
            (
                "a repository",
                "oci://registry.example.com/test/c\u{430}rt",
                "ERROR INVALID_OCI_REF dependencies[0].ref bundle/pacto.yaml:6:10 \"oci://registry.example.com/test/c\u{430}rt\" is not a reference: \"test/c\u{430}rt\" is not a repository name; it has lower-case letters, digits and . _ - between slashes | '\u{430}' is U+0430",
            ),
            (
                "a registry",
                "oci://registry.ex\u{430}mple.com/test/cart",
                "ERROR INVALID_OCI_REF dependencies[0].ref bundle/pacto.yaml:6:10 \"oci://registry.ex\u{430}mple.com/test/cart\" is not a reference: \"registry.ex\u{430}mple.com\" is not a registry host | '\u{430}' is U+0430",
            ),
            (
                "a tag",
                "oci://registry.example.com/test/cart:1.0.\u{661}",
                "ERROR INVALID_OCI_REF dependencies[0].ref bundle/pacto.yaml:6:10 \"oci://registry.example.com/test/cart:1.0.\u{661}\" is not a reference: \"1.0.\u{661}\" is not a tag; it has up to 128 letters, digits and . _ - | '\u{661}' is U+0661",
            ),
            (
                "a scheme",
                "\u{43e}ci://registry.example.com/test/cart",
                "ERROR INVALID_OCI_REF dependencies[0].ref bundle/pacto.yaml:6:10 \"\u{43e}ci://registry.example.com/test/cart\" is not a reference: the scheme \u{43e}ci:// is not supported; use oci://, oci-layout://, file:// or a path | '\u{43e}' is U+043E",
            ),
            (
                "a slash",
                "oci://registry.example.com\u{2215}test/cart",
                "ERROR INVALID_OCI_REF dependencies[0].ref bundle/pacto.yaml:6:10 \"oci://registry.example.com\u{2215}test/cart\" is not a reference: \"registry.example.com\u{2215}test\" is not a registry host | '\u{2215}' is U+2215",
            ),
        ],
        said,
    );
}

#[test]
fn a_folder_answers_by_the_name_and_version_in_the_contract() {
    let case = |tag: &str| {
        let case =
            Case::new(format!("{HEAD}{HTTP}policy:\n  ref: oci://registry.example.com/test/rules{tag}\n"));
        // The directory claims to be another service in another version.
        case.file("registry/cart/v9.9.9/pacto.yaml", HEAD.replace("cart", "rules").replace("1.0.0", "1.2"));
        case.file(
            "registry/cart/v9.9.9/policy/schema.json",
            "{\"title\": \"From 1.2\", \"required\": [\"scaling\"]}",
        );
        case.file("registry/rules/pacto.yaml", HEAD.replace("cart", "c\u{430}rt"));
        // No bundle at all: passed over.
        case.file("registry/broken/pacto.yaml", "service: {name: rules, version: [");
        case.file("registry/nameless/pacto.yaml", "service: {version: 3.0.0}\n");
        case
    };
    assert_table(
        [
            (
                "the version as it is written",
                case(":1.2"),
                "ERROR POLICY_VIOLATION - bundle/pacto.yaml:1:1 policy oci://registry.example.com/test/rules:1.2: From 1.2 (missing property 'scaling')",
            ),
            (
                "any version",
                case(""),
                "ERROR POLICY_VIOLATION - bundle/pacto.yaml:1:1 policy oci://registry.example.com/test/rules: From 1.2 (missing property 'scaling')",
            ),
            (
                "the same version, spelt out",
                case(":1.2.0"),
                "ERROR POLICY_REF_UNRESOLVED policy.ref bundle/pacto.yaml:10:8 policy oci://registry.example.com/test/rules:1.2.0 is unresolved: artifact not found: oci://registry.example.com/test/rules:1.2.0; it has 1.2 | a contract is not valid while a policy of it cannot be read",
            ),
            (
                "with a v",
                case(":v1.2"),
                "ERROR POLICY_REF_UNRESOLVED policy.ref bundle/pacto.yaml:10:8 policy oci://registry.example.com/test/rules:v1.2 is unresolved: artifact not found: oci://registry.example.com/test/rules:v1.2; it has 1.2 | a contract is not valid while a policy of it cannot be read",
            ),
            (
                "the name of the directory",
                case(":9.9.9"),
                "ERROR POLICY_REF_UNRESOLVED policy.ref bundle/pacto.yaml:10:8 policy oci://registry.example.com/test/rules:9.9.9 is unresolved: artifact not found: oci://registry.example.com/test/rules:9.9.9; it has 1.2 | a contract is not valid while a policy of it cannot be read",
            ),
            (
                "latest",
                case(":latest"),
                "ERROR POLICY_REF_UNRESOLVED policy.ref bundle/pacto.yaml:10:8 policy oci://registry.example.com/test/rules:latest is unresolved: artifact not found: oci://registry.example.com/test/rules:latest; it has 1.2 | a contract is not valid while a policy of it cannot be read",
            ),
        ],
        |case| case.said(),
    );
}

#[test]
fn two_bundles_with_one_name_and_version_are_no_answer() {
    let case = Case::new(format!("{HEAD}{HTTP}policy:\n  ref: oci://registry.example.com/test/rules\n"));
    for directory in ["a", "b"] {
        case.file(&format!("registry/{directory}/pacto.yaml"), HEAD.replace("cart", "rules"));
    }
    assert_table(
        [(
            "both",
            &case,
            "ERROR POLICY_REF_UNRESOLVED policy.ref bundle/pacto.yaml:10:8 policy oci://registry.example.com/test/rules is unresolved: 2 bundles claim to be rules 1.0.0: registry/a, registry/b | a contract is not valid while a policy of it cannot be read",
        )],
        Case::said,
    );
}

//! Inclusion of two schemas: a witness is accepted by one and refused by the other, and every schema includes itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use schema_inclusion::{Answer, Dialect, Options, included};
use serde_json::Value;

fuzz_target!(|text: &str| {
    let (left, right) = text.split_once("\n----\n").unwrap_or((text, "true"));
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    let (Some(left), Some(right)) = (read(left), read(right)) else { return };
    // The crate checks a witness against both schemas before it gives it away.
    for dialect in [Dialect::Draft4, Dialect::Draft202012, Dialect::OpenApi30] {
        let options = Options::new(dialect);
        let _ = included(&left, &right, &options);
        assert!(!matches!(included(&left, &left, &options), Answer::NotIncluded { .. }));
    }
});

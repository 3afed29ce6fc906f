//! The YAML tree: whatever is read is written and read again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pacto_contract::yaml::{Budget, emit, load};

fuzz_target!(|text: &str| {
    let Ok(tree) = load(text, Budget::INTERFACE) else { return };
    let Ok(json) = tree.to_json() else { return };
    let again = load(&emit(&tree), Budget::INTERFACE);
    if let Ok(again) = again {
        assert_eq!(again.to_json().ok(), Some(json));
    }
});

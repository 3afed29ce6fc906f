//! Lists of packages: whatever is read does not differ from itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pacto_engine::sbom::{compare, read};

fuzz_target!(|bytes: &[u8]| {
    let files = || [("sbom/a.spdx.json", bytes), ("sbom/b.cdx.json", bytes)].into_iter();
    let (left, right) = (read(files()), read(files()));
    assert!(compare(&left, &right).is_none());
});

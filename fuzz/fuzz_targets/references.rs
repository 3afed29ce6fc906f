//! Interface files with references: two documents of one file, compared both ways and each with itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pacto_contract::{Bundle, ContractDocument};
use pacto_engine::diff::{Classification, Side, compare};

const CONTRACT: &str = "pactoVersion: '1.0'\nservice: {name: a, version: 1.0.0}\n\
    interfaces: [{name: api, type: http, port: 80, contract: api.yaml}, {name: events, type: event, contract: api.yaml}]\n\
    configuration: {schema: api.yaml}\n";

fuzz_target!(|text: &str| {
    let (old, new) = text.split_once("\n----\n").unwrap_or((text, "{}"));
    let document = ContractDocument::parse("pacto.yaml", CONTRACT.as_bytes()).expect("a contract");
    let bundle = |text: &str| {
        let mut bundle = Bundle::default();
        bundle.insert("api.yaml", text.as_bytes()).expect("a path");
        bundle
    };
    let (old, new) = (bundle(old), bundle(new));
    let side = |bundle| Side { document: &document, bundle };
    compare(side(&old), side(&new));
    compare(side(&new), side(&old));
    let same = compare(side(&old), side(&old));
    assert!(same.changes.is_empty() && same.classification <= Classification::PotentialBreaking);
});

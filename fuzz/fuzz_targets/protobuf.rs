//! `.proto` files: compared both ways, and nothing differs from itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pacto_contract::{Bundle, ContractDocument};
use pacto_engine::diff::{Options, ProtoLevel, Side, compare_with};

const CONTRACT: &str = "pactoVersion: '1.0'\nservice: {name: a, version: 1.0.0}\n\
    interfaces: [{name: api, type: grpc, port: 80, contract: api.proto}]\n";

fuzz_target!(|text: &str| {
    let (old, new) = text.split_once("\n----\n").unwrap_or((text, ""));
    let document = ContractDocument::parse("pacto.yaml", CONTRACT.as_bytes()).expect("a contract");
    let bundle = |text: &str| {
        let mut bundle = Bundle::default();
        bundle.insert("api.proto", text.as_bytes()).expect("a path");
        bundle
    };
    let (old, new) = (bundle(old), bundle(new));
    let side = |bundle| Side { document: &document, bundle };
    let options = Options { proto_level: ProtoLevel::File, ..Options::default() };
    compare_with(side(&old), side(&new), options);
    compare_with(side(&new), side(&old), options);
    assert!(compare_with(side(&old), side(&old), options).changes.is_empty());
});

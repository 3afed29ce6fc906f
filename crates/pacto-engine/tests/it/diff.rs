//! The diff engine: corpora with expected answers, laws, cases of other projects, hostile input.

mod asyncapi;
mod buf;
mod bundles;
mod coverage;
mod fixture;
mod flows;
mod generate;
mod hostile;
mod kinds;
mod laws;
mod mutations;
mod openapi;
mod oracles;
mod proofs;
mod protobuf;
mod rewrite;
mod schemas;

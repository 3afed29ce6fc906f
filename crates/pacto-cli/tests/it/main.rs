//! What a user of `pacto` sees: standard output, standard error and exit code of the built binary.

#[cfg(test)]
mod action;
#[cfg(test)]
mod cache;
#[cfg(test)]
mod completion;
#[cfg(test)]
mod determinism;
#[cfg(test)]
mod diff;
#[cfg(test)]
mod diff_decisions;
mod diff_dependencies;
mod diff_formats;
#[cfg(test)]
mod doc;
#[cfg(test)]
mod explain;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod formats;
#[cfg(test)]
mod generate;
#[cfg(test)]
mod graph;
#[cfg(test)]
mod graph_trouble;
#[cfg(test)]
mod hostile_artifacts;
#[cfg(test)]
mod init;
#[cfg(test)]
mod installer;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod lock;
#[cfg(test)]
mod lock_places;
#[cfg(test)]
mod login;
#[cfg(test)]
mod mcp;
#[cfg(test)]
mod mcp_http;
#[cfg(test)]
mod mirror;
#[cfg(test)]
mod overrides;
#[cfg(test)]
mod pack;
#[cfg(test)]
mod process;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod pull;
#[cfg(test)]
mod push;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod safety;
#[cfg(test)]
mod seed;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod validate;
#[cfg(test)]
mod validate_sets;
#[cfg(test)]
mod verify;
#[cfg(test)]
mod verify_input;
#[cfg(test)]
mod versions;

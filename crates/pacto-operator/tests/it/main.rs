//! The operator against a real API server.

#[cfg(test)]
mod harness;
#[cfg(test)]
mod reconciling;
#[cfg(test)]
mod registries;
#[cfg(test)]
mod samples;

//! The operator against a real API server.

#[cfg(test)]
mod chart;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod dashboard;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod guide;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod idle;
#[cfg(test)]
mod lease;
#[cfg(test)]
mod probing;
#[cfg(test)]
mod program;
#[cfg(test)]
mod reconciling;
#[cfg(test)]
mod registries;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod serving;
#[cfg(test)]
mod shipping;

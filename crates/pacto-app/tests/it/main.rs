//! What the use cases promise, through their public interface.

#[cfg(test)]
mod author;
#[cfg(test)]
mod contracts;
#[cfg(test)]
mod determinism;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod seed_flow;
#[cfg(test)]
mod support;
#[cfg(test)]
mod update;

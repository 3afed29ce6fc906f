//! What the use cases promise, through their public interface.

#[cfg(test)]
mod contracts;
#[cfg(test)]
mod support;

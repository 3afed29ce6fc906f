//! What the engine promises, through its public interface.

#[cfg(test)]
mod diff;

//! What the engine promises, through its public interface.

#[cfg(test)]
mod diff;
#[cfg(test)]
mod graph_laws;
#[cfg(test)]
mod structural_law;

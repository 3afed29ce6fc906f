//! Registries: a real one, image layouts, and other programs that read and write them.

#[cfg(test)]
mod interop;
#[cfg(test)]
mod real;
#[cfg(test)]
mod support;

//! Go as far as it has to be read: types, functions, composite literals, calls. Nothing is compiled.

pub mod package;
pub mod parse;
pub mod syntax;

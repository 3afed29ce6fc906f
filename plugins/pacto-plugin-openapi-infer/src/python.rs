//! Python as far as it has to be read: values, annotations, functions, classes, imports. Nothing is executed.

pub mod literal;
pub mod parse;
pub mod scope;
pub mod syntax;

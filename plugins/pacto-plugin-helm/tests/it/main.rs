//! The plugin as a program, beside `pacto`.

#[cfg(test)]
mod closing;

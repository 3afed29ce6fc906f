//! The plugin as a program, beside `pacto`.

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod projects;
#[cfg(test)]
mod support;

//! Inputs that somebody made to break things: a clear message, soon, and nothing else.

mod amounts;
mod files;
mod names;
mod overrides;
mod policies;
mod schemas;
mod yaml;

//! The values of the API, as they travel. Names and shapes are those that the original's users know; what is new is
//! only ever added.

pub mod comparison;
pub mod details;
pub mod graph;
pub mod observed;
pub mod owner;
pub mod report;
pub mod service;

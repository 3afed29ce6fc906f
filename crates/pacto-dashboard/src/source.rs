//! Where contracts come from. Each source runs by itself and writes what it finds into the [`Catalog`](crate::catalog).

pub mod history;
pub mod k8s;
pub mod local;
pub mod oci;
pub mod repository;

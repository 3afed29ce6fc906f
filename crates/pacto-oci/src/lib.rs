//! Where contracts are kept and how they travel.
//!
//! | idea | where |
//! |---|---|
//! | a bundle as one deterministic file, and back | [`archive`], [`unpack`] |
//! | a contract as an OCI artifact | [`artifact`] |
//! | a directory in OCI image layout | [`layout`] |
//! | push and pull, wherever a repository is | [`store`] |
//! | from one repository to another, byte for byte | [`copy`] |
//! | bundles of a directory tree on disk | [`directory`] |
//! | a folder of bundles that stands in for a registry | [`folder`] |
//! | which location answers for which repository | [`mirror`] |
//! | contracts that were fetched before | [`cache`] |
//! | files that are whole or not there | [`atomic`] |
//! | many things at once | [`parallel`] |
//! | registries over the network | [`registry`] |
//! | who we are to them | [`credential`] |

pub mod archive;
pub mod artifact;
pub mod atomic;
pub mod cache;
pub mod copy;
pub mod credential;
pub mod directory;
pub mod folder;
pub mod layout;
pub mod mirror;
pub mod parallel;
pub mod registry;
pub mod store;
pub mod unpack;

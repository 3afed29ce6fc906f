//! Where contracts are kept and how they travel.
//!
//! | idea | where |
//! |---|---|
//! | a bundle as one deterministic file | [`archive`] |
//! | bundles of a directory tree on disk | [`directory`] |
//! | a folder of bundles that stands in for a registry | [`folder`] |
//! | which location answers for which repository | [`mirror`] |
//! | many things at once | [`parallel`] |

pub mod archive;
pub mod directory;
pub mod folder;
pub mod mirror;
pub mod parallel;

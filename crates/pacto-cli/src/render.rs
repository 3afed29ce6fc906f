//! Formats that several commands share.

pub(crate) mod diff;
pub(crate) mod findings;
pub(crate) mod github;
pub(crate) mod junit;
pub(crate) mod markdown;
pub(crate) mod sarif;

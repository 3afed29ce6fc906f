//! The dashboard: every contract in one place, live.
//!
//! ```text
//! sources -> catalog -> index -> snapshot -> API, events -> UI
//! ```
//!
//! | idea | where |
//! |---|---|
//! | where contracts come from, each source by itself | [`source`] |
//! | what the sources have found so far | [`catalog`], of [`record`]s and [`cluster`] services |
//! | files of contracts, when somebody looks | [`bundles`], [`finder`] |
//! | the one thread that speaks with registries | [`network`] |
//! | one immutable view of the fleet | [`index`] |
//! | one service in full, two versions compared | [`details`], [`comparison`] |
//! | values as they travel | [`wire`] |
//! | operations, and what is behind each path | `api`, [`http`] |
//! | what changes, for those who listen | [`events`] |
//! | one contract as pages, and its APIs to try: `pacto doc --serve` and `--ui` | [`docs`] |
//! | sources found and started, everything put together | [`start`], [`app`] |

mod api;
pub mod app;
pub mod bundles;
pub mod catalog;
pub mod cluster;
pub mod comparison;
pub mod details;
pub mod docs;
pub mod events;
pub mod finder;
pub mod http;
pub mod index;
pub mod judge;
pub mod metrics;
pub mod network;
pub mod record;
pub mod source;
pub mod start;
pub mod wire;

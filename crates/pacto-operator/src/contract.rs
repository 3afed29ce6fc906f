//! From a reference to a contract that is judged.
//!
//! | idea | where |
//! |---|---|
//! | which contract is meant | [`wanted`] |
//! | Secrets as logins | [`credential`] |
//! | the thread that asks registries | [`registry`] |
//! | one contract, judged, as little of it as is needed again | [`judged`] |
//! | contracts of all Pactos, asked for again in time | [`keeper`] |

pub mod credential;
pub mod judged;
pub mod keeper;
pub mod registry;
pub mod wanted;

pub use judged::Judged;
pub use keeper::{Keeper, Resolution, Trouble};
pub use wanted::{Wanted, wanted};

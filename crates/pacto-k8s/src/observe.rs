//! What runs in a cluster, or would by manifests, as the engine wants to see it.
//!
//! Of every object only what a check needs is read and kept; values of configuration are never read at all.
//!
//! | idea | where |
//! |---|---|
//! | an object as it comes from the API, for a watch or from a file | [`object`] |
//! | all objects that are known, and what they say about one service | [`inventory`] |
//! | what of each kind is read | `workload`, `exposure`, `source` |

mod exposure;
pub mod inventory;
pub mod object;
mod source;
mod workload;

pub use exposure::{Backend, Routes};
pub use inventory::{Inventory, Target};
pub use object::{Kind, Object, ObjectError, Watched};

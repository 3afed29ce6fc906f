//! One immutable view of the whole fleet: made from what the sources have, swapped at once.
//!
//! | idea | where |
//! |---|---|
//! | which service a reference means | [`names`] |
//! | one service from all sources | [`merge`] |
//! | the snapshot, made anew only where something changed | [`Indexer`], in `build` |
//! | graphs and who needs whom | [`graph`] |
//! | owners | [`owners`] |
//! | whom a new version breaks | [`impact`] |

mod build;
pub mod graph;
pub mod impact;
pub mod merge;
pub mod names;
pub mod owners;
pub mod prepared;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use jiff::Timestamp;

pub use build::Indexer;
use names::Names;
use prepared::Prepared;

use crate::catalog::Contents;
use crate::record::{CrossReference, Need};
use crate::wire::owner::OwnerDetails;
use crate::wire::service::ServiceEntry;

/// Position of a service in [`Snapshot::services`].
pub type ServiceId = usize;

/// One service of a snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// As lists show it.
    pub entry: Arc<ServiceEntry>,
    /// What it needs, in the order of the contract.
    pub needs: Vec<ResolvedNeed>,
    /// Whose configuration and policies it uses, in the order of the contract.
    pub references: Vec<ResolvedReference>,
    /// Services that name it as a dependency, each once, by name.
    pub dependents: Vec<ServiceId>,
}

/// A need, and the service that answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedNeed {
    /// As declared, under the name of the service.
    pub need: Need,
    /// The service, if it is known.
    pub target: Option<ServiceId>,
}

/// A reference, and the service that it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedReference {
    /// As declared, under the name of the service.
    pub reference: CrossReference,
    /// The service, if it is known.
    pub target: Option<ServiceId>,
}

/// The fleet at one moment.
#[derive(Debug)]
pub struct Snapshot {
    /// Identity: the same for the same content.
    pub id: String,
    /// When it was made.
    pub as_of: Timestamp,
    /// Services by name.
    pub services: Vec<Service>,
    /// Names and what else they are called.
    pub names: Names,
    /// What it was made from.
    pub contents: Contents,
    /// Groups of services that need each other.
    pub cycles: Vec<Vec<String>>,
    /// Identity of the list of all services.
    pub list_id: String,
    /// Identity of the drawing: the same for the same nodes, edges and looks.
    pub graph_id: String,
    by_name: HashMap<Arc<str>, ServiceId>,
    layout: Arc<graph::Drawing>,
    list: Prepared,
    graph: Prepared,
    owners: OnceLock<Vec<OwnerDetails>>,
}

impl Snapshot {
    /// A service by its exact name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.get(*self.by_name.get(name)?)
    }

    /// Position of a service.
    pub fn position(&self, name: &str) -> Option<ServiceId> {
        self.by_name.get(name).copied()
    }

    /// The list of all services.
    pub fn entries(&self) -> Vec<&ServiceEntry> {
        self.services.iter().map(|service| &*service.entry).collect()
    }

    /// [`entries`](Self::entries) as they travel compressed.
    pub fn compressed_list(&self) -> Bytes {
        self.list.compressed(|| self.entries())
    }

    /// The whole graph as it travels compressed.
    pub fn compressed_graph(&self) -> Bytes {
        self.graph.compressed(|| graph::whole(self))
    }

    /// Owners with their services, by key.
    pub fn owners(&self) -> &[OwnerDetails] {
        self.owners.get_or_init(|| owners::group(self.entries().into_iter()))
    }
}

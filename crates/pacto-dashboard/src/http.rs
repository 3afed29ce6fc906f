//! The web side: requests in, answers out, and everything that keeps strangers away.
//!
//! | idea | where |
//! |---|---|
//! | an operation with its types, routed and described at once | [`operation`] |
//! | the description, `OpenAPI` 3.1 | [`openapi`] |
//! | errors as problem documents | [`problem`] |
//! | answers with identity and compression | [`reply`] |
//! | Host, Origin, credentials, headers | [`guard`] |
//! | the site of the dashboard | [`server`] |
//! | connections, limits, shutdown | [`connections`] |
//! | the files of the UI | [`assets`] |

pub mod assets;
pub mod connections;
pub mod guard;
pub mod openapi;
pub mod operation;
pub mod problem;
pub mod reply;
pub mod server;

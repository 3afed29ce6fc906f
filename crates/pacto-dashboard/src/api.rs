//! Every operation of the API, with its path.
//!
//! | operations | where |
//! |---|---|
//! | services, their versions and ties | `services` |
//! | graph, comparison, impact, owners | `fleet` |
//! | sources, refresh, resolve, remote versions | `sources` |
//! | health, readiness, metrics | `health` |
//! | events | `stream` |
//! | what `--diagnostics` shows | `diagnostics` |

mod diagnostics;
mod fleet;
mod health;
mod services;
mod sources;
mod stream;

use crate::http::operation::{Api, Operation};

/// All operations; those of `/api/debug` only with `diagnostics`.
pub fn api(diagnostics: bool) -> Api {
    let api = health::add(Api::default());
    let api = stream::add(sources::add(fleet::add(services::add(api))));
    if diagnostics { diagnostics::add(api) } else { api }
}

/// An operation in the words of the description.
fn operation(
    id: &'static str,
    path: &'static str,
    tag: &'static str,
    summary: &'static str,
    errors: &'static [u16],
) -> Operation {
    Operation { id, path, tag, summary, errors }
}

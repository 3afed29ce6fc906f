//! `pacto generate helm`: a chart from a contract, or plain manifests with `--option format=manifests`.
//!
//! | idea | where |
//! |---|---|
//! | what the user chose | [`settings`] |
//! | which objects a contract asks for | [`plan`], [`objects`] |
//! | configuration keys as environment of the container | [`configuration`] |
//! | objects as templates, values and their schema | [`chart`] |
//! | objects as they are | [`manifests`] |

mod chart;
mod configuration;
mod manifests;
mod objects;
mod plan;
mod settings;

use std::process::ExitCode;

use pacto_plugin::{Request, Response, guest};

use crate::plan::Plan;
use crate::settings::{Format, Settings};

fn main() -> ExitCode {
    guest::run("pacto-plugin-helm", env!("CARGO_PKG_VERSION"), generate)
}

fn generate(request: &Request) -> Result<Response, String> {
    let settings = Settings::read(request)?;
    let document = request.document()?;
    let plan = Plan::new(request, &document, &settings)?;
    let files = match settings.format {
        Format::Helm => chart::files(&plan)?,
        Format::Manifests => manifests::files(&plan)?,
    };
    Ok(Response { files, message: plan.advice() })
}

//! `pacto generate openapi-infer`: an `OpenAPI` document from the sources of a service.
//!
//! The sources are read, not run, unless `--option run=true` asks for it.
//!
//! | idea | where |
//! |---|---|
//! | which framework a service uses | [`detect`] |
//! | which files are read | [`files`] |
//! | Python: syntax, names, values | [`python`] |
//! | `FastAPI` | [`fastapi`] |
//! | Go: syntax, names, types | [`golang`] |
//! | Huma | [`huma`] |
//! | asking the program itself | [`run`] |

mod detect;
mod fastapi;
mod files;
mod golang;
mod huma;
mod python;
mod run;
mod status;

use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

use pacto_contract::yaml;
use pacto_plugin::{File, Request, Response, guest};
use serde_json::Value;

use crate::detect::Framework;

/// Where the document goes if nobody says otherwise.
const OUTPUT: &str = "interfaces/openapi.yaml";
const OPTIONS: &[&str] = &["framework", "output", "run", "source"];

fn main() -> ExitCode {
    guest::run("pacto-plugin-openapi-infer", env!("CARGO_PKG_VERSION"), generate)
}

fn generate(request: &Request) -> Result<Response, String> {
    request.only(OPTIONS)?;
    let output = request.option("output").filter(|output| !output.is_empty()).unwrap_or(OUTPUT);
    let source = source(Path::new(&request.bundle_dir), request.option("source").unwrap_or_default())?;
    let framework = match request.option("framework") {
        Some(name) => Framework::named(name)?,
        None => detect::framework(&source)?,
    };
    let runs = match request.option("run") {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => return Err(format!("--option run is true or false, not {other:?}")),
    };
    let document = match framework {
        Framework::FastApi if runs => run::fastapi(&source)?,
        Framework::FastApi => fastapi::document(&files::read(&source, "py")?)?,
        Framework::Huma if runs => {
            return Err("--option run=true is for FastAPI; Huma is read from its sources".to_owned());
        }
        Framework::Huma => huma::document(&source)?,
    };
    let text = if Path::new(output).extension().is_some_and(|extension| extension == "json") {
        format!("{document:#}\n")
    } else {
        yaml::emit(&yaml::Node::from_json(&document))
    };
    let count = document
        .get("paths")
        .and_then(Value::as_object)
        .map_or(0, |paths| paths.values().filter_map(Value::as_object).map(serde_json::Map::len).sum());
    let message = format!(
        "{count} operations of {}; reference it as `contract: {output}` in the interface of the contract",
        framework.title()
    );
    Ok(Response { files: vec![File::text(output, text)], message: Some(message) })
}

/// The directory of the sources, which is the bundle or below it.
fn source(bundle: &Path, option: &str) -> Result<PathBuf, String> {
    let below = Path::new(option);
    if below.components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err(format!("--option source is a folder of the bundle, not {option:?}"));
    }
    let source = bundle.join(below);
    let (Ok(root), Ok(source)) = (bundle.canonicalize(), source.canonicalize()) else {
        return Err(format!("--option source: there is no folder {option:?}"));
    };
    if !source.starts_with(root) || !source.is_dir() {
        return Err(format!("--option source is a folder of the bundle, not {option:?}"));
    }
    Ok(source)
}

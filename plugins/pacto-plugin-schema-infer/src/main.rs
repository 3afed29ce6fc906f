//! `pacto generate schema-infer`: a JSON Schema from one or more samples of a configuration.
//!
//! | idea | where |
//! |---|---|
//! | reading samples: JSON, YAML, TOML, `.env` | [`sample`] |
//! | what samples have in common | [`shape`] |
//! | which values are nobody's business | [`secret`] |

mod sample;
mod secret;
mod shape;

use std::process::ExitCode;

use pacto_plugin::{File, Request, Response, guest};
use serde_json::{Value, json};

use crate::shape::Shape;

/// The file that is made.
const OUTPUT: &str = "config.schema.json";
const OPTIONS: &[&str] = &["defaults", "file", "title"];

fn main() -> ExitCode {
    guest::run("pacto-plugin-schema-infer", env!("CARGO_PKG_VERSION"), generate)
}

fn generate(request: &Request) -> Result<Response, String> {
    request.only(OPTIONS)?;
    let files = request.option("file").unwrap_or_default();
    let files: Vec<&str> = files.split(',').map(str::trim).filter(|file| !file.is_empty()).collect();
    if files.is_empty() {
        return Err("--option file=PATH names a sample of the configuration, several with commas".to_owned());
    }
    let with_defaults = match request.option("defaults") {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => return Err(format!("--option defaults is true or false, not {other:?}")),
    };
    let mut shape: Option<Shape> = None;
    for file in &files {
        let value = sample::read(std::path::Path::new(&request.bundle_dir), file)?;
        if !value.is_object() {
            return Err(format!("{file} holds no keys at its top, so it is no configuration"));
        }
        let one = Shape::of(&value);
        shape = Some(match shape {
            None => one,
            Some(known) => known.merge(one),
        });
    }
    let title = request.option("title").filter(|title| !title.is_empty()).unwrap_or("configuration");
    let schema = schema(title, &shape.unwrap_or_else(|| Shape::of(&json!({}))), with_defaults);
    let text = format!("{schema:#}\n");
    let message = format!("reference it as `schema: {OUTPUT}` in the configuration of the contract");
    Ok(Response { files: vec![File::text(OUTPUT, text)], message: Some(message) })
}

/// The whole schema.
fn schema(title: &str, shape: &Shape, with_defaults: bool) -> Value {
    let mut schema = json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title});
    if let (Value::Object(into), Value::Object(from)) = (&mut schema, shape.schema("", with_defaults)) {
        into.extend(from);
        // A key that nobody has seen is more likely a typing error than news.
        into.insert("additionalProperties".to_owned(), false.into());
    }
    schema
}

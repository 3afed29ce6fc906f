//! What is generated: published schemas, definitions for clusters and reference pages. `--check` compares.

use anyhow::{Result, bail};
use fs_err as fs;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use crate::{reference, root, typescript};

pub fn run(check: bool) -> Result<()> {
    let root = root()?;
    let mut stale = Vec::new();
    for (path, content) in files()? {
        let target = root.join(path);
        let current = fs::read_to_string(&target).unwrap_or_default();
        if current == content {
            continue;
        }
        if check {
            stale.push(path);
        } else {
            if let Some(parent) = target.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(&target, content)?;
            println!("wrote {path}");
        }
    }
    if !stale.is_empty() {
        bail!("not up to date, run `cargo xtask codegen`:\n  {}", stale.join("\n  "));
    }
    println!("generated files are up to date");
    Ok(())
}

/// Where the description of the dashboard's API says that its server is.
const DASHBOARD_URL: &str = "http://localhost:3000";

fn files() -> Result<Vec<(&'static str, String)>> {
    let api = pacto_dashboard::http::server::describe(true, DASHBOARD_URL);
    Ok(vec![
        ("schemas/dashboard-openapi.json", json(&api)?),
        ("crates/pacto-dashboard/ui/src/api/schema.ts", typescript::module(&api)?),
        ("schemas/pacto-v1.schema.json", json(&pacto_contract::shape::json_schema())?),
        ("schemas/diff-rules.schema.json", json(&pacto_engine::diff::Rulebook::json_schema())?),
        ("schemas/cache.schema.json", output::<pacto_app::cache::Outcome>("pacto cache")?),
        ("schemas/validate.schema.json", output::<pacto_app::validate::Outcome>("pacto validate")?),
        ("schemas/verify.schema.json", output::<pacto_app::verify::Outcome>("pacto verify")?),
        ("schemas/explain.schema.json", output::<pacto_app::explain::Outcome>("pacto explain")?),
        ("schemas/graph.schema.json", output::<pacto_app::graph::GraphReport>("pacto graph")?),
        (
            "schemas/diff-explain.schema.json",
            output::<pacto_engine::diff::rules::Rule>("pacto diff --explain")?,
        ),
        ("schemas/diff.schema.json", output::<pacto_app::diff::Outcome>("pacto diff")?),
        ("schemas/lock.schema.json", output::<pacto_app::lock::Outcome>("pacto lock")?),
        ("schemas/mirror.schema.json", output::<pacto_app::mirror::Outcome>("pacto mirror")?),
        ("schemas/login.schema.json", output::<pacto_app::login::Outcome>("pacto login")?),
        ("schemas/pack.schema.json", output::<pacto_app::pack::Outcome>("pacto pack")?),
        ("schemas/pull.schema.json", output::<pacto_app::pull::Outcome>("pacto pull")?),
        ("schemas/push.schema.json", output::<pacto_app::push::Outcome>("pacto push")?),
        ("schemas/versions.schema.json", output::<pacto_app::versions::Outcome>("pacto versions")?),
        ("schemas/update.schema.json", output::<pacto_app::update::Outcome>("pacto update")?),
        ("schemas/doc.schema.json", output::<pacto_app::doc::Outcome>("pacto doc")?),
        ("schemas/generate.schema.json", output::<pacto_app::generate::Outcome>("pacto generate")?),
        ("schemas/plugin-list.schema.json", output::<pacto_app::plugin::find::List>("pacto plugin list")?),
        ("schemas/init.schema.json", output::<pacto_app::init::Outcome>("pacto init")?),
        ("deploy/crds/pactorevisions.yaml", pacto_k8s::definition::revisions()?),
        ("deploy/crds/pactos.yaml", pacto_k8s::definition::pactos()?),
        // A chart cannot read files beside it.
        ("deploy/helm/pacto-operator/files/crds/pactorevisions.yaml", pacto_k8s::definition::revisions()?),
        ("deploy/helm/pacto-operator/files/crds/pactos.yaml", pacto_k8s::definition::pactos()?),
        ("docs/reference/cli.md", reference::cli()),
        ("docs/reference/conditions.md", reference::cluster_conditions()),
        ("docs/reference/contract.md", reference::contract()),
        ("docs/reference/diagnostics.md", reference::diagnostics()),
        ("docs/reference/environment.md", reference::environment()),
        ("docs/reference/limits.md", reference::limits()),
        ("docs/reference/rules.md", reference::rules()),
    ])
}

fn json(value: &Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// The schema of one command's `--output-format json`.
fn output<T: JsonSchema>(command: &str) -> Result<String> {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema: Schema = generator.into_root_schema_for::<T>();
    schema.insert("title".to_owned(), Value::String(format!("Output of {command} --output-format json")));
    json(schema.as_value())
}

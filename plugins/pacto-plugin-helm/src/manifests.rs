//! Objects as they are, for `kubectl apply`.

use pacto_contract::yaml::{Budget, emit, load};
use pacto_plugin::File;
use serde_json::Value;

use crate::objects::{Leaf, objects};
use crate::plan::Plan;

/// One file for each object.
pub fn files(plan: &Plan) -> Result<Vec<File>, String> {
    let objects = objects(plan, &mut Leaf::Plain);
    objects
        .iter()
        .map(|object| Ok(File::text(format!("{}.yaml", object.file), yaml(&object.value)?)))
        .collect()
}

/// A value as YAML.
pub fn yaml(value: &Value) -> Result<String, String> {
    // JSON is YAML, and keeps the order of the fields.
    let tree = load(&value.to_string(), Budget::INTERFACE).map_err(|error| error.to_string())?;
    Ok(emit(&tree))
}

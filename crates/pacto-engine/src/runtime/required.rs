//! Which configuration keys a service cannot do without.

use pacto_contract::bundle::CONFIGURATION_SCHEMA;
use pacto_contract::yaml::Mapping;
use pacto_contract::{Bundle, Pointer};
use serde_json::Value;

use crate::library::{Library, Request};
use crate::validate::Subject;

/// A key of a configuration that somebody has to set. Only its name; values are nobody's business here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequiredKey {
    /// The key.
    pub name: Box<str>,
    /// Whether its value is an object, so that it stands for several settings.
    pub is_object: bool,
    /// Whether this is no key: [`name`](Self::name) is the reference of a contract whose schema is not known here, so that more
    /// may be required.
    pub is_unresolved: bool,
    /// Where the contract asks for it.
    pub place: Pointer,
}

/// The keys that the configuration schemas of a contract require at their top, and those that it gives values for; sorted,
/// each once. A schema of another contract is looked up in `library`, which then knows what is wanted. A contract that
/// only publishes a schema requires nothing of itself.
pub fn required_keys(subject: Subject<'_>, library: &mut Library) -> Vec<RequiredKey> {
    let contract = &subject.document.contract;
    let mut keys = Vec::new();
    if contract.is_publisher() {
        return keys;
    }
    for (index, entry) in contract.configurations.iter().enumerate() {
        let at = contract.configurations.pointer(index);
        if let (Some(path), Some(bundle)) = (&entry.schema, subject.bundle) {
            of_schema(bundle, path, &at.key("schema"), &mut keys);
        }
        if let Some(reference) = &entry.reference {
            let request = Request::new(subject.origin, reference, None);
            let place = at.key("ref");
            match request.ok().and_then(|request| library.look_up(&request)) {
                Some(Ok(resolved)) => of_schema(&resolved.bundle, CONFIGURATION_SCHEMA, &place, &mut keys),
                _ => keys.push(RequiredKey {
                    name: reference.as_str().into(),
                    is_object: false,
                    is_unresolved: true,
                    place,
                }),
            }
        }
        for value in entry.values.iter().flat_map(Mapping::entries) {
            keys.push(RequiredKey {
                name: value.key.clone(),
                is_object: value.node.as_mapping().is_some(),
                is_unresolved: false,
                place: at.key("values").key(&value.key),
            });
        }
    }
    // The schema is asked first, so it stays where a key is in both.
    keys.sort_by(|one, other| one.name.cmp(&other.name));
    keys.dedup_by(|later, earlier| {
        let is_same = later.name == earlier.name && later.is_unresolved == earlier.is_unresolved;
        earlier.is_object |= is_same && later.is_object;
        is_same
    });
    keys
}

fn of_schema(bundle: &Bundle, path: &str, place: &Pointer, keys: &mut Vec<RequiredKey>) {
    let schema = bundle.get(path).and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
    let Some(schema) = schema else { return };
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    for name in required.filter_map(Value::as_str) {
        let property = schema.get("properties").and_then(|properties| properties.get(name));
        let is_object = property.is_some_and(|property| {
            property.get("type").and_then(Value::as_str) == Some("object")
                || property.get("properties").is_some()
        });
        keys.push(RequiredKey { name: name.into(), is_object, is_unresolved: false, place: place.clone() });
    }
}

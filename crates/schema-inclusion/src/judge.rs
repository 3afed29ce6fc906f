//! The crate `jsonschema` as a judge over documents that tell two schemas apart.

use std::collections::HashMap;

use serde_json::Value;

use crate::compile::{resolve, standard};
use crate::{Dialect, Part};

/// Steps that it takes to make another form of one value of a schema.
const STEPS_PER_VALUE: u32 = 20;
/// Most schemas that are shown a value while a document is checked: it follows every way to a schema, however many
/// there are.
const MAX_WORK: u64 = 200_000;
/// Most schemas inside of each other that are counted.
const MAX_DEPTH: usize = 400;

/// Another implementation, which has a say about both schemas.
pub struct Judges {
    left: Judge,
    right: Judge,
}

struct Judge {
    schema: Value,
    validator: jsonschema::Validator,
}

impl Judges {
    /// Adds to `taken` what it costs.
    pub fn new(
        left: (Part<'_>, Dialect),
        right: (Part<'_>, Dialect),
        taken: &mut u32,
    ) -> Result<Self, String> {
        Ok(Self { left: Judge::new(left, taken)?, right: Judge::new(right, taken)? })
    }

    /// Where the second schema finds fault with a document that the first one accepts; none where the document does not tell
    /// them apart.
    pub fn confirm(&self, witness: &Value) -> Result<Option<String>, String> {
        for judge in [&self.left, &self.right] {
            if work(&judge.schema, witness).is_none_or(|work| work > MAX_WORK) {
                return Err("it would take too long to check the document".to_owned());
            }
        }
        if self.left.validator.is_valid(witness)
            && let Some(error) = self.right.validator.iter_errors(witness).next()
        {
            let missing = match error.kind() {
                jsonschema::error::ValidationErrorKind::Required { property } => property.as_str(),
                jsonschema::error::ValidationErrorKind::AdditionalProperties { unexpected } => {
                    unexpected.first().map(String::as_str)
                }
                _ => None,
            };
            let place = error.instance_path().to_string();
            return Ok(Some(match missing {
                Some(name) => format!("{place}/{}", name.replace('~', "~0").replace('/', "~1")),
                None => place,
            }));
        }
        Ok(None)
    }
}

impl Judge {
    fn new((part, dialect): (Part<'_>, Dialect), taken: &mut u32) -> Result<Self, String> {
        let (whole, values) = standard(part.schema, part.root, dialect)
            .ok_or("the schema is too large to be checked by the other implementation")?;
        *taken = taken.saturating_add(values.saturating_mul(STEPS_PER_VALUE));
        let draft = match dialect {
            Dialect::Draft4 | Dialect::OpenApi30 => jsonschema::Draft::Draft4,
            Dialect::Draft6 => jsonschema::Draft::Draft6,
            Dialect::Draft7 => jsonschema::Draft::Draft7,
            Dialect::Draft201909 => jsonschema::Draft::Draft201909,
            Dialect::Draft202012 => jsonschema::Draft::Draft202012,
        };
        let validator = jsonschema::options().with_draft(draft).should_validate_formats(false).build(&whole);
        let validator = validator.map_err(|error| format!("the schema cannot be checked: {error}"))?;
        Ok(Self { schema: whole, validator })
    }
}

/// How many schemas are shown a value of the document, each as often as there are ways to it; `None` where that has no end.
fn work(schema: &Value, document: &Value) -> Option<u64> {
    Count { root: schema, known: HashMap::new() }.of(schema, document, MAX_DEPTH)
}

struct Count<'a> {
    root: &'a Value,
    /// By the addresses of a schema and a value; none while it is being counted.
    known: HashMap<(usize, usize), Option<u64>>,
}

impl<'a> Count<'a> {
    fn of(&mut self, schema: &'a Value, value: &Value, depth: usize) -> Option<u64> {
        let depth = depth.checked_sub(1)?;
        let Value::Object(keywords) = schema else { return Some(1) };
        let key = (std::ptr::from_ref(schema).addr(), std::ptr::from_ref(value).addr());
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        if u64::try_from(self.known.len()).is_ok_and(|pairs| pairs > MAX_WORK) {
            return None;
        }
        self.known.insert(key, None);
        let mut total: u64 = 1;
        for (keyword, inner) in keywords {
            total = total.saturating_add(self.keyword(keyword, inner, value, depth)?);
        }
        self.known.insert(key, Some(total));
        Some(total)
    }

    /// What one keyword asks of the schemas in it.
    fn keyword(&mut self, keyword: &str, inner: &'a Value, value: &Value, depth: usize) -> Option<u64> {
        let mut total: u64 = 0;
        let mut add = |this: &mut Self, schema: &'a Value, value: &Value| {
            total = total.saturating_add(this.of(schema, value, depth)?);
            Some(())
        };
        let members = || value.as_object().into_iter().flatten();
        let items = || value.as_array().into_iter().flatten();
        match (keyword, inner) {
            ("$ref", Value::String(reference)) => {
                if let Some(target) = resolve(self.root, reference) {
                    add(self, target, value)?;
                }
            }
            ("allOf" | "anyOf" | "oneOf", Value::Array(schemas)) => {
                for schema in schemas {
                    add(self, schema, value)?;
                }
            }
            ("not" | "if" | "then" | "else", schema) => add(self, schema, value)?,
            ("dependencies" | "dependentSchemas", Value::Object(schemas)) => {
                for schema in schemas.values() {
                    add(self, schema, value)?;
                }
            }
            ("properties", Value::Object(schemas)) => {
                for (name, member) in members() {
                    if let Some(schema) = schemas.get(name) {
                        add(self, schema, member)?;
                    }
                }
            }
            ("patternProperties", Value::Object(schemas)) => {
                for (_, member) in members() {
                    for schema in schemas.values() {
                        add(self, schema, member)?;
                    }
                }
            }
            ("additionalProperties" | "unevaluatedProperties" | "propertyNames", schema) => {
                for (_, member) in members() {
                    add(self, schema, member)?;
                }
            }
            ("items" | "prefixItems", Value::Array(schemas)) => {
                for (schema, item) in schemas.iter().zip(items()) {
                    add(self, schema, item)?;
                }
            }
            ("items" | "additionalItems" | "contains" | "unevaluatedItems", schema) => {
                for item in items() {
                    add(self, schema, item)?;
                }
            }
            ("enum", Value::Array(values)) => return u64::try_from(values.len()).ok(),
            _ => {}
        }
        Some(total)
    }
}

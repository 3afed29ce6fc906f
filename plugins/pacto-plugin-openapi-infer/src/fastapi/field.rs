//! What `Field(…)`, `Query(…)` and their like say about a value.

use serde_json::{Map, Value, json};

use crate::python::scope::{ModuleId, Program};
use crate::python::syntax::{Call, Expr};

/// A default.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Preset {
    /// None: the value is required.
    #[default]
    Missing,
    Known(Value),
    /// There is one, which only the program knows.
    Computed,
    /// A function makes one each time; schemas never have it.
    Made,
}

impl Preset {
    pub fn is_missing(&self) -> bool {
        *self == Self::Missing
    }
}

/// What is said about a value besides its type.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a keyword of its own")]
pub struct Field {
    pub alias: Option<String>,
    pub validation_alias: Option<String>,
    pub serialization_alias: Option<String>,
    pub title: Option<String>,
    pub description: Option<String>,
    pub examples: Option<Value>,
    pub example: Option<Value>,
    pub openapi_examples: Option<Value>,
    pub is_deprecated: bool,
    pub is_excluded: bool,
    pub is_hidden: bool,
    pub is_embedded: bool,
    pub keeps_underscores: bool,
    pub media_type: Option<String>,
    pub discriminator: Option<String>,
    pub extra: Map<String, Value>,
    /// Limits by their JSON Schema words, those of numbers and those of texts and lists.
    pub limits: Limits,
    pub default: Preset,
}

/// Limits as they are written; which words of JSON Schema they become depends on the type.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Limits {
    pub numbers: Vec<(&'static str, Value)>,
    pub min_length: Option<Value>,
    pub max_length: Option<Value>,
    pub pattern: Option<Value>,
}

impl Limits {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Writes the limits into the schema of a type.
    pub fn apply(&self, schema: &mut Map<String, Value>) {
        if self.is_empty() {
            return;
        }
        // A limit of `T | None` is one of `T`; one of a real union stays outside.
        if let Some(Value::Array(branches)) = schema.get_mut("anyOf") {
            let is_null = |branch: &Value| branch.get("type").is_some_and(|kind| kind == "null");
            let is_number = |branch: &Value| branch.get("type").is_some_and(|kind| kind == "number");
            let is_decimal = branches.iter().any(is_number)
                && branches.iter().all(|branch| {
                    is_null(branch)
                        || is_number(branch)
                        || branch.get("type").is_some_and(|kind| kind == "string")
                });
            let mut open: Vec<&mut Value> = branches
                .iter_mut()
                .filter(|branch| {
                    if is_decimal && !self.numbers.is_empty() { is_number(branch) } else { !is_null(branch) }
                })
                .collect();
            if let [Value::Object(only)] = open.as_mut_slice() {
                return self.apply(only);
            }
        }
        for (word, value) in &self.numbers {
            schema.insert((*word).to_owned(), value.clone());
        }
        let (least, most) = match schema.get("type").and_then(Value::as_str) {
            Some("array") => ("minItems", "maxItems"),
            Some("object") => ("minProperties", "maxProperties"),
            _ => ("minLength", "maxLength"),
        };
        let pairs = [(least, &self.min_length), (most, &self.max_length), ("pattern", &self.pattern)];
        for (word, value) in pairs {
            if let Some(value) = value {
                schema.insert(word.to_owned(), value.clone());
            }
        }
    }
}

impl Field {
    /// Reads the arguments of a call; `has_default` tells whether the first one is the default.
    pub fn read(program: &Program, module: ModuleId, call: &Call, has_default: bool) -> Self {
        let mut field = Self::default();
        if has_default && let Some(first) = call.positional.first() {
            field.set_default(program, module, first);
        }
        for (name, expr) in &call.named {
            field.argument(program, module, name, expr);
            if name == "json_schema_extra" {
                program.tell_extra(module, call.line, expr);
            }
        }
        field
    }

    fn argument(&mut self, program: &Program, module: ModuleId, name: &str, expr: &Expr) {
        let value = program.value(module, expr).filter(|value| !value.is_null());
        let text = value.as_ref().and_then(Value::as_str).map(str::to_owned);
        let truth = value.as_ref().and_then(Value::as_bool);
        match name {
            "default" => self.set_default(program, module, expr),
            "default_factory" => self.default = Preset::Made,
            "alias" => self.alias = text,
            "validation_alias" => self.validation_alias = text,
            "serialization_alias" => self.serialization_alias = text,
            "title" => self.title = text,
            "description" => self.description = text,
            "examples" => self.examples = value,
            "example" => self.example = value,
            "openapi_examples" => self.openapi_examples = value,
            "deprecated" => {
                self.is_deprecated = truth == Some(true) || text.is_some_and(|text| !text.is_empty());
            }
            "exclude" => self.is_excluded = truth == Some(true),
            "include_in_schema" => self.is_hidden = truth == Some(false),
            "embed" => self.is_embedded = truth == Some(true),
            "convert_underscores" => self.keeps_underscores = truth == Some(false),
            "media_type" => self.media_type = text,
            "discriminator" => self.discriminator = text,
            "json_schema_extra" => {
                self.extra.extend(value.and_then(|value| value.as_object().cloned()).unwrap_or_default());
            }
            "ge" => self.number("minimum", value),
            "le" => self.number("maximum", value),
            "gt" => self.number("exclusiveMinimum", value),
            "lt" => self.number("exclusiveMaximum", value),
            "multiple_of" => self.number("multipleOf", value),
            "min_length" | "min_items" => self.limits.min_length = value,
            "max_length" | "max_items" => self.limits.max_length = value,
            "pattern" | "regex" => self.limits.pattern = value,
            _ => {}
        }
    }

    fn number(&mut self, word: &'static str, value: Option<Value>) {
        self.limits.numbers.extend(value.map(|value| (word, value)));
    }

    /// Takes a default: `...` is none.
    pub fn set_default(&mut self, program: &Program, module: ModuleId, expr: &Expr) {
        self.default = match expr {
            Expr::Ellipsis => Preset::Missing,
            expr => program.value(module, expr).map_or(Preset::Computed, Preset::Known),
        };
    }

    /// What a later mark says in addition, or instead.
    pub fn merge(&mut self, other: Self) {
        fn take<T>(into: &mut Option<T>, from: Option<T>) {
            if from.is_some() {
                *into = from;
            }
        }
        take(&mut self.alias, other.alias);
        take(&mut self.validation_alias, other.validation_alias);
        take(&mut self.serialization_alias, other.serialization_alias);
        take(&mut self.title, other.title);
        take(&mut self.description, other.description);
        take(&mut self.examples, other.examples);
        take(&mut self.example, other.example);
        take(&mut self.openapi_examples, other.openapi_examples);
        take(&mut self.media_type, other.media_type);
        take(&mut self.discriminator, other.discriminator);
        if !other.default.is_missing() {
            self.default = other.default;
        }
        take(&mut self.limits.min_length, other.limits.min_length);
        take(&mut self.limits.max_length, other.limits.max_length);
        take(&mut self.limits.pattern, other.limits.pattern);
        self.limits.numbers.extend(other.limits.numbers);
        self.extra.extend(other.extra);
        self.is_deprecated |= other.is_deprecated;
        self.is_excluded |= other.is_excluded;
        self.is_hidden |= other.is_hidden;
        self.is_embedded |= other.is_embedded;
        self.keeps_underscores |= other.keeps_underscores;
    }

    /// Writes what is said about the value beside its type; the title that it gets by itself is the caller's.
    pub fn describe(&self, schema: &mut Map<String, Value>) {
        self.limits.apply(schema);
        if let Some(title) = &self.title {
            schema.insert("title".to_owned(), json!(title));
        }
        if let Some(description) = &self.description {
            schema.insert("description".to_owned(), json!(description));
        }
        if self.is_deprecated {
            schema.insert("deprecated".to_owned(), json!(true));
        }
        if let Some(examples) = &self.examples {
            schema.insert("examples".to_owned(), examples.clone());
        }
        schema.extend(self.extra.clone());
        if let Preset::Known(default) = &self.default
            && !default.is_null()
        {
            schema.insert("default".to_owned(), default.clone());
        }
    }
}

//! What models say besides their fields: bases, settings, fields that are computed.

use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::field::Field;
use super::models::{Mode, Models};
use super::types::{Type, flat};
use super::words::clean_doc;
use crate::python::scope::{Meaning, ModuleId};
use crate::python::syntax::{Class, Expr, Stmt};

/// What type variables stand for.
pub type Variables = Rc<Vec<(String, Type)>>;

/// Settings of a model.
#[derive(Debug, Clone, Default)]
pub struct Config {
    pub(super) extra: Option<String>,
    pub(super) title: Option<String>,
    pub(super) schema_extra: Map<String, Value>,
    pub(super) alias_generator: Option<String>,
    pub(super) docs_of_fields: bool,
}

impl Models<'_> {
    /// Base classes of the sources, with their type variables.
    pub(super) fn bases(
        &self,
        module: ModuleId,
        class: &Class,
        variables: &Variables,
    ) -> Vec<(ModuleId, Rc<Class>, Variables)> {
        let mut bases = Vec::new();
        for base in &class.bases {
            let (owner, arguments) = match base {
                Expr::Subscript(owner, arguments) => (&**owner, flat(arguments)),
                base => (base, Vec::new()),
            };
            if let Some(Meaning::Class(id, found)) = self.program.final_meaning(module, owner) {
                let arguments: Vec<Type> = arguments
                    .iter()
                    .map(|one| Type { module, expr: one.clone(), variables: Rc::clone(variables) })
                    .collect();
                let variables = Rc::new(self.variables(id, &found, &arguments));
                bases.push((id, found, variables));
            }
        }
        bases
    }

    pub(super) fn computed(
        &mut self,
        module: ModuleId,
        class: &Class,
        variables: &Variables,
        config: &Config,
        properties: &mut Map<String, Value>,
        required: &mut Vec<Value>,
    ) {
        for (module, base, variables) in self.bases(module, class, variables).into_iter().rev() {
            self.computed(module, &base, &variables, config, properties, required);
        }
        for stmt in &class.body {
            let Stmt::Function(function) = stmt else { continue };
            let mark = function.decorators.iter().find(|one| {
                let name = one.as_call().map_or(*one, |call| &call.function);
                self.is_external(module, name, &["computed_field"])
            });
            let Some(mark) = mark else { continue };
            let mut field =
                mark.as_call().map(|call| Field::read(self.program, module, call, false)).unwrap_or_default();
            if field.description.is_none() {
                field.description = function.doc.as_deref().map(clean_doc);
            }
            let generated = config.alias_generator.as_deref().map(|how| generated(how, &function.name));
            let key = field.alias.clone().or(generated).unwrap_or_else(|| function.name.clone());
            let returns = function.returns.clone().unwrap_or(Expr::Other(String::new()));
            let kind = Type { module, expr: returns, variables: Rc::clone(variables) };
            let mut value = self.property(&kind, &field, &key, Mode::Serialization);
            value["readOnly"] = json!(true);
            properties.insert(key.clone(), value);
            required.push(json!(key));
        }
    }

    /// The settings of a model, those of its bases first.
    pub(super) fn config(&self, module: ModuleId, class: &Class, depth: usize) -> Config {
        let mut config = Config::default();
        if depth == 0 {
            return config;
        }
        for (module, base, _) in self.bases(module, class, &Rc::default()).into_iter().rev() {
            let inherited = self.config(module, &base, depth - 1);
            config.extra = inherited.extra.or(config.extra);
            config.alias_generator = inherited.alias_generator.or(config.alias_generator);
            config.docs_of_fields |= inherited.docs_of_fields;
            config.schema_extra.extend(inherited.schema_extra);
        }
        let mut settings: Vec<(String, Expr)> = class.keywords.clone();
        for stmt in &class.body {
            match stmt {
                Stmt::Assign { target: Expr::Name(name), value: Some(value), .. }
                    if name == "model_config" =>
                {
                    match value {
                        Expr::Call(call) => settings.extend(call.named.clone()),
                        Expr::Dict(pairs) => settings.extend(
                            pairs
                                .iter()
                                .filter_map(|(key, value)| Some((key.as_str()?.to_owned(), value.clone()))),
                        ),
                        _ => {}
                    }
                }
                Stmt::Class(inner) if inner.name == "Config" => {
                    for stmt in &inner.body {
                        if let Stmt::Assign { target: Expr::Name(name), value: Some(value), .. } = stmt {
                            settings.push((name.clone(), value.clone()));
                        }
                    }
                }
                _ => {}
            }
        }
        for (name, expr) in settings {
            let value = self.program.value(module, &expr);
            match name.as_str() {
                "extra" => {
                    let named = expr.dotted().and_then(|parts| parts.last().map(|last| (*last).to_owned()));
                    config.extra = value.and_then(|value| value.as_str().map(str::to_owned)).or(named);
                }
                "title" => config.title = value.and_then(|value| value.as_str().map(str::to_owned)),
                "json_schema_extra" | "schema_extra" => {
                    self.program.tell_extra(module, class.line, &expr);
                    config.schema_extra =
                        value.and_then(|value| value.as_object().cloned()).unwrap_or_default();
                }
                "alias_generator" => {
                    config.alias_generator =
                        expr.dotted().and_then(|parts| parts.last().map(|last| (*last).to_owned()));
                }
                "use_attribute_docstrings" => config.docs_of_fields = value == Some(json!(true)),
                _ => {}
            }
        }
        config
    }
}

/// The names that `to_camel` and its like make.
pub(super) fn generated(how: &str, name: &str) -> String {
    let pascal = || -> String {
        let words = name.split('_').map(|word| {
            let mut characters = word.chars();
            let first: String = characters.next().into_iter().flat_map(char::to_uppercase).collect();
            first + characters.as_str()
        });
        words.collect()
    };
    match how {
        "to_camel" => {
            let whole = pascal();
            let mut characters = whole.chars();
            let first: String = characters.next().into_iter().flat_map(char::to_lowercase).collect();
            first + characters.as_str()
        }
        "to_pascal" => pascal(),
        _ => name.to_owned(),
    }
}

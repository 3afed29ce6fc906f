//! Classes to components: Pydantic models, dataclasses, typed dictionaries, enumerations.

use std::rc::Rc;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::field::{Field, Preset};
use super::naming::{self, Component};
use super::settings::{Config, Variables};
use super::types::{Bare, Schema, Type, type_of};
use super::words::{clean_doc, title_of};
use crate::python::literal::members;
use crate::python::scope::{Meaning, ModuleId, Program};
use crate::python::syntax::{Class, Expr, Stmt};

/// Longest chain of base classes.
const MAX_BASES: usize = 40;

/// Which way a value goes: into the service, or out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mode {
    Validation,
    Serialization,
}

/// What a class is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Model,
    Root,
    Enumeration,
    Dataclass,
    TypedDict,
    NamedTuple,
    Other,
}

/// A field of a class.
#[derive(Debug, Clone)]
pub struct ClassField {
    pub kind: Type,
    pub field: Field,
    /// Whether the key may be missing although there is no default: `NotRequired`.
    pub may_miss: bool,
}

/// All classes that were asked for.
pub struct Models<'p> {
    pub program: &'p Program,
    components: IndexMap<(String, Mode), Component>,
}

impl<'p> Models<'p> {
    pub fn new(program: &'p Program) -> Self {
        Self { program, components: IndexMap::new() }
    }

    /// Reads `Field(…)`, `Query(…)` and other marks that limit or describe.
    pub fn mark(&self, module: ModuleId, mark: &Expr) -> Option<Field> {
        let (module, mark) = self.value_of(module, mark);
        let call = mark.as_call()?;
        let name = self.external(module, &call.function)?;
        let last = name.rsplit('.').next().unwrap_or_default();
        let limit = |word: &str| {
            let argument = call.positional.first().cloned();
            let named = argument
                .map(|value| (word.to_owned(), value))
                .into_iter()
                .chain(call.named.clone())
                .collect();
            let call = crate::python::syntax::Call {
                function: call.function.clone(),
                positional: Vec::new(),
                named,
                line: call.line,
            };
            Some(Field::read(self.program, module, &call, false))
        };
        match last {
            "Field" | "Query" | "Path" | "Header" | "Cookie" | "Body" | "Form" | "File"
            | "StringConstraints" | "Interval" | "Len" => {
                Some(Field::read(self.program, module, call, last != "StringConstraints"))
            }
            "Ge" => limit("ge"),
            "Gt" => limit("gt"),
            "Le" => limit("le"),
            "Lt" => limit("lt"),
            "MultipleOf" => limit("multiple_of"),
            "MinLen" => limit("min_length"),
            "MaxLen" => limit("max_length"),
            _ => None,
        }
    }

    /// What a name stands for, where it is a value.
    pub fn value_of(&self, module: ModuleId, expr: &Expr) -> (ModuleId, Expr) {
        match self.program.meaning(module, expr) {
            Some(Meaning::Value(module, _, value)) => (module, (*value).clone()),
            _ => (module, expr.clone()),
        }
    }

    /// What a class is, by its bases.
    pub fn kind_of(&self, module: ModuleId, class: &Class) -> Kind {
        self.kind_at(module, class, MAX_BASES)
    }

    fn kind_at(&self, module: ModuleId, class: &Class, depth: usize) -> Kind {
        if depth == 0 {
            return Kind::Other;
        }
        let is_dataclass = class.decorators.iter().any(|one| {
            let name = one.as_call().map_or(one, |call| &call.function);
            self.is_external(module, name, &["dataclass"])
        });
        if is_dataclass {
            return Kind::Dataclass;
        }
        for base in &class.bases {
            let owner = match base {
                Expr::Subscript(owner, _) => owner,
                base => base,
            };
            let kind = match self.program.final_meaning(module, owner) {
                Some(Meaning::Class(module, class)) => self.kind_at(module, &class, depth - 1),
                Some(Meaning::External(name)) => match name.rsplit('.').next().unwrap_or_default() {
                    "BaseModel" | "GenericModel" | "SQLModel" | "BaseSettings" => Kind::Model,
                    "RootModel" => Kind::Root,
                    "Enum" | "IntEnum" | "StrEnum" => Kind::Enumeration,
                    "TypedDict" => Kind::TypedDict,
                    "NamedTuple" => Kind::NamedTuple,
                    _ => Kind::Other,
                },
                _ => Kind::Other,
            };
            if kind != Kind::Other {
                return kind;
            }
        }
        Kind::Other
    }

    /// A reference to the component of a class, which is made if need be.
    pub fn class(&mut self, module: ModuleId, class: &Rc<Class>, arguments: &[Type], mode: Mode) -> Schema {
        let kind = self.kind_of(module, class);
        if kind == Kind::Other {
            return self.standing_for(module, class, mode);
        }
        let path = self.program.module(module).map(|module| module.name.clone()).unwrap_or_default();
        let shown: Vec<String> = arguments.iter().map(|one| self.shown(one)).collect();
        let name = if shown.is_empty() {
            class.name.clone()
        } else {
            format!("{}[{}]", class.name, shown.join(", "))
        };
        let identity = format!("{path}:{}:{name}", class.line);
        let key = (identity, mode);
        if !self.components.contains_key(&key) {
            // There before its fields are read: they may need it.
            let component = Component { name: name.clone(), module: path, schema: Value::Null };
            self.components.insert(key.clone(), component);
            let variables = Rc::new(self.variables(module, class, arguments));
            let schema = self.whole(kind, module, class, &variables, &name, mode);
            if let Some(component) = self.components.get_mut(&key) {
                component.schema = schema;
            }
        }
        let index = self.components.get_index_of(&key).unwrap_or_default();
        Schema {
            members: Map::from_iter([("$ref".to_owned(), json!(naming::placeholder(index)))]),
            is_named: true,
        }
    }

    /// A class of which only the base is known, such as `class Name(str)`.
    fn standing_for(&mut self, module: ModuleId, class: &Class, mode: Mode) -> Schema {
        match class.bases.first() {
            Some(base) if self.external(module, base).is_some_and(|name| name != "builtins.object") => {
                self.schema(&Type::new(module, base), mode)
            }
            _ => Schema::default(),
        }
    }

    /// The components, named, and the references in `document` to them.
    pub fn finish(self, document: &mut Value) -> Map<String, Value> {
        naming::finish(self.components, document)
    }

    /// Type variables of a class with what they stand for.
    pub(super) fn variables(
        &self,
        module: ModuleId,
        class: &Class,
        arguments: &[Type],
    ) -> Vec<(String, Type)> {
        let mut names = class.type_parameters.clone();
        for base in &class.bases {
            if let Expr::Subscript(_, inner) = base {
                for one in super::types::flat(inner) {
                    let is_variable = match self.program.meaning(module, &one) {
                        Some(Meaning::Value(_, _, value)) => value
                            .as_call()
                            .is_some_and(|call| self.is_external(module, &call.function, &["TypeVar"])),
                        _ => false,
                    };
                    if let (true, Expr::Name(name)) = (is_variable, &one)
                        && !names.contains(name)
                    {
                        names.push(name.clone());
                    }
                }
            }
        }
        let any = || Type::new(module, &Expr::Other("Any".to_owned()));
        names
            .into_iter()
            .enumerate()
            .map(|(at, name)| (name, arguments.get(at).cloned().unwrap_or_else(any)))
            .collect()
    }

    /// A type as it stands in the name of a generic model.
    fn shown(&self, kind: &Type) -> String {
        let Bare { kind, .. } = self.bare(kind);
        let parts = self.branches(&kind);
        if parts.len() > 1 {
            let shown: Vec<String> = parts.iter().map(|part| self.shown(part)).collect();
            return format!("Union[{}]", shown.join(", "));
        }
        match &kind.expr {
            Expr::None => "NoneType".to_owned(),
            Expr::Subscript(owner, arguments) => {
                let arguments: Vec<String> = super::types::flat(arguments)
                    .iter()
                    .map(|one| match one {
                        Expr::Str(text) => format!("'{text}'"),
                        Expr::Int(value) => value.to_string(),
                        one => self.shown(&Type { expr: one.clone(), ..kind.clone() }),
                    })
                    .collect();
                let owner = self.shown(&Type { expr: (**owner).clone(), ..kind.clone() });
                format!("{owner}[{}]", arguments.join(", "))
            }
            Expr::Name(name) | Expr::Attribute(_, name) => name.clone(),
            _ => "Any".to_owned(),
        }
    }

    fn whole(
        &mut self,
        kind: Kind,
        module: ModuleId,
        class: &Class,
        variables: &Variables,
        name: &str,
        mode: Mode,
    ) -> Value {
        let config = self.config(module, class, MAX_BASES);
        let mut schema = match kind {
            Kind::Enumeration => self.enumeration(module, class),
            Kind::Root => self.root(module, class, variables, mode),
            Kind::NamedTuple => return self.named_tuple(module, class, variables, mode),
            _ => self.object(module, class, variables, &config, mode),
        };
        schema.insert("title".to_owned(), json!(config.title.as_deref().unwrap_or(name)));
        let is_plain = name == class.name;
        let doc = class.doc.as_deref().map(clean_doc).filter(|_| is_plain);
        let doc = doc.map(|doc| doc.split('\u{c}').next().unwrap_or_default().to_owned());
        if let Some(doc) = doc.filter(|doc| !doc.is_empty() && doc != "An enumeration.") {
            schema.insert("description".to_owned(), json!(doc));
        }
        schema.extend(config.schema_extra);
        Value::Object(schema)
    }

    fn enumeration(&self, module: ModuleId, class: &Class) -> Map<String, Value> {
        let values: Vec<Value> =
            members(self.program, module, &class.body).into_iter().filter_map(|(_, value)| value).collect();
        let mut schema = Map::from_iter([("enum".to_owned(), json!(values))]);
        schema.extend(type_of(&values).map(|kind| ("type".to_owned(), json!(kind))));
        schema
    }

    fn root(
        &mut self,
        module: ModuleId,
        class: &Class,
        variables: &Variables,
        mode: Mode,
    ) -> Map<String, Value> {
        let of_field = class.body.iter().find_map(|stmt| match stmt {
            Stmt::Assign { target: Expr::Name(name), annotation: Some(kind), .. } if name == "root" => {
                Some(kind.clone())
            }
            _ => None,
        });
        let of_base = class.bases.iter().find_map(|base| match base {
            Expr::Subscript(_, arguments) => arguments.first().cloned(),
            _ => None,
        });
        match of_field.or(of_base) {
            Some(expr) => self.schema(&Type { module, expr, variables: Rc::clone(variables) }, mode).members,
            None => Map::new(),
        }
    }

    fn named_tuple(&mut self, module: ModuleId, class: &Class, variables: &Variables, mode: Mode) -> Value {
        let fields = self.fields(module, class, variables, &Config::default());
        let least = fields.values().filter(|field| field.field.default.is_missing()).count();
        let most = fields.len();
        let items: Vec<Value> = fields
            .into_iter()
            .map(|(name, field)| {
                let mut schema = self.schema(&field.kind, mode);
                field.field.describe(&mut schema.members);
                schema.members.entry("title").or_insert_with(|| json!(title_of(&name)));
                schema.value()
            })
            .collect();
        json!({"type": "array", "prefixItems": items, "minItems": least, "maxItems": most})
    }

    fn object(
        &mut self,
        module: ModuleId,
        class: &Class,
        variables: &Variables,
        config: &Config,
        mode: Mode,
    ) -> Map<String, Value> {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for (name, ClassField { kind, field, may_miss }) in self.fields(module, class, variables, config) {
            if field.is_excluded && mode == Mode::Serialization {
                continue;
            }
            let own = match mode {
                Mode::Validation => &field.validation_alias,
                Mode::Serialization => &field.serialization_alias,
            };
            let key = own.as_ref().or(field.alias.as_ref()).cloned().unwrap_or(name);
            if field.default.is_missing() && !may_miss {
                required.push(json!(key));
            }
            let value = self.property(&kind, &field, &key, mode);
            properties.insert(key, value);
        }
        if mode == Mode::Serialization {
            self.computed(module, class, variables, config, &mut properties, &mut required);
        }
        let mut schema = Map::from_iter([
            ("type".to_owned(), json!("object")),
            ("properties".to_owned(), properties.into()),
        ]);
        match config.extra.as_deref() {
            Some("forbid") => drop(schema.insert("additionalProperties".to_owned(), json!(false))),
            Some("allow") => drop(schema.insert("additionalProperties".to_owned(), json!(true))),
            _ => {}
        }
        if !required.is_empty() {
            schema.insert("required".to_owned(), required.into());
        }
        schema
    }

    /// The schema of a field, with the title that it gets by itself.
    pub fn property(&mut self, kind: &Type, field: &Field, key: &str, mode: Mode) -> Value {
        let mut schema = self.schema(kind, mode);
        if let Some(name) = &field.discriminator {
            self.discriminate(&mut schema.members, name);
        }
        // A title inside of the type is that of the field too.
        let Bare { marks, .. } = self.bare(kind);
        let has_title = marks
            .iter()
            .any(|(module, mark)| self.mark(*module, mark).is_some_and(|mark| mark.title.is_some()));
        field.describe(&mut schema.members);
        if !schema.is_named && !has_title && field.title.is_none() {
            schema.members.insert("title".to_owned(), json!(title_of(key).trim()));
        }
        schema.value()
    }

    /// Says by which property the branches of a union differ.
    pub fn discriminate(&mut self, members: &mut Map<String, Value>, property: &str) {
        let Some(branches) = members.remove("anyOf").or_else(|| members.remove("oneOf")) else { return };
        let mut mapping = Map::new();
        for branch in branches.as_array().into_iter().flatten() {
            let Some(target) = branch.get("$ref").and_then(Value::as_str) else { continue };
            let component = naming::index_of(target).and_then(|index| self.components.get_index(index));
            let kind = component
                .and_then(|(_, component)| component.schema.get("properties")?.get(property).cloned());
            let values = kind.map(|kind| match (kind.get("const"), kind.get("enum")) {
                (Some(one), _) => vec![one.clone()],
                (None, Some(Value::Array(all))) => all.clone(),
                _ => Vec::new(),
            });
            for value in values.unwrap_or_default() {
                let key = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                mapping.insert(key, json!(target));
            }
        }
        members.insert("oneOf".to_owned(), branches);
        members.insert("discriminator".to_owned(), json!({"propertyName": property, "mapping": mapping}));
    }

    /// The fields of a class, those of its bases first.
    pub fn fields(
        &self,
        module: ModuleId,
        class: &Class,
        variables: &Variables,
        config: &Config,
    ) -> IndexMap<String, ClassField> {
        let mut fields = IndexMap::new();
        self.collect_fields(module, class, variables, config, &mut fields, MAX_BASES);
        fields
    }

    fn collect_fields(
        &self,
        module: ModuleId,
        class: &Class,
        variables: &Variables,
        config: &Config,
        fields: &mut IndexMap<String, ClassField>,
        depth: usize,
    ) {
        if depth == 0 {
            return;
        }
        for (module, base, variables) in self.bases(module, class, variables).into_iter().rev() {
            self.collect_fields(module, &base, &variables, config, fields, depth - 1);
        }
        let is_partial =
            class.keywords.iter().any(|(name, value)| name == "total" && *value == Expr::Bool(false));
        let mut statements = class.body.iter().peekable();
        while let Some(stmt) = statements.next() {
            let Stmt::Assign { target: Expr::Name(name), annotation, value, line } = stmt else { continue };
            if name.starts_with('_') || name == "model_config" {
                continue;
            }
            let Some(annotation) = annotation else {
                // A default of a field of a base class.
                if let (Some(known), Some(value)) = (fields.get_mut(name), value) {
                    known.field.set_default(self.program, module, value);
                }
                continue;
            };
            let kind = Type { module, expr: annotation.clone(), variables: Rc::clone(variables) };
            let outer = match annotation {
                Expr::Subscript(owner, _) => owner,
                annotation => annotation,
            };
            if self.is_external(module, outer, &["ClassVar", "InitVar"]) {
                continue;
            }
            let mut field = Field::default();
            for (module, mark) in self.bare(&kind).marks {
                // What limits the type is written with it; what describes the field counts here too.
                let mark = self.mark(module, &mark).unwrap_or_default();
                field.merge(Field { limits: super::field::Limits::default(), ..mark });
            }
            match value
                .as_ref()
                .and_then(Expr::as_call)
                .map(|call| (call, self.external(module, &call.function)))
            {
                Some((call, Some(called))) if called.ends_with(".Field") || called == "dataclasses.field" => {
                    let is_pydantic = called.ends_with(".Field");
                    field.merge(Field::read(self.program, module, call, is_pydantic));
                }
                _ => {
                    if let Some(value) = value {
                        field.set_default(self.program, module, value);
                    }
                }
            }
            if config.docs_of_fields
                && field.description.is_none()
                && let Some(Stmt::Expr(Expr::Str(text), _)) = statements.peek()
            {
                field.description = Some(clean_doc(text));
            }
            if field.alias.is_none() {
                field.alias =
                    config.alias_generator.as_deref().map(|how| super::settings::generated(how, name));
            }
            if field.default == Preset::Computed {
                self.program.tell_default(module, *line, name);
            }
            let may_miss = is_partial && !self.is_external(module, outer, &["Required"])
                || self.is_external(module, outer, &["NotRequired"]);
            fields.insert(name.clone(), ClassField { kind, field, may_miss });
        }
    }
}

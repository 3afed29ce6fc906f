//! What an operation takes: parameters, bodies and credentials of a function and of everything it depends on.

use std::collections::BTreeSet;
use std::rc::Rc;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::field::{Field, Preset};
use super::models::{Kind, Mode, Models};
use super::security;
use super::types::{Bare, Type};
use super::words::title_of;
use crate::python::scope::{Meaning, ModuleId};
use crate::python::syntax::{Call, Expr, Function, Parameter, Stmt};

/// Deepest chain of dependencies.
const MAX_DEPTH: usize = 30;

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Path,
    Query,
    Header,
    Cookie,
    Body,
    Form,
    File,
}

impl Place {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "Path" => Self::Path,
            "Query" => Self::Query,
            "Header" => Self::Header,
            "Cookie" => Self::Cookie,
            "Body" => Self::Body,
            "Form" => Self::Form,
            "File" => Self::File,
            _ => return None,
        })
    }

    fn word(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
            Self::Body | Self::Form | Self::File => "body",
        }
    }
}

/// One value.
#[derive(Debug, Clone)]
pub struct Input {
    pub place: Place,
    /// As it is called on the wire.
    pub name: String,
    pub kind: Type,
    pub field: Field,
    pub is_required: bool,
    /// A schema that is known already.
    pub fixed: Option<Value>,
}

/// Everything that an operation takes.
#[derive(Debug, Default)]
pub struct Dependant {
    pub inputs: Vec<Input>,
    /// Scopes by the name of the scheme.
    pub security: IndexMap<String, Vec<String>>,
    pub schemes: Map<String, Value>,
    /// Named by the path.
    placeholders: Vec<String>,
    seen: BTreeSet<String>,
}

/// A dependency that is still to be looked at.
struct Needed {
    module: ModuleId,
    target: Expr,
    scopes: Vec<String>,
}

impl Dependant {
    /// Of a function behind a path; `first` are the dependencies of routers and of the route.
    pub fn new(
        models: &mut Models<'_>,
        module: ModuleId,
        function: &Function,
        placeholders: Vec<String>,
        first: &[(ModuleId, Expr)],
    ) -> Self {
        let mut dependant = Self { placeholders, ..Self::default() };
        let mut needed: Vec<Needed> =
            first.iter().filter_map(|(module, mark)| depends(models, *module, mark, None, &[])).collect();
        needed.extend(dependant.parameters(models, module, &function.parameters, &[]));
        dependant.walk(models, needed, MAX_DEPTH);
        dependant
    }

    fn walk(&mut self, models: &mut Models<'_>, needed: Vec<Needed>, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        for Needed { module, target, scopes } in needed {
            let (owner, value) = models.value_of(module, &target);
            if let Some((name, scheme)) = security::scheme(models, owner, &value) {
                let known = self.security.entry(name.clone()).or_default();
                for scope in &scopes {
                    if !known.contains(scope) {
                        known.push(scope.clone());
                    }
                }
                self.schemes.insert(name, scheme);
                continue;
            }
            if models.external(module, &target).is_some_and(|name| name.contains("OAuth2PasswordRequestForm"))
            {
                let is_strict = models.is_external(module, &target, &["OAuth2PasswordRequestFormStrict"]);
                self.inputs.extend(security::password_form(is_strict));
                continue;
            }
            let Some((identity, module, parameters)) = callable(models, module, &target, &value, owner)
            else {
                continue;
            };
            if !self.seen.insert(identity) {
                continue;
            }
            let inner = self.parameters(models, module, &parameters, &scopes);
            self.walk(models, inner, depth);
        }
    }

    /// Takes the parameters of a function; what they depend on is left to be looked at.
    fn parameters(
        &mut self,
        models: &mut Models<'_>,
        module: ModuleId,
        parameters: &[Parameter],
        scopes: &[String],
    ) -> Vec<Needed> {
        let mut needed = Vec::new();
        for parameter in parameters {
            let any = Expr::Other(String::new());
            let kind = Type::new(module, parameter.annotation.as_ref().unwrap_or(&any));
            let Bare { kind: inner, marks } = models.bare(&kind);
            let (mut place, mut field, mut dependency) = (None, Field::default(), None);
            let in_default = parameter.default.iter().map(|default| (module, default.clone(), true));
            for (module, mark, is_default) in
                marks.into_iter().map(|(module, mark)| (module, mark, false)).chain(in_default)
            {
                let (owner, value) = models.value_of(module, &mark);
                let called =
                    value.as_call().and_then(|call| Some((call, models.external(owner, &call.function)?)));
                match called {
                    Some((call, name)) if name.starts_with("fastapi") => {
                        let last = name.rsplit('.').next().unwrap_or_default();
                        if let Some(found) = Place::of(last) {
                            place = Some(found);
                            field.merge(Field::read(models.program, owner, call, is_default));
                        } else {
                            dependency = depends(models, owner, &value, Some(&inner), scopes).or(dependency);
                        }
                    }
                    _ if is_default => field.set_default(models.program, module, &mark),
                    _ => field.merge(described(models, owner, &value)),
                }
            }
            if let Some(found) = dependency {
                needed.push(found);
                continue;
            }
            if field.default == Preset::Computed {
                models.program.tell_default(module, parameter.line, &parameter.name);
            }
            self.input(models, parameter, &kind, place, field);
        }
        needed
    }

    fn input(
        &mut self,
        models: &mut Models<'_>,
        parameter: &Parameter,
        kind: &Type,
        place: Option<Place>,
        field: Field,
    ) {
        let Bare { kind: inner, .. } = models.bare(kind);
        if place.is_none() && is_special(models, &inner) {
            return;
        }
        let is_of_path = self.placeholders.contains(&parameter.name);
        let place = place.unwrap_or_else(|| {
            if is_of_path {
                Place::Path
            } else if is_upload(models, kind) {
                Place::File
            } else if is_complex(models, kind) {
                Place::Body
            } else {
                Place::Query
            }
        });
        // One model stands for a parameter a field.
        if matches!(place, Place::Query | Place::Header | Place::Cookie)
            && let Some(fields) = model_fields(models, kind)
        {
            let is_optional = !field.default.is_missing();
            for (name, kind, own) in fields {
                let is_required = own.default.is_missing() && !is_optional;
                let name =
                    own.alias.clone().unwrap_or_else(|| on_the_wire(place, &name, field.keeps_underscores));
                self.add(Input { place, name, kind, field: own, is_required, fixed: None });
            }
            return;
        }
        let name = field.alias.clone();
        let name = name.unwrap_or_else(|| on_the_wire(place, &parameter.name, field.keeps_underscores));
        let is_required = place == Place::Path || field.default.is_missing();
        self.add(Input { place, name, kind: kind.clone(), field, is_required, fixed: None });
    }

    fn add(&mut self, input: Input) {
        let known =
            self.inputs.iter_mut().find(|known| known.place == input.place && known.name == input.name);
        match known {
            Some(known) if known.is_required && !input.is_required => {}
            Some(known) => *known = input,
            None => self.inputs.push(input),
        }
    }

    /// The parameters of the operation.
    pub fn documented(&self, models: &mut Models<'_>) -> Vec<Value> {
        let mut parameters = Vec::new();
        for place in [Place::Path, Place::Query, Place::Header, Place::Cookie] {
            for input in self.inputs.iter().filter(|input| input.place == place && !input.field.is_hidden) {
                let field = &input.field;
                let mut object = json!({
                    "name": input.name,
                    "in": place.word(),
                    "required": input.is_required,
                    "schema": input.schema(models),
                });
                if let Some(description) = field.description.as_ref().filter(|text| !text.is_empty()) {
                    object["description"] = json!(description);
                }
                if let Some(examples) = &field.openapi_examples {
                    object["examples"] = examples.clone();
                } else if let Some(example) = &field.example {
                    object["example"] = example.clone();
                }
                if field.is_deprecated {
                    object["deprecated"] = json!(true);
                }
                parameters.push(object);
            }
        }
        parameters
    }

    /// The body of the request; `unique` names the component where there are several values.
    pub fn body(&self, models: &mut Models<'_>, unique: &str) -> Option<(Value, Option<(String, Value)>)> {
        let parts: Vec<&Input> = self
            .inputs
            .iter()
            .filter(|input| matches!(input.place, Place::Body | Place::Form | Place::File))
            .collect();
        let first = parts.first()?;
        let is_form = parts.iter().any(|part| part.place == Place::Form);
        let media = if parts.iter().any(|part| part.place == Place::File) {
            "multipart/form-data".to_owned()
        } else if is_form {
            "application/x-www-form-urlencoded".to_owned()
        } else {
            first.field.media_type.clone().unwrap_or_else(|| "application/json".to_owned())
        };
        let is_scalar_form =
            matches!(first.place, Place::Form | Place::File) && model_fields(models, &first.kind).is_none();
        let is_required = parts.iter().any(|part| part.is_required);
        let (schema, component) = if parts.len() == 1 && !first.field.is_embedded && !is_scalar_form {
            (first.schema(models), None)
        } else {
            let name = format!("Body_{unique}");
            let (mut properties, mut required) = (Map::new(), Vec::new());
            for part in parts.iter().copied() {
                let value = match &part.fixed {
                    Some(value) => value.clone(),
                    None => models.property(&part.kind, &part.field, &part.name, Mode::Validation),
                };
                properties.insert(part.name.clone(), value);
                if part.is_required {
                    required.push(json!(part.name));
                }
            }
            let mut schema = json!({"properties": properties, "type": "object", "title": name});
            if !required.is_empty() {
                schema["required"] = required.into();
            }
            (json!({"$ref": format!("#/components/schemas/{name}")}), Some((name, schema)))
        };
        let mut content = json!({"schema": schema});
        if component.is_none() {
            if let Some(examples) = &first.field.openapi_examples {
                content["examples"] = examples.clone();
            } else if let Some(example) = &first.field.example {
                content["example"] = example.clone();
            }
        }
        let mut body = json!({"content": {media: content}});
        if is_required {
            body["required"] = json!(true);
        }
        Some((body, component))
    }
}

impl Input {
    fn schema(&self, models: &mut Models<'_>) -> Value {
        if let Some(fixed) = &self.fixed {
            return fixed.clone();
        }
        let mut schema = models.schema(&self.kind, Mode::Validation);
        self.field.describe(&mut schema.members);
        if !schema.members.contains_key("$ref") && self.field.title.is_none() {
            schema.members.entry("title").or_insert_with(|| json!(title_of(&self.name)));
        }
        schema.value()
    }
}

fn on_the_wire(place: Place, name: &str, keeps_underscores: bool) -> String {
    if place == Place::Header && !keeps_underscores { name.replace('_', "-") } else { name.to_owned() }
}

/// What a mark in `Annotated` says that is no mark of `FastAPI`; its limits are read with the type.
fn described(models: &Models<'_>, module: ModuleId, mark: &Expr) -> Field {
    let field = models.mark(module, mark).unwrap_or_default();
    Field { limits: super::field::Limits::default(), ..field }
}

/// `Depends(target)` and `Security(target, scopes=[…])`; `Depends()` means the type itself.
fn depends(
    models: &Models<'_>,
    module: ModuleId,
    mark: &Expr,
    own: Option<&Type>,
    outer: &[String],
) -> Option<Needed> {
    let (module, mark) = models.value_of(module, mark);
    let call: &Rc<Call> = mark.as_call()?;
    if !models.is_external(module, &call.function, &["Depends", "Security"]) {
        return None;
    }
    let mut scopes = outer.to_vec();
    if let Some(Value::Array(more)) =
        call.argument(1, "scopes").and_then(|scopes| models.program.value(module, scopes))
    {
        scopes.extend(more.iter().filter_map(Value::as_str).map(str::to_owned));
    }
    match call.argument(0, "dependency") {
        Some(target) => Some(Needed { module, target: target.clone(), scopes }),
        None => own.map(|own| Needed { module: own.module, target: own.expr.clone(), scopes }),
    }
}

/// The parameters of whatever can be called.
fn callable(
    models: &Models<'_>,
    module: ModuleId,
    target: &Expr,
    value: &Expr,
    owner: ModuleId,
) -> Option<(String, ModuleId, Vec<Parameter>)> {
    match models.program.final_meaning(module, target) {
        Some(Meaning::Function(id, function)) => {
            Some((format!("{id}:{}:{}", function.line, function.name), id, function.parameters.clone()))
        }
        Some(Meaning::Class(id, class)) => {
            let identity = format!("{id}:{}:{}", class.line, class.name);
            if let Some(parameters) = method(&class.body, "__init__") {
                return Some((identity, id, parameters));
            }
            let fields = models.fields(id, &class, &Rc::default(), &super::settings::Config::default());
            let parameters = fields.into_iter().map(|(name, field)| Parameter {
                name,
                annotation: Some(field.kind.expr.clone()),
                default: match field.field.default {
                    Preset::Missing => None,
                    Preset::Known(value) => Some(literal(&value)),
                    Preset::Computed | Preset::Made => Some(Expr::None),
                },
                line: class.line,
            });
            Some((identity, id, parameters.collect()))
        }
        _ => {
            // An instance: what its class does when it is called.
            let call = value.as_call()?;
            match models.program.final_meaning(owner, &call.function)? {
                Meaning::Class(id, class) => {
                    let identity = format!("{id}:{}:{target:?}", class.line);
                    Some((identity, id, method(&class.body, "__call__")?))
                }
                _ => None,
            }
        }
    }
}

/// A value as it would be written.
fn literal(value: &Value) -> Expr {
    match value {
        Value::Null => Expr::None,
        Value::Bool(value) => Expr::Bool(*value),
        Value::Number(number) => {
            number.as_i64().map_or_else(|| Expr::Float(number.as_f64().unwrap_or_default()), Expr::Int)
        }
        Value::String(text) => Expr::Str(text.clone()),
        Value::Array(items) => Expr::List(items.iter().map(literal).collect()),
        Value::Object(members) => {
            Expr::Dict(members.iter().map(|(key, value)| (Expr::Str(key.clone()), literal(value))).collect())
        }
    }
}

/// The parameters of a method, without the object itself.
fn method(body: &[Stmt], name: &str) -> Option<Vec<Parameter>> {
    body.iter().find_map(|stmt| match stmt {
        Stmt::Function(function) if function.name == name => {
            Some(function.parameters.get(1..).unwrap_or_default().to_vec())
        }
        _ => None,
    })
}

/// Things that `FastAPI` hands in by itself.
fn is_special(models: &Models<'_>, kind: &Type) -> bool {
    models.branches(kind).iter().any(|branch| {
        models.external(branch.module, &branch.expr).is_some_and(|name| {
            let last = name.rsplit('.').next().unwrap_or_default();
            matches!(
                last,
                "Request"
                    | "WebSocket"
                    | "HTTPConnection"
                    | "Response"
                    | "BackgroundTasks"
                    | "SecurityScopes"
            ) || (last.ends_with("Response")
                && (name.starts_with("fastapi") || name.starts_with("starlette")))
        })
    })
}

fn is_upload(models: &Models<'_>, kind: &Type) -> bool {
    models.branches(kind).iter().any(|branch| match &branch.expr {
        Expr::Subscript(_, arguments) => {
            arguments.iter().any(|one| models.is_external(branch.module, one, &["UploadFile"]))
        }
        expr => models.is_external(branch.module, expr, &["UploadFile"]),
    })
}

/// Whether a value is too much for a query.
fn is_complex(models: &Models<'_>, kind: &Type) -> bool {
    const CONTAINERS: &[&str] = &[
        "list",
        "List",
        "dict",
        "Dict",
        "set",
        "Set",
        "frozenset",
        "FrozenSet",
        "tuple",
        "Tuple",
        "Sequence",
        "Mapping",
        "deque",
        "Iterable",
        "MutableMapping",
    ];
    models.branches(kind).iter().any(|branch| {
        let owner = match &branch.expr {
            Expr::Subscript(owner, _) => owner,
            expr => expr,
        };
        match models.program.final_meaning(branch.module, owner) {
            Some(Meaning::Class(module, class)) => {
                !matches!(models.kind_of(module, &class), Kind::Enumeration | Kind::Other)
            }
            Some(Meaning::External(name)) => {
                CONTAINERS.contains(&name.rsplit('.').next().unwrap_or_default())
            }
            _ => false,
        }
    })
}

/// The fields of a model, where the type is one (or none).
fn model_fields(models: &Models<'_>, kind: &Type) -> Option<Vec<(String, Type, Field)>> {
    let Bare { kind, .. } = models.bare(kind);
    let branches: Vec<Type> =
        models.branches(&kind).into_iter().filter(|branch| branch.expr != Expr::None).collect();
    let [only] = branches.as_slice() else { return None };
    match models.program.final_meaning(only.module, &only.expr) {
        Some(Meaning::Class(module, class)) if models.kind_of(module, &class) == Kind::Model => {
            let fields = models.fields(module, &class, &Rc::default(), &super::settings::Config::default());
            Some(fields.into_iter().map(|(name, field)| (name, field.kind, field.field)).collect())
        }
        _ => None,
    }
}

//! `FastAPI`: the document that `app.openapi()` gives, read from the sources.
//!
//! | idea | where |
//! |---|---|
//! | applications, routers, what is included where | [`routes`] |
//! | what a function and its dependencies take | [`dependant`] |
//! | what an operation answers, and as what | [`answers`] |
//! | ways to say who one is | [`security`] |
//! | annotations to schemas | [`types`], [`field`] |
//! | classes to components, their settings, and how they are called | [`models`], [`settings`], [`naming`] |
//! | titles, summaries, identifiers | [`words`] |

mod answers;
pub mod dependant;
pub mod field;
pub mod models;
pub mod naming;
pub mod routes;
pub mod security;
pub mod settings;
pub mod types;
pub mod words;

use std::rc::Rc;

use serde_json::{Map, Value, json};

use crate::files::SourceFile;
use crate::python::scope::{ModuleId, Program};
use crate::python::syntax::{Call, Expr, Function};
use dependant::Dependant;
use models::Models;
use routes::{Entry, Router, Routers};
use words::{clean_doc, identifier, placeholders, plain_path, title_case};

/// Deepest chain of routers.
const MAX_DEPTH: usize = 30;
/// Words of `FastAPI(…)` for the members of `info`.
const INFO: &[(&str, &str)] = &[
    ("title", "title"),
    ("summary", "summary"),
    ("description", "description"),
    ("terms_of_service", "termsOfService"),
    ("contact", "contact"),
    ("license_info", "license"),
    ("version", "version"),
];

/// What routers around a route add to it.
#[derive(Debug, Clone, Default)]
struct Around {
    prefix: String,
    tags: Vec<Value>,
    dependencies: Vec<(ModuleId, Expr)>,
    responses: Vec<(String, ModuleId, Expr)>,
    is_deprecated: bool,
    is_hidden: bool,
    response_class: Option<(ModuleId, Expr)>,
}

/// The document.
///
/// # Errors
/// One line for the user.
pub fn document(files: &[SourceFile]) -> Result<Value, String> {
    let mut program = Program::new(files);
    let routers = Routers::find(&mut program);
    let app = routers.app(&program);
    let app = app.ok_or("no FastAPI application was found: nothing is assigned FastAPI(…)")?;
    let mut writer = Writer {
        program: &program,
        routers: &routers,
        models: Models::new(&program),
        paths: Map::new(),
        bodies: Map::new(),
        schemes: Map::new(),
        refuses: false,
    };
    let around = writer.around(&Around::default(), app.module, &app.call);
    writer.router(app, &around, MAX_DEPTH);
    if writer.paths.is_empty() {
        return Err("no routes found".to_owned());
    }
    let webhooks = writer.webhooks(app);
    Ok(writer.finish(app, webhooks))
}

struct Writer<'p> {
    program: &'p Program,
    routers: &'p Routers,
    models: Models<'p>,
    paths: Map<String, Value>,
    /// Components of bodies of several values.
    bodies: Map<String, Value>,
    schemes: Map<String, Value>,
    /// Whether a request can be refused for what it holds.
    refuses: bool,
}

impl Writer<'_> {
    /// What the service calls by itself. Nothing that surrounds the application holds for them.
    fn webhooks(&mut self, app: &Router) -> Map<String, Value> {
        let paths = std::mem::take(&mut self.paths);
        self.entries(&app.webhooks, &Around::default(), MAX_DEPTH);
        let named = app.call.named("webhooks");
        let position = named.and_then(|router| self.routers.position(self.program, app.module, router));
        if let Some(router) = position.and_then(|position| self.routers.all.get(position)) {
            let around = self.around(&Around::default(), router.module, &router.call);
            self.router(router, &around, MAX_DEPTH);
        }
        std::mem::replace(&mut self.paths, paths)
    }

    /// What an operation calls while or after it is done: the routes of another router.
    fn callbacks(&mut self, module: ModuleId, call: &Call, depth: usize) -> Option<Map<String, Value>> {
        let given = call.named("callbacks")?;
        let router = match given {
            Expr::Attribute(owner, name) if name == "routes" => {
                self.routers.position(self.program, module, owner)
            }
            _ => None,
        };
        let Some(router) = router.and_then(|position| self.routers.all.get(position)) else {
            self.note(module, call.line, "callbacks are computed while the program runs and were left out");
            return None;
        };
        let around = self.around(&Around::default(), router.module, &router.call);
        let mut callbacks = Map::new();
        for entry in &router.entries {
            let Entry::Route { module, call, function, .. } = entry else { continue };
            let paths = std::mem::take(&mut self.paths);
            self.entries(std::slice::from_ref(entry), &around, depth);
            let found = std::mem::replace(&mut self.paths, paths);
            let name = call.named("name").and_then(|name| self.program.text(*module, name));
            if !found.is_empty() {
                callbacks.insert(name.unwrap_or_else(|| function.name.clone()), found.into());
            }
        }
        Some(callbacks)
    }

    fn finish(mut self, app: &Router, webhooks: Map<String, Value>) -> Value {
        let mut info = json!({"title": "FastAPI", "version": "0.1.0"});
        for (argument, member) in INFO {
            if let Some(value) =
                self.argument(app.module, &app.call, argument).filter(|value| !is_falsy(value))
            {
                info[*member] = value;
            }
        }
        for (owner, member) in [("contact", "url"), ("license", "url")] {
            if let Some(Value::String(url)) = info.get_mut(owner).and_then(|owner| owner.get_mut(member)) {
                *url = with_path(url);
            }
        }
        let mut document = json!({"openapi": "3.1.0", "info": info});
        if app.call.named("generate_unique_id_function").is_some() {
            self.note(
                app.module,
                app.line,
                "generate_unique_id_function is not run; operations have their usual identifiers",
            );
        }
        for (argument, member) in
            [("servers", "servers"), ("openapi_tags", "tags"), ("openapi_external_docs", "externalDocs")]
        {
            if let Some(value) =
                self.argument(app.module, &app.call, argument).filter(|value| !is_falsy(value))
            {
                document[member] = value;
            }
        }
        if let Some(url) = document.get_mut("externalDocs").and_then(|docs| docs.get_mut("url")) {
            *url = json!(with_path(url.as_str().unwrap_or_default()));
        }
        document["paths"] = std::mem::take(&mut self.paths).into();
        if !webhooks.is_empty() {
            document["webhooks"] = webhooks.into();
        }
        let mut holder = json!({"document": document, "bodies": self.bodies});
        let mut schemas = self.models.finish(&mut holder);
        if let Some(Value::Object(bodies)) = holder.get_mut("bodies").map(Value::take) {
            schemas.extend(bodies);
        }
        if self.refuses {
            schemas.extend(naming::validation_errors().map(|(name, schema)| (name.to_owned(), schema)));
        }
        let mut document = holder.get_mut("document").map(Value::take).unwrap_or_default();
        schemas.sort_keys();
        let mut components = Map::new();
        if !schemas.is_empty() {
            components.insert("schemas".to_owned(), schemas.into());
        }
        if !self.schemes.is_empty() {
            components.insert("securitySchemes".to_owned(), self.schemes.into());
        }
        if !components.is_empty() {
            document["components"] = components.into();
        }
        without_null(&mut document);
        document
    }

    fn argument(&self, module: ModuleId, call: &Call, name: &str) -> Option<Value> {
        let expr = call.named(name)?;
        let value = self.program.value(module, expr);
        if value.is_none() {
            self.note(
                module,
                call.line,
                &format!("{name} is computed while the program runs and was left out"),
            );
        }
        value
    }

    fn note(&self, module: ModuleId, line: usize, text: &str) {
        self.program.tell(module, line, text);
    }

    /// Adds what a router, an inclusion or an application says about everything inside.
    fn around(&self, outer: &Around, module: ModuleId, call: &Call) -> Around {
        let mut inner = outer.clone();
        if let Some(prefix) = call.named("prefix").and_then(|prefix| self.program.text(module, prefix)) {
            inner.prefix.push_str(&prefix);
        }
        if let Some(Value::Array(tags)) = call.named("tags").and_then(|tags| self.program.value(module, tags))
        {
            inner.tags.extend(tags);
        }
        inner.dependencies.extend(marks(module, call.named("dependencies")));
        inner.responses.extend(answers::responses(self.program, module, call));
        inner.is_deprecated |= self.program.truth(module, call.named("deprecated")) == Some(true);
        inner.is_hidden |= self.program.truth(module, call.named("include_in_schema")) == Some(false);
        if let Some(class) = call.named("default_response_class") {
            inner.response_class = Some((module, class.clone()));
        }
        inner
    }

    fn router(&mut self, router: &Router, around: &Around, depth: usize) {
        self.entries(&router.entries, around, depth);
    }

    fn entries(&mut self, entries: &[Entry], around: &Around, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        for entry in entries {
            match entry {
                Entry::Route { module, call, methods, function, of } => {
                    self.route(around, *module, call, methods, (*of, function), depth);
                }
                Entry::Include { module, call, router } => {
                    let Some(target) = self.routers.all.get(*router) else { continue };
                    let included = self.around(around, *module, call);
                    let inner = self.around(&included, target.module, &target.call);
                    self.router(target, &inner, depth);
                }
            }
        }
    }

    fn route(
        &mut self,
        around: &Around,
        module: ModuleId,
        call: &Rc<Call>,
        methods: &[String],
        (of, function): (ModuleId, &Rc<Function>),
        depth: usize,
    ) {
        let Some(path) = call.argument(0, "path").and_then(|path| self.program.text(module, path)) else {
            self.note(
                module,
                function.line,
                "the path is computed while the program runs; the route was left out",
            );
            return;
        };
        let inner = Around { prefix: format!("{}{path}", around.prefix), ..around.clone() };
        let inner = self.around(&inner, module, &without(call, "prefix"));
        if inner.is_hidden {
            return;
        }
        let text = |name: &str| {
            call.named(name).and_then(|expr| self.program.text(module, expr)).filter(|text| !text.is_empty())
        };
        let name = text("name").unwrap_or_else(|| function.name.clone());
        let plain = plain_path(&inner.prefix);
        let first_method = methods.first().map(String::as_str).unwrap_or_default();
        let unique = text("operation_id")
            .unwrap_or_else(|| format!("{}_{first_method}", identifier(&format!("{name}{plain}"))));
        let description = text("description").unwrap_or_else(|| {
            let doc = clean_doc(function.doc.as_deref().unwrap_or_default());
            doc.split('\u{c}').next().unwrap_or_default().trim().to_owned()
        });
        let summary = text("summary").unwrap_or_else(|| title_case(&name.replace('_', " ")));
        let dependant =
            Dependant::new(&mut self.models, of, function, placeholders(&inner.prefix), &inner.dependencies);
        let callbacks = self.callbacks(module, call, depth);
        for method in methods {
            let mut operation = Map::new();
            if !inner.tags.is_empty() {
                operation.insert("tags".to_owned(), json!(inner.tags));
            }
            operation.insert("summary".to_owned(), json!(summary));
            if !description.is_empty() {
                operation.insert("description".to_owned(), json!(description));
            }
            operation.insert("operationId".to_owned(), json!(unique));
            if inner.is_deprecated {
                operation.insert("deprecated".to_owned(), json!(true));
            }
            if !dependant.security.is_empty() {
                let each = dependant.security.iter().map(|(name, scopes)| json!({name: scopes}));
                operation.insert("security".to_owned(), each.collect());
            }
            let parameters = dependant.documented(&mut self.models);
            if !parameters.is_empty() {
                operation.insert("parameters".to_owned(), parameters.into());
            }
            if !matches!(method.as_str(), "options" | "trace")
                && let Some((body, component)) = dependant.body(&mut self.models, &unique)
            {
                operation.insert("requestBody".to_owned(), body);
                self.bodies.extend(component);
            }
            operation.extend(callbacks.clone().map(|callbacks| ("callbacks".to_owned(), callbacks.into())));
            let mut answers = self.answers(&inner, module, call, (of, function), &unique);
            let is_declared = ["422", "4XX", "default"].iter().any(|code| answers.contains_key(*code));
            if !dependant.inputs.is_empty() && !is_declared {
                self.refuses = true;
                let schema = json!({"$ref": "#/components/schemas/HTTPValidationError"});
                let answer = json!({"description": "Validation Error", "content": {"application/json": {"schema": schema}}});
                answers.insert("422".to_owned(), answer);
            }
            operation.insert("responses".to_owned(), answers.into());
            if let Some(Value::Object(extra)) = self.argument(module, call, "openapi_extra") {
                merge(&mut operation, extra);
            }
            let item = self.paths.entry(plain.clone()).or_insert_with(|| json!({}));
            item[method] = operation.into();
        }
        self.schemes.extend(dependant.schemes);
    }
}

fn marks(module: ModuleId, list: Option<&Expr>) -> Vec<(ModuleId, Expr)> {
    match list {
        Some(Expr::List(items) | Expr::Tuple(items)) => {
            items.iter().map(|item| (module, item.clone())).collect()
        }
        _ => Vec::new(),
    }
}

/// A call without one of its arguments.
fn without(call: &Call, name: &str) -> Call {
    let mut call = call.clone();
    call.named.retain(|(known, _)| known != name);
    call
}

/// Objects are merged, lists joined, everything else replaced.
fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Object(known)), Value::Object(more)) => merge(known, more),
            (Some(Value::Array(known)), Value::Array(more)) => known.extend(more),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

fn is_falsy(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// An address as Pydantic writes it: a host alone has a path.
fn with_path(url: &str) -> String {
    match url.split_once("://") {
        Some((_, rest)) if !rest.contains('/') => format!("{url}/"),
        _ => url.to_owned(),
    }
}

/// Members without a value are none; items of lists stay.
fn without_null(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(without_null);
        }
        Value::Array(items) => items.iter_mut().for_each(without_null),
        _ => {}
    }
}

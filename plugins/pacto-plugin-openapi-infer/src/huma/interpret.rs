//! Follows a program from `main` to where it registers operations. Nothing is executed: blocks are taken once, values that
//! are not known stay unknown.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::operation::Operation;
use super::schema::Type;
use crate::golang::package::{FileId, Import, Program};
use crate::golang::syntax::{Expr, Function, Kind, Signature, Stmt};
use crate::status;

/// Deepest chain of calls.
const MAX_DEPTH: usize = 40;
/// Most calls that are followed.
const MAX_CALLS: usize = 50_000;
/// Path of the framework.
pub(super) const HUMA: &str = "github.com/danielgtaylor/huma/v2";

/// What is known of a value.
#[derive(Debug, Clone)]
pub enum Known {
    Json(Value),
    /// A configuration, by its place in [`Interpreter::configs`].
    Config(usize),
    /// An API of a configuration.
    Api(usize),
    Group(Rc<Group>),
    Operation(Rc<RefCell<Operation>>),
    Instance(Type, Rc<RefCell<HashMap<String, Known>>>),
    Closure(Rc<Closure>),
    /// `huma.OperationTags(…)`.
    Tags(Value),
    Unknown,
}

/// A function literal with what was known around it.
#[derive(Debug)]
pub struct Closure {
    pub(super) file: FileId,
    pub(super) signature: Rc<Signature>,
    body: Rc<Vec<Stmt>>,
    names: Names,
}

/// Operations with something in common.
#[derive(Debug)]
pub struct Group {
    pub(super) parent: Known,
    pub(super) prefixes: Vec<String>,
    pub(super) modifiers: RefCell<Vec<Known>>,
}

pub(super) type Names = HashMap<String, Known>;

/// An operation that was registered.
#[derive(Debug)]
pub struct Registered {
    pub config: usize,
    pub operation: Operation,
    pub input: Type,
    pub output: Type,
}

/// The state of the walk.
pub struct Interpreter<'p> {
    pub program: &'p Program,
    pub configs: Vec<Value>,
    pub registered: Vec<Registered>,
    calls: usize,
}

impl<'p> Interpreter<'p> {
    pub fn new(program: &'p Program) -> Self {
        Self { program, configs: Vec::new(), registered: Vec::new(), calls: 0 }
    }

    /// Follows every `main`, else everything that makes an API.
    pub fn follow(&mut self) {
        let all: Vec<(FileId, Rc<Function>)> = self
            .program
            .files
            .iter()
            .enumerate()
            .flat_map(|(id, (_, file))| file.functions.iter().map(move |function| (id, Rc::clone(function))))
            .collect();
        for (file, function) in
            all.iter().filter(|(_, function)| function.name == "main" && function.receiver.is_none())
        {
            self.run(*file, &function.body, &mut Names::new(), MAX_DEPTH);
        }
        if self.registered.is_empty() {
            self.configs.clear();
            for (file, function) in &all {
                if self.makes_api(*file, &function.body) {
                    self.run(*file, &function.body, &mut Names::new(), MAX_DEPTH);
                }
            }
        }
    }

    fn makes_api(&self, file: FileId, body: &[Stmt]) -> bool {
        body.iter().any(|stmt| {
            let values: &[Expr] = match stmt {
                Stmt::Assign(_, right, _) => right,
                Stmt::Return(values) => values,
                Stmt::Expr(value, _) => std::slice::from_ref(value),
            };
            values.iter().any(|value| match value {
                Expr::Call(function, _) => {
                    self.foreign(file, function, &Names::new()).is_some_and(|(path, name)| {
                        path.contains("huma/v2/adapters/") && name.starts_with("New")
                    })
                }
                _ => false,
            })
        })
    }

    /// Runs statements; the first value that is returned and known.
    fn run(&mut self, file: FileId, body: &[Stmt], names: &mut Names, depth: usize) -> Known {
        let mut returned = Known::Unknown;
        for stmt in body {
            match stmt {
                Stmt::Expr(expr, line) => drop(self.value(file, expr, names, depth, *line)),
                Stmt::Assign(left, right, line) => self.assign(file, (left, right), names, depth, *line),
                Stmt::Return(values) => {
                    if let Some(value) = values.first() {
                        let found = self.value(file, value, names, depth, 0);
                        if matches!(returned, Known::Unknown) {
                            returned = found;
                        }
                    }
                }
            }
        }
        returned
    }

    fn assign(
        &mut self,
        file: FileId,
        (left, right): (&[Expr], &[Expr]),
        names: &mut Names,
        depth: usize,
        line: usize,
    ) {
        for (index, target) in left.iter().enumerate() {
            // `api, err := newAPI()`: what is of interest comes first.
            let Some(value) = right.get(index) else { continue };
            let value = self.value(file, value, names, depth, line);
            match target {
                Expr::Name(name) => drop(names.insert(name.clone(), value)),
                Expr::Select(owner, field) => self.set(file, owner, field, value, names, depth),
                _ => {}
            }
        }
    }

    /// `owner.field = value`.
    fn set(
        &mut self,
        file: FileId,
        owner: &Expr,
        field: &str,
        value: Known,
        names: &mut Names,
        depth: usize,
    ) {
        let mut path = vec![field.to_owned()];
        let mut owner = owner;
        loop {
            match self.value(file, owner, names, depth, 0) {
                Known::Operation(operation) => {
                    if path.len() == 1 {
                        operation.borrow_mut().set(field, &value);
                    }
                    return;
                }
                Known::Instance(_, fields) if path.len() == 1 => {
                    fields.borrow_mut().insert(field.to_owned(), value);
                    return;
                }
                Known::Config(id) => {
                    let Known::Json(value) = value else { return };
                    let mut at = self.configs.get_mut(id);
                    for part in path.iter().rev().filter(|part| *part != "OpenAPI") {
                        at = at.map(|at| {
                            if !at.is_object() {
                                *at = json!({});
                            }
                            &mut at[json_name(part)]
                        });
                    }
                    if let Some(at) = at {
                        *at = value;
                    }
                    return;
                }
                _ => match owner {
                    Expr::Select(outer, part) => {
                        path.push(part.clone());
                        owner = outer;
                    }
                    _ => return,
                },
            }
        }
    }

    /// What is known of an expression.
    pub(super) fn value(
        &mut self,
        file: FileId,
        expr: &Expr,
        names: &mut Names,
        depth: usize,
        line: usize,
    ) -> Known {
        match expr {
            Expr::Text(text) => Known::Json(json!(text)),
            Expr::Int(value) => Known::Json(json!(value)),
            Expr::Float(value) => Known::Json(json!(value)),
            Expr::Negative(inner) => match self.value(file, inner, names, depth, line) {
                Known::Json(Value::Number(number)) => {
                    number.as_i64().map_or(Known::Unknown, |number| Known::Json(json!(-number)))
                }
                _ => Known::Unknown,
            },
            Expr::Add(left, right) => {
                match (
                    self.value(file, left, names, depth, line),
                    self.value(file, right, names, depth, line),
                ) {
                    (Known::Json(Value::String(left)), Known::Json(Value::String(right))) => {
                        Known::Json(json!(left + &right))
                    }
                    _ => Known::Unknown,
                }
            }
            Expr::Name(name) => self.named(file, name, names, depth),
            Expr::Function(signature, body) => Known::Closure(Rc::new(Closure {
                file,
                signature: Rc::clone(signature),
                body: Rc::clone(body),
                names: names.clone(),
            })),
            Expr::Composite(kind, elements) => self.composite(file, kind.as_ref(), elements, names, depth),
            Expr::Select(owner, name) => self.select(file, owner, name, names, depth),
            Expr::Call(function, arguments) => self.call(file, function, arguments, names, depth, line),
            Expr::Address(inner) | Expr::Instance(inner, _) => self.value(file, inner, names, depth, line),
            Expr::Kind(_) | Expr::Other => Known::Unknown,
        }
    }

    fn named(&mut self, file: FileId, name: &str, names: &mut Names, depth: usize) -> Known {
        if let Some(known) = names.get(name) {
            return known.clone();
        }
        match name {
            "true" => return Known::Json(json!(true)),
            "false" => return Known::Json(json!(false)),
            "nil" => return Known::Json(Value::Null),
            _ => {}
        }
        let found = self.program.value(file, name).map(|(id, value)| (id, value.clone()));
        match (found, depth.checked_sub(1)) {
            (Some((id, value)), Some(depth)) => self.value(id, &value, &mut Names::new(), depth, 0),
            _ => Known::Unknown,
        }
    }

    /// Path and name of something of a package that is not ours.
    fn foreign(&self, file: FileId, expr: &Expr, names: &Names) -> Option<(String, String)> {
        let expr = match expr {
            Expr::Instance(inner, _) => inner,
            expr => expr,
        };
        let Expr::Select(owner, name) = expr else { return None };
        let Expr::Name(package) = &**owner else { return None };
        if names.contains_key(package) {
            return None;
        }
        match self.program.import(file, package)? {
            Import::Foreign(path) => Some((path, name.clone())),
            Import::Own(_) => None,
        }
    }

    fn select(&mut self, file: FileId, owner: &Expr, name: &str, names: &mut Names, depth: usize) -> Known {
        if let Some((path, name)) =
            self.foreign(file, &Expr::Select(Rc::new(owner.clone()), name.to_owned()), names)
        {
            return constant(&path, &name).map_or(Known::Unknown, Known::Json);
        }
        if let Expr::Name(package) = owner
            && !names.contains_key(package)
            && let Some(Import::Own(folder)) = self.program.import(file, package)
        {
            let found = self.program.value_in(&folder, name).map(|(id, value)| (id, value.clone()));
            return match (found, depth.checked_sub(1)) {
                (Some((id, value)), Some(depth)) => self.value(id, &value, &mut Names::new(), depth, 0),
                _ => Known::Unknown,
            };
        }
        match self.value(file, owner, names, depth, 0) {
            Known::Instance(_, fields) => fields.borrow().get(name).cloned().unwrap_or(Known::Unknown),
            Known::Operation(operation) => operation.borrow().get(name).map_or(Known::Unknown, Known::Json),
            Known::Config(id) if name == "OpenAPI" => Known::Config(id),
            Known::Config(id) => {
                let found = self.configs.get(id).and_then(|config| config.get(json_name(name)));
                found.map_or(Known::Unknown, |value| Known::Json(value.clone()))
            }
            Known::Json(Value::Object(members)) => {
                members.get(&json_name(name)).map_or(Known::Unknown, |value| Known::Json(value.clone()))
            }
            _ => Known::Unknown,
        }
    }

    fn composite(
        &mut self,
        file: FileId,
        kind: Option<&Kind>,
        elements: &[(Option<Expr>, Expr)],
        names: &mut Names,
        depth: usize,
    ) -> Known {
        let Some(depth) = depth.checked_sub(1) else { return Known::Unknown };
        let kind = match kind {
            Some(Kind::Pointer(inner)) => Some(&**inner),
            kind => kind,
        };
        let is_of_huma = match kind {
            Some(Kind::Of(package, name)) => match self.program.import(file, package) {
                Some(Import::Foreign(path)) if path == HUMA => Some(name.clone()),
                _ => None,
            },
            _ => None,
        };
        if is_of_huma.as_deref() == Some("Operation") {
            let mut operation = Operation::default();
            for (key, value) in elements {
                if let Some(Expr::Name(field)) = key {
                    let value = self.value(file, value, names, depth, 0);
                    operation.set(field, &value);
                }
            }
            return Known::Operation(Rc::new(RefCell::new(operation)));
        }
        if is_of_huma.is_none()
            && let Some(own) = kind.filter(|kind| self.program.type_of(file, kind).is_some())
        {
            let mut fields = HashMap::new();
            for (key, value) in elements {
                if let Some(Expr::Name(field)) = key {
                    fields.insert(field.clone(), self.value(file, value, names, depth, 0));
                }
            }
            return Known::Instance(Type::new(file, own), Rc::new(RefCell::new(fields)));
        }
        let inner = match kind {
            Some(Kind::Slice(inner) | Kind::Array(_, inner) | Kind::Map(_, inner)) => Some(&**inner),
            _ => None,
        };
        let mut one = |this: &mut Self, value: &Expr| match value {
            Expr::Composite(None, elements) => this.composite(file, inner, elements, names, depth),
            value => this.value(file, value, names, depth, 0),
        };
        let is_list = matches!(kind, Some(Kind::Slice(_) | Kind::Array(..)));
        if is_list {
            let mut items = Vec::new();
            for (_, value) in elements {
                match one(self, value) {
                    Known::Json(value) => items.push(value),
                    _ => return Known::Unknown,
                }
            }
            return Known::Json(items.into());
        }
        let mut members = Map::new();
        for (key, value) in elements {
            let key = match key {
                Some(Expr::Name(field)) => json_name(field),
                Some(Expr::Text(text)) => text.clone(),
                _ => return Known::Unknown,
            };
            if let Known::Json(value) = one(self, value) {
                members.insert(key, value);
            }
        }
        Known::Json(members.into())
    }

    fn call(
        &mut self,
        file: FileId,
        function: &Expr,
        arguments: &[Expr],
        names: &mut Names,
        depth: usize,
        line: usize,
    ) -> Known {
        self.calls += 1;
        let Some(depth) = depth.checked_sub(1).filter(|_| self.calls < MAX_CALLS) else {
            return Known::Unknown;
        };
        let place = (file, line);
        if let Some((path, name)) = self.foreign(file, function, names) {
            return self.foreign_call(place, (&path, &name), arguments, names, depth);
        }
        let values: Vec<Known> =
            arguments.iter().map(|one| self.value(file, one, names, depth, line)).collect();
        match function {
            Expr::Name(name) if name == "append" => return appended(values),
            Expr::Name(name) => match names.get(name).cloned() {
                Some(Known::Closure(closure)) => return self.enter(&closure, values, depth),
                Some(_) => {}
                None => {
                    if let Some((id, found)) = self.program.function_here(file, name) {
                        return self.enter_function(id, &found, None, values, depth);
                    }
                }
            },
            Expr::Select(owner, name) => {
                if let Expr::Name(package) = &**owner
                    && !names.contains_key(package)
                    && let Some(Import::Own(folder)) = self.program.import(file, package)
                    && let Some((id, found)) = self.program.function_in(&folder, name)
                {
                    return self.enter_function(id, &found, None, values, depth);
                }
                let receiver = self.value(file, owner, names, depth, line);
                match &receiver {
                    Known::Api(id) | Known::Config(id) if name == "OpenAPI" => return Known::Config(*id),
                    Known::Group(group) => {
                        if matches!(name.as_str(), "UseSimpleModifier" | "UseModifier") {
                            group.modifiers.borrow_mut().extend(values);
                        }
                        return Known::Unknown;
                    }
                    Known::Instance(kind, _) => {
                        if let Some((id, found)) = self.method(kind, name) {
                            return self.enter_function(id, &found, Some(receiver), values, depth);
                        }
                    }
                    Known::Unknown => {
                        // Whose method it is does not matter where there is one of that name.
                        let takes_api =
                            values.iter().any(|value| matches!(value, Known::Api(_) | Known::Group(_)));
                        if let Some((id, found)) = self.program.only_method(name).filter(|_| takes_api) {
                            return self.enter_function(id, &found, None, values, depth);
                        }
                    }
                    _ => {}
                }
            }
            Expr::Function(..) => {
                if let Known::Closure(closure) = self.value(file, function, names, depth, line) {
                    return self.enter(&closure, values, depth);
                }
            }
            _ => {}
        }
        // Somebody will call what is handed over: routers with their sub-routers, commands with their start.
        for value in values {
            if let Known::Closure(closure) = value {
                self.enter(&closure, Vec::new(), depth);
            }
        }
        Known::Unknown
    }

    pub(super) fn method(&self, kind: &Type, name: &str) -> Option<(FileId, Rc<Function>)> {
        let owner = match &kind.kind {
            Kind::Generic(owner, _) | Kind::Pointer(owner) => (**owner).clone(),
            owner => owner.clone(),
        };
        let (file, decl) = self.program.type_of(kind.file, &owner)?;
        self.program.method((file, &decl.name), name)
    }

    pub(super) fn enter(&mut self, closure: &Closure, values: Vec<Known>, depth: usize) -> Known {
        let mut names = closure.names.clone();
        bind(&mut names, &closure.signature, values);
        self.run(closure.file, &closure.body, &mut names, depth)
    }

    pub(super) fn enter_function(
        &mut self,
        file: FileId,
        function: &Function,
        receiver: Option<Known>,
        values: Vec<Known>,
        depth: usize,
    ) -> Known {
        let mut names = Names::new();
        bind(&mut names, &function.signature, values);
        if let Some((name, kind)) = &function.receiver {
            let unknown = || Known::Instance(Type::new(file, kind), Rc::default());
            names.insert(name.clone(), receiver.unwrap_or_else(unknown));
        }
        let known = self.run(file, &function.body, &mut names, depth);
        // Whatever it is, it is of the type that the function says.
        match (known, function.signature.results.first()) {
            (Known::Unknown, Some(kind)) => {
                let kind = match kind {
                    Kind::Pointer(inner) => inner,
                    kind => kind,
                };
                match self.program.type_of(file, kind) {
                    Some(_) => Known::Instance(Type::new(file, kind), Rc::default()),
                    None => Known::Unknown,
                }
            }
            (known, _) => known,
        }
    }
}

fn bind(names: &mut Names, signature: &Signature, values: Vec<Known>) {
    let mut values = values.into_iter();
    for (name, _) in &signature.parameters {
        let value = values.next().unwrap_or(Known::Unknown);
        if !name.is_empty() && name != "_" {
            names.insert(name.clone(), value);
        }
    }
}

fn appended(values: Vec<Known>) -> Known {
    let mut values = values.into_iter();
    let mut list = match values.next() {
        Some(Known::Json(Value::Array(list))) => list,
        Some(Known::Json(Value::Null) | Known::Unknown) | None => Vec::new(),
        Some(_) => return Known::Unknown,
    };
    for value in values {
        match value {
            Known::Json(value) => list.push(value),
            _ => return Known::Unknown,
        }
    }
    Known::Json(list.into())
}

/// Names of `net/http`.
fn constant(path: &str, name: &str) -> Option<Value> {
    if path != "net/http" {
        return None;
    }
    if let Some(method) = name.strip_prefix("Method") {
        return Some(json!(method.to_uppercase()));
    }
    let wanted = name.strip_prefix("Status")?;
    let known = status::PHRASES.iter().find(|(_, phrase)| {
        let short: String = phrase.chars().filter(|one| one.is_alphanumeric()).collect();
        short.eq_ignore_ascii_case(wanted)
    });
    known.map(|(code, _)| json!(code))
}

/// The member that a field of the types of Huma becomes.
pub fn json_name(field: &str) -> String {
    if field.chars().all(char::is_uppercase) {
        return field.to_lowercase();
    }
    let text = field.replace("URL", "Url").replace("ID", "Id");
    let mut characters = text.chars();
    let first: String = characters.next().into_iter().flat_map(char::to_lowercase).collect();
    first + characters.as_str()
}

//! Calls of the framework itself: what makes an API, a group, an operation.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::interpret::{Group, HUMA, Interpreter, Known, Names, Registered};
use super::operation::Operation;
use super::schema::{Registry, Shape, Type};
use crate::files::eprintln_note;
use crate::golang::package::{FileId, Import};
use crate::golang::syntax::{Expr, Kind, Signature};

/// Functions that register an operation by its method.
const METHODS: &[&str] = &["Get", "Post", "Put", "Patch", "Delete", "Head"];

impl Interpreter<'_> {
    pub(super) fn foreign_call(
        &mut self,
        (file, line): (FileId, usize),
        (path, name): (&str, &str),
        arguments: &[Expr],
        names: &mut Names,
        depth: usize,
    ) -> Known {
        let is_registration = path == HUMA && (name == "Register" || METHODS.contains(&name));
        let count = if is_registration { 1 } else { arguments.len() };
        let values: Vec<Known> =
            arguments.iter().take(count).map(|one| self.value(file, one, names, depth, line)).collect();
        if path.contains("huma/v2/adapters/") && name.starts_with("New") || (path == HUMA && name == "NewAPI")
        {
            let config = values.iter().find_map(|value| match value {
                Known::Config(id) => Some(*id),
                _ => None,
            });
            return config.map_or(Known::Unknown, Known::Api);
        }
        if path != HUMA {
            if path.ends_with("huma/v2/sse") {
                eprintln_note("streams of events (sse.Register) are not read");
            }
            for value in values {
                if let Known::Closure(closure) = value {
                    self.enter(&closure, Vec::new(), depth);
                }
            }
            return Known::Unknown;
        }
        match name {
            "DefaultConfig" => {
                let text = |place: usize| match values.get(place) {
                    Some(Known::Json(Value::String(text))) => text.clone(),
                    _ => String::new(),
                };
                self.configs
                    .push(json!({"openapi": "3.1.0", "info": {"title": text(0), "version": text(1)}}));
                Known::Config(self.configs.len() - 1)
            }
            "NewGroup" => {
                let mut values = values.into_iter();
                let parent = values.next().unwrap_or(Known::Unknown);
                let prefixes = values.filter_map(|value| match value {
                    Known::Json(Value::String(prefix)) => Some(prefix),
                    _ => None,
                });
                Known::Group(Rc::new(Group {
                    parent,
                    prefixes: prefixes.collect(),
                    modifiers: RefCell::default(),
                }))
            }
            "OperationTags" => {
                let tags = values.into_iter().filter_map(|value| match value {
                    Known::Json(value) => Some(value),
                    _ => None,
                });
                Known::Tags(tags.collect())
            }
            "AutoRegister" => {
                let mut values = values.into_iter();
                let (api, server) = (values.next(), values.next());
                if let (Some(api), Some(Known::Instance(kind, fields))) = (api, server) {
                    self.register_all(&api, &kind, &fields, depth);
                }
                Known::Unknown
            }
            "Register" => {
                let (api, operation) = (values.into_iter().next(), arguments.get(1));
                let operation = operation.map(|operation| self.value(file, operation, names, depth, line));
                if let (Some(api), Some(Known::Operation(operation)), Some(handler)) =
                    (api, operation, arguments.get(2))
                {
                    let operation = operation.borrow().clone();
                    self.register((file, line), &api, operation, handler, names, depth);
                }
                Known::Unknown
            }
            method if METHODS.contains(&method) => {
                let api = values.into_iter().next();
                let path = arguments.get(1).map(|path| self.value(file, path, names, depth, line));
                let (Some(api), Some(Known::Json(Value::String(path))), Some(handler)) =
                    (api, path, arguments.get(2))
                else {
                    self.note(file, line, "the path is computed while the program runs");
                    return Known::Unknown;
                };
                let returns_list = self
                    .types(file, handler, names, depth)
                    .is_some_and(|(_, output)| self.returns_list(&output));
                let mut operation = Operation::generated(&method.to_uppercase(), &path, returns_list);
                let options: Vec<Known> =
                    arguments.iter().skip(3).map(|one| self.value(file, one, names, depth, line)).collect();
                for option in options {
                    operation = self.modified(operation, &option, depth);
                }
                self.register((file, line), &api, operation, handler, names, depth);
                Known::Unknown
            }
            _ => Known::Unknown,
        }
    }

    fn note(&self, file: FileId, line: usize, text: &str) {
        let folder = self.program.files.get(file).map(|(folder, _)| folder.as_str()).unwrap_or_default();
        eprintln_note(&format!("{}/ line {line}: {text}", if folder.is_empty() { "." } else { folder }));
    }

    /// Every method that begins with `Register`.
    fn register_all(&mut self, api: &Known, kind: &Type, fields: &Rc<RefCell<Names>>, depth: usize) {
        let Some((file, decl)) = self.program.type_of(kind.file, &kind.kind) else { return };
        let mut methods = self.program.methods((file, &decl.name));
        methods.retain(|(_, one)| one.name.starts_with("Register") && one.name.len() > "Register".len());
        methods.sort_by(|left, right| left.1.name.cmp(&right.1.name));
        for (id, function) in methods {
            let receiver = Known::Instance(kind.clone(), Rc::clone(fields));
            self.enter_function(id, &function, Some(receiver), vec![api.clone()], depth);
        }
    }

    /// The types of the input and of the output of a handler.
    fn types(
        &mut self,
        file: FileId,
        handler: &Expr,
        names: &mut Names,
        depth: usize,
    ) -> Option<(Type, Type)> {
        let (file, signature) = self.signature(file, handler, names, depth)?;
        let pointed = |kind: &Kind| match kind {
            Kind::Pointer(inner) => Type::new(file, inner),
            kind => Type::new(file, kind),
        };
        Some((pointed(&signature.parameters.get(1)?.1), pointed(signature.results.first()?)))
    }

    fn signature(
        &mut self,
        file: FileId,
        handler: &Expr,
        names: &mut Names,
        depth: usize,
    ) -> Option<(FileId, Rc<Signature>)> {
        match handler {
            Expr::Function(signature, _) => Some((file, Rc::clone(signature))),
            Expr::Name(name) => match names.get(name) {
                Some(Known::Closure(closure)) => Some((closure.file, Rc::clone(&closure.signature))),
                _ => self
                    .program
                    .function_here(file, name)
                    .map(|(id, found)| (id, Rc::clone(&found.signature))),
            },
            Expr::Select(owner, name) => {
                if let Expr::Name(package) = &**owner
                    && !names.contains_key(package)
                    && let Some(Import::Own(folder)) = self.program.import(file, package)
                {
                    return self
                        .program
                        .function_in(&folder, name)
                        .map(|(id, found)| (id, Rc::clone(&found.signature)));
                }
                let found = match self.value(file, owner, names, depth, 0) {
                    Known::Instance(kind, _) => self.method(&kind, name),
                    _ => None,
                };
                found
                    .or_else(|| self.program.only_method(name))
                    .map(|(id, found)| (id, Rc::clone(&found.signature)))
            }
            Expr::Call(function, _) => {
                let (file, signature) = self.signature(file, function, names, depth)?;
                match signature.results.first()? {
                    Kind::Function(inner) => Some((file, Rc::clone(inner))),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn returns_list(&self, output: &Type) -> bool {
        let registry = Registry { program: self.program, schemas: Map::new() };
        registry.field(output, "Body").is_some_and(|body| {
            let inner = match registry.shape(&body.kind) {
                Shape::Pointer(inner) => registry.shape(&inner),
                shape => shape,
            };
            matches!(inner, Shape::List(_, None))
        })
    }

    fn register(
        &mut self,
        (file, line): (FileId, usize),
        api: &Known,
        operation: Operation,
        handler: &Expr,
        names: &mut Names,
        depth: usize,
    ) {
        let Some((input, output)) = self.types(file, handler, names, depth) else {
            self.note(
                file,
                line,
                &format!(
                    "the handler of {} {} is not known; it was left out",
                    operation.method, operation.path
                ),
            );
            return;
        };
        self.put(api, operation, &input, &output, depth);
    }

    /// Adds an operation to an API, through the groups around it.
    fn put(&mut self, api: &Known, operation: Operation, input: &Type, output: &Type, depth: usize) {
        match api {
            Known::Api(config) => {
                let (input, output) = (input.clone(), output.clone());
                self.registered.push(Registered { config: *config, operation, input, output });
            }
            Known::Group(group) => {
                let modifiers = group.modifiers.borrow().clone();
                let one = String::new();
                let prefixes: Vec<&String> =
                    if group.prefixes.is_empty() { vec![&one] } else { group.prefixes.iter().collect() };
                let is_plural = prefixes.len() > 1;
                for prefix in prefixes {
                    let mut inner = operation.clone().below(prefix, is_plural);
                    // Without a prefix the framework documents the very operation that it then changes once more.
                    let times = if group.prefixes.is_empty() { 2 } else { 1 };
                    for _ in 0..times {
                        for modifier in &modifiers {
                            inner = self.modified(inner, modifier, depth);
                        }
                    }
                    inner.name_again();
                    self.put(&group.parent, inner, input, output, depth);
                }
            }
            _ => {}
        }
    }

    /// An operation after a function has changed it.
    fn modified(&mut self, operation: Operation, modifier: &Known, depth: usize) -> Operation {
        match modifier {
            Known::Tags(tags) => {
                let mut operation = operation;
                operation.tags = tags.clone();
                operation
            }
            Known::Closure(closure) => {
                let shared = Rc::new(RefCell::new(operation));
                self.enter(closure, vec![Known::Operation(Rc::clone(&shared))], depth);
                shared.take()
            }
            _ => operation,
        }
    }
}

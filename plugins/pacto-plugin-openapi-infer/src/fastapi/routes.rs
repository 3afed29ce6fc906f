//! Applications, routers, what is included where, and the routes of each.

use std::rc::Rc;

use serde_json::Value;

use crate::python::scope::{Meaning, ModuleId, Program};
use crate::python::syntax::{Call, Expr, Function, Stmt};

/// Methods that decorators are named after.
const METHODS: &[&str] = &["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// An application or a router.
#[derive(Debug)]
pub struct Router {
    pub module: ModuleId,
    pub name: String,
    pub call: Rc<Call>,
    pub is_app: bool,
    pub line: usize,
    pub entries: Vec<Entry>,
    /// Of an application: what is added to its `webhooks`.
    pub webhooks: Vec<Entry>,
}

/// What a router holds, in order.
#[derive(Debug, Clone)]
pub enum Entry {
    Route { module: ModuleId, call: Rc<Call>, methods: Vec<String>, function: Rc<Function>, of: ModuleId },
    Include { module: ModuleId, call: Rc<Call>, router: usize },
}

/// All routers of the sources.
#[derive(Debug, Default)]
pub struct Routers {
    pub all: Vec<Router>,
}

impl Routers {
    /// Finds them. What functions make is found too, since many applications are made by one.
    pub fn find(program: &mut Program) -> Self {
        for id in 0..program.modules.len() {
            let makers: Vec<Rc<Function>> =
                program.modules.get(id).map(|module| functions(&module.body)).unwrap_or_default();
            for function in makers {
                let is_factory = function.body.iter().any(|stmt| match stmt {
                    Stmt::Assign { value: Some(Expr::Call(call)), .. } => made(program, id, call).is_some(),
                    _ => false,
                });
                if let (true, Some(module)) = (is_factory, program.modules.get_mut(id)) {
                    module.bind(&function.body);
                }
            }
        }
        let mut routers = Self::default();
        for (id, module) in program.modules.iter().enumerate() {
            routers.declared(program, id, &module.body);
        }
        for (id, module) in program.modules.iter().enumerate() {
            routers.filled(program, id, &module.body, &[]);
        }
        routers
    }

    /// The application that is meant: `app` before others, one in a higher folder before one further down.
    pub fn app(&self, program: &Program) -> Option<&Router> {
        let depth = |router: &Router| {
            let path = program.module(router.module).map(|module| module.path.as_str()).unwrap_or_default();
            (router.entries.is_empty(), router.name != "app", path.matches('/').count(), path.to_owned())
        };
        self.all.iter().filter(|router| router.is_app).min_by_key(|router| depth(router))
    }

    fn declared(&mut self, program: &Program, module: ModuleId, body: &[Stmt]) {
        for stmt in body {
            match stmt {
                Stmt::Assign { target: Expr::Name(name), value: Some(Expr::Call(call)), line, .. } => {
                    if let Some(is_app) = made(program, module, call) {
                        self.all.push(Router {
                            module,
                            name: name.clone(),
                            call: Rc::clone(call),
                            is_app,
                            line: *line,
                            entries: Vec::new(),
                            webhooks: Vec::new(),
                        });
                    }
                }
                Stmt::Function(function) => self.declared(program, module, &function.body),
                _ => {}
            }
        }
    }

    fn filled(&mut self, program: &Program, module: ModuleId, body: &[Stmt], given: &[String]) {
        for stmt in body {
            match stmt {
                Stmt::Function(function) => {
                    for decorator in &function.decorators {
                        self.decorated(program, module, function, decorator, given);
                    }
                    let mut given = given.to_vec();
                    given.extend(function.parameters.iter().map(|parameter| parameter.name.clone()));
                    self.filled(program, module, &function.body, &given);
                }
                Stmt::Expr(Expr::Call(call), _) => self.called(program, module, call, given),
                _ => {}
            }
        }
    }

    fn decorated(
        &mut self,
        program: &Program,
        module: ModuleId,
        function: &Rc<Function>,
        decorator: &Expr,
        given: &[String],
    ) {
        let Some(call) = decorator.as_call() else { return };
        let Expr::Attribute(owner, method) = &call.function else { return };
        let methods = match method.as_str() {
            "api_route" => methods(program, module, call),
            method if METHODS.contains(&method) => vec![method.to_owned()],
            _ => return,
        };
        let entry = Entry::Route {
            module,
            call: Rc::clone(call),
            methods,
            function: Rc::clone(function),
            of: module,
        };
        if let Some(entries) = self.entries(program, module, owner, given) {
            entries.push(entry);
        }
    }

    fn called(&mut self, program: &Program, module: ModuleId, call: &Rc<Call>, given: &[String]) {
        let Expr::Attribute(owner, method) = &call.function else { return };
        let entry = match method.as_str() {
            "include_router" => {
                let target =
                    call.argument(0, "router").and_then(|target| self.position(program, module, target));
                target.map(|router| Entry::Include { module, call: Rc::clone(call), router })
            }
            "add_api_route" => {
                let endpoint =
                    call.argument(1, "endpoint").and_then(|one| program.final_meaning(module, one));
                match endpoint {
                    Some(Meaning::Function(of, function)) => {
                        let methods = methods(program, module, call);
                        Some(Entry::Route { module, call: Rc::clone(call), methods, function, of })
                    }
                    _ => None,
                }
            }
            _ => None,
        };
        if let (Some(entry), Some(entries)) = (entry, self.entries(program, module, owner, given)) {
            entries.push(entry);
        }
    }

    /// Position of the router that an expression means by its name.
    pub fn position(&self, program: &Program, module: ModuleId, expr: &Expr) -> Option<usize> {
        let mut found = program.meaning(module, expr)?;
        // `router = items.router` is another name for the same.
        for _ in 0..10 {
            let Meaning::Value(id, name, value) = &found else { return None };
            let known = self.all.iter().position(|router| router.module == *id && router.name == *name);
            if known.is_some() {
                return known;
            }
            found = program.meaning(*id, value)?;
        }
        None
    }

    /// What is added to an expression: a router, or the webhooks of an application.
    fn entries(
        &mut self,
        program: &Program,
        module: ModuleId,
        expr: &Expr,
        given: &[String],
    ) -> Option<&mut Vec<Entry>> {
        if let Expr::Attribute(owner, name) = expr
            && name == "webhooks"
        {
            return self.owner(program, module, owner, given).map(|router| &mut router.webhooks);
        }
        self.owner(program, module, expr, given).map(|router| &mut router.entries)
    }

    /// The router that an expression means. A parameter of a function that fills an application is that application, where
    /// there is one.
    fn owner(
        &mut self,
        program: &Program,
        module: ModuleId,
        expr: &Expr,
        given: &[String],
    ) -> Option<&mut Router> {
        let is_given = matches!(expr, Expr::Name(name) if given.contains(name));
        let position = match self.position(program, module, expr) {
            Some(position) => Some(position),
            None if is_given => {
                let mut apps = self.all.iter().enumerate().filter(|(_, router)| router.is_app);
                let only = apps.next().map(|(position, _)| position);
                only.filter(|_| apps.next().is_none())
            }
            None => None,
        };
        position.and_then(|position| self.all.get_mut(position))
    }
}

fn functions(body: &[Stmt]) -> Vec<Rc<Function>> {
    body.iter()
        .filter_map(|stmt| match stmt {
            Stmt::Function(function) => Some(Rc::clone(function)),
            _ => None,
        })
        .collect()
}

/// Whether a call makes an application or a router.
fn made(program: &Program, module: ModuleId, call: &Call) -> Option<bool> {
    match program.final_meaning(module, &call.function)? {
        Meaning::External(name) if name.starts_with("fastapi") && name.ends_with(".FastAPI") => Some(true),
        Meaning::External(name) if name.starts_with("fastapi") && name.ends_with(".APIRouter") => Some(false),
        Meaning::Class(id, class) => {
            class.bases.iter().find_map(|base| match program.final_meaning(id, base)? {
                Meaning::External(name) if name.ends_with(".FastAPI") => Some(true),
                Meaning::External(name) if name.ends_with(".APIRouter") => Some(false),
                _ => None,
            })
        }
        _ => None,
    }
}

fn methods(program: &Program, module: ModuleId, call: &Call) -> Vec<String> {
    let named = call.named("methods").and_then(|methods| program.value(module, methods));
    let named = named.and_then(|methods| match methods {
        Value::Array(methods) => {
            Some(methods.iter().filter_map(|method| Some(method.as_str()?.to_lowercase())).collect())
        }
        _ => None,
    });
    named.unwrap_or_else(|| vec!["get".to_owned()])
}

//! Modules, and what a name in one of them stands for, across imports.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::parse;
use super::syntax::{Class, Expr, Function, Stmt};
use crate::files::{SourceFile, eprintln_note};

/// Longest way that a name is followed through imports and assignments.
const MAX_HOPS: usize = 40;

/// Position of a module in a [`Program`].
pub type ModuleId = usize;

/// What a name stands for.
#[derive(Debug, Clone)]
pub enum Meaning {
    Class(ModuleId, Rc<Class>),
    Function(ModuleId, Rc<Function>),
    /// A value, with the name it has in its module.
    Value(ModuleId, String, Rc<Expr>),
    Module(ModuleId),
    /// Something that is not in the sources, by its whole name: `pydantic.BaseModel`.
    External(String),
}

#[derive(Debug)]
enum Binding {
    Class(Rc<Class>),
    Function(Rc<Function>),
    Value(Rc<Expr>),
    Import(String),
    From(String, String),
}

/// One module.
#[derive(Debug)]
pub struct Module {
    /// `shop.routers.items`.
    pub name: String,
    pub path: String,
    is_package: bool,
    pub body: Vec<Stmt>,
    names: HashMap<String, Binding>,
    stars: Vec<String>,
}

/// All modules.
#[derive(Debug)]
pub struct Program {
    pub modules: Vec<Module>,
    by_name: HashMap<String, ModuleId>,
    /// What was said: a class is read once for each way that it goes, and is told of once.
    told: RefCell<HashSet<String>>,
}

impl Program {
    /// Reads every file; those that are no Python are told of and left out.
    pub fn new(files: &[SourceFile]) -> Self {
        let mut modules = Vec::new();
        for file in files {
            match parse::module(&file.text) {
                Ok(body) => modules.push(Module::new(&file.path, body)),
                Err(line) => {
                    eprintln_note(&format!("{}:{line}: not readable as Python, left out", file.path));
                }
            }
        }
        let by_name = modules.iter().enumerate().map(|(id, module)| (module.name.clone(), id)).collect();
        Self { modules, by_name, told: RefCell::default() }
    }

    /// Tells the user about a line, once.
    pub fn tell(&self, module: ModuleId, line: usize, text: &str) {
        let path = self.module(module).map(|module| module.path.as_str()).unwrap_or_default();
        let note = format!("{path}:{line}: {text}");
        if self.told.borrow_mut().insert(note.clone()) {
            eprintln_note(&note);
        }
    }

    /// Tells of a default that no reading gives.
    pub fn tell_default(&self, module: ModuleId, line: usize, name: &str) {
        self.tell(
            module,
            line,
            &format!("the default of {name} is computed while the program runs and was left out"),
        );
    }

    /// Tells of an addition to a schema that no reading gives.
    pub fn tell_extra(&self, module: ModuleId, line: usize, expr: &Expr) {
        if self.value(module, expr).is_none() {
            self.tell(module, line, "json_schema_extra is not run; what it adds to the schema was left out");
        }
    }

    pub fn module(&self, id: ModuleId) -> Option<&Module> {
        self.modules.get(id)
    }

    /// A module by the name it is imported with: from the top of the sources, or from any folder that is on the path.
    fn find(&self, name: &str) -> Option<ModuleId> {
        if let Some(id) = self.by_name.get(name) {
            return Some(*id);
        }
        let suffix = format!(".{name}");
        let mut found = self.modules.iter().enumerate().filter(|(_, module)| module.name.ends_with(&suffix));
        found.next().map(|(id, _)| id)
    }

    /// The whole name of `from ..a import b`, seen from a module.
    fn absolute(&self, from: ModuleId, name: &str) -> String {
        let dots = name.len() - name.trim_start_matches('.').len();
        let Some(module) = self.modules.get(from).filter(|_| dots > 0) else { return name.to_owned() };
        let mut parts: Vec<&str> = module.name.split('.').filter(|part| !part.is_empty()).collect();
        let up = if module.is_package { dots - 1 } else { dots };
        parts.truncate(parts.len().saturating_sub(up));
        parts.extend(name.trim_start_matches('.').split('.').filter(|part| !part.is_empty()));
        parts.join(".")
    }

    /// What `expr` stands for in a module, where it is a name or a chain of them.
    pub fn meaning(&self, module: ModuleId, expr: &Expr) -> Option<Meaning> {
        self.follow(module, &expr.dotted()?, MAX_HOPS)
    }

    /// The same, and through assignments: `Alias = Other`.
    pub fn final_meaning(&self, module: ModuleId, expr: &Expr) -> Option<Meaning> {
        let mut found = self.meaning(module, expr)?;
        for _ in 0..MAX_HOPS {
            match &found {
                Meaning::Value(id, _, value) if value.dotted().is_some() => match self.meaning(*id, value) {
                    Some(next) => found = next,
                    None => break,
                },
                _ => break,
            }
        }
        Some(found)
    }

    fn follow(&self, module: ModuleId, parts: &[&str], hops: usize) -> Option<Meaning> {
        let (first, rest) = parts.split_first()?;
        let mut found = self.name(module, first, hops.checked_sub(1)?)?;
        for part in rest {
            found = match found {
                Meaning::Module(id) => self.name(id, part, hops - 1).or_else(|| {
                    self.find(&format!("{}.{part}", self.modules.get(id)?.name)).map(Meaning::Module)
                })?,
                Meaning::External(name) => {
                    let whole = format!("{name}.{part}");
                    self.by_name.get(&whole).copied().map_or(Meaning::External(whole), Meaning::Module)
                }
                Meaning::Class(id, class) => {
                    let nested = class.body.iter().find_map(|stmt| match stmt {
                        Stmt::Class(inner) if inner.name == *part => {
                            Some(Meaning::Class(id, Rc::clone(inner)))
                        }
                        Stmt::Function(inner) if inner.name == *part => {
                            Some(Meaning::Function(id, Rc::clone(inner)))
                        }
                        Stmt::Assign { target: Expr::Name(name), value: Some(value), .. } if name == part => {
                            Some(Meaning::Value(id, format!("{}.{part}", class.name), Rc::new(value.clone())))
                        }
                        _ => None,
                    });
                    nested?
                }
                Meaning::Function(..) | Meaning::Value(..) => return None,
            };
        }
        Some(found)
    }

    fn name(&self, module: ModuleId, name: &str, hops: usize) -> Option<Meaning> {
        let here = self.modules.get(module)?;
        match here.names.get(name) {
            Some(Binding::Class(class)) => Some(Meaning::Class(module, Rc::clone(class))),
            Some(Binding::Function(function)) => Some(Meaning::Function(module, Rc::clone(function))),
            Some(Binding::Value(value)) => Some(Meaning::Value(module, name.to_owned(), Rc::clone(value))),
            Some(Binding::Import(whole)) => {
                // `import a.b` binds `a`.
                let bound = if whole.split('.').next() == Some(name) { name } else { whole };
                Some(self.find(bound).map_or_else(|| Meaning::External(bound.to_owned()), Meaning::Module))
            }
            Some(Binding::From(from, inner)) => self.imported(module, from, inner, hops),
            None => {
                let found =
                    here.stars.iter().find_map(|from| match self.imported(module, from, name, hops)? {
                        // Whatever is not ours is not known to be there.
                        Meaning::External(_) => None,
                        found => Some(found),
                    });
                found
                    .or_else(|| is_builtin(name).then(|| Meaning::External(format!("builtins.{name}"))))
                    .or_else(|| starred(&here.stars, name))
            }
        }
    }

    fn imported(&self, module: ModuleId, from: &str, name: &str, hops: usize) -> Option<Meaning> {
        let hops = hops.checked_sub(1)?;
        let whole = self.absolute(module, from);
        if let Some(id) = self.find(&whole).filter(|id| *id != module || from.starts_with('.')) {
            if let Some(found) = self.name(id, name, hops) {
                return Some(found);
            }
            if let Some(inner) = self.find(&format!("{whole}.{name}")) {
                return Some(Meaning::Module(inner));
            }
        }
        if let Some(inner) = self.by_name.get(format!("{whole}.{name}").trim_start_matches('.')) {
            return Some(Meaning::Module(*inner));
        }
        Some(Meaning::External(format!("{whole}.{name}")))
    }
}

/// Names of `from fastapi import *`.
const OF_FASTAPI: &[&str] = &[
    "APIRouter",
    "BackgroundTasks",
    "Body",
    "Cookie",
    "Depends",
    "FastAPI",
    "File",
    "Form",
    "HTTPException",
    "Header",
    "Path",
    "Query",
    "Request",
    "Response",
    "Security",
    "UploadFile",
    "WebSocket",
    "status",
];

/// Something that comes from a library with everything else of it: which of several, only the library knows.
fn starred(stars: &[String], name: &str) -> Option<Meaning> {
    let mut libraries = stars.iter().filter(|from| !from.starts_with('.'));
    let is_of_fastapi = OF_FASTAPI.contains(&name);
    let from = libraries.find(|from| (*from == "fastapi") == is_of_fastapi);
    from.map(|from| Meaning::External(format!("{from}.{name}")))
}

fn is_builtin(name: &str) -> bool {
    matches!(
        name,
        "bool"
            | "bytes"
            | "dict"
            | "float"
            | "frozenset"
            | "int"
            | "list"
            | "object"
            | "set"
            | "str"
            | "tuple"
            | "type"
    )
}

impl Module {
    fn new(path: &str, body: Vec<Stmt>) -> Self {
        let stem = path.strip_suffix(".py").unwrap_or(path);
        let is_package = stem == "__init__" || stem.ends_with("/__init__");
        let stem = stem.trim_end_matches("__init__").trim_end_matches('/');
        let mut module = Self {
            name: stem.replace('/', "."),
            path: path.to_owned(),
            is_package,
            body: Vec::new(),
            names: HashMap::new(),
            stars: Vec::new(),
        };
        module.bind(&body);
        module.body = body;
        module
    }

    /// Adds what statements define, such as those of a function that makes the application.
    pub fn bind(&mut self, body: &[Stmt]) {
        for stmt in body {
            match stmt {
                Stmt::Import(whole, bound) => {
                    self.names.insert(bound.clone(), Binding::Import(whole.clone()));
                }
                Stmt::FromImport(from, name, _) if name == "*" => self.stars.push(from.clone()),
                Stmt::FromImport(from, name, bound) => {
                    self.names.insert(bound.clone(), Binding::From(from.clone(), name.clone()));
                }
                Stmt::Class(class) => {
                    self.names.insert(class.name.clone(), Binding::Class(Rc::clone(class)));
                }
                Stmt::Function(function) => {
                    self.names.insert(function.name.clone(), Binding::Function(Rc::clone(function)));
                }
                Stmt::Assign { target: Expr::Name(name), value: Some(value), .. } => {
                    self.names.insert(name.clone(), Binding::Value(Rc::new(value.clone())));
                }
                _ => {}
            }
        }
    }
}

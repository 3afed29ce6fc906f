//! Packages, and what a name in one of them stands for.

use std::collections::HashMap;
use std::rc::Rc;

use super::parse;
use super::syntax::{Expr, File, Function, Kind, TypeDecl};
use crate::files::{SourceFile, eprintln_note};

/// Position of a file in a [`Program`].
pub type FileId = usize;

/// What a package-qualified name leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Import {
    /// A folder of the sources.
    Own(String),
    /// A package from elsewhere, by its path.
    Foreign(String),
}

/// All files, by folder.
#[derive(Debug)]
pub struct Program {
    pub files: Vec<(String, File)>,
    folders: HashMap<String, Vec<FileId>>,
    /// Path of the module, from `go.mod`.
    module: String,
}

impl Program {
    /// Reads the files; tests are none of the service.
    pub fn new(files: &[SourceFile], go_mod: &str) -> Self {
        let mut found = Vec::new();
        for file in files.iter().filter(|file| !file.path.ends_with("_test.go")) {
            match parse::file(&file.text) {
                Some(read) => {
                    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
                    found.push((folder.to_owned(), read));
                }
                None => eprintln_note(&format!("{}: not readable as Go, left out", file.path)),
            }
        }
        let mut folders: HashMap<String, Vec<FileId>> = HashMap::new();
        for (id, (folder, _)) in found.iter().enumerate() {
            folders.entry(folder.clone()).or_default().push(id);
        }
        let module = go_mod.lines().find_map(|line| line.trim().strip_prefix("module "));
        Self { files: found, folders, module: module.unwrap_or_default().trim().trim_matches('"').to_owned() }
    }

    fn folder(&self, file: FileId) -> &str {
        self.files.get(file).map_or("", |(folder, _)| folder)
    }

    /// The package that a file calls so.
    pub fn import(&self, file: FileId, name: &str) -> Option<Import> {
        let (_, read) = self.files.get(file)?;
        let (path, _) = read.imports.iter().find(|(path, alias)| match alias {
            Some(alias) => alias == name,
            None => {
                default_name(path) == name
                    || self.own(path).is_some_and(|folder| self.package_name(&folder) == Some(name))
            }
        })?;
        Some(self.own(path).map_or_else(|| Import::Foreign(path.clone()), Import::Own))
    }

    fn own(&self, path: &str) -> Option<String> {
        let below = path.strip_prefix(&self.module).filter(|_| !self.module.is_empty())?;
        let folder = below.strip_prefix('/').unwrap_or(below);
        let is_below = below.is_empty() || below.starts_with('/');
        (is_below && self.folders.contains_key(folder)).then(|| folder.to_owned())
    }

    fn package_name(&self, folder: &str) -> Option<&str> {
        let id = self.folders.get(folder)?.first()?;
        self.files.get(*id).map(|(_, file)| file.package.as_str())
    }

    fn files_of(&self, folder: &str) -> impl Iterator<Item = (FileId, &File)> {
        let ids = self.folders.get(folder).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(|id| self.files.get(*id).map(|(_, file)| (*id, file)))
    }

    /// A type of a folder.
    pub fn type_in(&self, folder: &str, name: &str) -> Option<(FileId, &TypeDecl)> {
        self.files_of(folder)
            .find_map(|(id, file)| file.types.iter().find(|decl| decl.name == name).map(|decl| (id, decl)))
    }

    /// A type as a file names it.
    pub fn type_of(&self, file: FileId, kind: &Kind) -> Option<(FileId, &TypeDecl)> {
        match kind {
            Kind::Name(name) => self.type_in(self.folder(file), name),
            Kind::Of(package, name) => match self.import(file, package)? {
                Import::Own(folder) => self.type_in(&folder, name),
                Import::Foreign(_) => None,
            },
            _ => None,
        }
    }

    /// A function of a folder.
    pub fn function_in(&self, folder: &str, name: &str) -> Option<(FileId, Rc<Function>)> {
        self.files_of(folder).find_map(|(id, file)| {
            let found = file.functions.iter().find(|one| one.receiver.is_none() && one.name == name);
            found.map(|one| (id, Rc::clone(one)))
        })
    }

    /// A function that a file can call by this name alone.
    pub fn function_here(&self, file: FileId, name: &str) -> Option<(FileId, Rc<Function>)> {
        self.function_in(self.folder(file), name)
    }

    /// A method of a type.
    pub fn method(&self, of: (FileId, &str), name: &str) -> Option<(FileId, Rc<Function>)> {
        self.methods(of).into_iter().find(|(_, function)| function.name == name)
    }

    /// All methods of a type.
    pub fn methods(&self, (file, kind): (FileId, &str)) -> Vec<(FileId, Rc<Function>)> {
        let is_of = |function: &&Rc<Function>| match &function.receiver {
            Some((_, Kind::Name(name))) => name == kind,
            Some((_, Kind::Generic(owner, _))) => matches!(&**owner, Kind::Name(name) if name == kind),
            _ => false,
        };
        let files = self.files_of(self.folder(file));
        files
            .flat_map(|(id, file)| file.functions.iter().filter(is_of).map(move |one| (id, Rc::clone(one))))
            .collect()
    }

    /// The only method of this name in all of the sources.
    pub fn only_method(&self, name: &str) -> Option<(FileId, Rc<Function>)> {
        let mut found = self.files.iter().enumerate().flat_map(|(id, (_, file))| {
            let named = file.functions.iter().filter(|one| one.receiver.is_some() && one.name == name);
            named.map(move |one| (id, Rc::clone(one)))
        });
        let only = found.next();
        only.filter(|_| found.next().is_none())
    }

    /// A constant or variable of a package.
    pub fn value(&self, file: FileId, name: &str) -> Option<(FileId, &Expr)> {
        self.value_in(self.folder(file), name)
    }

    /// A constant or variable of a folder.
    pub fn value_in(&self, folder: &str, name: &str) -> Option<(FileId, &Expr)> {
        self.files_of(folder).find_map(|(id, file)| {
            file.values.iter().find(|(known, _)| known == name).map(|(_, value)| (id, value))
        })
    }
}

/// The name of a package as its path has it: without the version.
fn default_name(path: &str) -> &str {
    let is_version = |part: &str| {
        part.strip_prefix('v')
            .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()))
    };
    let mut parts = path.rsplit('/');
    let last = parts.next().unwrap_or_default();
    let name = if is_version(last) { parts.next().unwrap_or(last) } else { last };
    name.strip_prefix("go-").unwrap_or(name)
}

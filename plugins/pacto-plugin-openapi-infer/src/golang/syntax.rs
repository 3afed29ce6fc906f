//! What is read of a file.

use std::rc::Rc;

/// A type as it is written.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    Name(String),
    /// Package, as the file calls it, and name.
    Of(String, String),
    Pointer(Rc<Kind>),
    Slice(Rc<Kind>),
    Array(Option<i64>, Rc<Kind>),
    Map(Rc<Kind>, Rc<Kind>),
    Struct(Rc<Vec<Field>>),
    Generic(Rc<Kind>, Vec<Kind>),
    Function(Rc<Signature>),
    Interface,
    /// Channels and the like.
    Other,
}

/// A field of a struct.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub name: String,
    pub kind: Kind,
    pub tag: String,
    pub is_embedded: bool,
}

/// Parameters and results of a function; names may be empty.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Signature {
    pub parameters: Vec<(String, Kind)>,
    pub results: Vec<Kind>,
}

/// A function or method.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    pub name: String,
    /// Name of the parameter, and the type without its pointer.
    pub receiver: Option<(String, Kind)>,
    pub signature: Rc<Signature>,
    pub body: Vec<Stmt>,
}

/// A type declaration.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeDecl {
    pub name: String,
    pub parameters: Vec<String>,
    pub kind: Kind,
    pub is_alias: bool,
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    Text(String),
    Int(i64),
    Float(f64),
    Name(String),
    Select(Rc<Expr>, String),
    Call(Rc<Expr>, Vec<Expr>),
    /// `T{…}`; keys of structs are names.
    Composite(Option<Kind>, Vec<(Option<Expr>, Expr)>),
    Address(Rc<Expr>),
    Add(Rc<Expr>, Rc<Expr>),
    Negative(Rc<Expr>),
    Function(Rc<Signature>, Rc<Vec<Stmt>>),
    /// `f[T]`.
    Instance(Rc<Expr>, Vec<Kind>),
    /// `[]byte` and its like, where a value is expected.
    Kind(Kind),
    Other,
}

/// A statement. Blocks of conditions and loops are taken as if they were run once.
#[derive(Debug, Clone, PartialEq)]
pub enum Stmt {
    Expr(Expr, usize),
    /// Left and right sides; declarations too.
    Assign(Vec<Expr>, Vec<Expr>, usize),
    Return(Vec<Expr>),
}

/// A file.
#[derive(Debug, Clone, Default)]
pub struct File {
    pub package: String,
    /// Path and the name that the file gives it, where it does.
    pub imports: Vec<(String, Option<String>)>,
    pub types: Vec<TypeDecl>,
    pub functions: Vec<Rc<Function>>,
    /// Constants and variables of the package.
    pub values: Vec<(String, Expr)>,
}

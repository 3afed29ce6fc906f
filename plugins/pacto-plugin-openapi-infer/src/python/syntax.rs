//! What is read of a module.

use std::rc::Rc;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    Bytes(String),
    Ellipsis,
    Name(String),
    Attribute(Rc<Expr>, String),
    Call(Rc<Call>),
    Subscript(Rc<Expr>, Vec<Expr>),
    List(Vec<Expr>),
    Tuple(Vec<Expr>),
    Set(Vec<Expr>),
    Dict(Vec<(Expr, Expr)>),
    /// `left | right`.
    Or(Rc<Expr>, Rc<Expr>),
    /// `left + right`.
    Add(Rc<Expr>, Rc<Expr>),
    /// `-value`.
    Negative(Rc<Expr>),
    /// Whatever else, as it is written.
    Other(String),
}

/// A call.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub function: Expr,
    pub positional: Vec<Expr>,
    pub named: Vec<(String, Expr)>,
    pub line: usize,
}

impl Call {
    /// An argument by its name.
    pub fn named(&self, name: &str) -> Option<&Expr> {
        self.named.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// An argument by its place or name.
    pub fn argument(&self, place: usize, name: &str) -> Option<&Expr> {
        self.positional.get(place).or_else(|| self.named(name))
    }
}

impl Expr {
    /// `a.b.c` in parts, where it is nothing else.
    pub fn dotted(&self) -> Option<Vec<&str>> {
        match self {
            Self::Name(name) => Some(vec![name]),
            Self::Attribute(owner, name) => {
                let mut parts = owner.dotted()?;
                parts.push(name);
                Some(parts)
            }
            _ => None,
        }
    }

    pub fn as_call(&self) -> Option<&Rc<Call>> {
        match self {
            Self::Call(call) => Some(call),
            _ => None,
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }
}

/// A parameter of a function.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    pub name: String,
    pub annotation: Option<Expr>,
    pub default: Option<Expr>,
    pub line: usize,
}

/// A function.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    pub name: String,
    pub parameters: Vec<Parameter>,
    pub returns: Option<Expr>,
    pub decorators: Vec<Expr>,
    pub doc: Option<String>,
    pub body: Vec<Stmt>,
    pub is_generator: bool,
    pub line: usize,
}

/// A class.
#[derive(Debug, Clone, PartialEq)]
pub struct Class {
    pub name: String,
    pub bases: Vec<Expr>,
    /// `class A(B, total=False)`.
    pub keywords: Vec<(String, Expr)>,
    pub decorators: Vec<Expr>,
    pub doc: Option<String>,
    pub body: Vec<Stmt>,
    /// Names of `class A[T]`.
    pub type_parameters: Vec<String>,
    pub line: usize,
}

/// A statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Stmt {
    /// `import a.b as c`: what is imported, and the name that it gets.
    Import(String, String),
    /// `from a import b as c`: module with leading dots, name in it, name that it gets.
    FromImport(String, String, String),
    Assign {
        target: Expr,
        annotation: Option<Expr>,
        value: Option<Expr>,
        line: usize,
    },
    Function(Rc<Function>),
    Class(Rc<Class>),
    Expr(Expr, usize),
}

//! Text to syntax, by the grammar of tree-sitter.

use std::rc::Rc;

use tree_sitter::{Node, Parser};

use super::syntax::{Call, Class, Expr, Function, Parameter, Stmt};

/// Deepest expression that is read; deeper ones are kept as text.
const MAX_DEPTH: usize = 100;

/// The statements of a module.
///
/// # Errors
/// The line of the first thing that is no Python.
pub fn module(text: &str) -> Result<Vec<Stmt>, usize> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_python::LANGUAGE.into()).map_err(|_| 0_usize)?;
    let tree = parser.parse(text, None).ok_or(0_usize)?;
    let root = tree.root_node();
    let reader = Reader { text };
    let mut out = Vec::new();
    reader.block(root, &mut out);
    if root.has_error() && out.is_empty() {
        return Err(first_error(root).map_or(1, |node| node.start_position().row + 1));
    }
    Ok(out)
}

/// An expression on its own: an annotation in quotes.
pub fn expression(text: &str) -> Option<Expr> {
    match module(text).ok()?.into_iter().next()? {
        Stmt::Expr(expr, _) => Some(expr),
        _ => None,
    }
}

fn first_error(node: Node<'_>) -> Option<Node<'_>> {
    if node.is_error() || node.is_missing() {
        return Some(node);
    }
    let mut cursor = node.walk();
    node.children(&mut cursor).filter(Node::has_error).find_map(first_error)
}

struct Reader<'a> {
    text: &'a str,
}

impl<'a> Reader<'a> {
    fn of(&self, node: Node<'_>) -> &'a str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    fn named(node: Node<'_>) -> Vec<Node<'_>> {
        let mut cursor = node.walk();
        node.named_children(&mut cursor).filter(|child| child.kind() != "comment").collect()
    }

    /// The statements of a block; those below conditions too, since both ways may be taken.
    fn block(&self, node: Node<'_>, out: &mut Vec<Stmt>) {
        for child in Self::named(node) {
            self.statement(child, out);
        }
    }

    fn statement(&self, node: Node<'_>, out: &mut Vec<Stmt>) {
        let line = node.start_position().row + 1;
        match node.kind() {
            "import_statement" => {
                for name in Self::named(node) {
                    let (module, alias) = self.imported(name);
                    let bound =
                        alias.unwrap_or_else(|| module.split('.').next().unwrap_or_default().to_owned());
                    out.push(Stmt::Import(module, bound));
                }
            }
            "import_from_statement" => {
                let Some(module) = node.child_by_field_name("module_name") else { return };
                let from = self.of(module).split_whitespace().collect::<String>();
                let mut cursor = node.walk();
                let names: Vec<Node<'_>> = node.children_by_field_name("name", &mut cursor).collect();
                for name in names {
                    let (name, alias) = self.imported(name);
                    let bound = alias.unwrap_or_else(|| name.clone());
                    out.push(Stmt::FromImport(from.clone(), name, bound));
                }
                if Self::named(node).iter().any(|child| child.kind() == "wildcard_import") {
                    out.push(Stmt::FromImport(from, "*".to_owned(), "*".to_owned()));
                }
            }
            "expression_statement" => {
                for child in Self::named(node) {
                    match child.kind() {
                        "assignment" => self.assignment(child, line, out),
                        _ => out.push(Stmt::Expr(self.expr(child, 0), line)),
                    }
                }
            }
            "type_alias_statement" => {
                let parts = Self::named(node);
                if let [left, right] = parts.as_slice() {
                    let target = self.expr(*left, 0);
                    out.push(Stmt::Assign {
                        target,
                        annotation: None,
                        value: Some(self.expr(*right, 0)),
                        line,
                    });
                }
            }
            "function_definition" => out.push(Stmt::Function(Rc::new(self.function(node, Vec::new())))),
            "class_definition" => out.push(Stmt::Class(Rc::new(self.class(node, Vec::new())))),
            "decorated_definition" => {
                let decorators = Self::named(node)
                    .into_iter()
                    .filter(|child| child.kind() == "decorator")
                    .filter_map(|child| child.named_child(0))
                    .map(|child| self.expr(child, 0))
                    .collect();
                match node.child_by_field_name("definition") {
                    Some(inner) if inner.kind() == "function_definition" => {
                        out.push(Stmt::Function(Rc::new(self.function(inner, decorators))));
                    }
                    Some(inner) => out.push(Stmt::Class(Rc::new(self.class(inner, decorators)))),
                    None => {}
                }
            }
            "return_statement" => {
                if let Some(value) = node.named_child(0) {
                    out.push(Stmt::Expr(self.expr(value, 0), line));
                }
            }
            "if_statement" | "try_statement" | "with_statement" | "else_clause" | "elif_clause"
            | "except_clause" | "finally_clause" | "block" => self.block(node, out),
            _ => {}
        }
    }

    fn imported(&self, node: Node<'_>) -> (String, Option<String>) {
        let name = node.child_by_field_name("name").unwrap_or(node);
        let alias = node.child_by_field_name("alias").map(|alias| self.of(alias).to_owned());
        (self.of(name).to_owned(), alias)
    }

    fn assignment(&self, node: Node<'_>, line: usize, out: &mut Vec<Stmt>) {
        let Some(left) = node.child_by_field_name("left") else { return };
        let annotation = node.child_by_field_name("type").map(|child| self.expr(child, 0));
        let right = node.child_by_field_name("right");
        // `a = b = value`.
        if let Some(inner) = right.filter(|right| right.kind() == "assignment") {
            self.assignment(inner, line, out);
        }
        let value = right.filter(|right| right.kind() != "assignment").map(|right| self.expr(right, 0));
        out.push(Stmt::Assign { target: self.expr(left, 0), annotation, value, line });
    }

    fn function(&self, node: Node<'_>, decorators: Vec<Expr>) -> Function {
        let mut body = Vec::new();
        let block = node.child_by_field_name("body");
        if let Some(block) = block {
            self.block(block, &mut body);
        }
        let parameters = node.child_by_field_name("parameters").map(|list| self.parameters(list));
        Function {
            name: node.child_by_field_name("name").map(|name| self.of(name).to_owned()).unwrap_or_default(),
            parameters: parameters.unwrap_or_default(),
            returns: node.child_by_field_name("return_type").map(|child| self.expr(child, 0)),
            decorators,
            doc: doc_of(&body),
            is_generator: block.is_some_and(yields),
            body,
            line: node.start_position().row + 1,
        }
    }

    fn parameters(&self, list: Node<'_>) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        for node in Self::named(list) {
            let name = node.child_by_field_name("name").or_else(|| match node.kind() {
                "identifier" => Some(node),
                // `*args: int` has its name inside.
                "typed_parameter" => node.named_child(0),
                _ => None,
            });
            let Some(name) = name.filter(|name| name.kind() == "identifier") else { continue };
            parameters.push(Parameter {
                name: self.of(name).to_owned(),
                annotation: node.child_by_field_name("type").map(|child| self.expr(child, 0)),
                default: node.child_by_field_name("value").map(|child| self.expr(child, 0)),
                line: node.start_position().row + 1,
            });
        }
        parameters
    }

    fn class(&self, node: Node<'_>, decorators: Vec<Expr>) -> Class {
        let mut body = Vec::new();
        if let Some(block) = node.child_by_field_name("body") {
            self.block(block, &mut body);
        }
        let (mut bases, mut keywords) = (Vec::new(), Vec::new());
        if let Some(list) = node.child_by_field_name("superclasses") {
            self.arguments(list, &mut bases, &mut keywords, 0);
        }
        let parameters = node.child_by_field_name("type_parameters").map(Self::named).unwrap_or_default();
        let type_parameters = parameters
            .into_iter()
            .map(|child| self.of(child).split([':', '=']).next().unwrap_or_default().trim().to_owned());
        Class {
            name: node.child_by_field_name("name").map(|name| self.of(name).to_owned()).unwrap_or_default(),
            bases,
            keywords,
            decorators,
            doc: doc_of(&body),
            body,
            type_parameters: type_parameters.collect(),
            line: node.start_position().row + 1,
        }
    }

    fn arguments(
        &self,
        list: Node<'_>,
        positional: &mut Vec<Expr>,
        named: &mut Vec<(String, Expr)>,
        depth: usize,
    ) {
        for child in Self::named(list) {
            match (child.kind(), child.child_by_field_name("name"), child.child_by_field_name("value")) {
                ("keyword_argument", Some(name), Some(value)) => {
                    named.push((self.of(name).to_owned(), self.expr(value, depth + 1)));
                }
                _ => positional.push(self.expr(child, depth + 1)),
            }
        }
    }

    fn expr(&self, node: Node<'_>, depth: usize) -> Expr {
        let other = || Expr::Other(self.of(node).to_owned());
        if depth > MAX_DEPTH {
            return other();
        }
        let field = |name: &str| node.child_by_field_name(name).map(|child| self.expr(child, depth + 1));
        let each =
            |nodes: Vec<Node<'_>>| nodes.into_iter().map(|child| self.expr(child, depth + 1)).collect();
        match node.kind() {
            "none" => Expr::None,
            "true" => Expr::Bool(true),
            "false" => Expr::Bool(false),
            "ellipsis" => Expr::Ellipsis,
            "integer" => self.integer(node).map_or_else(other, Expr::Int),
            "float" => self.of(node).replace('_', "").parse().map_or_else(|_| other(), Expr::Float),
            "string" => string(self.of(node)).unwrap_or_else(other),
            "concatenated_string" => {
                let mut whole = String::new();
                for part in Self::named(node) {
                    match string(self.of(part)) {
                        Some(Expr::Str(text)) => whole.push_str(&text),
                        _ => return other(),
                    }
                }
                Expr::Str(whole)
            }
            "identifier" => Expr::Name(self.of(node).to_owned()),
            "type" | "parenthesized_expression" | "await" | "expression_list"
                if node.named_child_count() == 1 =>
            {
                node.named_child(0).map_or_else(other, |child| self.expr(child, depth + 1))
            }
            "attribute" => match (field("object"), node.child_by_field_name("attribute")) {
                (Some(object), Some(name)) => Expr::Attribute(Rc::new(object), self.of(name).to_owned()),
                _ => other(),
            },
            "member_type" => match Self::named(node).as_slice() {
                [object, name] => {
                    Expr::Attribute(Rc::new(self.expr(*object, depth + 1)), self.of(*name).to_owned())
                }
                _ => other(),
            },
            "call" => {
                let (mut positional, mut named) = (Vec::new(), Vec::new());
                if let Some(list) = node.child_by_field_name("arguments") {
                    self.arguments(list, &mut positional, &mut named, depth);
                }
                let line = node.start_position().row + 1;
                let call = |function| Expr::Call(Rc::new(Call { function, positional, named, line }));
                field("function").map_or_else(other, call)
            }
            "subscript" => {
                let mut cursor = node.walk();
                let indexes: Vec<Node<'_>> = node.children_by_field_name("subscript", &mut cursor).collect();
                match field("value") {
                    Some(value) => Expr::Subscript(Rc::new(value), each(indexes)),
                    None => other(),
                }
            }
            "generic_type" => match Self::named(node).as_slice() {
                [value, list] => {
                    Expr::Subscript(Rc::new(self.expr(*value, depth + 1)), each(Self::named(*list)))
                }
                _ => other(),
            },
            "list" => Expr::List(each(Self::named(node))),
            "tuple" | "expression_list" => Expr::Tuple(each(Self::named(node))),
            "set" => Expr::Set(each(Self::named(node))),
            "dictionary" => {
                let pairs = Self::named(node).into_iter().filter(|child| child.kind() == "pair");
                let pair = |child: Node<'_>| {
                    let key = child.child_by_field_name("key")?;
                    let value = child.child_by_field_name("value")?;
                    Some((self.expr(key, depth + 1), self.expr(value, depth + 1)))
                };
                Expr::Dict(pairs.filter_map(pair).collect())
            }
            "union_type" => match Self::named(node).as_slice() {
                [left, right] => {
                    Expr::Or(Rc::new(self.expr(*left, depth + 1)), Rc::new(self.expr(*right, depth + 1)))
                }
                _ => other(),
            },
            "binary_operator" => {
                let operator = node.child_by_field_name("operator").map(|operator| self.of(operator));
                match (field("left"), operator, field("right")) {
                    (Some(left), Some("|"), Some(right)) => Expr::Or(Rc::new(left), Rc::new(right)),
                    (Some(left), Some("+"), Some(right)) => Expr::Add(Rc::new(left), Rc::new(right)),
                    (Some(Expr::Int(left)), Some("*"), Some(Expr::Int(right))) => {
                        left.checked_mul(right).map_or_else(other, Expr::Int)
                    }
                    _ => other(),
                }
            }
            "unary_operator" if self.of(node).starts_with('-') => {
                field("argument").map_or_else(other, |inner| Expr::Negative(Rc::new(inner)))
            }
            _ => other(),
        }
    }

    fn integer(&self, node: Node<'_>) -> Option<i64> {
        let text = self.of(node).replace('_', "").to_ascii_lowercase();
        match text.get(..2) {
            Some("0x") => i64::from_str_radix(text.get(2..)?, 16).ok(),
            Some("0o") => i64::from_str_radix(text.get(2..)?, 8).ok(),
            Some("0b") => i64::from_str_radix(text.get(2..)?, 2).ok(),
            _ => text.parse().ok(),
        }
    }
}

fn doc_of(body: &[Stmt]) -> Option<String> {
    match body.first() {
        Some(Stmt::Expr(Expr::Str(text), _)) => Some(text.clone()),
        _ => None,
    }
}

/// Whether a function yields itself, and not one inside of it.
fn yields(node: Node<'_>) -> bool {
    let mut cursor = node.walk();
    let children: Vec<Node<'_>> = node.children(&mut cursor).collect();
    children.into_iter().any(|child| match child.kind() {
        "yield" => true,
        "function_definition" | "class_definition" | "lambda" => false,
        _ => yields(child),
    })
}

/// A literal as it is written: prefix, quotes, escapes. Formatted strings are no literals.
fn string(text: &str) -> Option<Expr> {
    let start = text.find(['"', '\''])?;
    let (prefix, quoted) = text.split_at(start);
    let prefix = prefix.to_ascii_lowercase();
    if prefix.contains('f') || prefix.contains('t') {
        return None;
    }
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| quoted.starts_with(quote))?;
    let inner = quoted.get(quote.len()..quoted.len().checked_sub(quote.len())?)?.replace("\r\n", "\n");
    let value = if prefix.contains('r') { inner } else { unescaped(&inner) };
    Some(if prefix.contains('b') { Expr::Bytes(value) } else { Expr::Str(value) })
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        match rest.clone().next() {
            Some('x' | 'u' | 'U') => {
                let kind = rest.next();
                let digits = match kind {
                    Some('x') => 2,
                    Some('u') => 4,
                    _ => 8,
                };
                let mut ahead = rest.clone();
                let hex: String = ahead.by_ref().take(digits).collect();
                match u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32) {
                    Some(found) => {
                        out.push(found);
                        rest = ahead;
                    }
                    None => out.extend(['\\'].into_iter().chain(kind)),
                }
            }
            Some(octal @ '0'..='7') => {
                let mut value = 0;
                let mut ahead = rest.clone();
                for _ in 0..3 {
                    match ahead.clone().next().and_then(|digit| digit.to_digit(8)) {
                        Some(digit) => {
                            value = value * 8 + digit;
                            ahead.next();
                        }
                        None => break,
                    }
                }
                rest = ahead;
                out.push(char::from_u32(value).unwrap_or(octal));
            }
            Some(simple) => {
                rest.next();
                match simple {
                    'n' => out.push('\n'),
                    't' => out.push('\t'),
                    'r' => out.push('\r'),
                    'a' => out.push('\u{7}'),
                    'b' => out.push('\u{8}'),
                    'f' => out.push('\u{c}'),
                    'v' => out.push('\u{b}'),
                    '\n' => {}
                    '\\' | '\'' | '"' => out.push(simple),
                    _ => out.extend(['\\', simple]),
                }
            }
            None => out.push('\\'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_read_as_python_reads_them() {
        for (text, value) in [
            (r#""a\n\x41\u00e9\101\q""#, "a\nAé A\\q".replace(' ', "")),
            (r"r'\d+'", r"\d+".to_owned()),
            ("'''a\n b'''", "a\n b".to_owned()),
            ("('a' 'b')", "ab".to_owned()),
            ("u'\\\na'", "a".to_owned()),
        ] {
            assert_eq!(expression(text), Some(Expr::Str(value)), "{text}");
        }
        assert_eq!(expression("0x_ff"), Some(Expr::Int(255)));
        assert!(matches!(expression("f'{a}'"), Some(Expr::Other(_))));
    }

    #[test]
    fn annotations_of_every_spelling() {
        let text = "def f(a: list[int] | None = None, *, b: 'Annotated[str, Query(min_length=1)]' = ..., **c) -> a.B[int]: yield 1";
        let Stmt::Function(function) = module(text).unwrap().remove(0) else { panic!() };
        let names: Vec<_> = function.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert!(matches!(&function.parameters[0].annotation, Some(Expr::Or(left, right))
            if matches!(&**left, Expr::Subscript(_, inner) if inner.len() == 1) && **right == Expr::None));
        assert_eq!(function.parameters[1].default, Some(Expr::Ellipsis));
        assert!(function.is_generator && matches!(function.returns, Some(Expr::Subscript(..))));
    }

    #[test]
    fn what_is_no_python_is_said_with_its_line() {
        assert_eq!(module("\n\n)(").unwrap_err(), 3);
        let deep = format!("x = {}1{}", "[".repeat(5_000), "]".repeat(5_000));
        assert!(module(&deep).is_ok());
    }
}

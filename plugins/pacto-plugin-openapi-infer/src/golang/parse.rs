//! Text to syntax, by the grammar of tree-sitter.

use std::rc::Rc;

use tree_sitter::{Node, Parser};

use super::syntax::{Expr, Field, File, Function, Kind, Signature, Stmt, TypeDecl};

/// Deepest expression or type that is read.
const MAX_DEPTH: usize = 100;

/// Reads a file; `None` where it is no Go at all.
pub fn file(text: &str) -> Option<File> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_go::LANGUAGE.into()).ok()?;
    let tree = parser.parse(text, None)?;
    let reader = Reader { text };
    let mut file = File::default();
    for node in named(tree.root_node()) {
        match node.kind() {
            "package_clause" => {
                file.package = node.named_child(0).map(|name| reader.of(name).to_owned()).unwrap_or_default();
            }
            "import_declaration" => reader.imports(node, &mut file),
            "type_declaration" => {
                file.types.extend(named(node).into_iter().filter_map(|one| reader.type_decl(one)));
            }
            "function_declaration" | "method_declaration" => {
                file.functions.push(Rc::new(reader.function(node)));
            }
            "const_declaration" | "var_declaration" => reader.values(node, &mut file.values),
            _ => {}
        }
    }
    (!file.package.is_empty()).then_some(file)
}

fn named(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| child.kind() != "comment").collect()
}

fn fields<'t>(node: Node<'t>, name: &str) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.children_by_field_name(name, &mut cursor).filter(Node::is_named).collect()
}

struct Reader<'a> {
    text: &'a str,
}

impl<'a> Reader<'a> {
    fn of(&self, node: Node<'_>) -> &'a str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    fn imports(&self, node: Node<'_>, file: &mut File) {
        for child in named(node) {
            if child.kind() == "import_spec_list" {
                self.imports(child, file);
            } else if let Some(path) = child.child_by_field_name("path") {
                let name = child.child_by_field_name("name").map(|name| self.of(name).to_owned());
                file.imports.push((self.of(path).trim_matches(['"', '`']).to_owned(), name));
            }
        }
    }

    fn values(&self, node: Node<'_>, values: &mut Vec<(String, Expr)>) {
        for spec in named(node) {
            if spec.kind() == "var_spec_list" {
                self.values(spec, values);
                continue;
            }
            let right = spec.child_by_field_name("value").map(named).unwrap_or_default();
            for (name, value) in fields(spec, "name").into_iter().zip(right) {
                values.push((self.of(name).to_owned(), self.expr(value, 0)));
            }
        }
    }

    fn type_decl(&self, node: Node<'_>) -> Option<TypeDecl> {
        let parameters = node.child_by_field_name("type_parameters").map(named).unwrap_or_default();
        let names = parameters.into_iter().flat_map(|one| fields(one, "name"));
        Some(TypeDecl {
            name: self.of(node.child_by_field_name("name")?).to_owned(),
            parameters: names.map(|name| self.of(name).to_owned()).collect(),
            kind: self.kind(node.child_by_field_name("type")?, 0),
            is_alias: node.kind() == "type_alias",
        })
    }

    fn function(&self, node: Node<'_>) -> Function {
        let receiver =
            node.child_by_field_name("receiver").map(|list| self.parameters(list, 0)).unwrap_or_default();
        let receiver = receiver.into_iter().next().map(|(name, kind)| match kind {
            Kind::Pointer(inner) => (name, (*inner).clone()),
            kind => (name, kind),
        });
        let mut body = Vec::new();
        if let Some(block) = node.child_by_field_name("body") {
            self.block(block, &mut body, 0);
        }
        Function {
            name: node.child_by_field_name("name").map(|name| self.of(name).to_owned()).unwrap_or_default(),
            receiver,
            signature: Rc::new(self.signature(node, 0)),
            body,
        }
    }

    fn signature(&self, node: Node<'_>, depth: usize) -> Signature {
        let parameters = node.child_by_field_name("parameters").map(|list| self.parameters(list, depth));
        let results = match node.child_by_field_name("result") {
            Some(list) if list.kind() == "parameter_list" => {
                self.parameters(list, depth).into_iter().map(|(_, kind)| kind).collect()
            }
            Some(one) => vec![self.kind(one, depth + 1)],
            None => Vec::new(),
        };
        Signature { parameters: parameters.unwrap_or_default(), results }
    }

    fn parameters(&self, list: Node<'_>, depth: usize) -> Vec<(String, Kind)> {
        let mut parameters = Vec::new();
        for one in named(list) {
            let Some(kind) = one.child_by_field_name("type").map(|kind| self.kind(kind, depth + 1)) else {
                continue;
            };
            let names = fields(one, "name");
            if names.is_empty() {
                parameters.push((String::new(), kind));
            } else {
                parameters.extend(names.into_iter().map(|name| (self.of(name).to_owned(), kind.clone())));
            }
        }
        parameters
    }

    fn kind(&self, node: Node<'_>, depth: usize) -> Kind {
        if depth > MAX_DEPTH {
            return Kind::Other;
        }
        let inner = |child: Node<'_>| Rc::new(self.kind(child, depth + 1));
        let field = |name: &str| node.child_by_field_name(name);
        match node.kind() {
            "type_identifier" | "identifier" | "package_identifier" | "field_identifier" => {
                Kind::Name(self.of(node).to_owned())
            }
            "qualified_type" => match (field("package"), field("name")) {
                (Some(package), Some(name)) => {
                    Kind::Of(self.of(package).to_owned(), self.of(name).to_owned())
                }
                _ => Kind::Other,
            },
            "selector_expression" => match (field("operand"), field("field")) {
                (Some(package), Some(name)) => {
                    Kind::Of(self.of(package).to_owned(), self.of(name).to_owned())
                }
                _ => Kind::Other,
            },
            "pointer_type" => node.named_child(0).map_or(Kind::Other, |child| Kind::Pointer(inner(child))),
            "slice_type" => field("element").map_or(Kind::Other, |child| Kind::Slice(inner(child))),
            "array_type" | "implicit_length_array_type" => field("element").map_or(Kind::Other, |child| {
                let length = field("length").and_then(|length| self.of(length).parse().ok());
                Kind::Array(length, inner(child))
            }),
            "map_type" => match (field("key"), field("value")) {
                (Some(key), Some(value)) => Kind::Map(inner(key), inner(value)),
                _ => Kind::Other,
            },
            "struct_type" => {
                let list = named(node).into_iter().find(|child| child.kind() == "field_declaration_list");
                Kind::Struct(Rc::new(list.map(|list| self.fields(list, depth)).unwrap_or_default()))
            }
            "generic_type" => match (field("type"), field("type_arguments")) {
                (Some(owner), Some(list)) => Kind::Generic(
                    inner(owner),
                    named(list).into_iter().map(|one| self.kind(one, depth + 1)).collect(),
                ),
                _ => Kind::Other,
            },
            "function_type" => Kind::Function(Rc::new(self.signature(node, depth + 1))),
            "interface_type" => Kind::Interface,
            "type_elem" | "parenthesized_type" => {
                node.named_child(0).map_or(Kind::Other, |child| self.kind(child, depth + 1))
            }
            _ => Kind::Other,
        }
    }

    fn fields(&self, list: Node<'_>, depth: usize) -> Vec<Field> {
        let mut found = Vec::new();
        for node in named(list).into_iter().filter(|node| node.kind() == "field_declaration") {
            let Some(written) = node.child_by_field_name("type") else { continue };
            let tag = node.child_by_field_name("tag").map(|tag| text(self.of(tag))).unwrap_or_default();
            let kind = self.kind(written, depth + 1);
            let names = fields(node, "name");
            if names.is_empty() {
                let is_pointer = self.of(node).trim_start().starts_with('*');
                let kind = if is_pointer { Kind::Pointer(Rc::new(kind)) } else { kind };
                found.push(Field { name: embedded_name(&kind), kind, tag, is_embedded: true });
            } else {
                found.extend(names.into_iter().map(|name| Field {
                    name: self.of(name).to_owned(),
                    kind: kind.clone(),
                    tag: tag.clone(),
                    is_embedded: false,
                }));
            }
        }
        found
    }

    fn block(&self, node: Node<'_>, out: &mut Vec<Stmt>, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for child in named(node) {
            self.statement(child, out, depth + 1);
        }
    }

    fn statement(&self, node: Node<'_>, out: &mut Vec<Stmt>, depth: usize) {
        let line = node.start_position().row + 1;
        let sides = |name: &str| -> Vec<Expr> {
            let side = node.child_by_field_name(name);
            side.map(|side| named(side).into_iter().map(|one| self.expr(one, depth)).collect())
                .unwrap_or_default()
        };
        match node.kind() {
            "expression_statement" => {
                if let Some(child) = node.named_child(0) {
                    out.push(Stmt::Expr(self.expr(child, depth), line));
                }
            }
            "short_var_declaration" | "assignment_statement" => {
                out.push(Stmt::Assign(sides("left"), sides("right"), line));
            }
            "var_declaration" | "const_declaration" => {
                let mut values = Vec::new();
                self.values(node, &mut values);
                out.extend(
                    values
                        .into_iter()
                        .map(|(name, value)| Stmt::Assign(vec![Expr::Name(name)], vec![value], line)),
                );
            }
            "return_statement" => {
                let values = node.named_child(0).map(named).unwrap_or_default();
                out.push(Stmt::Return(values.into_iter().map(|one| self.expr(one, depth)).collect()));
            }
            "go_statement" | "defer_statement" => {}
            _ => self.block(node, out, depth),
        }
    }

    fn expr(&self, node: Node<'_>, depth: usize) -> Expr {
        if depth > MAX_DEPTH {
            return Expr::Other;
        }
        let field = |name: &str| node.child_by_field_name(name);
        let inner = |child: Node<'_>| Rc::new(self.expr(child, depth + 1));
        match node.kind() {
            "interpreted_string_literal" | "raw_string_literal" => Expr::Text(text(self.of(node))),
            "int_literal" => self.of(node).replace('_', "").parse().map_or(Expr::Other, Expr::Int),
            "float_literal" => self.of(node).replace('_', "").parse().map_or(Expr::Other, Expr::Float),
            "identifier" | "true" | "false" | "nil" | "type_identifier" | "field_identifier" => {
                Expr::Name(self.of(node).to_owned())
            }
            "parenthesized_expression"
            | "expression_list"
            | "literal_element"
            | "type_conversion_expression" => {
                node.named_child(0).map_or(Expr::Other, |child| self.expr(child, depth + 1))
            }
            "selector_expression" => match (field("operand"), field("field")) {
                (Some(owner), Some(name)) => Expr::Select(inner(owner), self.of(name).to_owned()),
                _ => Expr::Other,
            },
            "call_expression" => {
                let arguments = field("arguments").map(named).unwrap_or_default();
                let arguments = arguments.into_iter().map(|one| self.expr(one, depth + 1)).collect();
                let Some(function) = field("function").map(inner) else { return Expr::Other };
                match field("type_arguments") {
                    Some(list) => {
                        let kinds = named(list).into_iter().map(|one| self.kind(one, depth + 1)).collect();
                        Expr::Call(Rc::new(Expr::Instance(function, kinds)), arguments)
                    }
                    None => Expr::Call(function, arguments),
                }
            }
            "type_instantiation_expression" => match field("type") {
                Some(owner) => {
                    let kinds =
                        named(node).into_iter().skip(1).map(|one| self.kind(one, depth + 1)).collect();
                    Expr::Instance(inner(owner), kinds)
                }
                None => Expr::Other,
            },
            "index_expression" => match (field("operand"), field("index")) {
                (Some(owner), Some(index)) => Expr::Instance(inner(owner), vec![self.kind(index, depth + 1)]),
                _ => Expr::Other,
            },
            "composite_literal" => {
                let elements = field("body").map(|body| self.elements(body, depth)).unwrap_or_default();
                Expr::Composite(field("type").map(|kind| self.kind(kind, depth + 1)), elements)
            }
            "literal_value" => Expr::Composite(None, self.elements(node, depth)),
            "unary_expression" => {
                match (field("operator").map(|operator| self.of(operator)), field("operand")) {
                    (Some("&"), Some(child)) => Expr::Address(inner(child)),
                    (Some("-"), Some(child)) => Expr::Negative(inner(child)),
                    _ => Expr::Other,
                }
            }
            "binary_expression" => {
                match (field("left"), field("operator").map(|one| self.of(one)), field("right")) {
                    (Some(left), Some("+"), Some(right)) => Expr::Add(inner(left), inner(right)),
                    _ => Expr::Other,
                }
            }
            "func_literal" => {
                let mut body = Vec::new();
                if let Some(block) = field("body") {
                    self.block(block, &mut body, depth);
                }
                Expr::Function(Rc::new(self.signature(node, depth + 1)), Rc::new(body))
            }
            "slice_type" | "map_type" | "array_type" | "struct_type" | "qualified_type" | "generic_type" => {
                Expr::Kind(self.kind(node, depth + 1))
            }
            _ => Expr::Other,
        }
    }

    fn elements(&self, body: Node<'_>, depth: usize) -> Vec<(Option<Expr>, Expr)> {
        let element = |node: Node<'_>| match node.kind() {
            "keyed_element" => match named(node).as_slice() {
                [key, value] => Some((Some(self.expr(*key, depth + 1)), self.expr(*value, depth + 1))),
                _ => None,
            },
            _ => Some((None, self.expr(node, depth + 1))),
        };
        named(body).into_iter().filter_map(element).collect()
    }
}

fn embedded_name(kind: &Kind) -> String {
    match kind {
        Kind::Name(name) | Kind::Of(_, name) => name.clone(),
        Kind::Pointer(inner) | Kind::Generic(inner, _) => embedded_name(inner),
        _ => String::new(),
    }
}

/// A string literal as it is written.
pub fn text(literal: &str) -> String {
    if let Some(raw) = literal.strip_prefix('`') {
        return raw.trim_end_matches('`').replace('\r', "");
    }
    let inner = literal.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(literal);
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        match rest.clone().next() {
            Some(kind @ ('x' | 'u' | 'U')) => {
                rest.next();
                let digits = match kind {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                let code: String = rest.by_ref().take(digits).collect();
                out.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
            }
            Some(simple) => {
                rest.next();
                out.push(match simple {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    'a' => '\u{7}',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'v' => '\u{b}',
                    other => other,
                });
            }
            None => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read() {
        let file = file(concat!(
            "package a\nimport (\n h \"net/http\"\n \"time\"\n)\nconst X, Y = \"p\\u00e9\", 2\n",
            "type P[T any, U comparable] struct {\n *B\n c.D\n A, Z []T `json:\"a\"`\n M map[string]*time.Time\n}\n",
            "func (s *S) F(x int, in *struct{ N string }) (*P[int, string], error) { if a { y := f[int](1) } ; return nil, nil }\n",
        ))
        .unwrap();
        assert_eq!(file.imports, [("net/http".to_owned(), Some("h".to_owned())), ("time".to_owned(), None)]);
        assert_eq!(
            file.values,
            [("X".to_owned(), Expr::Text("pé".to_owned())), ("Y".to_owned(), Expr::Int(2))]
        );
        let kind = &file.types[0];
        assert_eq!(kind.parameters, ["T", "U"]);
        let Kind::Struct(fields) = &kind.kind else { panic!() };
        let names: Vec<_> =
            fields.iter().map(|field| (field.name.as_str(), field.is_embedded, field.tag.as_str())).collect();
        assert_eq!(
            names,
            [
                ("B", true, ""),
                ("D", true, ""),
                ("A", false, "json:\"a\""),
                ("Z", false, "json:\"a\""),
                ("M", false, "")
            ]
        );
        let function = &file.functions[0];
        assert_eq!(function.receiver, Some(("s".to_owned(), Kind::Name("S".to_owned()))));
        assert_eq!((function.signature.parameters.len(), function.signature.results.len()), (2, 2));
        assert!(
            matches!(&function.body[0], Stmt::Assign(left, _, _) if left == &[Expr::Name("y".to_owned())]),
            "{:?}",
            function.body
        );
    }
}

//! Annotations to JSON Schema.

use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::field::Field;
use super::models::{Mode, Models};
use crate::python::parse;
use crate::python::scope::{Meaning, ModuleId};
use crate::python::syntax::Expr;

/// Deepest annotation.
const MAX_DEPTH: usize = 50;

/// An annotation, where it stands, and what its type variables are.
#[derive(Debug, Clone)]
pub struct Type {
    pub module: ModuleId,
    pub expr: Expr,
    pub variables: Rc<Vec<(String, Type)>>,
}

/// The schema of a type.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    pub members: Map<String, Value>,
    /// Whether a field of this type gets no title of its own: one model, one enumeration.
    pub is_named: bool,
}

impl Schema {
    fn of(value: Value) -> Self {
        let members = match value {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        Self { members, is_named: false }
    }

    /// As a value.
    pub fn value(self) -> Value {
        Value::Object(self.members)
    }
}

/// An annotation without what stands around it.
#[derive(Debug, Clone)]
pub struct Bare {
    pub kind: Type,
    /// Arguments of `Annotated`, from the outside in.
    pub marks: Vec<(ModuleId, Expr)>,
}

impl Type {
    pub fn new(module: ModuleId, expr: &Expr) -> Self {
        Self { module, expr: expr.clone(), variables: Rc::default() }
    }

    fn inner(&self, expr: &Expr) -> Self {
        Self { module: self.module, expr: expr.clone(), variables: Rc::clone(&self.variables) }
    }
}

impl Models<'_> {
    /// Takes `Annotated` apart and follows aliases.
    pub fn bare(&self, kind: &Type) -> Bare {
        let (mut kind, mut marks) = (kind.clone(), Vec::new());
        for _ in 0..MAX_DEPTH {
            match &kind.expr {
                Expr::Str(text) => match parse::expression(text) {
                    Some(expr) => kind = kind.inner(&expr),
                    None => break,
                },
                Expr::Subscript(owner, arguments) if self.is_external(kind.module, owner, &["Annotated"]) => {
                    let arguments = flat(arguments);
                    let Some((first, rest)) = arguments.split_first() else { break };
                    marks.splice(0..0, rest.iter().map(|mark| (kind.module, mark.clone())));
                    kind = kind.inner(first);
                }
                Expr::Name(_) | Expr::Attribute(..) => {
                    if let Expr::Name(name) = &kind.expr
                        && let Some((_, known)) = kind.variables.iter().find(|(variable, _)| variable == name)
                    {
                        kind = known.clone();
                        continue;
                    }
                    match self.program.meaning(kind.module, &kind.expr) {
                        Some(Meaning::Value(module, _, value)) if !is_type_variable(&value) => {
                            kind = Type { module, expr: (*value).clone(), variables: Rc::default() };
                        }
                        _ => break,
                    }
                }
                _ => break,
            }
        }
        Bare { kind, marks }
    }

    /// Whether an expression is a name of a library that ends with one of these.
    pub fn is_external(&self, module: ModuleId, expr: &Expr, names: &[&str]) -> bool {
        self.external(module, expr)
            .is_some_and(|name| names.contains(&name.rsplit('.').next().unwrap_or_default()))
    }

    /// The whole name of something that is not in the sources.
    pub fn external(&self, module: ModuleId, expr: &Expr) -> Option<String> {
        match self.program.final_meaning(module, expr)? {
            Meaning::External(name) => Some(name),
            _ => None,
        }
    }

    /// The branches of a union, nested ones too; one for anything else.
    pub fn branches(&self, kind: &Type) -> Vec<Type> {
        let Bare { kind, marks } = self.bare(kind);
        if !marks.is_empty() {
            return vec![kind];
        }
        match &kind.expr {
            Expr::Or(left, right) => {
                let mut all = self.branches(&kind.inner(left));
                all.extend(self.branches(&kind.inner(right)));
                all
            }
            Expr::Subscript(owner, arguments) if self.is_external(kind.module, owner, &["Union"]) => {
                flat(arguments).iter().flat_map(|one| self.branches(&kind.inner(one))).collect()
            }
            Expr::Subscript(owner, arguments) if self.is_external(kind.module, owner, &["Optional"]) => {
                let mut all: Vec<Type> =
                    flat(arguments).iter().flat_map(|one| self.branches(&kind.inner(one))).collect();
                all.push(kind.inner(&Expr::None));
                all
            }
            _ => vec![kind],
        }
    }

    /// The schema of a type, with what `Annotated` says about it.
    pub fn schema(&mut self, kind: &Type, mode: Mode) -> Schema {
        self.schema_at(kind, mode, MAX_DEPTH)
    }

    fn schema_at(&mut self, kind: &Type, mode: Mode, depth: usize) -> Schema {
        let Some(depth) = depth.checked_sub(1) else { return Schema::default() };
        let Bare { kind: inner, marks } = self.bare(kind);
        let mut field = Field::default();
        for (module, mark) in &marks {
            field.merge(self.mark(*module, mark).unwrap_or_default());
        }
        let mut schema = self.plain(&inner, mode, depth);
        if let Some(name) = &field.discriminator {
            self.discriminate(&mut schema.members, name);
        }
        field.default = super::field::Preset::Missing;
        field.describe(&mut schema.members);
        schema
    }

    fn plain(&mut self, kind: &Type, mode: Mode, depth: usize) -> Schema {
        let branches = self.union(kind);
        if branches.len() > 1 {
            return self.any_of(branches, mode, depth);
        }
        match &kind.expr {
            Expr::None => Schema::of(json!({"type": "null"})),
            Expr::Subscript(owner, arguments) => {
                let (owner, arguments) = (Rc::clone(owner), flat(arguments));
                self.generic(kind, &owner, &arguments, mode, depth)
            }
            Expr::Name(_) | Expr::Attribute(..) => {
                match self.program.final_meaning(kind.module, &kind.expr) {
                    Some(Meaning::Class(module, class)) => self.class(module, &class, &[], mode),
                    Some(Meaning::External(name)) => external(&name, mode),
                    _ => Schema::default(),
                }
            }
            Expr::Call(call) => self.constrained(kind.module, call),
            _ => Schema::default(),
        }
    }

    fn union(&self, kind: &Type) -> Vec<Type> {
        match &kind.expr {
            Expr::Or(..) => self.union_parts(kind),
            Expr::Subscript(owner, _) if self.is_external(kind.module, owner, &["Union", "Optional"]) => {
                self.union_parts(kind)
            }
            _ => Vec::new(),
        }
    }

    /// The parts of a union; those with marks of their own stay whole.
    fn union_parts(&self, kind: &Type) -> Vec<Type> {
        let one = |expr: &Expr| {
            let part = kind.inner(expr);
            let bare = self.bare(&part);
            let inner = if bare.marks.is_empty() { self.union(&bare.kind) } else { Vec::new() };
            if inner.is_empty() { vec![part] } else { inner }
        };
        match &kind.expr {
            Expr::Or(left, right) => one(left).into_iter().chain(one(right)).collect(),
            Expr::Subscript(owner, arguments) => {
                let mut parts: Vec<Type> = flat(arguments).iter().flat_map(one).collect();
                if self.is_external(kind.module, owner, &["Optional"]) {
                    parts.push(kind.inner(&Expr::None));
                }
                parts
            }
            _ => Vec::new(),
        }
    }

    fn any_of(&mut self, branches: Vec<Type>, mode: Mode, depth: usize) -> Schema {
        let (mut schemas, mut nullable, mut is_named) = (Vec::new(), false, Vec::new());
        for branch in branches {
            let schema = self.schema_at(&branch, mode, depth);
            if schema.members.get("type").is_some_and(|kind| kind == "null") {
                nullable = true;
                continue;
            }
            is_named.push(schema.is_named);
            // A union inside of a union is one.
            let only_any_of = schema.members.len() == 1;
            match schema.members.get("anyOf").and_then(Value::as_array).filter(|_| only_any_of) {
                Some(inner) => {
                    for one in inner {
                        if one.get("type").is_some_and(|kind| kind == "null") {
                            nullable = true;
                        } else if !schemas.contains(one) {
                            schemas.push(one.clone());
                        }
                    }
                }
                None => {
                    let value = schema.value();
                    if !schemas.contains(&value) {
                        schemas.push(value);
                    }
                }
            }
        }
        let is_named = is_named == [true];
        if nullable {
            schemas.push(json!({"type": "null"}));
        }
        match schemas.as_slice() {
            [Value::Object(only)] => Schema { members: only.clone(), is_named },
            _ => Schema { members: Map::from_iter([("anyOf".to_owned(), Value::Array(schemas))]), is_named },
        }
    }

    fn generic(&mut self, kind: &Type, owner: &Expr, arguments: &[Expr], mode: Mode, depth: usize) -> Schema {
        let name = match self.program.final_meaning(kind.module, owner) {
            Some(Meaning::Class(module, class)) => {
                let arguments: Vec<Type> = arguments.iter().map(|one| kind.inner(one)).collect();
                return self.class(module, &class, &arguments, mode);
            }
            Some(Meaning::External(name)) => name,
            _ => return Schema::default(),
        };
        let name = name.rsplit('.').next().unwrap_or_default();
        let mut inner = |place: usize| match arguments.get(place) {
            Some(expr) => self.schema_at(&kind.inner(expr), mode, depth).value(),
            None => json!({}),
        };
        match name {
            "list" | "List" | "Sequence" | "Iterable" | "deque" | "Deque" | "Collection"
            | "MutableSequence" => Schema::of(json!({"type": "array", "items": inner(0)})),
            "set" | "Set" | "frozenset" | "FrozenSet" | "AbstractSet" | "MutableSet" => {
                Schema::of(json!({"type": "array", "items": inner(0), "uniqueItems": true}))
            }
            "tuple" | "Tuple" => match arguments {
                [_, Expr::Ellipsis] => Schema::of(json!({"type": "array", "items": inner(0)})),
                [Expr::Tuple(none)] if none.is_empty() => {
                    Schema::of(json!({"type": "array", "minItems": 0, "maxItems": 0}))
                }
                _ => {
                    let count = arguments.len();
                    let items: Vec<Value> = (0..count).map(inner).collect();
                    Schema::of(
                        json!({"type": "array", "prefixItems": items, "minItems": count, "maxItems": count}),
                    )
                }
            },
            "dict" | "Dict" | "Mapping" | "MutableMapping" | "OrderedDict" | "defaultdict"
            | "DefaultDict" => {
                let (key, value) = (inner(0), inner(1));
                map(&key, value)
            }
            "Literal" => self.literal(kind.module, arguments),
            "Final" | "ClassVar" | "Required" | "NotRequired" | "SkipValidation" | "SerializeAsAny" => {
                match arguments.first() {
                    Some(expr) => self.schema_at(&kind.inner(expr), mode, depth),
                    None => Schema::default(),
                }
            }
            "Json" => external("pydantic.Json", mode),
            _ => Schema::default(),
        }
    }

    fn literal(&self, module: ModuleId, arguments: &[Expr]) -> Schema {
        let values: Vec<Value> = arguments.iter().filter_map(|one| self.program.value(module, one)).collect();
        let mut members = Map::new();
        match values.as_slice() {
            [only] => members.insert("const".to_owned(), only.clone()),
            _ => members.insert("enum".to_owned(), json!(values)),
        };
        members.extend(type_of(&values).map(|kind| ("type".to_owned(), json!(kind))));
        Schema { members, is_named: false }
    }

    /// `constr(min_length=1)` and its like.
    fn constrained(&mut self, module: ModuleId, call: &crate::python::syntax::Call) -> Schema {
        let Some(name) = self.external(module, &call.function) else { return Schema::default() };
        let field = Field::read(self.program, module, call, false);
        let mut schema = match name.rsplit('.').next().unwrap_or_default() {
            "constr" => Schema::of(json!({"type": "string"})),
            "conint" => Schema::of(json!({"type": "integer"})),
            "confloat" => Schema::of(json!({"type": "number"})),
            "condecimal" => external("decimal.Decimal", Mode::Validation),
            "conbytes" => external("builtins.bytes", Mode::Validation),
            kind @ ("conlist" | "conset" | "confrozenset") => {
                let item = call.argument(0, "item_type").cloned();
                let items = item.map(|item| self.schema(&Type::new(module, &item), Mode::Validation).value());
                let mut members = json!({"type": "array", "items": items.unwrap_or_else(|| json!({}))});
                if kind != "conlist" {
                    members["uniqueItems"] = json!(true);
                }
                Schema::of(members)
            }
            _ => return Schema::default(),
        };
        field.limits.apply(&mut schema.members);
        schema
    }
}

/// `a[b, c]` is one tuple for the grammar in some places, and two subscripts in others.
pub fn flat(arguments: &[Expr]) -> Vec<Expr> {
    match arguments {
        [Expr::Tuple(items)] if !items.is_empty() => items.clone(),
        _ => arguments.to_vec(),
    }
}

fn is_type_variable(value: &Expr) -> bool {
    value.as_call().is_some_and(|call| {
        call.function
            .dotted()
            .and_then(|parts| parts.last().map(|last| last.ends_with("TypeVar")))
            .unwrap_or(false)
    })
}

/// The type that all values share.
pub fn type_of(values: &[Value]) -> Option<&'static str> {
    let kind = |value: &Value| match value {
        Value::String(_) => Some("string"),
        Value::Bool(_) => Some("boolean"),
        Value::Number(number) if number.is_f64() => Some("number"),
        Value::Number(_) => Some("integer"),
        _ => None,
    };
    let first = kind(values.first()?)?;
    values.iter().all(|value| kind(value) == Some(first)).then_some(first)
}

fn map(key: &Value, value: Value) -> Schema {
    if let Some(pattern) = key.get("pattern").and_then(Value::as_str) {
        return Schema::of(json!({"type": "object", "patternProperties": {pattern: value}}));
    }
    let value = if value.as_object().is_some_and(Map::is_empty) { json!(true) } else { value };
    let mut schema = json!({"type": "object", "additionalProperties": value});
    let is_plain = key.as_object().is_none_or(|key| {
        key.is_empty() || (key.len() == 1 && key.contains_key("type")) || key.contains_key("format")
    });
    if !is_plain {
        let mut names = key.clone();
        if names.get("enum").is_some() || names.get("const").is_some() {
            names.as_object_mut().map(|names| names.remove("type"));
        }
        schema["propertyNames"] = names;
    }
    Schema::of(schema)
}

/// Types of Python and of libraries.
fn external(name: &str, mode: Mode) -> Schema {
    let string = |format: &str| json!({"type": "string", "format": format});
    let last = name.rsplit('.').next().unwrap_or_default();
    Schema::of(match last {
        "int" | "StrictInt" => json!({"type": "integer"}),
        "float" | "StrictFloat" | "FiniteFloat" => json!({"type": "number"}),
        "str" | "StrictStr" | "Text" => json!({"type": "string"}),
        "bool" | "StrictBool" => json!({"type": "boolean"}),
        "None" | "NoneType" => json!({"type": "null"}),
        "datetime" | "AwareDatetime" | "NaiveDatetime" | "PastDatetime" | "FutureDatetime" => {
            string("date-time")
        }
        "date" | "PastDate" | "FutureDate" => string("date"),
        "time" => string("time"),
        "timedelta" => string("duration"),
        "UUID" => string("uuid"),
        "UUID1" | "UUID3" | "UUID4" | "UUID5" => string(&last.to_lowercase()),
        "Path" | "PurePath" | "PosixPath" => string("path"),
        "FilePath" => string("file-path"),
        "DirectoryPath" => string("directory-path"),
        "IPv4Address" => string("ipv4"),
        "IPv6Address" => string("ipv6"),
        "IPv4Network" => string("ipv4network"),
        "IPv6Network" => string("ipv6network"),
        "IPvAnyAddress" => string("ipvanyaddress"),
        "EmailStr" => string("email"),
        "NameEmail" => string("name-email"),
        "Pattern" => string("regex"),
        "Base64Str" | "Base64Bytes" => string("base64"),
        "bytes" | "StrictBytes" | "UploadFile" => {
            json!({"type": "string", "contentMediaType": "application/octet-stream"})
        }
        "SecretStr" | "SecretBytes" => json!({"type": "string", "format": "password", "writeOnly": true}),
        "AnyUrl" => json!({"type": "string", "minLength": 1, "format": "uri"}),
        "HttpUrl" => json!({"type": "string", "minLength": 1, "maxLength": 2083, "format": "uri"}),
        "Decimal" if mode == Mode::Serialization => {
            json!({"type": "string"})
        }
        "Decimal" => json!({"anyOf": [{"type": "number"}, {"type": "string"}]}),
        "Json" if mode == Mode::Serialization => json!({}),
        "Json" => json!({"type": "string", "contentMediaType": "application/json", "contentSchema": {}}),
        "ByteSize" => json!({"anyOf": [
            {"type": "string", "pattern": "^\\s*(\\d*\\.?\\d+)\\s*(\\w+)?"},
            {"type": "integer", "minimum": 0}
        ]}),
        "PositiveInt" => json!({"type": "integer", "exclusiveMinimum": 0}),
        "NegativeInt" => json!({"type": "integer", "exclusiveMaximum": 0}),
        "NonNegativeInt" => json!({"type": "integer", "minimum": 0}),
        "NonPositiveInt" => json!({"type": "integer", "maximum": 0}),
        "PositiveFloat" => json!({"type": "number", "exclusiveMinimum": 0}),
        "NegativeFloat" => json!({"type": "number", "exclusiveMaximum": 0}),
        "NonNegativeFloat" => json!({"type": "number", "minimum": 0}),
        "NonPositiveFloat" => json!({"type": "number", "maximum": 0}),
        "list" | "List" | "Sequence" | "Iterable" | "tuple" | "Tuple" | "deque" => {
            json!({"type": "array", "items": {}})
        }
        "set" | "Set" | "frozenset" | "FrozenSet" => {
            json!({"type": "array", "items": {}, "uniqueItems": true})
        }
        "dict" | "Dict" | "Mapping" => json!({"type": "object", "additionalProperties": true}),
        // `Any`, `object`, and whatever is not known: anything.
        _ => json!({}),
    })
}

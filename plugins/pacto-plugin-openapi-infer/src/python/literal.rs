//! Values that are known without running anything.

use serde_json::{Map, Number, Value, json};

use super::scope::{Meaning, ModuleId, Program};
use super::syntax::{Expr, Stmt};

/// Deepest value, and longest way through names.
const MAX_DEPTH: usize = 60;

impl Program {
    /// The JSON value of an expression: literals, constants of modules, members of enumerations.
    pub fn value(&self, module: ModuleId, expr: &Expr) -> Option<Value> {
        self.value_at(module, expr, MAX_DEPTH)
    }

    /// A text.
    pub fn text(&self, module: ModuleId, expr: &Expr) -> Option<String> {
        self.value(module, expr).and_then(|value| value.as_str().map(str::to_owned))
    }

    /// A truth.
    pub fn truth(&self, module: ModuleId, expr: Option<&Expr>) -> Option<bool> {
        expr.and_then(|expr| self.value(module, expr)).and_then(|value| value.as_bool())
    }

    fn value_at(&self, module: ModuleId, expr: &Expr, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        let each = |items: &[Expr]| {
            items
                .iter()
                .map(|item| self.value_at(module, item, depth))
                .collect::<Option<Vec<_>>>()
                .map(Value::Array)
        };
        match expr {
            Expr::None => Some(Value::Null),
            Expr::Bool(value) => Some(json!(value)),
            Expr::Int(value) => Some(json!(value)),
            Expr::Float(value) => Number::from_f64(*value).map(Value::Number),
            Expr::Str(text) | Expr::Bytes(text) => Some(json!(text)),
            Expr::List(items) | Expr::Tuple(items) | Expr::Set(items) => each(items),
            Expr::Dict(pairs) => {
                let mut map = Map::new();
                for (key, value) in pairs {
                    let key = match self.value_at(module, key, depth)? {
                        Value::String(key) => key,
                        other => other.to_string(),
                    };
                    map.insert(key, self.value_at(module, value, depth)?);
                }
                Some(Value::Object(map))
            }
            Expr::Negative(inner) => match self.value_at(module, inner, depth)? {
                Value::Number(number) if number.is_i64() => Some(json!(number.as_i64()?.checked_neg()?)),
                Value::Number(number) => Some(json!(-number.as_f64()?)),
                _ => None,
            },
            Expr::Add(left, right) => {
                match (self.value_at(module, left, depth)?, self.value_at(module, right, depth)?) {
                    (Value::String(left), Value::String(right)) => Some(json!(left + &right)),
                    (Value::Array(left), Value::Array(right)) => {
                        Some(left.into_iter().chain(right).collect())
                    }
                    (Value::Number(left), Value::Number(right)) => {
                        Some(json!(left.as_i64()?.checked_add(right.as_i64()?)?))
                    }
                    _ => None,
                }
            }
            Expr::Name(_) | Expr::Attribute(..) => self.named_value(module, expr, depth),
            Expr::Call(call) => self.called_value(module, call, depth),
            Expr::Ellipsis | Expr::Subscript(..) | Expr::Or(..) | Expr::Other(_) => None,
        }
    }

    fn named_value(&self, module: ModuleId, expr: &Expr, depth: usize) -> Option<Value> {
        // `Color.red.value` is the same value.
        if let Expr::Attribute(owner, name) = expr
            && name == "value"
            && let Some(value) = self.value_at(module, owner, depth)
        {
            return Some(value);
        }
        match self.meaning(module, expr)? {
            Meaning::Value(id, name, value) => match &*value {
                Expr::Call(call) if is_auto(self, id, &call.function) => {
                    Some(json!(name.rsplit('.').next().unwrap_or_default().to_lowercase()))
                }
                value => self.value_at(id, value, depth),
            },
            Meaning::External(name) => status_code(&name).map(|code| json!(code)),
            _ => None,
        }
    }

    fn called_value(&self, module: ModuleId, call: &super::syntax::Call, depth: usize) -> Option<Value> {
        let Some(Meaning::External(name)) = self.meaning(module, &call.function) else { return None };
        let first = || call.positional.first().map(|value| self.value_at(module, value, depth));
        match name.as_str() {
            "builtins.list" | "builtins.set" | "builtins.tuple" | "builtins.frozenset" => {
                first().unwrap_or_else(|| Some(json!([])))
            }
            "builtins.dict" if call.positional.is_empty() => {
                let pairs = call.named.iter();
                let pairs =
                    pairs.map(|(key, value)| Some((key.clone(), self.value_at(module, value, depth)?)));
                pairs.collect::<Option<Map<_, _>>>().map(Value::Object)
            }
            "builtins.str" => first()?.map(|value| match value {
                Value::String(text) => json!(text),
                other => json!(other.to_string()),
            }),
            "decimal.Decimal" => first()?.map(|value| match value {
                Value::String(text) => json!(text),
                other => json!(other.to_string()),
            }),
            "builtins.int" | "builtins.float" | "builtins.bool" | "uuid.UUID" => first()?,
            _ => None,
        }
    }
}

fn is_auto(program: &Program, module: ModuleId, function: &Expr) -> bool {
    matches!(program.meaning(module, function), Some(Meaning::External(name)) if name.rsplit('.').next() == Some("auto"))
}

/// The members of an enumeration, in order.
pub fn members(program: &Program, module: ModuleId, body: &[Stmt]) -> Vec<(String, Option<Value>)> {
    let mut members = Vec::new();
    for stmt in body {
        let Stmt::Assign { target: Expr::Name(name), annotation: None, value: Some(value), .. } = stmt else {
            continue;
        };
        if name.starts_with('_') {
            continue;
        }
        let value = match value {
            Expr::Call(call) if is_auto(program, module, &call.function) => Some(json!(name.to_lowercase())),
            value => program.value(module, value),
        };
        members.push((name.clone(), value));
    }
    members
}

/// `fastapi.status.HTTP_201_CREATED` and `http.HTTPStatus.CREATED`.
fn status_code(name: &str) -> Option<u16> {
    let last = name.rsplit('.').next()?;
    if let Some(rest) = last.strip_prefix("HTTP_").or_else(|| last.strip_prefix("WS_")) {
        return rest.split('_').next()?.parse().ok();
    }
    if !name.contains("HTTPStatus.") {
        return None;
    }
    let known = crate::status::PHRASES
        .iter()
        .find(|(_, phrase)| phrase.to_uppercase().replace([' ', '-'], "_").replace('\'', "") == last);
    known.map(|(code, _)| *code)
}

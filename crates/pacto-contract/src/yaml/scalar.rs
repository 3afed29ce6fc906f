//! Plain scalars by the YAML 1.2 core schema.

use super::tree::Value;

/// What an unquoted scalar means. `yes`, `on`, `0b1` and `1_000` are strings in YAML 1.2.
pub(super) fn resolve_plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let starts_number = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
    if starts_number && let Some(number) = integer(text).or_else(|| float(text)) {
        return number;
    }
    Value::String(text.into())
}

pub(super) fn integer(text: &str) -> Option<Value> {
    let value = if let Some(digits) = text.strip_prefix("0o") {
        radix(digits, 8)?
    } else if let Some(digits) = text.strip_prefix("0x") {
        radix(digits, 16)?
    } else {
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        match text.parse::<i128>() {
            Ok(value) => value,
            // Wider than 128 bits: still a number, and one without a JSON form.
            Err(_) => return Some(Value::Float(f64::INFINITY, text.into())),
        }
    };
    Some(Value::Int(value, text.into()))
}

fn radix(digits: &str, radix: u32) -> Option<i128> {
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    Some(i128::from_str_radix(digits, radix).unwrap_or(i128::MAX))
}

pub(super) fn float(text: &str) -> Option<Value> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let value = match unsigned {
        ".inf" | ".Inf" | ".INF" => f64::INFINITY,
        ".nan" | ".NaN" | ".NAN" if unsigned.len() == text.len() => f64::NAN,
        _ => {
            let well_formed = unsigned.bytes().any(|byte| byte.is_ascii_digit())
                && unsigned.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte))
                && !unsigned.starts_with(['+', '-', 'e', 'E']);
            return well_formed
                .then(|| text.parse().ok())
                .flatten()
                .map(|value| Value::Float(value, text.into()));
        }
    };
    let value = if text.starts_with('-') { -value } else { value };
    Some(Value::Float(value, text.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_schema() {
        let kind = |text: &str| match resolve_plain(text) {
            Value::Null => "null".to_owned(),
            Value::Bool(value) => format!("bool {value}"),
            Value::Int(value, _) => format!("int {value}"),
            Value::Float(value, _) => format!("float {value}"),
            other => format!("{other:?}"),
        };
        let cases = [
            ("~", "null"),
            ("TRUE", "bool true"),
            ("yes", "String(\"yes\")"),
            ("on", "String(\"on\")"),
            ("0o17", "int 15"),
            ("0x1F", "int 31"),
            ("010", "int 10"),
            ("-0", "int 0"),
            ("1_000", "String(\"1_000\")"),
            ("0b1", "String(\"0b1\")"),
            ("1.10", "float 1.1"),
            ("1e3", "float 1000"),
            (".5", "float 0.5"),
            (".inf", "float inf"),
            ("-.inf", "float -inf"),
            ("1e999", "float inf"),
            ("2024-01-01", "String(\"2024-01-01\")"),
            ("2024.01.01", "String(\"2024.01.01\")"),
            ("-", "String(\"-\")"),
            (".", "String(\".\")"),
            ("e3", "String(\"e3\")"),
            ("1.2.3", "String(\"1.2.3\")"),
            ("99999999999999999999999999999999999999999999", "float inf"),
        ];
        for (text, expected) in cases {
            assert_eq!(kind(text), expected, "{text}");
        }
    }
}

//! A value of a document on one line, of bounded length.

use std::fmt::Write;

use pacto_contract::yaml::{Node, Value};

use super::markdown::one_line;

/// Most characters of one value.
const MAX_CHARS: usize = 200;

/// A scalar as it was written, a list of scalars as `a, b`, everything else as JSON; cut when it is long.
pub(super) fn inline(node: &Node) -> String {
    let mut out = String::new();
    match &node.value {
        Value::String(text) if text.trim().is_empty() => json(&mut out, node),
        Value::Sequence(items) if !items.is_empty() && items.iter().take(MAX_CHARS).all(is_scalar) => {
            for (position, item) in items.iter().enumerate() {
                if is_full(&out) {
                    break;
                }
                out.push_str(if position == 0 { "" } else { ", " });
                out.push_str(&one_line(item.scalar_text().unwrap_or("null"), MAX_CHARS));
            }
        }
        _ => match node.scalar_text() {
            Some(text) => out = one_line(text, MAX_CHARS),
            None => json(&mut out, node),
        },
    }
    one_line(&out, MAX_CHARS)
}

fn is_scalar(node: &Node) -> bool {
    !matches!(node.value, Value::Sequence(_) | Value::Mapping(_))
}

fn is_full(out: &str) -> bool {
    out.len() > MAX_CHARS * 4
}

/// Compact JSON, cut soon after the limit. The depth is the one of the document, which is bounded.
fn json(out: &mut String, node: &Node) {
    if is_full(out) {
        return;
    }
    match &node.value {
        Value::Sequence(items) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                if is_full(out) {
                    return;
                }
                out.push_str(if position == 0 { "" } else { ", " });
                json(out, item);
            }
            out.push(']');
        }
        Value::Mapping(mapping) => {
            out.push('{');
            for (position, entry) in mapping.entries().iter().enumerate() {
                if is_full(out) {
                    return;
                }
                out.push_str(if position == 0 { "" } else { ", " });
                quoted(out, &entry.key);
                out.push_str(": ");
                json(out, &entry.node);
            }
            out.push('}');
        }
        Value::String(text) => quoted(out, text),
        Value::Null => out.push_str("null"),
        _ => out.push_str(node.scalar_text().unwrap_or_default()),
    }
}

fn quoted(out: &mut String, text: &str) {
    let start: String = text.chars().take(MAX_CHARS + 1).collect();
    let _ = write!(out, "{}", serde_json::Value::String(start));
}

#[cfg(test)]
mod tests {
    use super::*;
    use pacto_contract::yaml::{Budget, load};

    #[test]
    fn values_on_one_line() {
        for (yaml, expected) in [
            ("1.10", "1.10"),
            ("'a\nb'", "a b"),
            ("''", "\"\""),
            ("[[null]]", "[[null]]"),
            ("[a, 1, null]", "a, 1, null"),
            ("[]", "[]"),
            ("{a: [1, 'x\"y'], b: {}}", r#"{"a": [1, "x\"y"], "b": {}}"#),
            ("[[true]]", "[[true]]"),
        ] {
            assert_eq!(inline(&load(yaml, Budget::CONTRACT).unwrap()), expected, "{yaml}");
        }
    }

    #[test]
    fn long_values_are_cut() {
        for yaml in
            ["x".repeat(10_000), format!("[{}]", "[a],".repeat(10_000)), format!("[{}]", "a,".repeat(10_000))]
        {
            assert_eq!(inline(&load(&yaml, Budget::CONTRACT).unwrap()).chars().count(), MAX_CHARS + 1);
        }
    }
}

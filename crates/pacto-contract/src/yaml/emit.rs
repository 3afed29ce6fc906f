//! A tree as YAML text, in a fixed style: same tree, same bytes.

use std::fmt::Write;

use super::scalar::resolve_plain;
use super::tree::{Node, Value};

/// Writes `node` as a YAML document with two-space indentation and document order. Comments and the original
/// layout are not part of the tree and so are not written; numbers keep the text they were written in.
///
/// ```
/// use pacto_contract::yaml::{Budget, emit, load};
/// let tree = load("{a: [1.10, 'x: y'], b: {}}", Budget::CONTRACT)?;
/// assert_eq!(emit(&tree), "a:\n  - 1.10\n  - \"x: y\"\nb: {}\n");
/// # Ok::<(), pacto_contract::yaml::LoadError>(())
/// ```
pub fn emit(node: &Node) -> String {
    let mut out = String::new();
    write_node(&mut out, node, 0, false);
    out
}

/// Longest key that may stand without `? ` before it (YAML 1.2, section 7.4.2), less its quotes.
const MAX_IMPLICIT_KEY_CHARS: usize = 1_000;

/// `inline` says that something (`key:` or `- `) already stands on the line.
fn write_node(out: &mut String, node: &Node, indent: usize, inline: bool) {
    match &node.value {
        Value::Mapping(mapping) if !mapping.entries().is_empty() => {
            for (position, entry) in mapping.entries().iter().enumerate() {
                if position > 0 || !inline {
                    push_indent(out, indent);
                }
                let key = scalar_text(&entry.key);
                if key.chars().count() > MAX_IMPLICIT_KEY_CHARS {
                    out.push_str("? ");
                    out.push_str(&key);
                    out.push('\n');
                    push_indent(out, indent);
                } else {
                    out.push_str(&key);
                }
                out.push(':');
                write_child(out, &entry.node, indent);
            }
        }
        Value::Sequence(items) if !items.is_empty() => {
            for (position, item) in items.iter().enumerate() {
                if position > 0 || !inline {
                    push_indent(out, indent);
                }
                out.push_str("- ");
                write_node(out, item, indent + 1, true);
            }
        }
        leaf => {
            match leaf {
                Value::Null => out.push_str("null"),
                Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
                Value::Int(_, text) | Value::Float(_, text) => out.push_str(text),
                Value::String(text) => out.push_str(&scalar_text(text)),
                Value::Sequence(_) => out.push_str("[]"),
                Value::Mapping(_) => out.push_str("{}"),
            }
            out.push('\n');
        }
    }
}

fn write_child(out: &mut String, node: &Node, indent: usize) {
    let block = match &node.value {
        Value::Mapping(mapping) => !mapping.entries().is_empty(),
        Value::Sequence(items) => !items.is_empty(),
        _ => false,
    };
    if block {
        out.push('\n');
        write_node(out, node, indent + 1, false);
    } else {
        out.push(' ');
        write_node(out, node, indent, true);
    }
}

fn push_indent(out: &mut String, indent: usize) {
    for _ in 0..indent {
        out.push_str("  ");
    }
}

/// Plain where that reads back as the same string in YAML 1.1 and 1.2 alike, else double-quoted.
fn scalar_text(text: &str) -> String {
    let plain = !text.is_empty()
        && matches!(resolve_plain(text), Value::String(_))
        && !is_yaml_1_1_keyword(text)
        && text.chars().all(|character| character.is_ascii_alphanumeric() || "_-./@+ ".contains(character))
        && !text.starts_with([' ', '-', '@', '.', '+'])
        && !text.ends_with(' ')
        && !text.starts_with(|first: char| first.is_ascii_digit());
    if plain {
        return text.to_owned();
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            other if other.is_control() || matches!(other, '\u{feff}' | '\u{2028}' | '\u{2029}') => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(other));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

fn is_yaml_1_1_keyword(text: &str) -> bool {
    ["y", "n", "yes", "no", "on", "off"].iter().any(|keyword| text.eq_ignore_ascii_case(keyword))
}

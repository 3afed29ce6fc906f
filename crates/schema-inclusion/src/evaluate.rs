//! Whether a document is accepted.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::node::{Arena, Id, Kind, Node, canonical};
use crate::number::Exact;

/// Deepest nesting of schemas in schemas.
const MAX_DEPTH: usize = 300;

/// Most nodes that are shown a value: a web of references has exponentially many ways.
const MAX_CALLS: u32 = 100_000;

/// Whether a node accepts a value, and how many nodes were shown one; `None` where that is not known.
pub fn accepts(arena: &mut Arena, id: Id, value: &Value) -> (Option<bool>, u32) {
    let mut left = MAX_CALLS;
    let accepted = at(&mut Evaluation { arena, left: &mut left }, id, value, MAX_DEPTH);
    (accepted.filter(|_| left > 0), MAX_CALLS - left)
}

struct Evaluation<'e> {
    arena: &'e mut Arena,
    left: &'e mut u32,
}

fn at(arena: &mut Evaluation<'_>, id: Id, value: &Value, depth: usize) -> Option<bool> {
    let depth = depth.checked_sub(1)?;
    *arena.left = arena.left.checked_sub(1)?;
    let node = arena.arena.get(id).1;
    let exact = || match value {
        Value::Number(number) => Exact::read(number),
        _ => None,
    };
    let is_number = value.is_number();
    let length = |text: &str| u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
    let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    Some(match &*node {
        Node::All(parts) => {
            let mut known = true;
            for &part in parts {
                match at(arena, part, value, depth) {
                    Some(false) => return Some(false),
                    Some(true) => {}
                    None => known = false,
                }
            }
            return known.then_some(true);
        }
        Node::Any(parts) => {
            let mut known = true;
            for &part in parts {
                match at(arena, part, value, depth) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => known = false,
                }
            }
            return known.then_some(false);
        }
        Node::Not(part) => !at(arena, *part, value, depth)?,
        Node::Kind(kind) => Kind::of(value) == *kind,
        Node::Whole => !is_number || exact()?.is_whole(),
        // They are sorted.
        Node::Values(values) => values.binary_search(&canonical(value)).is_ok(),
        Node::AtLeast(limit) => !is_number || exact()?.compare(*limit)?.is_ge(),
        Node::Above(limit) => !is_number || exact()?.compare(*limit)?.is_gt(),
        Node::AtMost(limit) => !is_number || exact()?.compare(*limit)?.is_le(),
        Node::Below(limit) => !is_number || exact()?.compare(*limit)?.is_lt(),
        Node::MultipleOf(unit) => !is_number || exact()?.is_multiple_of(*unit)?,
        Node::MinLength(least) => value.as_str().is_none_or(|text| length(text) >= *least),
        Node::MaxLength(most) => value.as_str().is_none_or(|text| length(text) <= *most),
        Node::Pattern(pattern) => match value.as_str() {
            Some(text) => arena.arena.language(pattern)?.has(text),
            None => true,
        },
        Node::MinItems(least) => value.as_array().is_none_or(|items| count(items.len()) >= *least),
        Node::MaxItems(most) => value.as_array().is_none_or(|items| count(items.len()) <= *most),
        Node::Unique => value.as_array().is_none_or(|items| {
            let mut texts: Vec<String> = items.iter().map(canonical).collect();
            texts.sort();
            texts.windows(2).all(|pair| pair.first() != pair.last())
        }),
        Node::Items(first, rest) => {
            for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                if !at(arena, first.get(index).copied().unwrap_or(*rest), item, depth)? {
                    return Some(false);
                }
            }
            true
        }
        Node::Contains { item, least, most } => {
            let Some(items) = value.as_array() else { return Some(true) };
            let mut found = 0;
            for one in items {
                found += u64::from(at(arena, *item, one, depth)?);
            }
            found >= *least && most.is_none_or(|most| found <= most)
        }
        Node::MinProperties(least) => value.as_object().is_none_or(|members| count(members.len()) >= *least),
        Node::MaxProperties(most) => value.as_object().is_none_or(|members| count(members.len()) <= *most),
        Node::Required(name) => value.as_object().is_none_or(|members| members.contains_key(name)),
        Node::Properties { named, patterns, rest } => {
            return members(arena, (named, patterns, *rest), value, depth);
        }
        Node::Names(schema) => {
            for key in value.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect::<Vec<_>>()
            {
                if !at(arena, *schema, &Value::String(key), depth)? {
                    return Some(false);
                }
            }
            true
        }
        Node::Unknown(..) | Node::Reference(_) => return None,
    })
}

/// Whether every member of an object is what its name asks for.
fn members(
    arena: &mut Evaluation<'_>,
    (named, patterns, rest): (&BTreeMap<String, Id>, &[(String, Id)], Id),
    value: &Value,
    depth: usize,
) -> Option<bool> {
    for (key, member) in value.as_object().into_iter().flatten() {
        let mut schemas: Vec<Id> = named.get(key).copied().into_iter().collect();
        for (pattern, schema) in patterns {
            if arena.arena.language(pattern)?.has(key) {
                schemas.push(*schema);
            }
        }
        if schemas.is_empty() {
            schemas.push(rest);
        }
        for schema in schemas {
            if !at(arena, schema, member, depth)? {
                return Some(false);
            }
        }
    }
    Some(true)
}

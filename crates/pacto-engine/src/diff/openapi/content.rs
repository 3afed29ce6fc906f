//! Bodies of requests and responses, by media type.

use std::collections::BTreeMap;

use super::Comparison;
use super::parameter::declared;
use crate::diff::change::Direction;
use crate::diff::documents::Located;
use crate::diff::fact::{Area, Fact, Kind};
use crate::diff::leftovers::leftovers;
use crate::diff::schema::{SchemaComparison, compare as compare_schemas};

/// A request body behind its `$ref`.
pub(super) struct Body<'a> {
    pub node: Located<'a>,
    pub is_required: bool,
}

/// The request body of an operation: `requestBody`, or the parameter in `body` of `OpenAPI` 2, whose fields in
/// `formData` are parameters. `Err` holds a reference that leads nowhere.
pub(super) fn body<'a>(item: Located<'a>, operation: Located<'a>) -> Option<Result<Body<'a>, &'a str>> {
    if let Some(body) = operation.get("requestBody") {
        return Some(body.resolved().map(|node| Body { node, is_required: node.is_on("required") }));
    }
    let parameters = declared(item).chain(declared(operation)).filter_map(|node| node.resolved().ok());
    let node = parameters.filter(|node| node.text("in") == Some("body")).last()?;
    Some(Ok(Body { node, is_required: node.is_on("required") }))
}

pub(super) fn compare_bodies(old: &Body<'_>, new: &Body<'_>, comparison: Comparison<'_>) -> Vec<Fact> {
    let subject = "request body";
    let mut facts = Vec::new();
    let direction = Some(Direction::Received);
    let about = |kind: Kind| {
        Fact::new(kind, Area::RequestBody, direction, subject.to_owned()).between(old.node, new.node)
    };
    match (old.is_required, new.is_required) {
        (false, true) => facts.push(about(Kind::BodyBecameRequired)),
        (true, false) => facts.push(about(Kind::BodyBecameOptional)),
        _ => {}
    }
    let schemas = comparison.schemas(Area::RequestBody, Direction::Received, subject);
    media_types(old.node, new.node, schemas, &mut facts);
    whole_schema(old.node, new.node, schemas, &mut facts);
    let known = ["required", "content", "schema", "name", "in"];
    leftovers(old.node, new.node, &known, Area::RequestBody, subject, &mut facts);
    facts
}

pub(super) fn compare_responses(
    status: &str,
    old: Located<'_>,
    new: Located<'_>,
    comparison: Comparison<'_>,
) -> Vec<Fact> {
    let subject = format!("response {status}");
    let mut facts = Vec::new();
    let schemas = comparison.schemas(Area::ResponseBody, Direction::Produced, &subject);
    media_types(old, new, schemas, &mut facts);
    whole_schema(old, new, schemas, &mut facts);
    headers(status, old, new, comparison, &mut facts);
    leftovers(old, new, &["content", "headers", "schema"], Area::ResponseBody, &subject, &mut facts);
    facts
}

/// Compares `content`, media type by media type.
pub(super) fn media_types(
    old: Located<'_>,
    new: Located<'_>,
    schemas: SchemaComparison<'_>,
    facts: &mut Vec<Fact>,
) {
    let (before, after) = (contents(old), contents(new));
    let (old_keys, new_keys) = (by_key(&before), by_key(&after));
    let about = |kind: Kind| {
        Fact::new(kind, schemas.area, Some(schemas.direction), schemas.root.to_owned()).between(old, new)
    };
    for (key, name, media) in &before {
        let Some(counterpart) = new_keys.get(key.as_str()) else {
            facts.push(about(Kind::MediaTypeRemoved).with(Some(name), None));
            continue;
        };
        match (media.get("schema"), counterpart.get("schema")) {
            (Some(old), Some(new)) => {
                facts.extend(compare_schemas(old, new, schemas).into_iter().map(|found| found.fact));
            }
            (None, None) => {}
            (None, Some(_)) => facts.push(about(Kind::MediaTypeSchemaAdded).with(None, Some(name))),
            (Some(_), None) => facts.push(about(Kind::MediaTypeSchemaRemoved).with(Some(name), None)),
        }
        leftovers(*media, *counterpart, &["schema"], schemas.area, schemas.root, facts);
    }
    for (_, name, _) in after.iter().filter(|(key, ..)| !old_keys.contains_key(key.as_str())) {
        facts.push(about(Kind::MediaTypeAdded).with(None, Some(name)));
    }
}

/// Media types of `content`: comparable name, written name, and what is under it.
fn contents(at: Located<'_>) -> Vec<(String, &str, Located<'_>)> {
    let content = at.get("content").into_iter().flat_map(|content| content.entries());
    content.map(|(name, node)| (media_type(name), name, node)).collect()
}

/// The first entry of each key.
fn by_key<'e, 'a>(entries: &'e [(String, &str, Located<'a>)]) -> BTreeMap<&'e str, Located<'a>> {
    entries.iter().rev().map(|(key, _, node)| (key.as_str(), *node)).collect()
}

/// Media types compare without case and blanks.
fn media_type(name: &str) -> String {
    name.chars().filter(|character| !character.is_whitespace()).collect::<String>().to_ascii_lowercase()
}

/// The entries of the mapping at `key`.
pub(super) fn entries_of<'a>(at: Located<'a>, key: &str) -> Vec<(&'a str, Located<'a>)> {
    at.get(key).into_iter().flat_map(|found| found.entries()).collect()
}

/// `schema` of a body or response of `OpenAPI` 2.
fn whole_schema(old: Located<'_>, new: Located<'_>, schemas: SchemaComparison<'_>, facts: &mut Vec<Fact>) {
    match (old.get("schema"), new.get("schema")) {
        (Some(old), Some(new)) => {
            facts.extend(compare_schemas(old, new, schemas).into_iter().map(|found| found.fact));
        }
        (None, None) => {}
        _ => {
            let about = Fact::new(
                Kind::KeywordChanged,
                schemas.area,
                Some(schemas.direction),
                schemas.root.to_owned(),
            );
            facts.push(about.between(old, new).with(None, Some("schema")));
        }
    }
}

/// Headers: comparable name, for case does not count, written name, and what is under it.
fn header_entries(at: Located<'_>) -> Vec<(String, &str, Located<'_>)> {
    entries_of(at, "headers")
        .into_iter()
        .map(|(name, node)| (name.to_ascii_lowercase(), name, node))
        .collect()
}

fn headers(
    status: &str,
    old: Located<'_>,
    new: Located<'_>,
    comparison: Comparison<'_>,
    facts: &mut Vec<Fact>,
) {
    let (before, after) = (header_entries(old), header_entries(new));
    let (old_keys, new_keys) = (by_key(&before), by_key(&after));
    for (key, name, header) in &before {
        let subject = format!("response {status} header '{name}'");
        let about =
            |kind: Kind| Fact::new(kind, Area::ResponseHeader, Some(Direction::Produced), subject.clone());
        let counterpart = new_keys.get(key.as_str()).copied();
        let (header, counterpart) = match (header.resolved(), counterpart.map(Located::resolved)) {
            (Ok(header), None) => {
                let required = header.is_on("required");
                let kind = if required { Kind::RequiredHeaderRemoved } else { Kind::OptionalHeaderRemoved };
                facts.push(about(kind).between(header, new));
                continue;
            }
            (Ok(header), Some(Ok(counterpart))) => (header, counterpart),
            (Err(before), Some(Err(after))) if before == after => continue,
            (Err(target), _) | (_, Some(Err(target))) => {
                facts.push(about(Kind::Unresolved).between(old, new).with(None, Some(target)));
                continue;
            }
        };
        match (header.is_on("required"), counterpart.is_on("required")) {
            (true, false) => facts.push(about(Kind::HeaderBecameOptional).between(header, counterpart)),
            (false, true) => facts.push(about(Kind::HeaderBecameRequired).between(header, counterpart)),
            _ => {}
        }
        for (key, usual) in [("style", "simple"), ("explode", "false")] {
            let written = |header: Located<'_>| header.text(key).unwrap_or(usual).to_owned();
            let (before, after) = (written(header), written(counterpart));
            if before != after && !(is_plain(header) && is_plain(counterpart)) {
                let shown = |value: &str| format!("{key}: {value}");
                let changed = about(Kind::HeaderSerialization).between(header, counterpart);
                facts.push(changed.with(Some(&shown(&before)), Some(&shown(&after))));
            }
        }
        let schemas = comparison.schemas(Area::ResponseHeader, Direction::Produced, &subject);
        let schemas = SchemaComparison { is_text: true, ..schemas };
        let schema = |header: Located<'_>| header.get("schema").is_some();
        if schema(header) || schema(counterpart) {
            whole_schema(header, counterpart, schemas, facts);
        } else if header.get("type").is_some() && counterpart.get("type").is_some() {
            facts.extend(compare_schemas(header, counterpart, schemas).into_iter().map(|found| found.fact));
        }
        let known: Vec<&str> = if schema(header) || schema(counterpart) {
            vec!["required", "schema", "style", "explode"]
        } else {
            header
                .entries()
                .chain(counterpart.entries())
                .map(|(key, _)| key)
                .filter(|key| *key != "description")
                .collect()
        };
        leftovers(header, counterpart, &known, Area::ResponseHeader, &subject, facts);
    }
    for (_, name, header) in after.iter().filter(|(key, ..)| !old_keys.contains_key(key.as_str())) {
        let subject = format!("response {status} header '{name}'");
        let added = Fact::new(Kind::HeaderAdded, Area::ResponseHeader, Some(Direction::Produced), subject);
        facts.push(added.between(old, *header));
    }
}

/// Whether there is one way to write the value of a header: only objects are written differently.
fn is_plain(header: Located<'_>) -> bool {
    let schema = header.get("schema").and_then(|schema| schema.resolved().ok());
    let kind = schema.and_then(|schema| schema.text("type"));
    kind.is_some_and(|kind| matches!(kind, "string" | "integer" | "number" | "boolean" | "array"))
}

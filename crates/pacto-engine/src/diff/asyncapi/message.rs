//! One message in two versions.

use super::model::{Message, Model};
use super::{area, bindings, traits};
use crate::diff::change::Direction;
use crate::diff::documents::{Located, same};
use crate::diff::fact::{Fact, Kind};
use crate::diff::leftovers::leftovers;
use crate::diff::schema::{Dialect, SchemaComparison, compare as compare_schemas};

/// What a payload is described in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Schema(Dialect),
    /// Avro, protobuf, RAML and others.
    Foreign,
}

pub(super) fn compare(
    (old, old_model): (&Message<'_>, &Model<'_>),
    (new, new_model): (&Message<'_>, &Model<'_>),
    direction: Direction,
    subject: &str,
) -> Vec<Fact> {
    let area = area(direction);
    let about =
        |kind: Kind| Fact::new(kind, area, Some(direction), subject.to_owned()).between(old.at, new.at);
    let mut facts = Vec::new();
    let (before, after) = (content_type(old.at, old_model), content_type(new.at, new_model));
    match (&before, &after) {
        (Some(before), Some(after)) if before != after => {
            facts.push(about(Kind::ContentType).with(Some(before), Some(after)));
        }
        // Where nothing is said nobody knows what it was.
        (None, Some(_)) | (Some(_), None) => facts.push(about(Kind::Other).with(None, Some("contentType"))),
        _ => {}
    }
    let ((old_payload, old_format), (new_payload, new_format)) = (payload(old.at), payload(new.at));
    match (old_payload, new_payload) {
        (None, None) => {}
        (Some(before), Some(after)) => match (old_format, new_format) {
            (Format::Schema(old_dialect), Format::Schema(new_dialect)) => {
                let usual = SchemaComparison::new(area, direction, subject);
                let comparison = SchemaComparison { old_dialect, new_dialect, ..usual };
                facts.extend(compare_schemas(before, after, comparison).into_iter().map(|found| found.fact));
            }
            (Format::Foreign, Format::Foreign) if same("payload", before, after, &|_| false) => {}
            _ => facts.push(about(Kind::KeywordChanged).with(None, Some("payload"))),
        },
        _ => facts.push(about(Kind::KeywordChanged).with(None, Some("payload"))),
    }
    headers(old.at, new.at, direction, subject, &mut facts);
    bindings(old.at, new.at, area, subject, &mut facts);
    traits(old.at, new.at, area, subject, &mut facts);
    if old_model.major == new_model.major {
        let known = [
            "payload",
            "headers",
            "contentType",
            "schemaFormat",
            "bindings",
            "traits",
            "name",
            "messageId",
            "tags",
            "examples",
        ];
        leftovers(old.at, new.at, &known, area, subject, &mut facts);
    }
    facts
}

/// What a message says itself, or one of its traits.
fn said<'a>(message: Located<'a>, key: &str) -> Option<Located<'a>> {
    message.get(key).or_else(|| {
        let traits = message.get("traits").into_iter().flat_map(|traits| traits.items());
        traits.filter_map(|one| one.resolved().ok()?.get(key)).last()
    })
}

fn content_type(message: Located<'_>, model: &Model<'_>) -> Option<String> {
    let own = said(message, "contentType").and_then(|node| node.node.scalar_text());
    let text = own.or(model.content_type)?;
    Some(text.chars().filter(|character| !character.is_whitespace()).collect::<String>().to_ascii_lowercase())
}

/// The payload, with what it is described in.
fn payload(message: Located<'_>) -> (Option<Located<'_>>, Format) {
    let Some(payload) = message.get("payload") else { return (None, Format::Schema(Dialect::JsonSchema)) };
    // In version 3 a payload may say its format itself.
    let whole = payload.resolved().ok();
    let inner = whole.and_then(|payload| Some((payload.get("schema")?, payload.text("schemaFormat")?)));
    match inner {
        Some((schema, format)) => (Some(schema), format_of(format)),
        None => (
            Some(payload),
            message.text("schemaFormat").map_or(Format::Schema(Dialect::JsonSchema), format_of),
        ),
    }
}

fn format_of(text: &str) -> Format {
    let text = text.to_ascii_lowercase();
    let is = |start: &str| text.starts_with(start);
    match () {
        () if is("application/vnd.oai.openapi") && text.contains("version=3.0") => {
            Format::Schema(Dialect::OpenApi3_0)
        }
        () if is("application/schema+")
            || is("application/vnd.aai.asyncapi")
            || is("application/vnd.oai.openapi") =>
        {
            Format::Schema(Dialect::JsonSchema)
        }
        () => Format::Foreign,
    }
}

fn headers(old: Located<'_>, new: Located<'_>, direction: Direction, subject: &str, facts: &mut Vec<Fact>) {
    let area = area(direction);
    match (said(old, "headers"), said(new, "headers")) {
        (None, None) => {}
        (Some(before), Some(after)) => {
            let root = format!("{subject} headers");
            let comparison = SchemaComparison::new(area, direction, &root);
            facts.extend(compare_schemas(before, after, comparison).into_iter().map(|found| found.fact));
        }
        _ => {
            let fact = Fact::new(Kind::KeywordChanged, area, Some(direction), subject.to_owned());
            facts.push(fact.between(old, new).with(None, Some("headers")));
        }
    }
}

//! Parameters of a request.

use indexmap::IndexMap;

use super::Comparison;
use crate::diff::change::Direction;
use crate::diff::documents::Located;
use crate::diff::fact::{Area, Fact, Kind};
use crate::diff::leftovers::leftovers;
use crate::diff::lifecycle::{self, Announcement};
use crate::diff::openapi::content;
use crate::diff::schema::{SchemaComparison, compare as compare_schemas};
use crate::diff::version::Day;

/// A parameter behind its `$ref`.
pub(super) struct Parameter<'a> {
    pub name: &'a str,
    /// `query`, `path`, `header`, `cookie`, or `formData` of `OpenAPI` 2.
    pub location: &'a str,
    pub node: Located<'a>,
    /// It stands at the path, for all of its operations.
    pub is_of_path: bool,
}

/// Properties of objects in headers have ids of their own, where the reference checker has them.
fn name_as_in_header(fact: &mut Fact) {
    fact.kind = match (fact.nested, fact.kind) {
        (true, Kind::BecameEnum) => Kind::HeaderPropertyBecameEnum,
        (true, Kind::PropertyAddedRequired) => Kind::HeaderPropertyAddedRequired,
        (true, Kind::PropertyBecameRequired) => Kind::HeaderPropertyBecameRequired,
        (_, kind) => kind,
    };
}

/// Keys that say how a value is written.
const SERIALIZATION: &[&str] = &["style", "explode", "allowReserved", "allowEmptyValue", "collectionFormat"];

/// The parameters of an operation with those of its path item, and references that lead nowhere. An operation's
/// own parameter replaces one of the path item; of two with one identity the last counts.
pub(super) fn collect<'a>(item: Located<'a>, operation: Located<'a>) -> (Vec<Parameter<'a>>, Vec<&'a str>) {
    let (mut parameters, mut lost) = (IndexMap::new(), Vec::new());
    let of_path = declared(item).map(|node| (node, true));
    for (node, is_of_path) in of_path.chain(declared(operation).map(|node| (node, false))) {
        let node = match node.resolved() {
            Ok(node) => node,
            Err(target) => {
                lost.push(target);
                continue;
            }
        };
        let (Some(name), Some(location)) = (node.text("name"), node.text("in")) else { continue };
        // Bodies of `OpenAPI` 2 are compared as bodies.
        if location == "body" {
            continue;
        }
        let parameter = Parameter { name, location, node, is_of_path };
        parameters.insert(parameter.key(), parameter);
    }
    (parameters.into_values().collect(), lost)
}

/// What stands in `parameters`, before `$ref` is followed.
pub(super) fn declared(at: Located<'_>) -> impl Iterator<Item = Located<'_>> {
    at.get("parameters").into_iter().flat_map(|list| list.items())
}

impl Parameter<'_> {
    /// Identity: place and name; header names have no case.
    pub(super) fn key(&self) -> (String, String) {
        let name =
            if self.location == "header" { self.name.to_ascii_lowercase() } else { self.name.to_owned() };
        (self.location.to_owned(), name)
    }

    /// The identity in a path whose parameters got other names.
    pub(super) fn key_after(&self, renamed: &[(&str, &str)]) -> (String, String) {
        let (location, name) = self.key();
        let new = renamed.iter().find(|(old, _)| location == "path" && *old == name).map(|(_, new)| *new);
        (location, new.map_or(name, str::to_owned))
    }

    pub(super) fn is_required(&self) -> bool {
        self.node.is_on("required") || self.location == "path"
    }

    fn subject(&self) -> String {
        format!("{} parameter '{}'", self.location, self.name)
    }

    /// A fact about the parameter as a whole.
    pub(super) fn fact(&self, kind: Kind) -> Fact {
        Fact::new(kind, Area::Parameter, Some(Direction::Received), self.subject())
            .between(self.node, self.node)
    }

    /// That it came.
    pub(super) fn addition(&self) -> Fact {
        self.fact(match (self.is_required(), self.is_of_path) {
            _ if self.location == "path" => Kind::PathParameterAdded,
            (true, false) => Kind::ParameterAddedRequired,
            (true, true) => Kind::PathWideParameterAddedRequired,
            (false, false) => Kind::ParameterAddedOptional,
            (false, true) => Kind::PathWideParameterAddedOptional,
        })
    }

    /// That it is gone; perhaps that was announced.
    pub(super) fn removal(&self, today: Option<Day>) -> Fact {
        match lifecycle::announced(self.node, today) {
            Some(announced) => {
                let due = Kind::ParameterRemovedWithDeprecation;
                let kind = if announced.is_due { due } else { Kind::ParameterRemovedBeforeSunset };
                self.fact(kind).with(Some(announced.text), None)
            }
            None => self.fact(Kind::ParameterRemoved),
        }
    }

    pub(super) fn compare(&self, new: &Parameter<'_>, comparison: Comparison<'_>) -> Vec<Fact> {
        let mut facts = Vec::new();
        let about = |kind: Kind| new.fact(kind).between(self.node, new.node);
        match (self.is_required(), new.is_required()) {
            (false, true) => facts.push(about(Kind::ParameterBecameRequired)),
            (true, false) => facts.push(about(Kind::ParameterBecameOptional)),
            _ => {}
        }
        for key in SERIALIZATION.iter().copied() {
            let (before, after) = (self.written(key), new.written(key));
            if before != after && key == "allowEmptyValue" {
                let is_allowed = after == "true";
                let kind = if is_allowed { Kind::EmptyValueAllowed } else { Kind::EmptyValueForbidden };
                facts.push(about(kind));
            } else if before != after {
                let shown = |value: &str| format!("{key}: {value}");
                let changed = about(Kind::ParameterSerialization);
                facts.push(changed.with(Some(&shown(&before)), Some(&shown(&after))));
            }
        }
        let subject = new.subject();
        let schemas = comparison.schemas(Area::Parameter, Direction::Received, &subject);
        match (self.schema(), new.schema()) {
            (Some(old), Some(new)) => {
                let schemas = SchemaComparison { is_text: true, ..schemas };
                facts.extend(compare_schemas(old, new, schemas).into_iter().map(|found| found.fact));
            }
            (None, None) => {}
            _ => facts.push(about(Kind::KeywordChanged).with(None, Some("schema"))),
        }
        content::media_types(self.node, new.node, schemas, &mut facts);
        if self.location == "header" {
            facts.iter_mut().for_each(name_as_in_header);
        }
        let (before, after) = (Announcement::of(self.node), Announcement::of(new.node));
        facts
            .extend(before.facts(after, comparison.today).map(|(kind, old, new)| about(kind).with(old, new)));
        let mut known = vec!["name", "in", "required", "schema", "content"];
        known.extend(SERIALIZATION);
        known.extend(lifecycle::KEYS);
        for parameter in [self, new] {
            // In `OpenAPI` 2 the parameter is the schema, which was compared above.
            if parameter.schema().is_some_and(|schema| schema.address() == parameter.node.address()) {
                known.extend(parameter.node.entries().map(|(key, _)| key));
            }
        }
        leftovers(self.node, new.node, &known, Area::Parameter, &subject, &mut facts);
        facts
    }

    /// `schema`, or the parameter itself where it carries the keywords (`OpenAPI` 2).
    fn schema(&self) -> Option<Located<'_>> {
        self.node.get("schema").or_else(|| self.node.get("type").map(|_| self.node))
    }

    /// How a value is written, with the defaults of `OpenAPI` 3 filled in.
    fn written(&self, key: &str) -> String {
        let explicit = self.node.text(key).map(str::to_owned);
        let style = self.node.text("style").unwrap_or(match self.location {
            "query" | "cookie" => "form",
            _ => "simple",
        });
        explicit.unwrap_or_else(|| match key {
            "style" => style.to_owned(),
            "explode" => (style == "form").to_string(),
            "collectionFormat" => "csv".to_owned(),
            _ => "false".to_owned(),
        })
    }
}

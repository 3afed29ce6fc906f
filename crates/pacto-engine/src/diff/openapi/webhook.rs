//! Requests that the service itself sends: webhooks, and callbacks of an operation. What is sent is produced, what comes
//! back is received.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::content::{self, Body};
use super::operation::Pair;
use super::{Comparison, methods};
use crate::diff::change::{ChangeType, Direction};
use crate::diff::documents::{Located, same};
use crate::diff::draft::{Draft, Section};
use crate::diff::fact::{Area, Fact, Kind};
use crate::diff::leftovers::leftovers;
use crate::diff::schema::is_annotation;

/// Where requests that are sent are listed, and what they are called.
struct Place {
    base: &'static str,
    path: String,
    what: &'static str,
    added: Kind,
    removed: Kind,
}

/// A request that is sent.
#[derive(Clone, Copy)]
struct Request<'a> {
    /// What it stands in, whose parameters apply too.
    item: Located<'a>,
    operation: Located<'a>,
}

/// Requests that are sent, by name and method, and references to some that lead nowhere.
#[derive(Default)]
struct Sent<'a> {
    requests: BTreeMap<(String, String), Request<'a>>,
    lost: BTreeSet<&'a str>,
}

/// Webhooks of the document; until 3.1 they are an extension.
pub(super) fn compare(
    old: Located<'_>,
    new: Located<'_>,
    comparison: Comparison<'_>,
    drafts: &mut Vec<Draft>,
) {
    let place = Place {
        base: "openapi.webhooks",
        path: "openapi.webhooks".to_owned(),
        what: "webhook",
        added: Kind::WebhookAdded,
        removed: Kind::WebhookRemoved,
    };
    let (before, after) = (webhooks(old), webhooks(new));
    all_sent(&place, (old, &before), (new, &after), comparison, drafts);
}

fn webhooks(root: Located<'_>) -> Sent<'_> {
    let items = ["webhooks", "x-webhooks"].into_iter().flat_map(|key| content::entries_of(root, key));
    operations(items.map(|(name, item)| (name.to_owned(), item)))
}

/// Callbacks of an operation.
pub(super) fn callbacks(pair: &Pair<'_>, old: Located<'_>, new: Located<'_>, drafts: &mut Vec<Draft>) {
    let place = Place {
        base: "openapi.callbacks",
        path: format!("openapi.paths[{}].methods[{}].callbacks", pair.paths.old, pair.method),
        what: "callback",
        added: Kind::CallbackAdded,
        removed: Kind::CallbackRemoved,
    };
    let (before, after) = (of_operation(old), of_operation(new));
    all_sent(&place, (old, &before), (new, &after), pair.comparison, drafts);
}

fn of_operation(operation: Located<'_>) -> Sent<'_> {
    let callbacks = content::entries_of(operation, "callbacks").into_iter();
    let mut lost = BTreeSet::new();
    let mut items = Vec::new();
    for (name, callback) in callbacks {
        match callback.resolved() {
            Ok(callback) => {
                let entries = callback.entries().filter(|(expression, _)| !expression.starts_with("x-"));
                items.extend(entries.map(|(expression, item)| (format!("{name} {expression}"), item)));
            }
            Err(target) => {
                lost.insert(target);
            }
        }
    }
    let mut sent = operations(items.into_iter());
    sent.lost.append(&mut lost);
    sent
}

fn operations<'a>(items: impl Iterator<Item = (String, Located<'a>)>) -> Sent<'a> {
    let mut sent = Sent::default();
    for (name, item) in items {
        let item = match item.resolved() {
            Ok(item) => item,
            Err(target) => {
                sent.lost.insert(target);
                continue;
            }
        };
        for method in methods(item) {
            if let Some(operation) = item.get(method) {
                let key = (name.clone(), method.to_uppercase());
                sent.requests.entry(key).or_insert(Request { item, operation });
            }
        }
    }
    sent
}

fn all_sent(
    place: &Place,
    (old, before): (Located<'_>, &Sent<'_>),
    (new, after): (Located<'_>, &Sent<'_>),
    comparison: Comparison<'_>,
    drafts: &mut Vec<Draft>,
) {
    for target in before.lost.symmetric_difference(&after.lost) {
        let mut draft = line(place.base, place.path.clone(), place.what, ChangeType::Modified);
        let fact = about(Kind::Unresolved, place.what, old, new);
        draft.facts.push(fact.with(None, Some(target)));
        drafts.push(draft.at(Some(old.location()), Some(new.location())));
    }
    for ((name, method), request) in &before.requests {
        let operation = request.operation;
        let path = format!("{}[{name}].methods[{method}]", place.path);
        let label = format!("{} {name} {method}", place.what);
        match after.requests.get(&(name.clone(), method.clone())) {
            None => {
                let mut draft = line(place.base, path, &label, ChangeType::Removed);
                draft
                    .facts
                    .push(Fact::new(place.removed, Area::Operation, None, label).between(operation, new));
                drafts.push(draft.at(Some(operation.location()), None));
            }
            Some(now) => {
                let mut draft = line(place.base, path, &label, ChangeType::Modified);
                draft.facts = one(&label, *request, *now, comparison);
                if !draft.facts.is_empty() {
                    drafts.push(draft.at(Some(operation.location()), Some(now.operation.location())));
                }
            }
        }
    }
    for ((name, method), request) in
        after.requests.iter().filter(|(key, _)| !before.requests.contains_key(*key))
    {
        let operation = request.operation;
        let label = format!("{} {name} {method}", place.what);
        let path = format!("{}[{name}].methods[{method}]", place.path);
        let mut draft = line(place.base, path, &label, ChangeType::Added);
        draft.facts.push(Fact::new(place.added, Area::Operation, None, label).between(old, operation));
        drafts.push(draft.at(None, Some(operation.location())));
    }
}

fn line(base: &'static str, path: String, label: &str, kind: ChangeType) -> Draft {
    let value = |there: bool| (there && kind != ChangeType::Modified).then(|| json!(label));
    let (old, new) = (value(kind != ChangeType::Added), value(kind != ChangeType::Removed));
    let mut draft = Draft::plain(Section::Interfaces, base, kind, old, new);
    draft.path = path;
    draft.reason = format!("{label} {}", kind.as_str());
    draft
}

/// A request that is sent, and what may come back.
fn one(label: &str, before: Request<'_>, after: Request<'_>, comparison: Comparison<'_>) -> Vec<Fact> {
    let (old, new) = (before.operation, after.operation);
    let items = (before.item, after.item);
    let mut facts = Vec::new();
    let schemas = |area: Area, direction: Direction| comparison.schemas(area, direction, label);
    let sent = schemas(Area::SentMessage, Direction::Produced);
    match (body(old), body(new)) {
        (None, None) => {}
        (Some(Ok(before)), Some(Ok(after))) => {
            content::media_types(before.node, after.node, sent, &mut facts);
            // It was always there, and may be missing now.
            if before.is_required && !after.is_required {
                facts.push(about(Kind::Other, label, old, new).with(None, Some("requestBody.required")));
            }
        }
        (Some(Err(before)), Some(Err(after))) if before == after => {}
        (Some(Err(target)), _) | (_, Some(Err(target))) => {
            facts.push(about(Kind::Unresolved, label, old, new).with(None, Some(target)));
        }
        _ => facts.push(about(Kind::KeywordChanged, label, old, new).with(None, Some("request body"))),
    }
    let statuses = |operation| content::entries_of(operation, "responses");
    let after: BTreeMap<&str, Located<'_>> = statuses(new).into_iter().collect();
    let before: BTreeMap<&str, Located<'_>> = statuses(old).into_iter().collect();
    for (status, response) in &before {
        let received = schemas(Area::ReceivedMessage, Direction::Received);
        match after.get(status).map(|now| (response.resolved(), now.resolved())) {
            Some((Ok(response), Ok(now))) => {
                content::media_types(response, now, received, &mut facts);
                if differs("headers", response, now) {
                    facts.push(about(Kind::Other, label, response, now).with(None, Some("headers")));
                }
            }
            Some((Err(before), Err(after))) if before == after => {}
            Some((Err(target), _) | (_, Err(target))) => {
                facts.push(about(Kind::Unresolved, label, old, new).with(None, Some(target)));
            }
            // An answer that was understood is not any more.
            None => {
                facts
                    .push(about(Kind::KeywordChanged, label, old, new).with(Some(status), Some("responses")));
            }
        }
    }
    if differs("parameters", items.0, items.1) {
        facts.push(about(Kind::Other, label, items.0, items.1).with(None, Some("parameters")));
    }
    for key in ["parameters", "security", "servers", "callbacks"] {
        if differs(key, old, new) {
            facts.push(about(Kind::Other, label, old, new).with(None, Some(key)));
        }
    }
    let known = [
        "requestBody",
        "responses",
        "parameters",
        "security",
        "servers",
        "operationId",
        "tags",
        "summary",
        "callbacks",
    ];
    leftovers(old, new, &known, Area::Operation, label, &mut facts);
    facts
}

fn about(kind: Kind, label: &str, old: Located<'_>, new: Located<'_>) -> Fact {
    Fact::new(kind, Area::Operation, None, label.to_owned()).between(old, new)
}

fn body(operation: Located<'_>) -> Option<Result<Body<'_>, &str>> {
    content::body(operation, operation)
}

fn differs(key: &str, old: Located<'_>, new: Located<'_>) -> bool {
    match (old.get(key), new.get(key)) {
        (None, None) => false,
        (Some(before), Some(after)) => !same(key, before, after, &is_annotation),
        _ => true,
    }
}

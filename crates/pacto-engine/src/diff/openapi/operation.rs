//! One operation in two versions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::content::{self, Body};
use super::parameter::{self, Parameter};
use super::security::{self, Places};
use super::webhook;
use super::{Comparison, Paths};
use crate::diff::change::ChangeType;
use crate::diff::documents::{Located, same};
use crate::diff::draft::{Draft, Section};
use crate::diff::fact::{Area, Fact, Kind};
use crate::diff::leftovers::leftovers;
use crate::diff::lifecycle::{self, Announcement};
use crate::diff::schema::is_annotation;

/// Keys of an operation that are documentation for people only.
const DOCUMENTATION: &[&str] = &["summary", "description", "externalDocs"];

/// An operation that is on both sides.
pub(super) struct Pair<'p> {
    pub paths: &'p Paths<'p>,
    pub method: &'p str,
    pub comparison: Comparison<'p>,
}

impl Pair<'_> {
    /// Compares the operations; each comes with its path item, whose parameters apply too.
    pub(super) fn compare(
        &self,
        (old_item, old): (Located<'_>, Located<'_>),
        (new_item, new): (Located<'_>, Located<'_>),
        drafts: &mut Vec<Draft>,
    ) {
        let (old_parameters, old_lost) = parameter::collect(old_item, old);
        let (new_parameters, new_lost) = parameter::collect(new_item, new);
        self.parameters(&old_parameters, &new_parameters, drafts);
        let known = |target: &&&str| old_lost.contains(*target) && new_lost.contains(*target);
        for target in old_lost.iter().chain(&new_lost).filter(|target| !known(target)) {
            let mut draft = self.line("openapi.operation", "parameters", ChangeType::Modified, "parameters");
            let lost = Fact::new(Kind::Unresolved, Area::Operation, None, "parameters".to_owned());
            draft.facts.push(lost.between(old, new).with(None, Some(target)));
            drafts.push(draft);
        }
        self.body(content::body(old_item, old), content::body(new_item, new), (old, new), drafts);
        self.responses(old, new, drafts);
        self.rest(old, new, drafts);
    }

    fn line(&self, base: &'static str, tail: &str, change_type: ChangeType, what: &str) -> Draft {
        let label = format!("{} {}", self.method, self.paths.old);
        self.labelled(base, tail, change_type, &label, &format!("{label} {what}"))
    }

    /// A line whose value is `label`, on the side or sides that have it.
    fn labelled(&self, base: &'static str, tail: &str, kind: ChangeType, label: &str, what: &str) -> Draft {
        let value = |there: bool| there.then(|| json!(label));
        let (old, new) = (value(kind != ChangeType::Added), value(kind != ChangeType::Removed));
        let mut draft = Draft::plain(Section::Interfaces, base, kind, old, new);
        draft.path = format!("openapi.paths[{}].methods[{}].{tail}", self.paths.old, self.method);
        draft.reason = format!("{what} {}", kind.as_str());
        draft
    }

    fn parameters(&self, old: &[Parameter<'_>], new: &[Parameter<'_>], drafts: &mut Vec<Draft>) {
        let line = |parameter: &Parameter<'_>, change_type: ChangeType| {
            let label = format!(
                "{} {} {} param '{}'",
                self.method, self.paths.old, parameter.location, parameter.name
            );
            let tail = format!("parameters[{}:{}]", parameter.name, parameter.location);
            self.labelled("openapi.parameters", &tail, change_type, &label, &label)
        };
        let key_now = |parameter: &Parameter<'_>| parameter.key_after(&self.paths.renamed);
        let old_keys: BTreeSet<_> = old.iter().map(key_now).collect();
        let by_key: BTreeMap<_, _> = new.iter().map(|parameter| (parameter.key(), parameter)).collect();
        for parameter in old {
            match by_key.get(&key_now(parameter)) {
                Some(counterpart) => {
                    let facts = parameter.compare(counterpart, self.comparison);
                    if !facts.is_empty() {
                        let mut draft = line(parameter, ChangeType::Modified);
                        draft.facts = facts;
                        drafts.push(
                            draft.at(Some(parameter.node.location()), Some(counterpart.node.location())),
                        );
                    }
                }
                None => {
                    let mut draft = line(parameter, ChangeType::Removed);
                    draft.facts.push(parameter.removal(self.comparison.today));
                    drafts.push(draft.at(Some(parameter.node.location()), None));
                }
            }
        }
        for parameter in new.iter().filter(|parameter| !old_keys.contains(&parameter.key())) {
            let mut draft = line(parameter, ChangeType::Added);
            draft.facts.push(parameter.addition());
            drafts.push(draft.at(None, Some(parameter.node.location())));
        }
    }

    fn body(
        &self,
        old: Option<Result<Body<'_>, &str>>,
        new: Option<Result<Body<'_>, &str>>,
        (old_operation, new_operation): (Located<'_>, Located<'_>),
        drafts: &mut Vec<Draft>,
    ) {
        let line = |change_type: ChangeType| {
            self.line("openapi.request-body", "request-body", change_type, "request body")
        };
        let about = |kind: Kind| Fact::new(kind, Area::RequestBody, None, "request body".to_owned());
        match (old, new) {
            (None, None) => {}
            (Some(Err(before)), Some(Err(after))) if before == after => {}
            (Some(Err(target)), _) | (_, Some(Err(target))) => {
                let mut draft = line(ChangeType::Modified);
                let lost = about(Kind::Unresolved).between(old_operation, new_operation);
                draft.facts.push(lost.with(None, Some(target)));
                drafts.push(draft);
            }
            (None, Some(Ok(body))) => {
                let mut draft = line(ChangeType::Added);
                let kind = if body.is_required { Kind::BodyAddedRequired } else { Kind::BodyAddedOptional };
                draft.facts.push(about(kind).between(old_operation, body.node));
                drafts.push(draft.at(None, Some(body.node.location())));
            }
            (Some(Ok(body)), None) => {
                let mut draft = line(ChangeType::Removed);
                draft.facts.push(about(Kind::BodyRemoved).between(body.node, new_operation));
                drafts.push(draft.at(Some(body.node.location()), None));
            }
            (Some(Ok(old)), Some(Ok(new))) => {
                let facts = content::compare_bodies(&old, &new, self.comparison);
                if !facts.is_empty() {
                    let mut draft = line(ChangeType::Modified);
                    draft.facts = facts;
                    drafts.push(draft.at(Some(old.node.location()), Some(new.node.location())));
                }
            }
        }
    }

    fn responses(&self, old: Located<'_>, new: Located<'_>, drafts: &mut Vec<Draft>) {
        let mut before = content::entries_of(old, "responses");
        let mut after = content::entries_of(new, "responses");
        for statuses in [&mut before, &mut after] {
            statuses.retain(|(status, _)| !status.starts_with("x-"));
        }
        let by_status: BTreeMap<&str, Located<'_>> = after.iter().copied().collect();
        let line = |status: &str, change_type: ChangeType| {
            let label = format!("{} {} {status}", self.method, self.paths.old);
            let what = format!("{} {} response {status}", self.method, self.paths.old);
            self.labelled("openapi.responses", &format!("responses[{status}]"), change_type, &label, &what)
        };
        let about = |kind: Kind, status: &str| {
            Fact::new(kind, Area::ResponseBody, None, format!("response {status}"))
        };
        for (status, response) in &before {
            let Some(counterpart) = by_status.get(status) else {
                let mut draft = line(status, ChangeType::Removed);
                let kind =
                    if is_success(status) { Kind::SuccessStatusRemoved } else { Kind::OtherStatusRemoved };
                draft.facts.push(about(kind, status).between(*response, new));
                drafts.push(draft.at(Some(response.location()), None));
                continue;
            };
            let facts = match (response.resolved(), counterpart.resolved()) {
                (Ok(old), Ok(new)) => content::compare_responses(status, old, new, self.comparison),
                (Err(before), Err(after)) if before == after => Vec::new(),
                (Err(target), _) | (_, Err(target)) => {
                    let lost = about(Kind::Unresolved, status).between(*response, *counterpart);
                    vec![lost.with(None, Some(target))]
                }
            };
            if !facts.is_empty() {
                let mut draft = line(status, ChangeType::Modified);
                draft.facts = facts;
                drafts.push(draft.at(Some(response.location()), Some(counterpart.location())));
            }
        }
        let known: BTreeSet<&str> = before.iter().map(|(status, _)| *status).collect();
        for (status, response) in after.iter().filter(|(status, _)| !known.contains(status)) {
            let mut draft = line(status, ChangeType::Added);
            let kind = if is_success(status) { Kind::SuccessStatusAdded } else { Kind::OtherStatusAdded };
            draft.facts.push(about(kind, status).between(old, *response));
            drafts.push(draft.at(None, Some(response.location())));
        }
    }

    /// Everything else: one line a key. Words for people are no lines.
    fn rest(&self, old: Located<'_>, new: Located<'_>, drafts: &mut Vec<Draft>) {
        let subject = format!("{} {}", self.method, self.paths.old);
        let special = [
            ("operationId", Kind::OperationId),
            ("servers", Kind::Servers),
            ("consumes", Kind::Other),
            ("produces", Kind::Other),
            ("schemes", Kind::Servers),
        ];
        let mut facts: Vec<(String, Fact)> = Vec::new();
        for (key, kind) in special {
            let differs = match (old.get(key), new.get(key)) {
                (None, None) => false,
                (Some(old), Some(new)) => !same(key, old, new, &is_annotation),
                _ => true,
            };
            if differs {
                let (before, after) = match kind {
                    Kind::OperationId => (old.text(key), new.text(key)),
                    _ => (None, Some(key)),
                };
                let kind = match (kind, before, after) {
                    (Kind::OperationId, None, _) => Kind::OperationIdAdded,
                    (Kind::OperationId, _, None) => Kind::OperationIdRemoved,
                    (kind, ..) => kind,
                };
                let found = Fact::new(kind, Area::Operation, None, subject.clone()).between(old, new);
                facts.push((key.to_owned(), found.with(before, after)));
            }
        }
        let mut known: Vec<&str> = special.iter().map(|(key, _)| *key).collect();
        known.extend(["parameters", "requestBody", "responses", "security", "callbacks", "tags"]);
        known.extend(lifecycle::KEYS);
        known.extend(DOCUMENTATION);
        let (before, after) = (Announcement::of(old), Announcement::of(new));
        let about = |kind: Kind| Fact::new(kind, Area::Operation, None, subject.clone()).between(old, new);
        let announced = before.facts(after, self.comparison.today);
        let mut others: Vec<_> = announced.map(|(kind, old, new)| about(kind).with(old, new)).collect();
        tags(&subject, old, new, &mut others);
        leftovers(old, new, &known, Area::Operation, &subject, &mut others);
        facts.extend(others.into_iter().map(|fact| (line_of(&fact), fact)));
        self.security(old, new, &subject, drafts);
        webhook::callbacks(self, old, new, drafts);
        for (key, fact) in facts {
            let mut draft = self.line("openapi.operation", &key, ChangeType::Modified, &key);
            draft.facts.push(fact);
            drafts.push(draft.at(Some(old.location()), Some(new.location())));
        }
    }

    /// Who may call, where the operation itself says so on one side at least; else the line of the document says it.
    fn security(&self, old: Located<'_>, new: Located<'_>, subject: &str, drafts: &mut Vec<Draft>) {
        let own = (old.get("security"), new.get("security"));
        if own.0.is_none() && own.1.is_none() {
            return;
        }
        let (all_old, all_new) = self.comparison.security;
        let asked = (own.0.or(all_old), own.1.or(all_new));
        let places = Places { old: own.0.unwrap_or(old), new: own.1.unwrap_or(new) };
        let facts = security::requirements(Area::Operation, subject, asked, places);
        if !facts.is_empty() {
            let mut draft = self.line("openapi.operation", "security", ChangeType::Modified, "security");
            draft.facts = facts;
            drafts.push(draft.at(Some(places.old.location()), Some(places.new.location())));
        }
    }
}

/// The key that a fact is shown under.
fn line_of(fact: &Fact) -> String {
    match fact.kind {
        Kind::TagAdded | Kind::TagRemoved => "tags".to_owned(),
        kind => lifecycle::key_of(kind).map_or_else(|| fact.new.clone().unwrap_or_default(), str::to_owned),
    }
}

fn tags(subject: &str, old: Located<'_>, new: Located<'_>, facts: &mut Vec<Fact>) {
    let all = |operation: Located<'_>| -> BTreeSet<String> {
        let tags = operation.get("tags").into_iter().flat_map(|tags| tags.items());
        tags.filter_map(|tag| tag.node.scalar_text().map(str::to_owned)).collect()
    };
    let (before, after) = (all(old), all(new));
    let about = |kind: Kind| Fact::new(kind, Area::Operation, None, subject.to_owned()).between(old, new);
    facts.extend(before.difference(&after).map(|tag| about(Kind::TagRemoved).with(Some(tag), None)));
    facts.extend(after.difference(&before).map(|tag| about(Kind::TagAdded).with(None, Some(tag))));
}

fn is_success(status: &str) -> bool {
    status.starts_with('2')
}

//! Who may call: requirements of operations and of the document, and the schemes that they name.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::documents::{Located, same};
use crate::diff::fact::{Area, Fact, Kind};
use crate::diff::schema::is_annotation;

/// One way to be let in: all of these schemes, each with scopes. None at all is everybody.
type Way<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// The ways to be let in; without requirements everybody is.
fn ways(security: Option<Located<'_>>) -> Vec<Way<'_>> {
    let mut ways: Vec<Way<'_>> = security.into_iter().flat_map(|list| list.items()).map(way).collect();
    if ways.is_empty() {
        ways.push(Way::new());
    }
    ways
}

/// Whether requirements are no list of mappings: who is let in is not known then.
fn is_malformed(security: Option<Located<'_>>) -> bool {
    security.is_some_and(|list| {
        list.node.as_sequence().is_none() || list.items().any(|item| item.node.as_mapping().is_none())
    })
}

fn way(requirement: Located<'_>) -> Way<'_> {
    requirement.entries().map(|(scheme, list)| (scheme, texts(list))).collect()
}

fn texts(list: Located<'_>) -> BTreeSet<&str> {
    list.items().filter_map(|item| item.node.as_str()).collect()
}

/// Whether whoever has all that `given` names is let in by `way`.
fn is_enough(given: &Way<'_>, way: &Way<'_>) -> bool {
    way.iter().all(|(scheme, scopes)| given.get(scheme).is_some_and(|has| has.is_superset(scopes)))
}

fn has_schemes_of(way: &Way<'_>, other: &Way<'_>) -> bool {
    way.keys().eq(other.keys())
}

/// `oauth (read, write) and key`.
fn shown(way: &Way<'_>) -> String {
    let one = |(scheme, scopes): (&&str, &BTreeSet<&str>)| {
        if scopes.is_empty() {
            (*scheme).to_owned()
        } else {
            format!("{scheme} ({})", scopes.iter().copied().collect::<Vec<_>>().join(", "))
        }
    };
    let all: Vec<String> = way.iter().map(one).collect();
    if all.is_empty() { "no credentials".to_owned() } else { all.join(" and ") }
}

/// Where requirements stand.
#[derive(Clone, Copy)]
pub(super) struct Places<'a> {
    pub old: Located<'a>,
    pub new: Located<'a>,
}

/// Facts about requirements: what came and went, and who is not let in any more.
pub(super) fn requirements(
    area: Area,
    subject: &str,
    (old, new): (Option<Located<'_>>, Option<Located<'_>>),
    places: Places<'_>,
) -> Vec<Fact> {
    if is_malformed(old) || is_malformed(new) {
        let other = Fact::new(Kind::Security, area, None, subject.to_owned());
        return vec![other.between(places.old, places.new).with(None, Some("security"))];
    }
    let (before, after) = (ways(old), ways(new));
    let about = |kind: Kind, old: Option<String>, new: Option<String>| {
        let found = Fact::new(kind, area, None, subject.to_owned()).between(places.old, places.new);
        found.with(old.as_deref(), new.as_deref())
    };
    let mut facts = Vec::new();
    let asked = after.iter().map(shown).collect::<Vec<_>>().join(", or ");
    for way in before.iter().filter(|way| !after.iter().any(|next| is_enough(way, next))) {
        facts.push(about(Kind::SecurityTightened, Some(shown(way)), Some(asked.clone())));
    }
    for way in before.iter().filter(|way| !after.contains(way)) {
        match after.iter().find(|next| has_schemes_of(way, next)) {
            Some(next) => scopes(way, next, &about, &mut facts),
            None if way.is_empty() => {}
            None => facts.push(about(Kind::SecurityRemoved, Some(shown(way)), None)),
        }
    }
    let is_new = |way: &&Way<'_>| {
        (!way.is_empty() || after.len() > 1)
            && !before.iter().any(|known| known == *way || has_schemes_of(known, way))
    };
    for way in after.iter().filter(is_new) {
        facts.push(about(Kind::SecurityAdded, None, Some(shown(way))));
    }
    facts
}

/// Scopes that came and went where the schemes are the same.
fn scopes(
    old: &Way<'_>,
    new: &Way<'_>,
    about: &impl Fn(Kind, Option<String>, Option<String>) -> Fact,
    facts: &mut Vec<Fact>,
) {
    for (scheme, before) in old {
        let Some(after) = new.get(scheme) else { continue };
        for scope in before.difference(after) {
            facts.push(about(Kind::SecurityScopeRemoved, Some(format!("{scheme}: {scope}")), None));
        }
        for scope in after.difference(before) {
            facts.push(about(Kind::SecurityScopeAdded, None, Some(format!("{scheme}: {scope}"))));
        }
    }
}

/// Facts about the schemes themselves.
pub(super) fn schemes(
    (old, new): (Option<Located<'_>>, Option<Located<'_>>),
    places: Places<'_>,
) -> Vec<Fact> {
    let mut facts = Vec::new();
    let (before, after) = (entries(old), entries(new));
    let find = |entries: &[(&str, Located<'_>)], name: &str| entries.iter().any(|(known, _)| *known == name);
    for (name, scheme) in &before {
        let Some((_, counterpart)) = after.iter().find(|(known, _)| known == name) else {
            let removed = Fact::new(Kind::SecuritySchemeRemoved, Area::Operation, None, subject(name));
            facts.push(removed.between(*scheme, places.new));
            continue;
        };
        match (scheme.resolved(), counterpart.resolved()) {
            (Ok(old), Ok(new)) => one_scheme(name, old, new, &mut facts),
            (Err(before), Err(after)) if before == after => {}
            (Err(target), _) | (_, Err(target)) => {
                let lost = Fact::new(Kind::Unresolved, Area::Operation, None, subject(name));
                facts.push(lost.between(*scheme, *counterpart).with(None, Some(target)));
            }
        }
    }
    for (name, scheme) in after.iter().filter(|(name, _)| !find(&before, name)) {
        let added = Fact::new(Kind::SecuritySchemeAdded, Area::Operation, None, subject(name));
        facts.push(added.between(places.old, *scheme));
    }
    facts
}

fn entries(schemes: Option<Located<'_>>) -> Vec<(&str, Located<'_>)> {
    schemes.into_iter().flat_map(|schemes| schemes.entries()).collect()
}

fn subject(name: &str) -> String {
    format!("security scheme '{name}'")
}

fn one_scheme(name: &str, old: Located<'_>, new: Located<'_>, facts: &mut Vec<Fact>) {
    let about = |kind: Kind| Fact::new(kind, Area::Operation, None, subject(name)).between(old, new);
    let mut text = |key: &str, kind: Kind| {
        let (before, after) = (written(old, key), written(new, key));
        // Names of HTTP schemes have no case.
        let is_same = match (before, after) {
            (Some(before), Some(after)) => {
                before.eq_ignore_ascii_case(after) && key == "scheme" || before == after
            }
            (before, after) => before == after,
        };
        if !is_same {
            facts.push(about(kind).with(before, after));
        }
        !is_same
    };
    // Another type is another scheme; nothing else of it can be compared.
    if text("type", Kind::SecuritySchemeTypeChanged) {
        return;
    }
    for key in ["scheme", "in", "name"] {
        text(key, Kind::SecuritySchemeChanged);
    }
    text("openIdConnectUrl", Kind::SecurityUrlChanged);
    let (before, after) = (flows(old), flows(new));
    for (flow, place) in &before {
        match after.get(flow) {
            Some(counterpart) => one_flow(name, *place, *counterpart, facts),
            None => {
                let gone = Fact::new(Kind::SecurityFlowRemoved, Area::Operation, None, subject(name));
                facts.push(gone.between(*place, new).with(Some(flow), None));
            }
        }
    }
    for (flow, place) in after.iter().filter(|(flow, _)| !before.contains_key(*flow)) {
        let added = Fact::new(Kind::SecurityFlowAdded, Area::Operation, None, subject(name));
        facts.push(added.between(old, *place).with(None, Some(flow)));
    }
    let known = [
        "type",
        "scheme",
        "in",
        "name",
        "flow",
        "flows",
        "openIdConnectUrl",
        "authorizationUrl",
        "tokenUrl",
        "refreshUrl",
        "scopes",
    ];
    let keys: BTreeSet<&str> = old.entries().chain(new.entries()).map(|(key, _)| key).collect();
    for key in keys.into_iter().filter(|key| !known.contains(key) && !is_annotation(key)) {
        let equal = match (old.get(key), new.get(key)) {
            (Some(old), Some(new)) => same(key, old, new, &is_annotation),
            _ => false,
        };
        if !equal {
            let other = Fact::new(Kind::Security, Area::Operation, None, subject(name));
            facts.push(other.between(old, new).with(None, Some(key)));
        }
    }
}

/// A text of a scheme. `OpenAPI` 2 has a type of its own for what is a scheme of HTTP since.
fn written<'a>(scheme: Located<'a>, key: &str) -> Option<&'a str> {
    match (key, scheme.text("type")) {
        ("type", Some("basic")) => Some("http"),
        ("scheme", Some("basic")) => Some("basic"),
        _ => scheme.text(key),
    }
}

/// Ways to get a token, by name. In `OpenAPI` 2 the scheme is its only flow.
fn flows(scheme: Located<'_>) -> BTreeMap<&str, Located<'_>> {
    match scheme.get("flows") {
        Some(flows) => flows.entries().collect(),
        None => scheme.text("flow").map(|flow| (renamed(flow), scheme)).into_iter().collect(),
    }
}

/// The names that the flows of `OpenAPI` 2 have since.
fn renamed(flow: &str) -> &str {
    match flow {
        "application" => "clientCredentials",
        "accessCode" => "authorizationCode",
        flow => flow,
    }
}

fn one_flow(name: &str, old: Located<'_>, new: Located<'_>, facts: &mut Vec<Fact>) {
    let about = |kind: Kind| Fact::new(kind, Area::Operation, None, subject(name)).between(old, new);
    for (key, kind) in [
        ("authorizationUrl", Kind::SecurityUrlChanged),
        ("refreshUrl", Kind::SecurityUrlChanged),
        ("tokenUrl", Kind::SecurityTokenUrlChanged),
    ] {
        let (before, after) = (old.text(key), new.text(key));
        // An address that was not there before takes nothing away.
        if before.is_some() && before != after {
            facts.push(about(kind).with(before, after));
        }
    }
    let scopes = |flow: Located<'_>| -> Vec<String> {
        let scopes = flow.get("scopes").into_iter().flat_map(|scopes| scopes.entries().collect::<Vec<_>>());
        scopes.map(|(scope, _)| scope.to_owned()).collect()
    };
    let (before, after) = (scopes(old), scopes(new));
    for scope in before.iter().filter(|scope| !after.contains(scope)) {
        facts.push(about(Kind::SecurityScopeDropped).with(Some(scope), None));
    }
    for scope in after.iter().filter(|scope| !before.contains(scope)) {
        facts.push(about(Kind::SecurityScopeDefined).with(None, Some(scope)));
    }
}

//! Every rule has a case where it fires and one where it comes near and does not.
//!
//! `tests/corpus/rules.snap` lists the cases of each rule, so that a rule that fires somewhere new shows as a
//! changed line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use pacto_engine::diff::rules::{CONTRACT_RULES, NEVER};
use pacto_engine::diff::{Bound, Change, ChangeType, Classification, Comparison, Day, Kind, Options};
use serde_json::Value;

use super::fixture::{corpus, diff, diff_with, entries, expect_text, read_yaml, rule_ids, stem};
use super::flows::{FLOWS, Flow};
use super::kinds::{self, Home, MOVEMENTS};
use super::{asyncapi, bundles, openapi, protobuf, schemas};

/// Every comparison of the three corpora, by `corpus/case`.
fn all() -> Vec<(String, Comparison)> {
    let mut all = Vec::new();
    all.extend(bundles::cases().into_iter().map(|(name, comparison)| (format!("diff/{name}"), comparison)));
    all.extend(openapi::cases().iter().map(|case| (format!("openapi/{}", case.name), case.compare())));
    all.extend(asyncapi::cases().iter().map(|case| (format!("asyncapi/{}", case.name), case.compare())));
    let protobuf = protobuf::comparisons();
    all.extend(protobuf.into_iter().map(|(name, comparison)| (format!("proto/{name}"), comparison)));
    for case in schemas::cases() {
        for flow in FLOWS {
            let (old, new) = (flow.version(&case.old), flow.version(&case.new));
            all.push((format!("schema/{}", case.name), diff(&old, &new)));
            all.push((format!("schema/{}~", case.name), diff(&new, &old)));
        }
    }
    for (name, today, pairs) in everywhere() {
        let options = Options { today, ..Options::default() };
        for (old, new) in pairs {
            let compare = |flow: &Flow| diff_with(&flow.version(&old), &flow.version(&new), options);
            all.extend(FLOWS.iter().map(|flow| (format!("everywhere/{name}"), compare(flow))));
        }
    }
    all
}

/// Old and new.
type SchemaPair = (Value, Value);

/// `tests/corpus/everywhere`: pairs of schemas that are compared in every place where a schema can stand.
fn everywhere() -> Vec<(String, Option<Day>, Vec<SchemaPair>)> {
    let read = |path: &std::path::PathBuf| {
        let file = read_yaml(path);
        let pair = |pair: &Value| (pair[0].clone(), pair[1].clone());
        let today = file["today"].as_str().map(|day| Day::parse(day).unwrap());
        (stem(path), today, file["pairs"].as_array().unwrap().iter().map(pair).collect())
    };
    entries(&corpus().join("everywhere")).iter().map(read).collect()
}

#[test]
fn rules_fire_where_they_are_known_to_fire() {
    let mut fired: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (case, comparison) in all() {
        for rule in rule_ids(&comparison) {
            fired.entry(rule).or_default().insert(case.clone());
        }
    }
    let mut text = String::new();
    for (rule, cases) in fired {
        let cases: Vec<_> = cases.into_iter().collect();
        writeln!(text, "{rule}: {}", cases.join(", ")).unwrap();
    }
    expect_text(&corpus().join("rules.snap"), &text);
}

/// Which row a line belongs to; names in brackets do not count.
fn base(change: &Change) -> &'static str {
    let mut path = String::new();
    let mut depth = 0_usize;
    for character in change.path.chars() {
        match character {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            other if depth == 0 => path.push(other),
            _ => {}
        }
    }
    let path = path.replace("configurations", "configuration").replace("policies", "policy");
    let path =
        path.strip_prefix("configuration.").filter(|rest| rest.starts_with("schema.")).unwrap_or(&path);
    let content = change.reason.ends_with("content modified");
    let special = match path {
        "policy/schema.json" if !content => "policy.published",
        "configuration/schema.json" => "configuration",
        "policy/schema.json" | "policy.schema" if content => "policy.content",
        "openapi.paths" if announced(change) => "openapi.paths.announced",
        "openapi.paths.methods" if announced(change) => "openapi.methods.announced",
        "openapi.paths.methods.callbacks.methods" => "openapi.callbacks",
        "openapi.webhooks.methods" => "openapi.webhooks",
        "openapi.paths.methods" => "openapi.methods",
        path if path.starts_with("asyncapi.channels.") && path.ends_with(".messages") => "asyncapi.messages",
        path if path.starts_with("asyncapi.channels.") && change.change_type == ChangeType::Modified => {
            "asyncapi.operation"
        }
        path if path.starts_with("asyncapi.channels.") => "asyncapi.operations",
        "asyncapi.channels" if change.change_type == ChangeType::Modified => "asyncapi.channel",
        "proto.services.methods" => "proto.methods",
        "proto.messages.fields" => "proto.fields",
        "proto.enums.values" => "proto.values",
        "openapi.paths.methods.parameters" if change.path.ends_with(']') => "openapi.parameters",
        "openapi.paths.methods.request-body" => "openapi.request-body",
        "openapi.paths.methods.responses" => "openapi.responses",
        path if path.starts_with("openapi.") && path != "openapi.paths" => "openapi.operation",
        path if path.starts_with("schema.") && !matches!(path, "schema.properties" | "schema.required") => {
            "schema.keyword"
        }
        path => path,
    };
    let row = CONTRACT_RULES.iter().find(|row| row.base == special);
    row.unwrap_or_else(|| panic!("{}: no row for {special}", change.path)).base
}

/// Whether it was announced that what is gone goes.
fn announced(change: &Change) -> bool {
    change
        .findings
        .iter()
        .any(|finding| finding.rule_id.ends_with("-sunset") || finding.rule_id.ends_with("-with-deprecation"))
}

#[test]
fn every_row_of_the_contract_table_has_a_hit_for_each_type_of_change() {
    let mut hits: BTreeSet<(&str, ChangeType)> = BTreeSet::new();
    for (_, comparison) in all() {
        hits.extend(comparison.changes.iter().map(|change| (base(change), change.change_type)));
    }
    let mut missing = Vec::new();
    for row in CONTRACT_RULES {
        let listed = [
            (ChangeType::Added, row.added),
            (ChangeType::Removed, row.removed),
            (ChangeType::Modified, row.modified),
        ];
        for (change_type, class) in listed {
            let never = NEVER.iter().any(|(base, of, _)| *base == row.base && *of == change_type);
            let hit = hits.contains(&(row.base, change_type));
            if class.is_some() && hit == never {
                missing.push(format!("{} {change_type:?}", row.base));
            }
        }
        if !row.is_floor {
            assert!(hits.iter().any(|(base, _)| *base == row.base), "{} has no hit", row.base);
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_kind_of_fact_has_a_hit() {
    let mut fired: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (case, comparison) in all() {
        let corpus = ["asyncapi", "diff", "everywhere", "openapi", "proto", "schema"]
            .into_iter()
            .find(|corpus| case.starts_with(corpus))
            .unwrap();
        fired.entry(corpus).or_default().extend(rule_ids(&comparison));
    }
    let named: BTreeSet<_> = schemas::cases().iter().map(|case| format!("{:?}", case.kind)).collect();
    for (name, kind) in kinds::all() {
        let corpus = match kinds::home(kind) {
            Home::Schema => "schema",
            Home::OpenApi => "openapi",
            Home::AsyncApi => "asyncapi",
            Home::Bundles => "diff",
        };
        assert!(!kinds::ids(kind).is_disjoint(&fired[corpus]), "{name} fires in no case of {corpus}");
        assert!(kinds::home(kind) != Home::Schema || named.contains(&name), "{name} has no file of its own");
    }
}

#[test]
fn every_rule_that_fires_can_be_explained() {
    let known = pacto_engine::diff::rules::all();
    let fired: BTreeSet<_> = all().iter().flat_map(|(_, comparison)| rule_ids(comparison)).collect();
    let unknown: Vec<_> = fired.iter().filter(|id| !known.contains_key(*id)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let never: Vec<_> = known.keys().filter(|id| !fired.contains(*id)).collect();
    assert!(never.is_empty(), "known and never fired: {never:#?}");
    assert!(known.values().all(|rule| !rule.why.is_empty() && !rule.meaning.contains('{')));
}

#[test]
fn every_bound_has_each_movement() {
    let fired: BTreeSet<_> = all().iter().flat_map(|(_, comparison)| rule_ids(comparison)).collect();
    for bound in Bound::ALL {
        for (movement, ..) in MOVEMENTS {
            // Without `minContains` one is enough, so it is never set or unset.
            if bound == Bound::MinContains && matches!(movement, "set" | "unset") {
                continue;
            }
            let id = format!("request-body-{}-{movement}", bound.slug());
            assert!(fired.contains(&id), "{id}");
        }
    }
}

#[test]
fn every_kind_of_fact_has_a_near_miss() {
    let mut near: BTreeSet<String> = BTreeSet::new();
    for case in schemas::cases() {
        assert!(!case.misses().is_empty(), "{}", case.name);
        near.insert(format!("{:?}", case.kind));
    }
    near.extend(openapi::cases().iter().flat_map(openapi::Case::silent));
    near.extend(asyncapi::cases().iter().flat_map(asyncapi::Case::silent));
    // Each range fact has a line of its own; the lines of the others are its near misses.
    let lines = bundles::cases().into_iter().flat_map(|(_, comparison)| comparison.changes);
    let ranges: Vec<_> = lines.filter(|change| change.path == "dependencies.compatibility").collect();
    let mut missing = Vec::new();
    for (name, kind) in kinds::all() {
        if kinds::home(kind) == Home::Bundles {
            let own = kinds::ids(kind);
            let fires =
                |change: &Change| change.findings.iter().any(|finding| own.contains(&finding.rule_id));
            assert!(ranges.iter().any(fires) && !ranges.iter().all(fires), "{name}");
        } else {
            missing.extend((!near.contains(&name)).then_some(name));
        }
    }
    assert!(missing.is_empty(), "no near miss: {missing:?}");
}

/// Kinds whose classes are no mirror images, each with the reason.
const NO_MIRROR: &[(Kind, &str)] = &[
    (Kind::TypeChanged, "neither set of values holds the other: both directions lose"),
    (
        Kind::PropertyAddedOptional,
        "an open object allowed it all along, but who reads it misses it when it goes",
    ),
    (Kind::PropertyAddedRequired, "what is sent and not read any more is ignored by most readers"),
    (Kind::PropertyAddedRequiredWithDefault, "a default helps who supplies configuration, not who reads it"),
    (Kind::PropertyAddedToClosed, "its way back is the removal of a property that somebody reads"),
    (Kind::RequiredPropertyRemoved, "what is sent and not read any more is ignored by most readers"),
    (Kind::OptionalPropertyRemoved, "an open object allows it still, but who reads it misses it"),
    (Kind::PropertyRemovedFromClosed, "it is allowed no more, and who reads it misses it"),
    (Kind::PropertyBecameRequiredWithDefault, "a default helps who supplies configuration, not who reads it"),
    (Kind::MultipleOfTightened, "it covers also divisors of which neither divides the other"),
    (Kind::PatternChanged, "each of two patterns accepts what the other one does not"),
    (Kind::AlternativesChanged, "each side accepts what the other one does not"),
    (Kind::ConstChanged, "each side accepts what the other one does not"),
    (Kind::DefaultAdded, "it changes what a request means, and no value that is sent"),
    (Kind::DefaultRemoved, "it changes what a request means, and no value that is sent"),
    (Kind::ExtensibleEnumValueRemoved, "readers know that such a list grows"),
    (Kind::DefaultChanged, "it changes what a request means, and no value that is sent"),
];

fn has_no_mirror(kind: Kind) -> bool {
    match kind {
        // Each side accepts what the other one does not.
        Kind::KeywordModified(_) => true,
        // Bytes that are written in another way are misread, whoever reads them.
        Kind::KeywordAdded(keyword) | Kind::KeywordRemoved(keyword) => keyword.is_reading(),
        kind => NO_MIRROR.iter().any(|(known, _)| *known == kind),
    }
}

#[test]
fn received_and_produced_mirror_each_other() {
    let mut needed: BTreeSet<Kind> = BTreeSet::new();
    let mut wrong = Vec::new();
    for case in schemas::cases() {
        for flow in FLOWS {
            let Some(mirror) = FLOWS.iter().find(|other| Some(other.name) == flow.mirror) else { continue };
            let class = |flow: &Flow, forth: bool| {
                let (old, new) = (flow.version(&case.old), flow.version(&case.new));
                if forth { diff(&old, &new).classification } else { diff(&new, &old).classification }
            };
            // What breaks one way of the data breaks the other way of the data in the other way of time.
            let mirrored = class(flow, true) == class(mirror, false);
            let breaks_both = class(flow, true) == Classification::Breaking
                && class(mirror, true) == Classification::Breaking;
            if mirrored && !breaks_both {
                continue;
            }
            needed.insert(case.kind);
            if !has_no_mirror(case.kind) {
                wrong.push(format!("{} as {} and {}", case.name, flow.name, mirror.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    for (kind, _) in NO_MIRROR {
        assert!(needed.contains(kind), "{kind:?} mirrors by now; take it off the list");
    }
}

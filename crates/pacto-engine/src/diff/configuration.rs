//! Configurations: which schema applies, and what it asks for.

use std::collections::BTreeSet;

use pacto_contract::Diagnostic;
use pacto_contract::Pointer;
use pacto_contract::bundle::CONFIGURATION_SCHEMA;
use pacto_contract::model::Configuration;
use serde_json::json;

use super::Side;
use super::change::{ChangeType, Classification, Direction};
use super::contract::{place, places};
use super::draft::{Draft, Section};
use super::fact::{Area, Fact, Kind};
use super::interface::Files;
use super::schema::{SchemaComparison, SchemaFact, compare as compare_schemas, is_word, property_path};

pub(super) fn compare(
    old: Side<'_>,
    new: Side<'_>,
    drafts: &mut Vec<Draft>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let (before, after) = (&old.document.contract.configurations, &new.document.contract.configurations);
    let plural = before.is_plural() || after.is_plural();
    let with_schema = |side: Side<'_>| {
        side.document.contract.configurations.iter().filter(|entry| entry.schema.is_some()).count()
    };
    let several = with_schema(old) > 1 || with_schema(new) > 1;
    let pairs = matched(&before.entries, &after.entries);
    let files = (Files::new(old), Files::new(new));
    let mut lines = Lines { old, new, plural, several, files, drafts, diagnostics };
    for (index, entry) in before.iter().enumerate() {
        match pairs.get(index).copied().flatten().and_then(|at| Some((at, after.entries.get(at)?))) {
            Some((at, counterpart)) => lines.pair((index, entry), (at, counterpart)),
            None => lines.whole(entry, ChangeType::Removed, index),
        }
    }
    let matched: BTreeSet<usize> = pairs.iter().flatten().copied().collect();
    for (index, entry) in after.iter().enumerate().filter(|(index, _)| !matched.contains(index)) {
        lines.whole(entry, ChangeType::Added, index);
    }
    lines.published();
}

/// Pairs by name; an unnamed one pairs with the only one that is left and has the same kind of source.
fn matched(old: &[Configuration], new: &[Configuration]) -> Vec<Option<usize>> {
    let by_name = places(new, |entry| entry.name.clone());
    let mut pairs: Vec<Option<usize>> = old.iter().map(|entry| by_name.get(&entry.name).copied()).collect();
    let matched: BTreeSet<usize> = pairs.iter().flatten().copied().collect();
    let rest: Vec<usize> = (0..new.len()).filter(|index| !matched.contains(index)).collect();
    let unpaired: Vec<usize> = (0..old.len()).filter(|index| pairs.get(*index) == Some(&None)).collect();
    if old.len() == 1 || new.len() == 1 {
        let has_schema = |entry: Option<&Configuration>| entry.is_some_and(|entry| entry.schema.is_some());
        let alike = |old_index: usize, new_index: usize| {
            has_schema(old.get(old_index)) == has_schema(new.get(new_index))
        };
        let candidates: Vec<_> = unpaired
            .iter()
            .flat_map(|old_index| rest.iter().map(|new_index| (*old_index, *new_index)))
            .filter(|(old_index, new_index)| alike(*old_index, *new_index))
            .collect();
        if let [(old_index, new_index)] = candidates.as_slice()
            && let Some(slot) = pairs.get_mut(*old_index)
        {
            *slot = Some(*new_index);
        }
    }
    pairs
}

struct Lines<'a> {
    old: Side<'a>,
    new: Side<'a>,
    plural: bool,
    several: bool,
    files: (Files<'a>, Files<'a>),
    drafts: &'a mut Vec<Draft>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Lines<'_> {
    fn path(&self, entry: &Configuration, tail: &str) -> String {
        if self.plural {
            format!("configurations[{}]{tail}", entry.name)
        } else {
            format!("configuration{tail}")
        }
    }

    fn push(&mut self, mut draft: Draft, path: String) {
        draft.reason = format!("{path} {}", draft.change_type.as_str());
        draft.path = path;
        self.drafts.push(draft);
    }

    fn whole(&mut self, entry: &Configuration, change_type: ChangeType, index: usize) {
        let value = Some(json!(entry.reference.as_ref().or(entry.schema.as_ref())));
        let (old, new) = if change_type == ChangeType::Removed { (value, None) } else { (None, value) };
        let at = |side: Side<'_>| place(side, &side.document.contract.configurations.pointer(index));
        let (old_at, new_at) = match change_type {
            ChangeType::Removed => (at(self.old), None),
            _ => (None, at(self.new)),
        };
        let draft =
            Draft::plain(Section::Configuration, "configuration", change_type, old, new).at(old_at, new_at);
        let path = self.path(entry, "");
        self.push(draft, path);
    }

    fn pair(&mut self, (old_index, old): (usize, &Configuration), (new_index, new): (usize, &Configuration)) {
        let old_at = self.old.document.contract.configurations.pointer(old_index);
        let new_at = self.new.document.contract.configurations.pointer(new_index);
        if old.schema != new.schema {
            let value = |schema: &Option<String>| Some(json!(schema.clone().unwrap_or_default()));
            let change_type = ChangeType::Modified;
            let base = "configuration.schema";
            let draft = Draft::plain(
                Section::Configuration,
                base,
                change_type,
                value(&old.schema),
                value(&new.schema),
            );
            let draft =
                draft.at(place(self.old, &old_at.key("schema")), place(self.new, &new_at.key("schema")));
            let path = self.path(new, ".schema");
            self.push(draft, path);
        }
        if old.reference != new.reference {
            let change_type = super::contract::change_type(old.reference.is_some(), new.reference.is_some());
            let value = |reference: &Option<String>| reference.as_ref().map(|reference| json!(reference));
            let base = "configuration.ref";
            let (before, after) = (value(&old.reference), value(&new.reference));
            let draft = Draft::plain(Section::Configuration, base, change_type, before, after);
            let draft = draft.at(place(self.old, &old_at.key("ref")), place(self.new, &new_at.key("ref")));
            let path = self.path(new, ".ref");
            self.push(draft, path);
        }
        if let (Some(old_file), Some(new_file)) = (&old.schema, &new.schema) {
            let prefix = if self.several { self.path(new, ".schema") } else { "schema".to_owned() };
            self.content((old_file, &old_at.key("schema")), (new_file, &new_at.key("schema")), &prefix);
        }
    }

    /// The schema at the fixed place, which references find without a declaration.
    fn published(&mut self) {
        let undeclared = |side: Side<'_>| {
            let mut declared = side.document.contract.configurations.iter();
            let is_declared = declared.any(|entry| entry.schema.as_deref() == Some(CONFIGURATION_SCHEMA));
            !is_declared && side.bundle.contains(CONFIGURATION_SCHEMA)
        };
        match (undeclared(self.old), undeclared(self.new)) {
            (true, true) => {
                let root = Pointer::root();
                self.content((CONFIGURATION_SCHEMA, &root), (CONFIGURATION_SCHEMA, &root), "schema");
            }
            (before, after) if before != after => {
                // Declared now, or no longer: the entry has its line, and the file is where it was.
                if self.old.bundle.contains(CONFIGURATION_SCHEMA)
                    == self.new.bundle.contains(CONFIGURATION_SCHEMA)
                {
                    return;
                }
                let value = |there: bool| there.then(|| json!(CONFIGURATION_SCHEMA));
                let kind = super::contract::change_type(before, after);
                let (old, new) = (value(before), value(after));
                let draft = Draft::plain(Section::Configuration, "configuration", kind, old, new);
                self.push(draft, CONFIGURATION_SCHEMA.to_owned());
            }
            _ => {}
        }
    }

    fn content(
        &mut self,
        (old_file, old_at): (&str, &Pointer),
        (new_file, new_at): (&str, &Pointer),
        prefix: &str,
    ) {
        let old_documents = self.files.0.read(old_file, old_at, self.diagnostics);
        let new_documents = self.files.1.read(new_file, new_at, self.diagnostics);
        if let (Some(old_documents), Some(new_documents)) = (old_documents, new_documents)
            && !old_documents.is_same(&new_documents)
            && let (Some(old_root), Some(new_root)) = (old_documents.root(), new_documents.root())
        {
            // A contract that runs nothing offers its schema; every other one asks for values.
            let offers = self.new.document.contract.is_publisher();
            let (area, direction) = if offers {
                (Area::OfferedConfiguration, Direction::Produced)
            } else {
                (Area::Configuration, Direction::Received)
            };
            let comparison = SchemaComparison::new(area, direction, "configuration");
            let facts = compare_schemas(old_root, new_root, comparison);
            self.drafts.extend(schema_lines(facts, prefix));
        }
    }
}

/// One line a fact: properties, then what is required, then everything else, each in document order. Edits of
/// descriptions are no lines.
fn schema_lines(facts: Vec<SchemaFact>, prefix: &str) -> Vec<Draft> {
    let (mut properties, mut required, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for SchemaFact { path, fact, .. } in facts {
        let name = property_path(&path);
        match fact.kind {
            kind if is_word(kind) && fact.rule().classification == Classification::NonBreaking => {}
            Kind::PropertyAddedOptional | Kind::PropertyAddedToClosed => {
                properties.push(property(prefix, &name, ChangeType::Added, fact));
            }
            Kind::PropertyAddedRequired | Kind::PropertyAddedRequiredWithDefault => {
                let mut added = property(prefix, &name, ChangeType::Added, fact.clone());
                // Whether it is required is said by the line about that.
                added.facts.clear();
                properties.push(added);
                required.push(requirement(prefix, &name, ChangeType::Added, fact));
            }
            Kind::RequiredPropertyRemoved
            | Kind::OptionalPropertyRemoved
            | Kind::PropertyRemovedFromClosed => {
                properties.push(property(prefix, &name, ChangeType::Removed, fact));
            }
            Kind::PropertyBecameRequired | Kind::PropertyBecameRequiredWithDefault => {
                required.push(requirement(prefix, &name, ChangeType::Added, fact));
            }
            Kind::PropertyBecameOptional => {
                required.push(requirement(prefix, &name, ChangeType::Removed, fact));
            }
            kind => rest.push(keyword(prefix, &name, kind, fact)),
        }
    }
    properties.into_iter().chain(required).chain(rest).collect()
}

fn draft(base: &'static str, path: String, change_type: ChangeType, reason: String, fact: Fact) -> Draft {
    let mut draft = Draft::plain(Section::Configuration, base, change_type, None, None);
    draft.path = path;
    draft.reason = reason;
    draft.old_at.clone_from(&fact.old_at);
    draft.new_at.clone_from(&fact.new_at);
    draft.facts.push(fact);
    draft
}

fn property(prefix: &str, name: &str, change_type: ChangeType, fact: Fact) -> Draft {
    let reason = format!("configuration property {name} {}", change_type.as_str());
    let path = format!("{prefix}.properties[{name}]");
    valued(draft("schema.properties", path, change_type, reason, fact), name)
}

fn requirement(prefix: &str, name: &str, change_type: ChangeType, fact: Fact) -> Draft {
    let word = if change_type == ChangeType::Added { "required" } else { "optional" };
    let reason = format!("configuration property {name} became {word}");
    let path = format!("{prefix}.required[{name}]");
    valued(draft("schema.required", path, change_type, reason, fact), name)
}

fn valued(mut draft: Draft, name: &str) -> Draft {
    match draft.change_type {
        ChangeType::Added => draft.new = Some(json!(name)),
        ChangeType::Removed => draft.old = Some(json!(name)),
        ChangeType::Modified => {}
    }
    draft
}

/// A keyword of a property, or of the whole schema.
fn keyword(prefix: &str, name: &str, kind: Kind, fact: Fact) -> Draft {
    let keyword = keyword_of(kind, &fact);
    let place = if name.is_empty() { String::new() } else { format!(".properties[{name}]") };
    let path = format!("{prefix}{place}.{keyword}");
    let subject =
        if name.is_empty() { "configuration".to_owned() } else { format!("configuration property {name}") };
    let change_type = match (&fact.old, &fact.new) {
        (None, Some(_))
            if !matches!(kind, Kind::KeywordChanged | Kind::KeywordModified(_) | Kind::Unresolved) =>
        {
            ChangeType::Added
        }
        (Some(_), None) => ChangeType::Removed,
        _ => ChangeType::Modified,
    };
    let value = |text: &Option<String>| text.as_ref().map(|text| json!(text));
    let (old, new) = match kind {
        Kind::KeywordChanged
        | Kind::KeywordAdded(_)
        | Kind::KeywordRemoved(_)
        | Kind::KeywordModified(_)
        | Kind::Unresolved => (None, None),
        _ => (value(&fact.old), value(&fact.new)),
    };
    let reason = format!(
        "{subject} {keyword} {}",
        if change_type == ChangeType::Modified { "changed" } else { change_type.as_str() }
    );
    let mut draft = draft("schema.keyword", path, change_type, reason, fact);
    (draft.old, draft.new) = (old, new);
    draft
}

fn keyword_of(kind: Kind, fact: &Fact) -> String {
    let keyword = match kind {
        Kind::AlternativeAdded(_)
        | Kind::AlternativeRemoved(_)
        | Kind::AlternativesChanged
        | Kind::WrappedInOneOf => Some("alternatives"),
        Kind::Access(..) => Some("access"),
        kind => kind.keyword(),
    };
    let other = || fact.new.clone().unwrap_or_else(|| "schema".to_owned());
    keyword.map_or_else(other, str::to_owned)
}

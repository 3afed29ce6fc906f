//! Policies: which rules apply, and what they say.

use pacto_contract::bundle::POLICY_SCHEMA;
use pacto_contract::model::Policy;
use pacto_contract::{Diagnostic, Pointer};
use serde_json::json;

use super::Side;
use super::change::{ChangeType, Direction};
use super::contract::{change_type, place, places};
use super::draft::{Draft, Section};
use super::fact::Area;
use super::interface::Files;
use super::schema::{SchemaComparison, compare as compare_schemas};

pub(super) fn compare(
    old: Side<'_>,
    new: Side<'_>,
    drafts: &mut Vec<Draft>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let (before, after) = (&old.document.contract.policies, &new.document.contract.policies);
    if before.is_empty() && after.is_empty() {
        return published(old, new, drafts, diagnostics);
    }
    let plural = before.is_plural() || after.is_plural();
    let path = |policy: &Policy, tail: &str| {
        if plural { format!("policies[{}]{tail}", policy.name) } else { format!("policy{tail}") }
    };
    let mut push = |mut draft: Draft, path: String| {
        draft.reason = format!("{path} {}", draft.change_type.as_str());
        draft.path = path;
        drafts.push(draft);
    };
    let summary = |policy: &Policy| Some(json!(policy.reference.as_ref().or(policy.schema.as_ref())));
    let mut contents = Vec::new();
    let name = |policy: &Policy| policy.name.clone();
    let (old_places, new_places) = (places(&before.entries, name), places(&after.entries, name));
    for (index, policy) in before.iter().enumerate() {
        let old_at = before.pointer(index);
        let position = new_places.get(&policy.name).copied();
        let Some((new_index, other)) = position.and_then(|at| Some((at, after.entries.get(at)?))) else {
            let draft = Draft::plain(Section::Policy, "policy", ChangeType::Removed, summary(policy), None);
            push(draft.at(place(old, &old_at), None), path(policy, ""));
            continue;
        };
        let new_at = after.pointer(new_index);
        if policy.schema != other.schema {
            let value = |schema: &Option<String>| Some(json!(schema.clone().unwrap_or_default()));
            let (old_value, new_value) = (value(&policy.schema), value(&other.schema));
            let draft =
                Draft::plain(Section::Policy, "policy.schema", ChangeType::Modified, old_value, new_value);
            let draft = draft.at(place(old, &old_at.key("schema")), place(new, &new_at.key("schema")));
            push(draft, path(other, ".schema"));
        }
        if policy.reference != other.reference {
            let value = |reference: &Option<String>| reference.as_ref().map(|reference| json!(reference));
            let kind = change_type(policy.reference.is_some(), other.reference.is_some());
            let draft = Draft::plain(
                Section::Policy,
                "policy.ref",
                kind,
                value(&policy.reference),
                value(&other.reference),
            );
            let draft = draft.at(place(old, &old_at.key("ref")), place(new, &new_at.key("ref")));
            push(draft, path(other, ".ref"));
        }
        if let (Some(old_file), Some(new_file)) = (&policy.schema, &other.schema) {
            let pointers = (old_at.key("schema"), new_at.key("schema"));
            contents.push((old_file.clone(), new_file.clone(), pointers, path(other, ".schema")));
        }
    }
    for (index, policy) in after.iter().enumerate() {
        if !old_places.contains_key(&policy.name) {
            let draft = Draft::plain(Section::Policy, "policy", ChangeType::Added, None, summary(policy));
            push(draft.at(None, place(new, &after.pointer(index))), path(policy, ""));
        }
    }
    let (mut old_files, mut new_files) = (Files::new(old), Files::new(new));
    for (old_file, new_file, (old_at, new_at), path) in contents {
        let (old_side, new_side) =
            ((&mut old_files, &*old_file, &old_at), (&mut new_files, &*new_file, &new_at));
        content(old_side, new_side, &path, drafts, diagnostics);
    }
}

/// A contract may publish a policy at the fixed place without declaring it.
fn published(old: Side<'_>, new: Side<'_>, drafts: &mut Vec<Draft>, diagnostics: &mut Vec<Diagnostic>) {
    let (before, after) = (old.bundle.contains(POLICY_SCHEMA), new.bundle.contains(POLICY_SCHEMA));
    let root = Pointer::root();
    match (before, after) {
        (true, true) => content(
            (&mut Files::new(old), POLICY_SCHEMA, &root),
            (&mut Files::new(new), POLICY_SCHEMA, &root),
            POLICY_SCHEMA,
            drafts,
            diagnostics,
        ),
        (false, false) => {}
        _ => {
            let value = |there: bool| there.then(|| json!(POLICY_SCHEMA));
            let kind = change_type(before, after);
            let mut draft =
                Draft::plain(Section::Policy, "policy.published", kind, value(before), value(after));
            POLICY_SCHEMA.clone_into(&mut draft.path);
            draft.reason = format!("{POLICY_SCHEMA} {}", kind.as_str());
            drafts.push(draft);
        }
    }
}

/// One line for a policy whose schema differs, with what differs as findings.
fn content(
    (old_files, old_file, old_at): (&mut Files<'_>, &str, &Pointer),
    (new_files, new_file, new_at): (&mut Files<'_>, &str, &Pointer),
    path: &str,
    drafts: &mut Vec<Draft>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let old_documents = old_files.read(old_file, old_at, diagnostics);
    let new_documents = new_files.read(new_file, new_at, diagnostics);
    let (Some(old_documents), Some(new_documents)) = (old_documents, new_documents) else { return };
    if old_documents.is_same(&new_documents) {
        return;
    }
    let (Some(old_root), Some(new_root)) = (old_documents.root(), new_documents.root()) else { return };
    // Contracts flow into a policy: it must accept every contract it accepted.
    let comparison = SchemaComparison::new(Area::Policy, Direction::Received, "policy");
    let facts = compare_schemas(old_root, new_root, comparison);
    if facts.is_empty() {
        return;
    }
    let value = |file: &str| Some(json!(file));
    let mut draft = Draft::plain(
        Section::Policy,
        "policy.content",
        ChangeType::Modified,
        value(old_file),
        value(new_file),
    );
    draft.reason = format!("{path} content modified");
    path.clone_into(&mut draft.path);
    draft.facts = facts.into_iter().map(|found| found.fact).collect();
    drafts.push(draft.at(Some(old_root.location()), Some(new_root.location())));
}

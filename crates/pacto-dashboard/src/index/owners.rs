//! Services by who answers for them.

use std::collections::{BTreeMap, BTreeSet};

use pacto_contract::model::Owner;

use super::merge::group_key;
use crate::wire::owner::{OwnerDetails, OwnerEntry};
use crate::wire::service::{ContractStatus, ServiceEntry};

/// Groups services by owner, by key; those without one come under `(unowned)`.
pub fn group<'a>(services: impl Iterator<Item = &'a ServiceEntry>) -> Vec<OwnerDetails> {
    let mut groups: BTreeMap<&str, Vec<&ServiceEntry>> = BTreeMap::new();
    for entry in services {
        groups.entry(group_key(&entry.owner_key)).or_default().push(entry);
    }
    groups.into_iter().map(|(key, entries)| owner(key, &entries)).collect()
}

fn owner(key: &str, entries: &[&ServiceEntry]) -> OwnerDetails {
    let (mut team, mut contacts, mut dris) = (None, Vec::new(), BTreeSet::new());
    for entry in entries {
        if let Some(Owner::Team(found)) = entry.owner.as_deref() {
            team = team.or_else(|| found.team.clone());
            dris.extend(found.dri.clone());
            for contact in &found.contacts {
                let is_same = |known: &pacto_contract::model::Contact| {
                    (&known.kind, &known.value) == (&contact.kind, &contact.value)
                };
                if !contacts.iter().any(is_same) {
                    contacts.push(contact.clone());
                }
            }
        }
    }
    let of = |status| entries.iter().filter(|entry| entry.contract_status == status).count();
    let (compliant, warning) = (of(ContractStatus::Compliant), of(ContractStatus::Warning));
    let non_compliant = of(ContractStatus::NonCompliant);
    let checked = compliant + warning + non_compliant;
    let percent = (100 * compliant + checked / 2).checked_div(checked);
    let dris: Vec<String> = dris.into_iter().collect();
    let entry = OwnerEntry {
        key: key.to_owned(),
        team,
        dri: dris.first().cloned(),
        contacts,
        services: entries.len(),
        compliant,
        warning,
        non_compliant,
        reference: of(ContractStatus::Reference),
        unknown: of(ContractStatus::Unknown),
        total_blast: entries.iter().map(|entry| entry.blast_radius).sum(),
        compliance_percent: percent.and_then(|percent| i32::try_from(percent).ok()).unwrap_or(-1),
    };
    let dri_conflict = dris.len() > 1;
    OwnerDetails {
        entry,
        dris,
        dri_conflict,
        entries: entries.iter().map(|entry| (*entry).clone()).collect(),
    }
}

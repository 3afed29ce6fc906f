//! Whether the configuration keys that a service needs are set. Names only; values are never looked at.

use pacto_contract::Pointer;

use super::check::{Check, Subject, listed};
use super::kind::{CheckKind, CheckStatus, Reason};
use super::observation::{Observation, SourceKeys};
use super::required::RequiredKey;
use super::workload::Workload;

pub(super) fn check(subject: Subject<'_>, keys: &[RequiredKey]) -> Option<Check> {
    let kind = CheckKind::ConfigPresent;
    let first = keys.first()?;
    subject.of_workload(kind, &first.place, |workload| {
        let settings = Settings::of(subject.observation, workload);
        let known = keys.iter().filter(|key| !key.is_unresolved);
        let missing: Vec<_> = known.clone().filter(|key| !settings.has(key)).collect();
        let unresolved = keys.iter().find(|key| key.is_unresolved);
        if let (None, Some(unresolved)) = (missing.first(), unresolved) {
            let message = format!("the schema of {} is not known here, so more may be required", unresolved.name);
            return Check::new(kind, CheckStatus::Unknown, Reason::NotObserved, &unresolved.place, message);
        }
        let Some(first) = missing.first() else {
            let message = format!("every key that is needed is set: {}", count(known.count()));
            return Check::holds(kind, Reason::AllKeysPresent, &Pointer::root(), message);
        };
        let names: Vec<_> = missing.iter().map(|key| &key.name).collect();
        let message = format!("nothing sets {}", listed(&names));
        if let Some(elsewhere) = settings.elsewhere.first() {
            let message = format!("{message} in the environment; {elsewhere}");
            return Check::new(kind, CheckStatus::Unknown, Reason::NotObserved, &first.place, message);
        }
        let help = "set the key as an environment variable, in a ConfigMap or in a Secret, or make it optional in the schema";
        Check::fails(kind, Reason::MissingKeys, &first.place, message).with_help(help)
    })
}

fn count(keys: usize) -> String {
    if keys == 1 { "1 key".to_owned() } else { format!("{keys} keys") }
}

/// Names of settings that a workload gets.
struct Settings {
    /// Without what tells `DB_HOST`, `db.host` and `dbHost` apart, sorted.
    names: Vec<String>,
    /// Why there may be more.
    elsewhere: Vec<String>,
}

impl Settings {
    fn of(observation: &Observation, workload: &Workload) -> Self {
        let mut settings = Self { names: Vec::new(), elsewhere: Vec::new() };
        for container in &workload.containers {
            settings.names.extend(container.environment.iter().map(folded));
            for from in &container.environment_from {
                match observation.source(&from.source) {
                    Some(SourceKeys::Known(keys)) => {
                        let names = keys.iter().map(|key| folded(&format!("{}{key}", from.prefix)));
                        settings.names.extend(names);
                    }
                    // Without the object the container does not start, or starts without it.
                    Some(SourceKeys::Missing) => {}
                    Some(SourceKeys::Unknown(reason)) => {
                        settings.elsewhere.push(format!("{} could not be read: {reason}", from.source));
                    }
                    None => settings.elsewhere.push(format!("{} was not looked at", from.source)),
                }
            }
        }
        for source in &workload.mounted {
            if let Some(SourceKeys::Known(keys)) = observation.source(source) {
                settings.names.extend(keys.iter().map(folded));
            }
            settings.elsewhere.push(format!("the files of {source} may"));
        }
        if workload.has_foreign_files {
            settings.elsewhere.push("files of a volume may".to_owned());
        }
        settings.names.sort();
        settings.names.dedup();
        settings.elsewhere.sort();
        settings
    }

    fn has(&self, key: &RequiredKey) -> bool {
        let name = folded(&key.name);
        let from = self.names.partition_point(|other| *other < name);
        let next = self.names.get(from);
        next.is_some_and(|next| *next == name || key.is_object && next.starts_with(&name))
    }
}

fn folded(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

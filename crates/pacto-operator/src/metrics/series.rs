//! Series from what is known.

use std::collections::BTreeMap;
use std::fmt;

use pacto_engine::runtime::{CheckKind, CheckStatus, ContractStatus, Severity};
use pacto_k8s::ResourceKey;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder};
use prometheus_client::metrics::MetricType;

use super::{CONTROLLER, Known, ReadinessStatus, Recorded, RecordedReadiness};

const STATUSES: [ContractStatus; 5] = [
    ContractStatus::Compliant,
    ContractStatus::Warning,
    ContractStatus::NonCompliant,
    ContractStatus::Reference,
    ContractStatus::Unknown,
];

/// Stands for a status where no answer came, as client-go writes it.
const NO_ANSWER: &str = "<error>";

/// All Pactos of a namespace whose contracts have the same service.
#[derive(Debug)]
struct Service {
    compliant: bool,
    errors: usize,
    warnings: usize,
    results: BTreeMap<CheckKind, bool>,
}

impl Service {
    fn none() -> Self {
        Self { compliant: true, errors: 0, warnings: 0, results: BTreeMap::new() }
    }

    /// The worse of what is here and what a Pacto says.
    fn worsen(&mut self, by: &Recorded) {
        let counted = by.checks.iter().filter(|check| !check.advisory);
        let failed = counted.filter(|check| check.status != CheckStatus::True);
        let (mut errors, mut warnings) = (0, 0);
        for check in failed {
            match check.severity {
                Severity::Error => errors += 1,
                Severity::Warning => warnings += 1,
            }
        }
        self.compliant &= errors + warnings == 0;
        self.errors = self.errors.max(errors);
        self.warnings = self.warnings.max(warnings);
        for check in &by.checks {
            *self.results.entry(check.kind).or_insert(true) &= check.status == CheckStatus::True;
        }
    }
}

/// Name, help, and value of a series for each service.
type Figure = (&'static str, &'static str, fn(&Service) -> i64);

type Labels<'a, const N: usize> = [(&'static str, &'a str); N];

fn gauge<const N: usize>(encoder: &mut MetricEncoder<'_>, labels: &Labels<'_, N>, value: i64) -> fmt::Result {
    encoder.encode_family(labels)?.encode_gauge(&value)
}

fn counter<const N: usize>(
    encoder: &mut MetricEncoder<'_>,
    labels: &Labels<'_, N>,
    value: u64,
) -> fmt::Result {
    encoder.encode_family(labels)?.encode_counter::<[(&str, &str); 0], u64, f64>(&value, None)
}

/// Numbers of things; there are fewer than a gauge can hold.
fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn write(known: &Known, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
    write_statuses(known, &mut encoder)?;
    write_services(known, &mut encoder)?;
    write_readiness(known, &mut encoder)?;
    write_work(known, &mut encoder)
}

fn write_statuses(known: &Known, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let help = "1 for the verdict on a Pacto, 0 for the other verdicts";
    let mut family = encoder.encode_descriptor("pacto_contract_status", help, None, MetricType::Gauge)?;
    for (key, recorded) in &known.pactos {
        for status in STATUSES {
            let word = format!("{status:?}");
            let labels = [("name", &*key.name), ("namespace", &*key.namespace), ("status", &*word)];
            gauge(&mut family, &labels, i64::from(status == recorded.status))?;
        }
    }
    Ok(())
}

fn write_services(known: &Known, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let mut services: BTreeMap<(&str, &str), Service> = BTreeMap::new();
    for (key, recorded) in &known.pactos {
        if let Some(service) = &recorded.service {
            services.entry((service, &key.namespace)).or_insert_with(Service::none).worsen(recorded);
        }
    }
    let figures: [Figure; 3] = [
        ("pacto_contract_compliance_status", "1 when every check that counts holds, else 0", |service| {
            i64::from(service.compliant)
        }),
        ("pacto_contract_validation_errors", "Checks that do not hold and are errors", |service| {
            whole(service.errors)
        }),
        ("pacto_contract_validation_warnings", "Checks that do not hold and are warnings", |service| {
            whole(service.warnings)
        }),
    ];
    for (name, help, value) in figures {
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for ((service, namespace), state) in &services {
            gauge(&mut family, &[("service", *service), ("namespace", *namespace)], value(state))?;
        }
    }
    let help = "1 when a check holds, else 0";
    let mut family =
        encoder.encode_descriptor("pacto_contract_validation_result", help, None, MetricType::Gauge)?;
    for ((service, namespace), state) in &services {
        for (kind, holds) in &state.results {
            let check = kind.to_string();
            let labels = [("service", *service), ("namespace", *namespace), ("check", &*check)];
            gauge(&mut family, &labels, i64::from(*holds))?;
        }
    }
    Ok(())
}

fn write_readiness(known: &Known, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let ready: Vec<(&ResourceKey, RecordedReadiness)> =
        known.pactos.iter().filter_map(|(key, recorded)| Some((key, recorded.readiness?))).collect();
    let help = "Score of the declared readiness, of 100";
    let mut family = encoder.encode_descriptor("pacto_readiness_score", help, None, MetricType::Gauge)?;
    for (key, readiness) in &ready {
        let labels = [("name", &*key.name), ("namespace", &*key.namespace)];
        family.encode_family(&labels)?.encode_gauge(&readiness.score)?;
    }
    let help = "1 when the declared readiness is reached, else 0";
    let mut family = encoder.encode_descriptor("pacto_readiness_gate", help, None, MetricType::Gauge)?;
    for (key, readiness) in &ready {
        let labels = [("name", &*key.name), ("namespace", &*key.namespace)];
        gauge(&mut family, &labels, i64::from(readiness.status == ReadinessStatus::Satisfied))?;
    }
    let help = "1 for how the declared readiness stands, else 0";
    let mut family = encoder.encode_descriptor("pacto_readiness_status", help, None, MetricType::Gauge)?;
    for (key, readiness) in &ready {
        for status in ReadinessStatus::ALL {
            let word = status.to_string();
            let labels = [("name", &*key.name), ("namespace", &*key.namespace), ("status", &*word)];
            gauge(&mut family, &labels, i64::from(status == readiness.status))?;
        }
    }
    let help = "Items of the declared readiness";
    let mut family = encoder.encode_descriptor("pacto_readiness_checks", help, None, MetricType::Gauge)?;
    for (key, readiness) in &ready {
        let items = [
            ("done", readiness.done),
            ("partial", readiness.partial),
            ("not-done", readiness.not_done),
            ("deferred", readiness.deferred),
        ];
        for (status, count) in items {
            let labels = [("name", &*key.name), ("namespace", &*key.namespace), ("status", status)];
            gauge(&mut family, &labels, i64::from(count))?;
        }
    }
    Ok(())
}

/// The encoder appends `_total` to the names of counters.
fn write_work(known: &Known, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let (name, help) = ("controller_runtime_reconcile", "Reconciliations by how they ended");
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (result, count) in &known.reconciled {
        counter(&mut family, &[("controller", CONTROLLER), ("result", result.as_str())], *count)?;
    }
    for (name, help, count) in [
        ("workqueue_adds", "Pactos that were put into the queue", known.adds),
        ("workqueue_retries", "Pactos that come again because they failed", known.retries),
    ] {
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        counter(&mut family, &[("name", CONTROLLER)], count)?;
    }
    let (name, help) = ("pacto_operator_api_writes", "Requests that changed something in the cluster");
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for ((resource, verb), count) in &known.writes {
        counter(&mut family, &[("resource", &**resource), ("verb", &**verb)], *count)?;
    }
    let (name, help) = ("rest_client_requests", "Requests to the API server by status and method");
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for ((status, method), count) in &known.requests {
        let code = status.map_or_else(|| NO_ANSWER.to_owned(), |status| status.to_string());
        counter(&mut family, &[("code", &*code), ("method", &**method)], *count)?;
    }
    Ok(())
}

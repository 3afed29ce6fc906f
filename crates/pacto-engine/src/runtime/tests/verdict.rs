//! From checks to one word.

use super::*;

fn verdict(checks: &[Check]) -> (ContractStatus, usize, usize, usize) {
    let Summary { total, passed, failed } = summary(checks);
    (contract_status(checks), total, passed, failed)
}

#[test]
fn the_table() {
    let lines = runtime("service", "stateless", "ephemeral", ", lifecycle: {gracefulShutdownSeconds: 60}");
    let document = contract(&format!("interfaces: [{{name: api, type: http, port: 8080}}]\n{lines}"));
    let good = sees(Workload { grace_period_seconds: Some(60), ..workload(WorkloadKind::Deployment) });
    assert_eq!(verdict(&checks(&document, &good)), (ContractStatus::Compliant, 7, 7, 0));

    let short = sees(workload(WorkloadKind::Deployment));
    assert_eq!(verdict(&checks(&document, &short)), (ContractStatus::Warning, 7, 6, 1));

    let no_service = Observation { service: Some(Sought::missing("cart")), ..good.clone() };
    assert_eq!(verdict(&checks(&document, &no_service)).0, ContractStatus::NonCompliant);

    let missing = SoughtWorkload { kind: WorkloadKind::Deployment, name: "cart".into(), found: None };
    let no_workload = Observation { workload: Some(missing), ..good.clone() };
    assert_eq!(verdict(&checks(&document, &no_workload)).0, ContractStatus::NonCompliant);

    let nothing = Observation::default();
    assert_eq!(verdict(&checks(&document, &nothing)), (ContractStatus::Reference, 1, 1, 0));

    let failed = Observation { failure: Some("timed out".into()), ..good };
    assert_eq!(verdict(&checks(&document, &failed)), (ContractStatus::Unknown, 2, 1, 1));
}

#[test]
fn a_contract_that_is_wrong_is_told_from_one_that_was_not_fetched() {
    assert_eq!(verdict(&[Check::contract_invalid("no")]), (ContractStatus::NonCompliant, 1, 0, 1));
    assert_eq!(verdict(&[Check::contract_not_resolved("timed out")]), (ContractStatus::Unknown, 1, 0, 1));
    assert_eq!(verdict(&[]), (ContractStatus::Unknown, 0, 0, 0));
}

#[test]
fn what_cannot_be_read_is_unknown_and_the_rest_is_judged() {
    let lines = runtime("service", "stateless", "ephemeral", ", lifecycle: {gracefulShutdownSeconds: 60}");
    let document = contract(&format!("interfaces: [{{name: api, type: http, port: 9}}]\n{lines}"));
    let mut observation = sees(workload(WorkloadKind::Deployment));
    observation.workload.as_mut().unwrap().found = None;
    observation.unreadable.insert(ObservedKind::Deployment, "forbidden".into());
    let found = checks(&document, &observation);
    for kind in [
        CheckKind::WorkloadExists,
        CheckKind::WorkloadTypeMatch,
        CheckKind::StateModelMatch,
        CheckKind::GracefulShutdownMatch,
    ] {
        assert_eq!(said(&found, kind), "Unknown NotObserved", "{kind}");
    }
    assert_eq!(said(&found, CheckKind::UpgradeStrategyMatch), "-");
    assert_eq!(said(&found, CheckKind::PortsValid), "False MissingPorts");
    assert_eq!(contract_status(&found), ContractStatus::Unknown);

    // A Service that is known not to be there outweighs a workload of which nobody knows.
    observation.service = Some(Sought::missing("cart"));
    assert_eq!(contract_status(&checks(&document, &observation)), ContractStatus::NonCompliant);

    let mut observation = sees(workload(WorkloadKind::Deployment));
    observation.service = Some(Sought::missing("cart"));
    observation.unreadable.insert(ObservedKind::Service, "forbidden".into());
    let found = checks(&document, &observation);
    assert_eq!(said(&found, CheckKind::ServiceExists), "Unknown NotObserved");
    assert_eq!(said(&found, CheckKind::PortsValid), "Unknown NotObserved");
    assert_eq!(said(&found, CheckKind::GracefulShutdownMatch), "False Mismatch");
}

#[test]
fn readiness_is_said_and_not_counted() {
    let item = |status: &str, weight: u32| {
        format!("{{id: a, type: url, status: {status}, weight: {weight}, evidence: e}}")
    };
    let table = [
        (format!("checks: [{}]", item("done", 10)), "True Satisfied"),
        (format!("minScore: 50, checks: [{}, {}]", item("done", 1), item("not-done", 1)), "True Satisfied"),
        (
            format!("minScore: 51, checks: [{}, {}]", item("done", 1), item("not-done", 1)),
            "False BelowMinScore",
        ),
        (format!("minScore: 30, partialCredit: 0.3, checks: [{}]", item("partial", 10)), "True Satisfied"),
        (format!("checks: [{}, {}]", item("done", 1), item("deferred", 9)), "True Satisfied"),
        (format!("expires: '2026-01-31', checks: [{}]", item("done", 1)), "False Expired"),
        (format!("expires: '2026-02-01', checks: [{}]", item("done", 1)), "True Satisfied"),
        ("checks: []".to_owned(), "-"),
    ];
    let options = Options { today: Some("2026-02-01".into()), ..Options::default() };
    for (readiness, expected) in table {
        let text = format!("service: {{name: cart, version: 1.0.0}}\nreadiness: {{{readiness}}}");
        let document = contract(&text);
        let found = checks_with(&document, &sees(workload(WorkloadKind::Deployment)), &options);
        assert_eq!(said(&found, CheckKind::ReadinessSatisfied), expected, "{readiness}");
        assert_eq!(contract_status(&found), ContractStatus::Compliant, "{readiness}");
    }
}

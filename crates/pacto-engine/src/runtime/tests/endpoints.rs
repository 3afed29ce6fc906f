//! What answers of endpoints mean.

use super::*;

fn declared(interface: &str, path: &str) -> ContractDocument {
    let more = format!(", health: {{interface: api{path}}}, metrics: {{interface: api, path: metrics}}");
    let lines = runtime("service", "stateless", "ephemeral", &more);
    contract(&format!("interfaces: [{{name: api, {interface}}}]\n{lines}"))
}

fn answered(outcome: ProbeOutcome) -> ProbeResult {
    ProbeResult { url: "http://cart.shop.svc:8080/health".to_owned(), outcome, latency_ms: Some(3) }
}

#[test]
fn answers() {
    let response = |status, empty| ProbeOutcome::Response { status, empty };
    let table = [
        (response(200, false), "True OK", "True OK"),
        (response(204, true), "True OK", "False InvalidStatusCode"),
        (response(200, true), "True OK", "False EmptyResponse"),
        (response(302, false), "True OK", "False InvalidStatusCode"),
        (response(399, false), "True OK", "False InvalidStatusCode"),
        (response(400, false), "False InvalidStatusCode", "False InvalidStatusCode"),
        (response(199, false), "False InvalidStatusCode", "False InvalidStatusCode"),
        (response(503, false), "False InvalidStatusCode", "False InvalidStatusCode"),
        (
            ProbeOutcome::Failed { error: "refused".into() },
            "False ConnectionFailed",
            "False ConnectionFailed",
        ),
        (ProbeOutcome::Health { serving: true }, "True OK", "True OK"),
        (ProbeOutcome::Health { serving: false }, "False NotServing", "False NotServing"),
        (ProbeOutcome::Unimplemented, "False NotImplemented", "False NotImplemented"),
        (ProbeOutcome::Skipped { cause: "TLS".into() }, "Unknown NotObserved", "Unknown NotObserved"),
    ];
    let document = declared("type: http, port: 8080", ", path: /health");
    for (outcome, health, metrics) in table {
        let mut observation = sees(workload(WorkloadKind::Deployment));
        observation.health = Some(answered(outcome.clone()));
        observation.metrics = Some(answered(outcome.clone()));
        let checks = checks(&document, &observation);
        assert_eq!(said(&checks, CheckKind::HealthEndpointValid), health, "{outcome:?}");
        assert_eq!(said(&checks, CheckKind::MetricsEndpointValid), metrics, "{outcome:?}");
    }
}

#[test]
fn interfaces_that_cannot_be_asked() {
    let observation = sees(workload(WorkloadKind::Deployment));
    let no_port = checks(&declared("type: event, contract: a", ""), &observation);
    assert_eq!(said(&no_port, CheckKind::HealthEndpointValid), "False InterfaceHasNoPort");
    let lines = runtime("service", "stateless", "ephemeral", ", health: {interface: other}");
    let unnamed = checks(&contract(&lines), &observation);
    assert_eq!(said(&unnamed, CheckKind::HealthEndpointValid), "False InterfaceNotFound");
    assert_eq!(said(&unnamed, CheckKind::MetricsEndpointValid), "-");
}

#[test]
fn nothing_is_asked_where_there_is_no_service_or_nobody_asks() {
    let document = declared("type: http, port: 8080", ", path: /health");
    let mut observation = sees(workload(WorkloadKind::Deployment));
    assert_eq!(said(&checks(&document, &observation), CheckKind::HealthEndpointValid), "Unknown NotObserved");
    let quiet = checks_with(&document, &observation, &Options::default());
    assert_eq!(said(&quiet, CheckKind::HealthEndpointValid), "-");
    observation.service = Some(Sought::missing("cart"));
    assert_eq!(said(&checks(&document, &observation), CheckKind::HealthEndpointValid), "-");
}

#[test]
fn health_of_grpc_is_asked_by_its_protocol_and_metrics_by_http() {
    let found = endpoints(&declared("type: grpc, port: 50051, contract: a.proto", "").contract);
    let shown: Vec<_> =
        found.iter().map(|found| format!("{:?} {:?} {}", found.role, found.protocol, found.path)).collect();
    assert_eq!(shown, ["Health Grpc /", "Metrics Http /metrics"]);
}

use super::*;

fn check(kind: CheckKind, status: CheckStatus) -> RecordedCheck {
    RecordedCheck { kind, status, severity: kind.severity(), advisory: kind.is_advisory() }
}

fn recorded(service: &str, status: ContractStatus, checks: Vec<RecordedCheck>) -> Recorded {
    Recorded { service: Some(service.to_owned()), status, checks, readiness: None }
}

/// Series of one name, or of all names that begin so.
fn lines(metrics: &Metrics, start: &str) -> String {
    let text = metrics.text(Exposition::Prometheus);
    let found: Vec<&str> = text.lines().filter(|line| line.starts_with(start)).collect();
    found.join("\n")
}

/// Without what is said of the process: it is another one every time.
fn without_process(text: &str) -> String {
    let kept: Vec<&str> = text.lines().filter(|line| !line.contains("process_")).collect();
    kept.join("\n")
}

#[expect(clippy::too_many_lines, reason = "most of it is the text in full")]
#[test]
fn names_are_those_that_alerts_ask_for() {
    let metrics = Metrics::new();
    let checks = vec![
        check(CheckKind::ContractValid, CheckStatus::True),
        check(CheckKind::PortsValid, CheckStatus::False),
        check(CheckKind::GracefulShutdownMatch, CheckStatus::Unknown),
        check(CheckKind::ScalingMatch, CheckStatus::False),
    ];
    let mut of = recorded("payments", ContractStatus::Warning, checks);
    of.readiness = Some(RecordedReadiness {
        score: 62.0,
        status: ReadinessStatus::BelowMinScore,
        done: 3,
        partial: 1,
        not_done: 2,
        deferred: 0,
    });
    metrics.record(&ResourceKey::new("shop", "pay"), &of);
    metrics.reconciled(ReconcileResult::Success, Duration::from_millis(7));
    metrics.queue_depth(4);
    metrics.wrote("pactos/status", "patch");
    metrics.wrote("pactos/status", "patch");
    metrics.requested(&Method::GET, Some(StatusCode::OK));
    metrics.requested(&Method::PATCH, None);
    insta::assert_snapshot!(without_process(&metrics.text(Exposition::Prometheus)), @r#"
    # HELP pacto_contract_status 1 for the verdict on a Pacto, 0 for the other verdicts
    # TYPE pacto_contract_status gauge
    pacto_contract_status{name="pay",namespace="shop",status="Compliant"} 0
    pacto_contract_status{name="pay",namespace="shop",status="Warning"} 1
    pacto_contract_status{name="pay",namespace="shop",status="NonCompliant"} 0
    pacto_contract_status{name="pay",namespace="shop",status="Reference"} 0
    pacto_contract_status{name="pay",namespace="shop",status="Unknown"} 0
    # HELP pacto_contract_compliance_status 1 when every check that counts holds, else 0
    # TYPE pacto_contract_compliance_status gauge
    pacto_contract_compliance_status{service="payments",namespace="shop"} 0
    # HELP pacto_contract_validation_errors Checks that do not hold and are errors
    # TYPE pacto_contract_validation_errors gauge
    pacto_contract_validation_errors{service="payments",namespace="shop"} 1
    # HELP pacto_contract_validation_warnings Checks that do not hold and are warnings
    # TYPE pacto_contract_validation_warnings gauge
    pacto_contract_validation_warnings{service="payments",namespace="shop"} 1
    # HELP pacto_contract_validation_result 1 when a check holds, else 0
    # TYPE pacto_contract_validation_result gauge
    pacto_contract_validation_result{service="payments",namespace="shop",check="ContractValid"} 1
    pacto_contract_validation_result{service="payments",namespace="shop",check="PortsValid"} 0
    pacto_contract_validation_result{service="payments",namespace="shop",check="GracefulShutdownMatch"} 0
    pacto_contract_validation_result{service="payments",namespace="shop",check="ScalingMatch"} 0
    # HELP pacto_readiness_score Score of the declared readiness, of 100
    # TYPE pacto_readiness_score gauge
    pacto_readiness_score{name="pay",namespace="shop"} 62.0
    # HELP pacto_readiness_gate 1 when the declared readiness is reached, else 0
    # TYPE pacto_readiness_gate gauge
    pacto_readiness_gate{name="pay",namespace="shop"} 0
    # HELP pacto_readiness_status 1 for how the declared readiness stands, else 0
    # TYPE pacto_readiness_status gauge
    pacto_readiness_status{name="pay",namespace="shop",status="Satisfied"} 0
    pacto_readiness_status{name="pay",namespace="shop",status="BelowMinScore"} 1
    pacto_readiness_status{name="pay",namespace="shop",status="Expired"} 0
    # HELP pacto_readiness_checks Items of the declared readiness
    # TYPE pacto_readiness_checks gauge
    pacto_readiness_checks{name="pay",namespace="shop",status="done"} 3
    pacto_readiness_checks{name="pay",namespace="shop",status="partial"} 1
    pacto_readiness_checks{name="pay",namespace="shop",status="not-done"} 2
    pacto_readiness_checks{name="pay",namespace="shop",status="deferred"} 0
    # HELP controller_runtime_reconcile_total Reconciliations by how they ended
    # TYPE controller_runtime_reconcile_total counter
    controller_runtime_reconcile_total{controller="pacto",result="error"} 0
    controller_runtime_reconcile_total{controller="pacto",result="requeue"} 0
    controller_runtime_reconcile_total{controller="pacto",result="requeue_after"} 0
    controller_runtime_reconcile_total{controller="pacto",result="success"} 1
    # HELP workqueue_adds_total Pactos that were put into the queue
    # TYPE workqueue_adds_total counter
    workqueue_adds_total{name="pacto"} 1
    # HELP workqueue_retries_total Pactos that come again because they failed
    # TYPE workqueue_retries_total counter
    workqueue_retries_total{name="pacto"} 0
    # HELP pacto_operator_api_writes_total Requests that changed something in the cluster
    # TYPE pacto_operator_api_writes_total counter
    pacto_operator_api_writes_total{resource="pactos/status",verb="patch"} 2
    # HELP rest_client_requests_total Requests to the API server by status and method
    # TYPE rest_client_requests_total counter
    rest_client_requests_total{code="<error>",method="PATCH"} 1
    rest_client_requests_total{code="200",method="GET"} 1
    # HELP controller_runtime_reconcile_time_seconds Time of a reconciliation.
    # TYPE controller_runtime_reconcile_time_seconds histogram
    controller_runtime_reconcile_time_seconds_sum{controller="pacto"} 0.007
    controller_runtime_reconcile_time_seconds_count{controller="pacto"} 1
    controller_runtime_reconcile_time_seconds_bucket{controller="pacto",le="0.005"} 0
    controller_runtime_reconcile_time_seconds_bucket{controller="pacto",le="0.01"} 1
    controller_runtime_reconcile_time_seconds_bucket{controller="pacto",le="0.025"} 1
    controller_runtime_reconcile_time_seconds_bucket{controller="pacto",le="0.05"} 1
    controller_runtime_reconcile_time_seconds_bucket{controller="pacto",le="0.1"} 1
    controller_runtime_reconcile_time_seconds_bucket{controller="pacto",le="0.25"} 1
    controller_runtime_reconcile_time_seconds_bucket{controller="pacto",le="0.5"} 1
    controller_runtime_reconcile_time_seconds_bucket{controller="pacto",le="1.0"} 1
    controller_runtime_reconcile_time_seconds_bucket{controller="pacto",le="2.5"} 1
    controller_runtime_reconcile_time_seconds_bucket{controller="pacto",le="5.0"} 1
    controller_runtime_reconcile_time_seconds_bucket{controller="pacto",le="10.0"} 1
    controller_runtime_reconcile_time_seconds_bucket{controller="pacto",le="30.0"} 1
    controller_runtime_reconcile_time_seconds_bucket{controller="pacto",le="60.0"} 1
    controller_runtime_reconcile_time_seconds_bucket{controller="pacto",le="120.0"} 1
    controller_runtime_reconcile_time_seconds_bucket{controller="pacto",le="+Inf"} 1
    # HELP workqueue_depth Pactos that wait for their reconciliation.
    # TYPE workqueue_depth gauge
    workqueue_depth{name="pacto"} 4
    "#);
}

#[test]
fn the_worse_of_two_pactos_is_shown_and_outlives_the_other() {
    let metrics = Metrics::new();
    let (good, bad) = (ResourceKey::new("shop", "a"), ResourceKey::new("shop", "b"));
    let holds = vec![check(CheckKind::PortsValid, CheckStatus::True)];
    let fails = vec![check(CheckKind::PortsValid, CheckStatus::False)];
    metrics.record(&good, &recorded("pay", ContractStatus::Compliant, holds.clone()));
    metrics.record(&bad, &recorded("pay", ContractStatus::Warning, fails));
    metrics.record(&ResourceKey::new("other", "a"), &recorded("pay", ContractStatus::Compliant, holds));
    insta::assert_snapshot!(lines(&metrics, "pacto_contract_compliance"), @r#"
    pacto_contract_compliance_status{service="pay",namespace="other"} 1
    pacto_contract_compliance_status{service="pay",namespace="shop"} 0
    "#);
    metrics.forget(&bad);
    insta::assert_snapshot!(lines(&metrics, "pacto_contract_compliance"), @r#"
    pacto_contract_compliance_status{service="pay",namespace="other"} 1
    pacto_contract_compliance_status{service="pay",namespace="shop"} 1
    "#);
    metrics.forget(&good);
    insta::assert_snapshot!(lines(&metrics, "pacto_contract_validation"), @r#"
    pacto_contract_validation_errors{service="pay",namespace="other"} 0
    pacto_contract_validation_warnings{service="pay",namespace="other"} 0
    pacto_contract_validation_result{service="pay",namespace="other",check="PortsValid"} 1
    "#);
}

#[test]
fn a_pacto_that_changes_its_service_leaves_nothing_behind() {
    let metrics = Metrics::new();
    let key = ResourceKey::new("shop", "a");
    metrics.record(&key, &recorded("old", ContractStatus::Compliant, Vec::new()));
    metrics.record(&key, &recorded("new", ContractStatus::Compliant, Vec::new()));
    assert!(!metrics.text(Exposition::Prometheus).contains("\"old\""));
    let nameless = Recorded { service: None, ..recorded("", ContractStatus::NonCompliant, Vec::new()) };
    metrics.record(&key, &nameless);
    assert_eq!(lines(&metrics, "pacto_contract_compliance"), "");
    assert_eq!(lines(&metrics, "pacto_contract_status").lines().count(), 5);
}

#[test]
fn open_metrics_describe_counters_without_their_suffix() {
    let metrics = Metrics::new();
    metrics.wrote("deployments", "patch");
    let text = metrics.text(Exposition::OpenMetrics);
    assert!(
        text.contains("# TYPE pacto_operator_api_writes counter\npacto_operator_api_writes_total{"),
        "{text}"
    );
    assert!(text.ends_with("# EOF\n"), "{text}");
}

#[test]
fn names_of_services_cannot_break_out_of_their_label() {
    let metrics = Metrics::new();
    let service = "a\"} 1\nevil{x=\"\\";
    metrics.record(&ResourceKey::new("n", "a"), &recorded(service, ContractStatus::Compliant, Vec::new()));
    let text = metrics.text(Exposition::Prometheus);
    assert!(!text.lines().any(|line| line.starts_with("evil")), "{text}");
    assert!(text.contains(r#"{service="a\"} 1\nevil{x=\"\\",namespace="n"} 1"#), "{text}");
}

#[test]
fn the_format_is_the_one_that_is_preferred() {
    let cases = [
        ("", Exposition::Prometheus),
        ("text/plain", Exposition::Prometheus),
        ("text/html, */*", Exposition::Prometheus),
        ("application/openmetrics-text", Exposition::OpenMetrics),
        ("application/openmetrics-text;q=0.2, text/plain;q=0.5", Exposition::Prometheus),
        ("application/openmetrics-text;q=0, */*", Exposition::Prometheus),
        ("text/plain;version=0.0.4;q=0.5, Application/OpenMetrics-Text; q=0.5", Exposition::OpenMetrics),
        ("application/openmetrics-text;q=nonsense", Exposition::OpenMetrics),
    ];
    for (accept, expected) in cases {
        assert_eq!(Exposition::preferred(accept), expected, "{accept}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn the_process_says_what_it_uses() {
    let metrics = Metrics::new();
    metrics.queue_depth(3);
    metrics.reconciled(ReconcileResult::Error, Duration::from_millis(1));
    let text = metrics.text(Exposition::Prometheus);
    let value = |name: &str| -> f64 {
        let line = text
            .lines()
            .find(|line| line.starts_with(&format!("{name} ")) || line.starts_with(&format!("{name}{{")));
        line.unwrap_or_else(|| panic!("{name} is not in\n{text}"))
            .rsplit(' ')
            .next()
            .unwrap()
            .parse()
            .unwrap()
    };
    assert!(value("process_resident_memory_bytes") > 1_000_000.0);
    assert!(value("process_open_fds") >= 3.0 && value("process_max_fds") >= value("process_open_fds"));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    let age = now - value("process_start_time_seconds");
    assert!((-5.0..3_600.0).contains(&age), "{age}");
    assert!(value("process_cpu_seconds_total") >= 0.0);
    assert_eq!(
        (value("workqueue_depth"), value("workqueue_adds_total"), value("workqueue_retries_total")),
        (3.0, 1.0, 1.0)
    );
}

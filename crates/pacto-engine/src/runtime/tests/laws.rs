//! What holds for every contract and every observation.

use proptest::prelude::*;

use super::super::observation::{Autoscaler, ExposureKind, ServiceKind};
use super::*;

const CONTRACT: &str = "service: {name: cart, version: 1.0.0, image: {ref: 'cart:1'}}
interfaces: [{name: api, type: http, port: 80, visibility: public}, {name: admin, type: http, port: 81, visibility: internal}]
scaling: {min: 2, max: 4}
runtime: {workload: service, state: {type: stateless, persistence: {scope: local, durability: ephemeral}, dataCriticality: low}, lifecycle: {upgradeStrategy: rolling, gracefulShutdownSeconds: 20}, health: {interface: api, path: /health, initialDelaySeconds: 5}, metrics: {interface: admin, path: /metrics}}";

fn some_observation() -> impl Strategy<Value = Observation> {
    let kind = prop::sample::select(WorkloadKind::ALL.to_vec());
    let service = prop::option::of(prop::collection::vec(78_u16..84, 0..5));
    let containers = prop::collection::vec((0_u64..10, 79_u16..82, prop::bool::ANY), 0..4);
    let scaler = prop::option::of((0_u32..4, 2_u32..6));
    let unreadable = prop::collection::vec(prop::sample::select(ObservedKind::ALL.to_vec()), 0..3);
    let exposures = prop::collection::vec((prop::bool::ANY, 79_u16..82), 0..4);
    (kind, service, containers, scaler, unreadable, (exposures, 0_u64..40, prop::bool::ANY)).prop_map(
        |(kind, service, containers, scaler, unreadable, (exposures, grace, has_pvc))| {
            let container = |(index, (delay, port, runs_cart)): (usize, (u64, u16, bool))| Container {
                name: format!("c{index}").into(),
                image: if runs_cart { "cart:1".into() } else { "proxy:1".into() },
                readiness: Some(http_probe("/health", port, delay)),
                ..Container::default()
            };
            let found = Workload {
                has_pvc,
                grace_period_seconds: Some(grace),
                containers: containers.into_iter().enumerate().map(container).collect(),
                ..workload(kind)
            };
            let mut observation = sees(found);
            observation.service = Some(match service {
                Some(numbers) => {
                    Sought::found("cart", Service { kind: ServiceKind::ClusterIP, ..ports(&numbers) })
                }
                None => Sought::missing("cart"),
            });
            observation.autoscaler = scaler.map(|(min, max)| Autoscaler { min, max });
            let exposure = |(index, (is_route, port)): (usize, (bool, u16))| Exposure {
                kind: if is_route { ExposureKind::HttpRoute } else { ExposureKind::Ingress },
                name: format!("e{index}").into(),
                hosts: Box::default(),
                ports: [port.to_string().into()].into(),
            };
            observation.exposures = exposures.into_iter().enumerate().map(exposure).collect();
            observation.unreadable =
                unreadable.into_iter().map(|kind| (kind, "forbidden".to_owned())).collect();
            observation
        },
    )
}

proptest! {
    #[test]
    fn the_summary_adds_up(observation in some_observation(), strict_checks: bool) {
        let options = Options { strict_checks, probes: true, today: None };
        let found = checks_with(&contract(CONTRACT), &observation, &options);
        let summary = summary(&found);
        prop_assert_eq!(summary.total, summary.passed + summary.failed);
        prop_assert_eq!(summary.total, found.iter().filter(|check| !check.advisory).count());
        prop_assert!(found.is_sorted_by_key(|check| check.kind));
        prop_assert_eq!(contract_status(&found) == ContractStatus::Compliant, summary.failed == 0);
    }

    #[test]
    fn advisory_checks_change_nothing_unless_strict(observation in some_observation()) {
        let document = contract(CONTRACT);
        let found = checks(&document, &observation);
        let counted: Vec<_> = found.iter().filter(|check| !check.advisory).cloned().collect();
        prop_assert_eq!(contract_status(&found), contract_status(&counted));
        prop_assert_eq!(summary(&found), summary(&counted));
        let strict = Options { strict_checks: true, probes: true, today: None };
        let strict = checks_with(&document, &observation, &strict);
        prop_assert_eq!(summary(&strict).total, strict.len());
        prop_assert!(summary(&strict).failed >= summary(&found).failed);
    }

    #[test]
    fn the_order_of_what_was_found_does_not_matter(observation in some_observation(), turn in 0_usize..4) {
        let mut turned = observation.clone();
        let length = turned.exposures.len().max(1);
        turned.exposures.rotate_left(turn % length);
        let sought = turned.service.as_mut().unwrap();
        if let Some(service) = &sought.found {
            let mut service = Service::clone(service);
            service.ports.reverse();
            sought.found = Some(service.into());
        }
        let sought = turned.workload.as_mut().unwrap();
        let mut workload = Workload::clone(sought.found.as_ref().unwrap());
        workload.containers.reverse();
        sought.found = Some(workload.into());
        let document = contract(CONTRACT);
        let verdicts = |observation: &Observation| -> Vec<_> {
            checks(&document, observation).iter().map(|check| (check.kind, check.status, check.reason)).collect()
        };
        prop_assert_eq!(verdicts(&observation), verdicts(&turned));
    }

    #[test]
    fn an_observation_survives_being_written(observation in some_observation()) {
        let text = serde_json::to_string(&observation).unwrap();
        prop_assert_eq!(serde_json::from_str::<Observation>(&text).unwrap(), observation);
    }

    #[test]
    fn an_image_is_itself(image in "[a-z.:/@]{0,20}") {
        prop_assert!(image::matches(&image, &image));
    }
}

//! What follows from what: a row a situation.

use std::sync::Arc;

use pacto_engine::runtime::{ObservedKind, Service, Sought};
use pacto_engine::validate::Validator;

use super::*;

const CONTRACT: &str = "pactoVersion: '1.0'\nservice: {name: cart, version: 1.0.0}\n";

struct Situation {
    spec: Result<PactoSpec, String>,
    prior: Prior,
    before: Option<PactoStatus>,
    resolution: Resolution,
    observation: Observation,
    revision: Option<String>,
}

impl Default for Situation {
    fn default() -> Self {
        let spec = serde_json::json!({"contractRef": {"inline": CONTRACT}});
        Self {
            spec: Ok(serde_json::from_value(spec).unwrap()),
            prior: Prior::default(),
            before: None,
            resolution: Resolution { contract: Some(judged(CONTRACT)), ..Resolution::default() },
            observation: Observation::default(),
            revision: Some("cart-1-0-0-abcdefa".to_owned()),
        }
    }
}

fn judged(text: &str) -> Arc<Judged> {
    Arc::new(Judged::inline(text, &Validator::default()))
}

fn away() -> Trouble {
    Trouble::Unavailable("silent".to_owned())
}

/// A Service of which is known that it is there, or that it is not.
fn observed(is_there: bool) -> Observation {
    let mut service = Sought::missing("cart");
    service.found = is_there.then(|| Arc::new(Service::default()));
    Observation { service: Some(service), ..Observation::default() }
}

impl Situation {
    fn plan_at(&self, seconds: i64) -> Plan {
        let document = self.resolution.contract.as_ref().and_then(|judged| judged.document());
        plan(&Facts {
            spec: &self.spec,
            generation: Some(1),
            prior: &self.prior,
            before: self.before.clone(),
            resolution: &self.resolution,
            document: document.as_ref(),
            observation: &self.observation,
            revision: self.revision.clone(),
            options: &Options::default(),
            now: Timestamp::from_second(seconds).unwrap(),
        })
    }

    fn plan(&self) -> Plan {
        self.plan_at(1_000)
    }
}

fn reasons(plan: &Plan) -> Vec<&'static str> {
    plan.notices.iter().map(|notice| notice.reason).collect()
}

#[test]
fn every_situation_has_its_verdict_and_its_events() {
    use ContractStatus::{Compliant, NonCompliant, Reference, Unknown};
    let unreadable = || {
        let mut observation = observed(false);
        observation.unreadable.insert(ObservedKind::Service, "forbidden".to_owned());
        observation
    };
    let wrong =
        || Resolution { trouble: Some(Trouble::Wrong("no such tag".into())), ..Resolution::default() };
    let resolved = |contract, trouble| Resolution { contract, trouble, ..Resolution::default() };
    for (what, situation, verdict, events) in vec![
        ("nothing is compared", Situation::default(), Reference, vec![]),
        ("there", Situation { observation: observed(true), ..Default::default() }, Compliant, vec![]),
        (
            "missing",
            Situation { observation: observed(false), ..Default::default() },
            NonCompliant,
            vec!["ValidationFailed"],
        ),
        (
            "nobody may look",
            Situation { observation: unreadable(), ..Default::default() },
            Unknown,
            vec!["ValidationFailed", "ObservationFailed"],
        ),
        (
            "the spec cannot be read",
            Situation { spec: Err("odd".into()), ..Default::default() },
            NonCompliant,
            vec!["ContractInvalid"],
        ),
        (
            "no such artifact",
            Situation { resolution: wrong(), ..Default::default() },
            NonCompliant,
            vec!["ContractInvalid"],
        ),
        (
            "not valid",
            Situation { resolution: resolved(Some(judged("service: {}")), None), ..Default::default() },
            NonCompliant,
            vec!["ContractInvalid"],
        ),
        (
            "the registry is away and nothing is known",
            Situation { resolution: resolved(None, Some(away())), ..Default::default() },
            Unknown,
            vec!["ValidationFailed"],
        ),
        (
            "the registry is away and the last contract holds",
            Situation {
                resolution: resolved(Some(judged(CONTRACT)), Some(away())),
                observation: observed(true),
                ..Default::default()
            },
            Unknown,
            vec!["ValidationFailed"],
        ),
    ] {
        let plan = situation.plan();
        assert_eq!(plan.status.contract_status, Some(verdict), "{what}");
        assert_eq!(reasons(&plan), events, "{what}");
        assert!(plan.is_changed, "{what}");
        // With that as what was said before there is nothing to say, whatever the time.
        let again = Situation { prior: Prior::of(&plan.status), ..situation };
        let again = again.plan_at(9_000);
        assert!(!again.is_changed, "{what}: {:?}", again.status);
        assert!(again.notices.is_empty(), "{what}: {:?}", again.notices);
    }
}

#[test]
fn conditions_keep_their_times_as_long_as_they_say_the_same() {
    let first = Situation { observation: observed(true), ..Default::default() };
    let plan = first.plan_at(1_000);
    let later =
        Situation { observation: observed(false), prior: Prior::of(&plan.status), ..Default::default() };
    let later = later.plan_at(2_000);
    let time = |kind: &str| {
        let condition = later.status.conditions.iter().find(|condition| condition.kind == kind).unwrap();
        condition.last_transition_time.0.as_second()
    };
    assert_eq!((time("ContractValid"), time("ServiceExists")), (1_000, 2_000));
    assert_eq!(reasons(&later), ["ValidationFailed"]);
}

#[test]
fn what_was_known_stays_where_nobody_knows_better() {
    let known = Situation { observation: observed(true), ..Default::default() }.plan();
    let resolution = Resolution { trouble: Some(away()), ..Resolution::default() };
    let (prior, before) = (Prior::of(&known.status), Some(known.status.clone()));
    let plan = Situation { resolution, prior, before, revision: None, ..Default::default() }.plan();
    assert_eq!(plan.status.contract, known.status.contract);
    assert_eq!(plan.status.current_revision, known.status.current_revision);
    assert_eq!(plan.status.validation, known.status.validation, "nothing was judged anew");
    assert_eq!(plan.status.conditions.len(), 1);
    // Without it nothing is said of the contract, not even that it is not valid.
    let resolution = Resolution { trouble: Some(away()), ..Resolution::default() };
    let plan = Situation { resolution, revision: None, ..Default::default() }.plan();
    assert_eq!((plan.status.validation, plan.status.contract), (None, None));
}

#[test]
fn another_content_under_the_same_reference_is_told_once() {
    let of = |reference: &str| {
        let judged = Judged { reference: Some(reference.to_owned()), ..Judged::clone(&judged(CONTRACT)) };
        Resolution { contract: Some(Arc::new(judged)), ..Resolution::default() }
    };
    let first = Situation { resolution: of("r/cart:1.0.0"), ..Default::default() }.plan();
    let next = |reference: &str, revision: &str| {
        let (prior, revision) = (Prior::of(&first.status), Some(revision.to_owned()));
        reasons(&Situation { resolution: of(reference), prior, revision, ..Default::default() }.plan())
    };
    assert_eq!(next("r/cart:1.0.0", "cart-1-0-0-0000000"), ["TagOverwritten"]);
    assert!(next("r/cart:1.1.0", "cart-1-1-0-0000000").is_empty(), "another tag is another version");
    assert!(next("r/cart:1.0.0", "cart-1-0-0-abcdefa").is_empty());
}

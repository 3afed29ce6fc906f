//! The outputs that the demo's own page prints, on the demo's own bundles.

use std::path::Path;

use pacto_app::registries::Access;
use pacto_contract::Reference;
use pacto_contract::reference::OciReference;
use pacto_oci::credential::{Secret, Surroundings};
use pacto_testkit::original::OriginalArtifact;
use pacto_testkit::registry::{PASSWORD, Registry, USER};
use pacto_testkit::{TestContext, shared_dir};

use crate::fixture::{context, demo};
use crate::push::walk;

const DEMO: &str = "oci://ghcr.io/trianalab/pacto-demo";

fn on_demo(generation: &str, test: &str) -> Option<TestContext> {
    let bundles = demo(generation, test)?;
    let mut cx = context();
    cx.mirror("ghcr.io/trianalab/pacto-demo", bundles);
    Some(cx)
}

/// The page, from the line with `start` on.
fn page(start: &str) -> Vec<String> {
    let text = std::fs::read_to_string(shared_dir().unwrap().join("seeds/003_bfff903c986c93a0.txt")).unwrap();
    text.lines().skip_while(|line| !line.contains(start)).map(str::to_owned).collect()
}

#[test]
fn the_graph_of_the_demo_is_the_published_tree() {
    let Some(cx) = on_demo("march", "the_graph_of_the_demo_is_the_published_tree") else { return };
    let output = cx.pacto(["graph", &format!("{DEMO}/pacto-demo")]);
    insta::assert_snapshot!(output, @"
    exit: 0
    ----- stdout -----
    pacto-demo@1.0.0
    └─ frontend@1.0.0
       └─ api-gateway@1.1.0
          ├─ auth-service@1.0.0
          │  └─ redis@7.2.0
          ├─ orders-service@1.1.0
          │  ├─ postgresql@16.0.0
          │  ├─ payments-service@1.2.0 (shared)
          │  └─ notification-worker@1.0.0
          │     └─ email-provider@1.0.0
          └─ payments-service@1.2.0
             ├─ postgresql@16.0.0 (shared)
             ├─ stripe-api@2024.01.01
             └─ fraud-service@1.0.0
                └─ redis@7.2.0 (shared)
    ");
    // The page lost its indentation on the way, not its lines.
    let published = page("pacto graph oci://ghcr.io/trianalab/pacto-demo/pacto-demopacto-demo@1.0.0");
    let unindented = |line: &str| line.trim_start_matches(['│', ' ']).to_owned();
    let lines: Vec<_> = output.stdout.lines().skip(1).map(unindented).collect();
    let expected: Vec<_> = published.iter().skip(1).take(lines.len()).map(|line| unindented(line)).collect();
    assert_eq!(lines, expected);
    assert_eq!(
        published.get(lines.len() + 1).unwrap(),
        "This is not a static diagram. Every node is a versioned contract pulled live from OCI."
    );
}

#[test]
fn explain_of_payments_is_the_published_text() {
    let Some(cx) = on_demo("march", "explain_of_payments_is_the_published_text") else { return };
    let output = cx.pacto(["explain", &format!("{DEMO}/payments-service:2.0.0")]);
    insta::assert_snapshot!(output, @"
    exit: 0
    ----- stdout -----
    Service: payments-service@2.0.0
    Owner: team/payments
    Pacto Version: 1.0

    Runtime:
      Workload: service
      State: stateful
      Persistence: shared/persistent
      Data Criticality: high

    Interfaces (2):
      - http (http, port 8083, internal)
      - events (event, internal)

    Dependencies (3):
      - oci://ghcr.io/trianalab/pacto-demo/postgresql (^16.0.0, required)
      - oci://ghcr.io/trianalab/pacto-demo/stripe-api (^2024.01.01, required)
      - oci://ghcr.io/trianalab/pacto-demo/fraud-service (^1.0.0, required)

    Scaling: 2-4
    ");
    let published = page("payments-service:2.0.0Service: payments-service@2.0.0");
    // The page has neither blank lines nor indentation.
    let lines: Vec<_> = output.stdout.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let rest: Vec<_> = published.iter().skip(1).map(String::as_str).take(lines.len() - 1).collect();
    assert_eq!(lines[1..], rest[..]);
}

#[test]
fn diff_of_payments_holds_the_published_lines_in_their_order() {
    let Some(cx) = on_demo("march", "diff_of_payments_holds_the_published_lines_in_their_order") else {
        return;
    };
    let output = cx.pacto([
        "diff".to_owned(),
        format!("{DEMO}/payments-service:1.2.0"),
        format!("{DEMO}/payments-service:2.0.0"),
    ]);
    assert_eq!(output.code, 1);
    assert!(output.stdout.starts_with("Classification: BREAKING\nChanges (27):\n"), "{output}");
    let lines: Vec<_> = output.stdout.lines().skip(2).map(str::trim_start).collect();
    assert_eq!(lines.iter().filter(|line| line.starts_with('[')).count(), 27, "{output}");
    let published = page("Changes (18):");
    let published: Vec<_> = published.iter().skip(1).take_while(|line| line.starts_with('[')).collect();
    assert_eq!(published.len(), 10);
    let mut rest = lines.iter();
    for line in published {
        assert!(rest.any(|found| found == line), "{line:?} is not there, or not in its place\n{output}");
    }
    assert!(output.stderr.ends_with("Error: breaking changes detected\n"), "{output}");
}

#[test]
fn the_other_commands_of_the_page_work() {
    let Some(cx) = on_demo("march", "the_other_commands_of_the_page_work") else { return };
    let explain = cx.pacto(["explain", &format!("{DEMO}/orders-service:1.1.0")]);
    assert_eq!(explain.code, 0, "{explain}");
    let diff = cx.pacto([
        "diff".to_owned(),
        format!("{DEMO}/payments-service:1.0.0"),
        format!("{DEMO}/payments-service:1.1.0"),
    ]);
    insta::assert_snapshot!(diff, @r#"
    exit: 0
    ----- stdout -----
    Classification: NON_BREAKING
    Changes (6):
      [NON_BREAKING] service.version (modified): service.version modified [1.0.0 -> 1.1.0]
      [NON_BREAKING] service.image (modified): service.image modified [ghcr.io/trianalab/pacto-demo/payments-service:1.0.0 -> ghcr.io/trianalab/pacto-demo/payments-service:1.1.0]
      [NON_BREAKING] openapi.paths[/refunds].methods[POST].request-body (modified): POST /refunds request body modified [POST /refunds -> POST /refunds]
      [NON_BREAKING] openapi.paths[/webhooks/stripe] (added): API path /webhooks/stripe added [+ /webhooks/stripe]
      [NON_BREAKING] asyncapi.channels[payment.failed] (added): channel payment.failed added [+ channel payment.failed]
      [NON_BREAKING] schema.properties[WEBHOOK_SECRET] (added): configuration property WEBHOOK_SECRET added [+ WEBHOOK_SECRET]
    "#);
}

/// Writes the bundles of March into a registry as the original does.
fn publish(bundles: &Path, registry: &Registry) {
    let basic = Some((USER.to_owned(), Secret::new(PASSWORD)));
    let surroundings = Surroundings { basic, ..Surroundings::default() };
    let context = pacto_app::Context::with_access(bundles, Access { surroundings, ..Access::default() });
    let registries = &context.sources.registries;
    let client = registries.client("test").unwrap();
    for directory in walk(bundles) {
        let text = std::fs::read_to_string(directory.join("pacto.yaml")).unwrap();
        let value = |key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix("  ")?.strip_prefix(key));
            line.unwrap().trim().trim_matches('"').to_owned()
        };
        let (name, version) = (value("name:"), value("version:"));
        let artifact = OriginalArtifact::pack(&directory, &name, &version);
        let reference = OciReference::parse(&format!("{}/demo/{name}", registry.address())).unwrap();
        registries.trust(&Reference::Oci(reference.clone()));
        let repository = client.repository(&reference);
        registries.block_on(async {
            for part in [artifact.layer, artifact.config] {
                repository.put_blob(&part.into()).await.unwrap();
            }
            let kind = "application/vnd.oci.image.manifest.v1+json".into();
            repository.put_manifest(&version, &artifact.manifest.into(), &kind).await.unwrap();
        });
    }
}

#[test]
fn what_the_original_published_answers_as_the_page_says() {
    let test = "what_the_original_published_answers_as_the_page_says";
    let (Some(bundles), Some(files)) = (demo("march", test), on_demo("march", test)) else { return };
    let Some(registry) = Registry::start_with_login() else { return };
    publish(&bundles, &registry);
    let mut cx = context();
    cx.env("PACTO_REGISTRY_MIRROR", format!("ghcr.io/trianalab/pacto-demo={}/demo", registry.address()));
    cx.env("PACTO_REGISTRY_USERNAME", USER).env("PACTO_REGISTRY_PASSWORD", PASSWORD);
    let payments = |version: &str| format!("{DEMO}/payments-service:{version}");
    // The folder of bundles answers as the page does, which the tests above hold it to.
    for arguments in [
        vec!["graph".to_owned(), format!("{DEMO}/pacto-demo")],
        vec!["explain".to_owned(), payments("2.0.0")],
        vec!["explain".to_owned(), format!("{DEMO}/orders-service:1.1.0")],
        vec!["diff".to_owned(), payments("1.2.0"), payments("2.0.0")],
        vec!["diff".to_owned(), payments("1.0.0"), payments("1.1.0")],
        vec!["validate".to_owned(), format!("{DEMO}/auth-service")],
    ] {
        let (ours, expected) = (cx.pacto(&arguments), files.pacto(&arguments));
        assert_eq!((ours.code, &ours.stdout), (expected.code, &expected.stdout), "{arguments:?}\n{ours}");
    }
    // Pushing it ourselves is refused by its own policies, and the reader is told which.
    let auth = bundles.join("auth-service");
    let directory = walk(&auth).into_iter().next().unwrap();
    let push = cx.pacto(["push", &format!("{DEMO}/auth-service"), "-p", directory.to_str().unwrap()]);
    assert_eq!(push.code, 1, "{push}");
    assert!(
        push.stderr.contains("[POLICY_VIOLATION]") && push.stderr.contains("Error: contract validation"),
        "{push}"
    );
}

#[test]
fn april_is_valid_and_march_fails_its_own_policies() {
    let Some(april) = demo("april", "april_is_valid_and_march_fails_its_own_policies") else { return };
    let Some(cx) = on_demo("april", "") else { return };
    let output =
        cx.pacto(["validate".as_ref(), april.as_os_str(), "--output-format".as_ref(), "json".as_ref()]);
    let verdict = output.json();
    assert_eq!((output.code, &verdict["validCount"], &verdict["invalidCount"]), (0, &23.into(), &0.into()));

    let (Some(march), Some(cx)) = (demo("march", ""), on_demo("march", "")) else { return };
    let output =
        cx.pacto(["validate".as_ref(), march.as_os_str(), "--output-format".as_ref(), "json".as_ref()]);
    let verdict = output.json();
    assert_eq!((output.code, &verdict["invalidCount"]), (1, &12.into()));
    let contracts = verdict["contracts"].as_array().unwrap();
    let mut codes: Vec<_> = contracts
        .iter()
        .flat_map(|one| one["errors"].as_array().unwrap())
        .map(|error| &error["code"])
        .collect();
    codes.dedup();
    assert_eq!(codes, ["POLICY_VIOLATION"]);
}

//! What was fetched once: asked for again with small requests, used alone when nobody answers, listed and removed.

use pacto_testkit::registry::Registry;
use pacto_testkit::{TestContext, cut_digests};

use crate::fixture::context;

/// Methods and paths of the requests that a command makes, sorted, the question for the scheme left out.
fn requests(cx: &TestContext, arguments: &[&str]) -> Vec<String> {
    let output = cx.pacto([arguments, &["-v"]].concat());
    assert_eq!(output.code, 0, "{output}");
    let field = |line: &str, name: &str| {
        let rest = line.split(&format!(" {name}=")).nth(1)?;
        Some(rest.split(' ').next()?.trim_matches('"').to_owned())
    };
    let lines = output.stderr.lines().filter(|line| line.contains(" request "));
    let mut requests: Vec<String> = lines
        .filter_map(|line| Some(format!("{} {}", field(line, "method")?, field(line, "path")?)))
        .collect();
    requests.retain(|request| !request.ends_with("/v2/"));
    requests.sort();
    requests.iter().map(|request| cut_digests(request)).collect()
}

/// A registry with `cart` and `shop`, which needs it.
fn published() -> Option<(TestContext, Registry)> {
    let registry = Registry::start()?;
    let cx = context();
    for name in ["cart", "shop"] {
        cx.pacto(["init", name]);
    }
    let host = registry.address();
    let shop = cx.read("shop/pacto.yaml");
    let needs = format!(
        "{shop}dependencies:\n  - {{ref: 'oci://{host}/acme/cart', required: true, compatibility: ^0.1.0}}\n"
    );
    cx.write("shop/pacto.yaml", needs);
    for name in ["cart", "shop"] {
        let output = cx.pacto(["push", &format!("oci://{host}/acme/{name}"), "-p", name]);
        assert_eq!(output.code, 0, "{output}");
    }
    Some((cx, registry))
}

#[test]
fn a_tag_is_confirmed_with_one_small_request() {
    let Some((cx, registry)) = published() else { return };
    let graph = format!("oci://{}/acme/shop", registry.address());
    let graph = ["graph", graph.as_str()];
    insta::assert_debug_snapshot!(requests(&cx, &graph), @r#"
    [
        "GET /v2/acme/cart/blobs/sha256:…",
        "GET /v2/acme/cart/manifests/0.1.0",
        "GET /v2/acme/cart/tags/list",
        "GET /v2/acme/shop/blobs/sha256:…",
        "GET /v2/acme/shop/manifests/0.1.0",
        "GET /v2/acme/shop/tags/list",
    ]
    "#);
    let warm = requests(&cx, &graph);
    insta::assert_debug_snapshot!(warm, @r#"
    [
        "GET /v2/acme/cart/tags/list",
        "GET /v2/acme/shop/tags/list",
        "HEAD /v2/acme/cart/manifests/0.1.0",
        "HEAD /v2/acme/shop/manifests/0.1.0",
    ]
    "#);
    let cold = requests(&cx, &[&graph[..], &["--no-cache"]].concat());
    assert_eq!(cold.len(), 6, "{cold:?}");
    assert_eq!(requests(&cx, &graph), warm);

    // A digest is never asked about again.
    let digest =
        cx.pacto(["pull", &format!("oci://{}/acme/cart", registry.address()), "--output-format", "json"]);
    let digest = digest.json()["digest"].as_str().unwrap().to_owned();
    let fixed = format!("oci://{}/acme/cart@{digest}", registry.address());
    assert_eq!(requests(&cx, &["explain", &fixed]), Vec::<String>::new());

    // A tag that moved is fetched again.
    let moved = ["push", &format!("oci://{}/acme/cart", registry.address()), "-p", "cart", "--force"];
    cx.pacto([&moved[..], &["--set", "service.owner=team/new"]].concat());
    let explain = cx.pacto(["explain", &format!("oci://{}/acme/cart", registry.address())]);
    assert!(explain.stdout.contains("Owner: team/new"), "{explain}");
}

#[test]
fn without_a_registry_the_cache_answers_and_says_so() {
    let Some((cx, registry)) = published() else { return };
    let host = registry.address().to_owned();
    let graph = ["graph".to_owned(), format!("oci://{host}/acme/shop")];
    let online = cx.pacto(&graph);
    drop(registry);
    let offline = cx.pacto(&graph);
    assert_eq!((offline.code, &offline.stdout), (0, &online.stdout), "{offline}");
    let warning = offline.stderr.replace(&host, "HOST");
    let (before, after) = (warning.find('(').unwrap(), warning.rfind(')').unwrap());
    assert_eq!(
        format!("{}…{}", &warning[..=before], &warning[after..]),
        "Warning: HOST is unreachable (…); 4 answers were taken from the cache and may be out of date\n"
    );
    let refused = cx.pacto([&graph[..], &["--no-cache".to_owned()]].concat());
    assert_eq!(refused.code, 3, "{refused}");
    assert!(refused.stderr.contains("registry unreachable for"), "{refused}");
}

#[test]
fn is_listed_and_removed() {
    let Some((mut cx, registry)) = published() else { return };
    let host = registry.address().to_owned();
    let said = |cx: &TestContext, arguments: &[&str]| {
        cut_digests(&cx.pacto(arguments).to_string().replace(&host, "HOST"))
    };
    insta::assert_snapshot!(said(&cx, &["cache", "list"]), @"
    exit: 0
    ----- stdout -----
    0 contracts in [ROOT]/cache/pacto/oci (0 B)
    ");
    cx.pacto(["graph", &format!("oci://{host}/acme/shop")]);
    let list = cx.pacto(["cache", "list", "--output-format", "json"]).json();
    let names: Vec<_> =
        list["entries"].as_array().unwrap().iter().map(|entry| entry["ref"].as_str().unwrap()).collect();
    assert_eq!(names, [format!("{host}/acme/cart:0.1.0"), format!("{host}/acme/shop:0.1.0")]);
    let text = said(&cx, &["cache", "list"]);
    assert!(text.contains("HOST/acme/cart:0.1.0  sha256:…  "), "{text}");
    let cart = format!("{host}/acme/cart");
    let clean = cx.pacto(["cache", "clean", &cart]).to_string();
    assert!(clean.contains("Removed 1 contract ("), "{clean}");
    assert!(cx.pacto(["cache", "clean"]).to_string().contains("Removed 1 contract ("));
    assert!(said(&cx, &["cache", "list"]).contains("0 contracts in "));
    // Elsewhere, and nowhere.
    let elsewhere = cx.path("elsewhere");
    cx.env("PACTO_CACHE_DIR", &elsewhere);
    cx.pacto(["explain", &format!("oci://{host}/acme/cart")]);
    assert!(said(&cx, &["cache", "list"]).contains("1 contract in [ROOT]/work/elsewhere"));
}

#[test]
#[cfg(unix)]
fn a_cache_that_cannot_be_written_is_no_trouble() {
    let Some((mut cx, registry)) = published() else { return };
    cx.write("file", "not a directory");
    let file = cx.path("file");
    for place in ["/dev/null/x".into(), file, "/proc".into()] {
        cx.env("PACTO_CACHE_DIR", &place);
        let output = cx.pacto(["explain", &format!("oci://{}/acme/cart", registry.address())]);
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output}");
    }
}

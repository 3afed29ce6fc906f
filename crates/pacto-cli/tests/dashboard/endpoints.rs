//! Each operation, as its users ask.

use crate::running::{context, contract, examples, names, serve};

#[test]
fn health_readiness_and_counts() {
    let cx = context();
    let server = examples(&cx, &[]);
    assert_eq!(
        server.get("/health").json(),
        serde_json::json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")})
    );
    let ready = server.get("/readyz");
    assert_eq!((ready.status, ready.json()["ready"].as_bool()), (200, Some(true)));
    assert_eq!(server.get("/metrics").json(), serde_json::json!({"serviceCount": 16, "sourceCount": 3}));
    let text =
        server.ask("GET", "/metrics", &[("accept", "application/openmetrics-text; version=1.0.0")], "");
    assert!(text.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    assert!(text.text().contains("pacto_dashboard_services 16\n"), "{}", text.text());
    assert!(text.text().contains("pacto_dashboard_source_up{source=\"local\"} 1\n"));
    let counted =
        "pacto_dashboard_http_requests_total{route=\"/api/services/{name}/versions\",status=\"Ok\"}";
    assert!(text.text().contains(counted), "{}", text.text());
    assert!(text.text().ends_with("# EOF\n"));
}

#[test]
fn the_list_is_whole_filtered_sorted_and_paged() {
    let cx = context();
    let server = examples(&cx, &[]);
    let all = server.get("/api/services");
    let list = all.json();
    assert_eq!(list.as_array().unwrap().len(), 16);
    assert!(names(&list).is_sorted());
    assert_eq!(all.header("x-total-count"), Some("16"));
    let etag = all.header("etag").unwrap();
    let again = server.ask("GET", "/api/services", &[("if-none-match", etag)], "");
    assert_eq!((again.status, again.body.len()), (304, 0));
    let compressed = server.ask("GET", "/api/services", &[("accept-encoding", "gzip")], "");
    assert_eq!(compressed.header("content-encoding"), Some("gzip"));
    assert!(compressed.body.starts_with(&[0x1f, 0x8b]) && compressed.body.len() < all.body.len() / 3);

    let pricing = list.as_array().unwrap().iter().find(|entry| entry["name"] == "pricing-service").unwrap();
    assert_eq!(pricing["contractStatus"], "Compliant");
    assert_eq!((&pricing["source"], &pricing["sources"]), (&"local".into(), &serde_json::json!(["local"])));
    assert_eq!((&pricing["version"], &pricing["lastChange"]), (&"2.0.0".into(), &"BREAKING".into()));
    assert!(pricing["complianceScore"].is_null(), "no operator, no score");

    let found = server.get("/api/services?q=PRICING").json();
    assert_eq!(names(&found), ["pricing-service"]);
    let owner = pricing["ownerKey"].as_str().unwrap().replace('/', "%2F");
    assert!(names(&server.get(&format!("/api/services?owner={owner}")).json()).contains(&"pricing-service"));
    assert_eq!(server.get("/api/services?status=NonCompliant,Warning").json(), serde_json::json!([]));
    assert_eq!(server.get("/api/services?source=k8s").json(), serde_json::json!([]));
    let by_blast = server.get("/api/services?sort=-blast").json();
    let blasts: Vec<u64> =
        by_blast.as_array().unwrap().iter().map(|entry| entry["blastRadius"].as_u64().unwrap_or(0)).collect();
    assert!(blasts.is_sorted_by(|left, right| left >= right) && blasts[0] > 0, "{blasts:?}");

    let mut paged = Vec::new();
    let mut next = Some("/api/services?limit=7&sort=-name".to_owned());
    while let Some(path) = next {
        let page = server.get(&path);
        paged.extend(names(&page.json()).into_iter().map(str::to_owned));
        next = page.header("link").map(|link| link.split(['<', '>']).nth(1).unwrap().to_owned());
    }
    let mut expected = names(&list);
    expected.reverse();
    assert_eq!(paged, expected);

    for (query, location) in [
        ("limit=0", "query.limit"),
        ("limit=10001", "query.limit"),
        ("limit=x", "query"),
        ("cursor=x", "query.cursor"),
        ("sort=colour", "query.sort"),
        ("status=Fine", "query.status"),
        ("source=disk", "query.source"),
        ("limit=1&limit=2", "query.limit"),
    ] {
        let answer = server.get(&format!("/api/services?{query}"));
        assert_eq!(answer.status, 422, "{query}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert_eq!(answer.json()["errors"][0]["location"], location, "{query}");
    }
}

#[test]
fn owners_with_commas_can_be_asked_for() {
    let cx = context();
    for (name, owner) in [("a", "Acme, Inc."), ("b", "Acme"), ("c", "core"), ("d", "")] {
        let text = contract(name, "1.0.0", "");
        let owner = if owner.is_empty() { String::new() } else { format!("  owner: \"{owner}\"\n") };
        cx.write(format!("{name}/pacto.yaml"), text + &owner);
    }
    let server = serve(&cx, &["."]);
    server.wait("/api/services", |list| list.as_array().unwrap().len() == 4);
    for (query, expected) in [
        ("owner=Acme,%20Inc.", vec!["a"]),
        ("owner=Acme,core", vec!["b", "c"]),
        ("owner=Acme,%20Inc.&owner=core", vec!["a", "c"]),
        ("owner=core&owner=(unowned)&owner=", vec!["c", "d"]),
        ("owner=", vec!["a", "b", "c", "d"]),
        ("owner=nobody", vec![]),
    ] {
        assert_eq!(names(&server.get(&format!("/api/services?{query}")).json()), expected, "{query}");
        let graph = server.get(&format!("/api/graph?{query}")).json();
        let nodes: Vec<_> =
            graph["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap()).collect();
        assert_eq!(nodes, expected, "{query}");
    }
    let page = server.get("/api/services?owner=Acme,%20Inc.&owner=core&limit=1");
    let next = page.header("link").unwrap().split(['<', '>']).nth(1).unwrap().to_owned();
    assert_eq!(names(&server.get(&next).json()), ["c"]);
    assert_eq!(server.get("/api/services?q=a&q=b").status, 422);
}

#[test]
fn a_service_is_described_in_full() {
    let cx = context();
    let server = examples(&cx, &[]);
    let details = server.get("/api/services/pricing-service").json();
    assert_eq!(details["version"], "2.0.0");
    assert_eq!(details["validation"]["valid"], true);
    assert_eq!(
        details["compliance"],
        serde_json::json!({
            "status": "OK", "score": null, "summary": {"total": 0, "passed": 0, "failed": 0, "errors": 0, "warnings": 0}
        })
    );
    let gateway = server.get("/api/services/rider-gateway").json();
    let interfaces = gateway["interfaces"].as_array().unwrap();
    let operation = interfaces.iter().find_map(|interface| interface["endpoints"].get(0)).unwrap();
    assert!(operation["method"].is_string() && operation["responses"].as_array().is_some(), "{operation}");
    for dependency in details["dependencies"].as_array().unwrap() {
        assert_eq!(dependency["resolved"], true, "{dependency}");
        assert_eq!(dependency["inRange"], true, "{dependency}");
    }
    assert_eq!(details["sourceStates"][0]["state"], "live");
    let old = server.get("/api/services/pricing-service/versions/1.0.0").json();
    assert_eq!((&old["version"], &old["latestAvailable"]), (&"1.0.0".into(), &"2.0.0".into()));
    assert_eq!(old["updateAvailable"], true);
    for path in [
        "/api/services/nobody",
        "/api/services/pricing-service/versions/9.9.9",
        "/api/services/nobody/versions/1.0.0",
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.json()["detail"].as_str().unwrap().contains("is not known to any source"));
    }
}

#[test]
fn a_history_is_classified_newest_first() {
    let cx = context();
    let server = examples(&cx, &[]);
    let versions = server.get("/api/services/pricing-service/versions").json();
    let shown: Vec<_> = versions
        .as_array()
        .unwrap()
        .iter()
        .map(|version| {
            format!("{} {} {}", version["version"], version["classification"], version["isCurrent"])
        })
        .collect();
    assert_eq!(
        shown,
        ["\"2.0.0\" \"BREAKING\" true", "\"1.1.0\" \"NON_BREAKING\" null", "\"1.0.0\" null null"]
    );
    assert_eq!(versions[0]["contractHash"].as_str().unwrap().len(), 64);
    assert_eq!(server.get("/api/services/nobody/versions").json(), serde_json::json!([]));
}

#[test]
fn ties_go_both_ways() {
    let cx = context();
    let server = examples(&cx, &[]);
    let dependents = server.get("/api/services/pricing-service/dependents").json();
    assert!(!dependents.as_array().unwrap().is_empty() && names(&dependents).is_sorted());
    let refs = server.get("/api/services/platform-service-policy/refs").json();
    assert!(refs["references"].as_array().unwrap().is_empty());
    assert!(refs["referencedBy"].as_array().unwrap().iter().all(|one| one["refType"] == "policy"), "{refs}");
    assert!(!refs["referencedBy"].as_array().unwrap().is_empty());
    let tree = server.get("/api/services/veloria-platform/graph").json();
    assert_eq!(tree["root"]["name"], "veloria-platform");
    assert_eq!((&tree["cycles"], &tree["conflicts"]), (&serde_json::json!([]), &serde_json::json!([])));
    let sources = server.get("/api/services/pricing-service/sources").json();
    assert_eq!(sources["sources"].as_array().unwrap().len(), 1);
    assert_eq!(sources["sources"][0]["sourceType"], "local");
    for path in ["dependents", "refs", "graph", "sources"] {
        assert_eq!(server.get(&format!("/api/services/nobody/{path}")).status, 404, "{path}");
    }
}

#[test]
fn the_graph_is_laid_out_whole_and_in_part() {
    let cx = context();
    let server = examples(&cx, &[]);
    let whole = server.get("/api/graph").json();
    let nodes = whole["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 16);
    for node in nodes {
        for edge in node["edges"].as_array().unwrap() {
            let target = nodes.iter().find(|other| other["id"] == edge["targetId"]).unwrap();
            assert!(target["layer"].as_u64() > node["layer"].as_u64(), "{node} before {target}");
            assert_eq!(edge["resolved"], true);
        }
    }
    let around = server.get("/api/graph?focus=pricing-service&depth=1&direction=dependents").json();
    let mut expected = names(&server.get("/api/services/pricing-service/dependents").json())
        .into_iter()
        .map(str::to_owned)
        .collect::<Vec<_>>();
    expected.push("pricing-service".to_owned());
    expected.sort();
    let found: Vec<_> = around["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(found, expected);
    assert_eq!(server.get("/api/graph?focus=nobody").status, 404);
    assert_eq!(server.get("/api/graph?depth=65&focus=pricing-service").status, 422);
}

#[test]
fn versions_are_compared_and_the_impact_is_known() {
    let cx = context();
    let server = examples(&cx, &[]);
    let diff = server
        .get(
            "/api/diff?from_name=pricing-service&from_version=1.1.0&to_name=pricing-service&to_version=2.0.0",
        )
        .json();
    assert_eq!((&diff["classification"], &diff["suggestedVersion"]), (&"BREAKING".into(), &"2.0.0".into()));
    let total: u64 = ["breaking", "potential", "nonBreaking"]
        .map(|class| diff["counts"][class].as_u64().unwrap())
        .iter()
        .sum();
    assert_eq!(diff["changes"].as_array().unwrap().len() as u64, total);
    let finding = &diff["changes"][0]["findings"][0];
    assert!(finding["ruleId"].is_string() && finding["fingerprint"].is_string(), "{finding}");
    let same = server.get("/api/diff?from_name=redis&to_name=redis").json();
    assert_eq!((&same["classification"], &same["changes"]), (&"NON_BREAKING".into(), &serde_json::json!([])));
    assert_eq!(server.get("/api/diff?from_name=redis").status, 422);
    assert_eq!(server.get("/api/diff?from_name=redis&to_name=nobody").status, 404);
    assert_eq!(server.get("/api/diff?from_name=redis&from_version=0&to_name=redis").status, 404);

    let impact = server.get("/api/impact?name=pricing-service&from_version=1.1.0&to_version=2.0.0").json();
    let consumers = impact["consumers"].as_array().unwrap();
    assert!(!consumers.is_empty());
    for consumer in consumers {
        assert_eq!(consumer["path"][0], "pricing-service");
        assert_eq!(
            consumer["path"].as_array().unwrap().len() as u64,
            consumer["depth"].as_u64().unwrap() + 1
        );
        assert!(consumer["reason"].as_str().is_some_and(|reason| !reason.is_empty()));
    }
}

#[test]
fn impact_goes_by_range_and_by_use() {
    let cx = context();
    let api = |path: &str| {
        format!(
            "openapi: 3.1.0\ninfo: {{title: a, version: '1'}}\npaths:\n  {path}:\n    get: {{responses: {{'200': {{description: ok}}}}}}\n"
        )
    };
    let interface = "interfaces: [{name: api, type: http, port: 80, contract: interfaces/api.yaml}]\n";
    for (version, path) in [("1.0.0", "/old"), ("2.0.0", "/new")] {
        cx.write(format!("base/v{version}/pacto.yaml"), contract("base", version, interface));
        cx.write(format!("base/v{version}/interfaces/api.yaml"), api(path));
    }
    let needs = |range: &str, name: &str, required: bool| {
        format!(
            "dependencies: [{{ref: 'oci://r.example/{name}', required: {required}, compatibility: '{range}'}}]\n"
        )
    };
    cx.write("open/pacto.yaml", contract("open", "1.0.0", &needs(">=1.0.0", "base", true)));
    cx.write("held/pacto.yaml", contract("held", "1.0.0", &needs("^1.0.0", "base", true)));
    cx.write("behind/pacto.yaml", contract("behind", "1.0.0", &needs("^1.0.0", "open", true)));
    cx.write("optional/pacto.yaml", contract("optional", "1.0.0", &needs("^1.0.0", "open", false)));
    cx.write("shielded/pacto.yaml", contract("shielded", "1.0.0", &needs("^1.0.0", "held", true)));
    // Held back itself, and hit by way of another.
    let both = needs("^1.0.0", "base", true)
        + "  - {ref: 'oci://r.example/open', required: true, compatibility: '^1.0.0'}\n";
    let both = both.replace("dependencies: [{ref", "dependencies:\n  - {ref").replace("'}]", "'}");
    cx.write("twice/pacto.yaml", contract("twice", "1.0.0", &both));
    let server = serve(&cx, &["."]);
    server.wait("/api/services", |list| list.as_array().unwrap().len() == 7);
    let impact = server.get("/api/impact?name=base&from_version=1.0.0&to_version=2.0.0").json();
    let shown: Vec<_> = impact["consumers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            format!("{} {} {}", one["name"].as_str().unwrap(), one["depth"], one["verdict"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        shown,
        [
            "open 1 breaks",
            "behind 2 may-break",
            "twice 2 may-break",
            "held 1 held-back",
            "optional 2 not-affected",
            "shielded 2 not-affected"
        ]
    );
    assert_eq!(
        impact["counts"],
        serde_json::json!({
            "breaks": 1, "mayBreak": 2, "heldBack": 1, "notAffected": 2, "unknown": 0
        })
    );
    assert_eq!(
        impact["owners"],
        serde_json::json!([
            {"key": "(unowned)", "breaks": 1, "mayBreak": 2, "services": ["open", "behind", "twice"]}
        ])
    );
    let reason = impact["consumers"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("its range >=1.0.0 admits 2.0.0"), "{reason}");
}

#[test]
fn owners_are_aggregated() {
    let cx = context();
    let team = |dri: &str| {
        format!("  owner: {{team: shop, dri: {dri}, contacts: [{{type: chat, value: '#shop'}}]}}\n")
    };
    cx.write(
        "a/pacto.yaml",
        contract("a", "1.0.0", "").replace("  version", &format!("{}  version", team("ada"))),
    );
    cx.write(
        "b/pacto.yaml",
        contract("b", "1.0.0", "").replace("  version", &format!("{}  version", team("bob"))),
    );
    cx.write("c/pacto.yaml", contract("c", "1.0.0", "unknown: true\n"));
    let server = serve(&cx, &["."]);
    server.wait("/api/services", |list| list.as_array().unwrap().len() == 3);
    let owners = server.get("/api/owners").json();
    assert_eq!(owners[0]["key"], "(unowned)");
    assert_eq!((&owners[0]["nonCompliant"], &owners[0]["compliancePercent"]), (&1.into(), &0.into()));
    assert_eq!((&owners[1]["key"], &owners[1]["services"]), (&"shop".into(), &2.into()));
    assert_eq!(owners[1]["contacts"].as_array().unwrap().len(), 1);
    let shop = server.get("/api/owners/shop").json();
    assert_eq!((&shop["dris"], &shop["driConflict"]), (&serde_json::json!(["ada", "bob"]), &true.into()));
    assert_eq!(names(&shop["entries"]), ["a", "b"]);
    assert_eq!(server.get("/api/owners/%28unowned%29").status, 200);
    assert_eq!(server.get("/api/owners/nobody").status, 404);
}

#[test]
fn sources_say_how_they_are() {
    let cx = context();
    cx.write("a/pacto.yaml", contract("a", "1.0.0", ""));
    cx.write("broken/pacto.yaml", "pactoVersion: [");
    cx.write("twin/pacto.yaml", contract("a", "1.0.0", ""));
    let server = serve(&cx, &["."]);
    let report = server.wait("/api/sources", |report| report["sources"][0]["services"] == 1);
    let local = &report["sources"][0];
    assert_eq!((&local["type"], &local["state"]), (&"local".into(), &"live".into()));
    assert!(local["asOf"].is_string() && local["lastSuccess"].is_string());
    let broken = &local["locations"][0];
    assert_eq!((&broken["ref"], &broken["state"]), (&"broken".into(), &"failing".into()));
    assert!(broken["error"].as_str().unwrap().contains("broken"), "{broken}");
    let twin = &local["locations"][1];
    assert_eq!(
        (&twin["ref"], &twin["error"]),
        (&"twin".into(), &"a 1.0.0 is also in a, which is shown".into())
    );
    for (position, kind) in [(1, "k8s"), (2, "oci")] {
        let source = &report["sources"][position];
        assert_eq!(
            (&source["type"], &source["enabled"], &source["state"]),
            (&kind.into(), &false.into(), &"disabled".into())
        );
        assert!(source["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{source}");
    }
    assert_eq!(server.post("/api/refresh", "").json(), serde_json::json!({"status": "ok"}));
}

#[test]
fn what_diagnoses_is_there_only_where_it_was_asked_for() {
    let cx = context();
    cx.write("a/pacto.yaml", contract("a", "1.0.0", ""));
    let plain = serve(&cx, &["."]);
    assert_eq!(plain.get("/api/debug/sources").status, 404);
    assert_eq!(plain.get("/api/debug/services").status, 404);
    let server = serve(&cx, &[".", "--diagnostics"]);
    let debug = server.wait("/api/debug/sources", |debug| debug["live"]["serviceCount"] == 1);
    assert_eq!(debug["diagnostics"]["local"]["pactoYamlFound"], true);
    // A directory is shown, and nothing of it is in the cache.
    assert_eq!(debug["diagnostics"]["cache"]["serviceCount"], 0);
    let services = server.get("/api/debug/services").json();
    assert_eq!(services["aggregatedList"][0]["presentInSources"], serde_json::json!(["local"]));
}

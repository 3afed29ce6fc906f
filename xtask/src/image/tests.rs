use std::process::Command;

use oci_spec::image::{ImageConfiguration, ImageManifest};
use pacto_contract::yaml::{Budget, load};
use pacto_testkit::registry::{Registry, is_left_out};

use super::*;

const VERSION: &str = "1.2.3";

fn image() -> Image {
    image_of(Program::Dashboard)
}

fn image_of(program: Program) -> Image {
    let about = About {
        program,
        version: VERSION.to_owned(),
        created: 1_700_000_000,
        revision: "0123abc".to_owned(),
        source: Some("https://example.com/pacto".to_owned()),
    };
    let binaries = [(Platform::Amd64, b"amd64".to_vec()), (Platform::Arm64, b"arm64".to_vec())];
    Image::new(&binaries, &about).unwrap()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().unwrap().join(path)).unwrap()
}

fn skopeo(arguments: &[&str]) -> String {
    let output = Command::new("skopeo").args(arguments).output().expect("skopeo is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn two_builds_have_one_digest() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let digest = image().write(first.path(), VERSION).unwrap();
    assert_eq!(digest, image().write(second.path(), VERSION).unwrap());
    assert_eq!(
        fs::read(first.path().join("index.json")).unwrap(),
        fs::read(second.path().join("index.json")).unwrap()
    );
    // Again over the first one: nothing old stays.
    fs::write(first.path().join("blobs/sha256/old"), "x").unwrap();
    assert_eq!(digest, image().write(first.path(), VERSION).unwrap());
    assert!(!first.path().join("blobs/sha256/old").exists());
}

#[test]
fn a_directory_of_something_else_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("thesis.txt"), "years").unwrap();
    let refused = image().write(directory.path(), VERSION).unwrap_err().to_string();
    assert!(refused.ends_with("is not empty and holds no older image"), "{refused}");
    assert_eq!(fs::read_to_string(directory.path().join("thesis.txt")).unwrap(), "years");

    // Contracts are kept in layouts too.
    let contracts = tempfile::tempdir().unwrap();
    let layout = Layout::new(contracts.path(), "contracts");
    layout.put_manifest("1.0.0", b"{}", &MediaType::ImageManifest).unwrap();
    assert!(image().write(contracts.path(), VERSION).is_err());
    assert_eq!(layout.tags().unwrap(), ["1.0.0"]);
}

#[test]
fn the_parts_fit_together() {
    let image = image();
    let index: ImageIndex = serde_json::from_slice(&image.index).unwrap();
    assert_eq!(index.manifests().len(), 2);
    for (listed, built) in index.manifests().iter().zip(&image.images) {
        assert_eq!(listed.digest().to_string(), digest(&built.manifest));
        assert_eq!(listed.size(), built.manifest.len() as u64);
        assert_eq!(
            listed.platform().as_ref().unwrap().architecture().to_string(),
            built.platform.architecture()
        );
        let manifest: ImageManifest = serde_json::from_slice(&built.manifest).unwrap();
        assert_eq!(manifest.config().digest().to_string(), digest(&built.config));
        let config: ImageConfiguration = serde_json::from_slice(&built.config).unwrap();
        assert_eq!(config.architecture().to_string(), built.platform.architecture());
        for ((layer, packed), inner) in
            manifest.layers().iter().zip(&built.layers).zip(config.rootfs().diff_ids())
        {
            assert_eq!(layer.digest().to_string(), digest(packed));
            let mut tar = Vec::new();
            std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(packed.as_slice()), &mut tar)
                .unwrap();
            assert_eq!(*inner, digest(&tar));
        }
    }
}

#[test]
fn the_image_holds_what_a_static_binary_needs() {
    let mut listing = Vec::new();
    let mut texts = std::collections::BTreeMap::new();
    for tar in [layer::base().unwrap(), layer::program("pacto", b"binary").unwrap()] {
        for entry in tar::Archive::new(tar.as_slice()).entries().unwrap() {
            let mut entry = entry.unwrap();
            let (path, header) = (entry.path().unwrap().display().to_string(), entry.header().clone());
            listing.push(format!("{:o} {} {path}", header.mode().unwrap(), header.uid().unwrap()));
            assert_eq!(header.mtime().unwrap(), 0);
            let mut text = String::new();
            std::io::Read::read_to_string(&mut entry, &mut text).unwrap();
            texts.insert(path, text);
        }
    }
    assert_eq!(
        listing,
        [
            "755 0 data/",
            "755 0 etc/",
            "644 0 etc/group",
            "644 0 etc/passwd",
            "755 0 etc/ssl/",
            "755 0 etc/ssl/certs/",
            "644 0 etc/ssl/certs/ca-certificates.crt",
            "755 0 home/",
            "755 65532 home/pacto/",
            "755 65532 home/pacto/.cache/",
            "755 65532 home/pacto/.cache/pacto/",
            "755 65532 home/pacto/.cache/pacto/oci/",
            "755 65532 home/pacto/.kube/",
            "1777 0 tmp/",
            "755 0 usr/",
            "755 0 usr/bin/",
            "755 0 usr/bin/pacto",
        ]
    );
    let authorities = &texts["etc/ssl/certs/ca-certificates.crt"];
    let begins = authorities.lines().filter(|line| *line == "-----BEGIN CERTIFICATE-----").count();
    assert!(begins > 100, "{begins}");
    assert!(authorities.lines().all(|line| line.len() <= 64));
    assert!(texts["etc/passwd"].contains(&format!("pacto:x:{0}:{0}:", layer::USER)));
}

#[test]
fn it_runs_as_nobody_with_a_health_check() {
    let image = image();
    let config: Value = serde_json::from_slice(&image.images[0].config).unwrap();
    let inner = &config["config"];
    assert_eq!(inner["User"], "65532:65532");
    assert_eq!(inner["Entrypoint"], json!(["pacto"]));
    assert_eq!(inner["Cmd"], json!(["dashboard"]));
    assert_eq!(inner["ExposedPorts"], json!({"3000/tcp": {}}));
    assert_eq!(inner["Healthcheck"]["Test"], json!(["CMD", "pacto", "dashboard", "--healthcheck"]));
    assert_eq!(inner["Healthcheck"]["Interval"], 10_000_000_000_u64);
    assert_eq!(inner["Labels"]["org.opencontainers.image.version"], VERSION);
    assert_eq!(config["created"], "2023-11-14T22:13:20Z");
}

#[test]
fn the_operator_runs_as_nobody_and_kubernetes_asks_after_it() {
    let image = image_of(Program::Operator);
    let config: Value = serde_json::from_slice(&image.images[0].config).unwrap();
    let inner = &config["config"];
    assert_eq!(inner["User"], "65532:65532");
    assert_eq!(inner["Entrypoint"], json!(["pacto-operator"]));
    assert_eq!(inner["Cmd"], json!([]));
    assert_eq!(inner["ExposedPorts"], json!({"8080/tcp": {}, "8081/tcp": {}, "8443/tcp": {}}));
    assert!(inner.get("Healthcheck").is_none());
    assert_eq!(inner["Labels"]["org.opencontainers.image.title"], "pacto-operator");
    let program = &image.images[0].layers[1];
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(program.as_slice()));
    let paths: Vec<String> =
        tar.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().display().to_string()).collect();
    assert_eq!(paths, ["usr/", "usr/bin/", "usr/bin/pacto-operator"]);
    // The chart sets no command, so the image has to know it; its ports are those that the chart names.
    let chart = read("deploy/helm/pacto-operator/templates/deployment.yaml");
    assert!(!chart.contains("command:"));
    for port in Program::Operator.ports() {
        assert!(chart.contains(&port.to_string()), "{port}");
    }
}

#[test]
fn times_are_those_of_the_calendar() {
    for (seconds, text) in [
        (0, "1970-01-01T00:00:00Z"),
        (951_782_399, "2000-02-28T23:59:59Z"),
        (951_782_400, "2000-02-29T00:00:00Z"),
        (951_868_800, "2000-03-01T00:00:00Z"),
        (1_735_689_599, "2024-12-31T23:59:59Z"),
        (1_735_689_600, "2025-01-01T00:00:00Z"),
        (4_107_542_400, "2100-03-01T00:00:00Z"),
    ] {
        assert_eq!(config::timestamp(seconds), text);
    }
}

#[test]
fn skopeo_reads_the_layout() {
    if is_left_out("registry") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let digest = image().write(directory.path(), VERSION).unwrap();
    // Without a tag, as the only image of the layout.
    for name in [
        format!("oci:{}", directory.path().display()),
        format!("oci:{}:{VERSION}", directory.path().display()),
    ] {
        let raw = skopeo(&["inspect", "--raw", &name]);
        assert_eq!(pacto_oci::archive::digest(raw.as_bytes()), digest);
        for (architecture, binary) in [("amd64", 0), ("arm64", 1)] {
            let shown = skopeo(&["--override-arch", architecture, "inspect", &name]);
            let shown: Value = serde_json::from_str(&shown).unwrap();
            assert_eq!(shown["Architecture"], architecture);
            assert_eq!(shown["Layers"][1], pacto_oci::archive::digest(&image().images[binary].layers[1]));
        }
    }
}

#[test]
fn a_pushed_image_is_the_one_that_was_built() {
    let Some(registry) = Registry::start() else { return };
    let reference = format!("{}/acme/pacto-dashboard", registry.address());
    let pushed = push::push(&image(), &reference, VERSION).unwrap();
    let digest = digest(&image().index);
    assert_eq!(pushed, format!("{reference}:{VERSION}@{digest}"));
    let source = format!("docker://{reference}:{VERSION}");
    let raw = skopeo(&["inspect", "--tls-verify=false", "--raw", &source]);
    assert_eq!(pacto_oci::archive::digest(raw.as_bytes()), digest);
    let copy = tempfile::tempdir().unwrap();
    let target = format!("oci:{}:{VERSION}", copy.path().display());
    skopeo(&["copy", "--all", "--preserve-digests", "--src-tls-verify=false", &source, &target]);
    for image in image().images {
        for blob in image.layers.iter().chain([&image.config, &image.manifest]) {
            let hex = pacto_oci::archive::digest(blob).replace("sha256:", "");
            assert_eq!(&fs::read(copy.path().join("blobs/sha256").join(hex)).unwrap(), blob);
        }
    }
}

#[test]
fn only_static_binaries_are_taken() {
    let itself = std::env::current_exe().unwrap();
    assert!(!binary::is_static(&fs::read(itself).unwrap()), "a test has a loader");
    let mut header = b"\x7fELF\x02\x01".to_vec();
    header.resize(64, 0);
    assert!(binary::is_static(&header), "no program headers, no interpreter");
    (header[32], header[54], header[56]) = (64, 56, 1);
    header.resize(64 + 56, 0);
    header[64] = 3;
    assert!(!binary::is_static(&header));
    header[56] = 9;
    assert!(!binary::is_static(&header), "headers beyond the end");
    assert!(!binary::is_static(b"#!/bin/sh\n"));
}

#[test]
fn the_dockerfiles_say_what_the_images_say() {
    for program in [Program::Dashboard, Program::Operator] {
        let text = read(program.dockerfile()).replace("\\\n", " ");
        let find = |word: &str| -> Option<Vec<String>> {
            let line = text.lines().find_map(|line| line.strip_prefix(word)?.strip_prefix(' '))?;
            Some(line.split_whitespace().map(str::to_owned).collect())
        };
        let line = |word: &str| find(word).unwrap_or_else(|| panic!("no {word}"));
        let variables: Vec<String> =
            program.environment().iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(line("ENV"), variables);
        assert_eq!(line("FROM"), ["scratch"]);
        assert_eq!(line("USER"), [format!("{0}:{0}", layer::USER)]);
        assert_eq!(line("WORKDIR"), [program.directory()]);
        assert_eq!(line("EXPOSE"), program.ports().iter().map(u16::to_string).collect::<Vec<_>>());
        assert_eq!(line("ENTRYPOINT").join(" "), json!([program.binary()]).to_string());
        let command = find("CMD").unwrap_or_else(|| vec!["[]".to_owned()]);
        assert_eq!(command.join(" "), json!(program.command()).to_string());
        let health = find("HEALTHCHECK").map(|words| words.join(" "));
        let check = program.health_check().map(|check| {
            let words = json!(check.command).to_string().replace(',', ", ");
            format!(
                "--interval={}s --timeout={}s --retries={} CMD {words}",
                check.interval_seconds, check.timeout_seconds, check.retries
            )
        });
        assert_eq!(health, check);
        for name in layer::NAMES {
            assert!(line("ADD").contains(&format!("${{TARGETARCH}}/{name}")));
        }
    }
}

#[test]
fn the_manifest_meets_the_restricted_profile() {
    let text = read("deploy/kubernetes/dashboard.yaml");
    let documents: Vec<Value> = text
        .split("\n---\n")
        .map(|document| load(document, Budget::CONTRACT).unwrap().to_json().unwrap())
        .collect();
    let [account, role, binding, deployment, service] = documents.as_slice() else {
        panic!("five documents")
    };
    let kinds: Vec<&Value> = documents.iter().map(|document| &document["kind"]).collect();
    assert_eq!(kinds, ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Deployment", "Service"]);
    // It reads what the operator wrote, and nothing else.
    assert_eq!(role["rules"].as_array().unwrap().len(), 1);
    assert_eq!(role["rules"][0]["resources"], json!(["pactos", "pactorevisions"]));
    assert_eq!(role["rules"][0]["verbs"], json!(["get", "list", "watch"]));
    assert_eq!(binding["subjects"][0]["name"], account["metadata"]["name"]);
    assert_eq!(binding["roleRef"]["name"], role["metadata"]["name"]);
    assert_eq!(deployment["spec"]["template"]["spec"]["serviceAccountName"], account["metadata"]["name"]);
    let template = &deployment["spec"]["template"];
    assert_eq!(deployment["spec"]["selector"]["matchLabels"], template["metadata"]["labels"]);
    assert_eq!(service["spec"]["selector"], template["metadata"]["labels"]);

    let pod = &template["spec"];
    for forbidden in ["hostNetwork", "hostPID", "hostIPC"] {
        assert!(pod.get(forbidden).is_none(), "{forbidden}");
    }
    for volume in pod["volumes"].as_array().unwrap() {
        let kinds: Vec<&String> = volume.as_object().unwrap().keys().filter(|key| *key != "name").collect();
        let allowed = [
            "configMap",
            "csi",
            "downwardAPI",
            "emptyDir",
            "ephemeral",
            "persistentVolumeClaim",
            "projected",
            "secret",
        ];
        assert!(kinds.iter().all(|kind| allowed.contains(&kind.as_str())), "{kinds:?}");
    }
    let containers = pod["containers"].as_array().unwrap();
    assert_eq!(containers.len(), 1);
    let container = &containers[0];
    let security = &container["securityContext"];
    assert_eq!(security["allowPrivilegeEscalation"], false);
    assert_eq!(security["readOnlyRootFilesystem"], true);
    assert_eq!(security["runAsNonRoot"], true);
    assert_eq!(security["runAsUser"], layer::USER);
    assert_eq!(security["capabilities"], json!({"drop": ["ALL"]}));
    assert_eq!(security["seccompProfile"]["type"], "RuntimeDefault");
    assert!(security.get("privileged").is_none() && security.get("procMount").is_none());
    assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
    assert!(container["ports"].as_array().unwrap().iter().all(|port| port.get("hostPort").is_none()));

    let [port] = Program::Dashboard.ports() else { panic!("one port") };
    assert_eq!(container["ports"][0]["containerPort"], *port);
    assert_eq!(service["spec"]["ports"][0]["targetPort"], *port);
    for probe in ["livenessProbe", "readinessProbe"] {
        assert_eq!(container[probe]["httpGet"], json!({"path": "/health", "port": port}));
    }
    let cache =
        Program::Dashboard.environment().iter().find(|(name, _)| *name == "PACTO_CACHE_DIR").unwrap().1;
    let mounts = container["volumeMounts"].as_array().unwrap();
    let is_writable =
        |path: &str| mounts.iter().any(|mount| path.starts_with(mount["mountPath"].as_str().unwrap()));
    assert!(is_writable(cache) && is_writable("/tmp"));
}

#[test]
fn every_variable_is_in_the_documentation() {
    let page = read("docs/container.md");
    let variables = [
        "PACTO_DASHBOARD_HOST",
        "PACTO_DASHBOARD_PORT",
        "PACTO_DASHBOARD_NAMESPACE",
        "PACTO_DASHBOARD_REPO",
        "PACTO_DASHBOARD_DIAGNOSTICS",
        "PACTO_CACHE_DIR",
        "PACTO_NO_CACHE",
        "PACTO_NO_UPDATE_CHECK",
        "PACTO_REGISTRY_USERNAME",
        "PACTO_REGISTRY_PASSWORD",
        "PACTO_REGISTRY_TOKEN",
    ];
    let row = |name: &str| {
        let start = format!("| `{name}` |");
        page.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("{name} has no row"))
    };
    for name in variables {
        row(name);
    }
    for (name, value) in
        Program::Dashboard.environment().iter().filter(|(name, _)| name.starts_with("PACTO_"))
    {
        assert!(row(name).contains(&format!("`{value}`")), "{name} is not {value} there");
    }
}

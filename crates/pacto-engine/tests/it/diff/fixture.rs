//! Bundles to compare: from directories, from corpus files, and built around one document.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use pacto_contract::yaml::{Budget, load};
use pacto_contract::{Bundle, Code, ContractDocument};
use pacto_engine::diff::{Comparison, Options, Side, compare_with};
use serde_json::{Value, json};

/// Rewrites what is expected instead of comparing with it.
const UPDATE: &str = "UPDATE_EXPECTED";

/// `tests/corpus` of the checkout.
pub fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus")
}

/// `examples` of the checkout.
pub fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

/// What lies beside the checkout; absent in a clone.
pub fn shared(part: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(part);
    path.exists().then_some(path)
}

/// The entries of a directory, sorted.
pub fn entries(directory: &Path) -> Vec<PathBuf> {
    let read = fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut paths: Vec<_> = read.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// File name without its extension.
pub fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

/// A YAML or JSON text as JSON.
pub fn parse_yaml(text: &str) -> Value {
    let node = load(text, Budget::INTERFACE).unwrap_or_else(|error| panic!("{error}\n{text}"));
    node.to_json().unwrap()
}

/// A YAML file as JSON.
pub fn read_yaml(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let node = load(&text, Budget::INTERFACE).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    node.to_json().unwrap()
}

/// One version of a contract with its files.
#[derive(Debug, Clone)]
pub struct Version {
    pub document: ContractDocument,
    pub bundle: Bundle,
}

/// A contract with one http interface.
const HTTP: &str = "pactoVersion: '1.0'\nservice: {name: api, version: 1.0.0}\n\
    interfaces: [{name: api, type: http, port: 80, contract: interfaces/api.json}]\n";
/// A contract that asks for configuration.
const CONFIGURED: &str = "pactoVersion: '1.0'\nservice: {name: asks, version: 1.0.0}\n\
    interfaces: [{name: api, type: http, port: 80}]\nconfiguration: {schema: configuration/schema.json}\n";
/// A contract that offers configuration.
const OFFERING: &str = "pactoVersion: '1.0'\nservice: {name: offers, version: 1.0.0}\n\
    configuration: {schema: configuration/schema.json}\n";
/// A contract with a policy.
const RULING: &str = "pactoVersion: '1.0'\nservice: {name: rules, version: 1.0.0}\n\
    policy: {schema: policy/schema.json}\n";

impl Version {
    /// A bundle of the given files, `pacto.yaml` among them.
    pub fn of(files: &[(&str, &[u8])]) -> Self {
        let mut bundle = Bundle::default();
        for (path, content) in files {
            bundle.insert(path, content.to_vec()).unwrap();
        }
        let document = ContractDocument::parse("pacto.yaml", bundle.get("pacto.yaml").unwrap());
        let document = document.unwrap_or_else(|failure| panic!("{:?}", failure.findings));
        Self { document, bundle }
    }

    /// The bundle in a directory.
    pub fn read(directory: &Path) -> Self {
        let mut files = Vec::new();
        collect(directory, "", &mut files);
        let files: Vec<_> = files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect();
        Self::of(&files)
    }

    /// A contract with one http interface that `api` describes.
    pub fn http(api: &Value) -> Self {
        Self::http_text(&api.to_string())
    }

    /// The same, from the text of the description.
    pub fn http_text(api: &str) -> Self {
        Self::of(&[("pacto.yaml", HTTP.as_bytes()), ("interfaces/api.json", api.as_bytes())])
    }

    /// A contract with one http interface, described in `main` among other files.
    pub fn http_files(files: &[(&str, &[u8])], main: &str) -> Self {
        let contract = HTTP.replace("interfaces/api.json", main);
        let mut all = vec![("pacto.yaml", contract.as_bytes())];
        all.extend_from_slice(files);
        Self::of(&all)
    }

    /// A contract with one event interface, described in `main` among other files.
    pub fn event_files(files: &[(&str, &[u8])], main: &str) -> Self {
        let contract =
            HTTP.replace("interfaces/api.json", main).replace("type: http, port: 80", "type: event");
        let mut all = vec![("pacto.yaml", contract.as_bytes())];
        all.extend_from_slice(files);
        Self::of(&all)
    }

    /// A service with one channel of messages that have this payload.
    pub fn event(action: &str, payload: &Value) -> Self {
        let document = json!({
            "asyncapi": "3.0.0",
            "channels": {"it": {"messages": {"one": {"payload": payload}}}},
            "operations": {"do": {"action": action, "channel": {"$ref": "#/channels/it"}}},
        });
        let text = document.to_string();
        Self::event_files(&[("interfaces/events.json", text.as_bytes())], "interfaces/events.json")
    }

    /// A service whose configuration has this schema.
    pub fn configured(schema: &Value) -> Self {
        let text = schema.to_string();
        Self::of(&[("pacto.yaml", CONFIGURED.as_bytes()), ("configuration/schema.json", text.as_bytes())])
    }

    /// A platform that offers configuration of this schema.
    pub fn offering(schema: &Value) -> Self {
        let text = schema.to_string();
        Self::of(&[("pacto.yaml", OFFERING.as_bytes()), ("configuration/schema.json", text.as_bytes())])
    }

    /// A contract whose policy has this schema.
    pub fn ruling(schema: &Value) -> Self {
        let text = schema.to_string();
        Self::of(&[("pacto.yaml", RULING.as_bytes()), ("policy/schema.json", text.as_bytes())])
    }

    pub fn side(&self) -> Side<'_> {
        Side { document: &self.document, bundle: &self.bundle }
    }
}

fn collect(directory: &Path, prefix: &str, files: &mut Vec<(String, Vec<u8>)>) {
    for path in entries(directory) {
        let name = format!("{prefix}{}", path.file_name().unwrap().to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files);
        } else {
            files.push((name, fs::read(&path).unwrap()));
        }
    }
}

/// Every bundle of the checkout and beside it: examples, and the demo where it is there.
pub fn all_bundles() -> Vec<(String, Version)> {
    let mut found = Vec::new();
    let roots = [Some(examples()), shared("demo")];
    for root in roots.into_iter().flatten() {
        search(&root, &mut found);
    }
    assert!(found.len() > 20, "only {} bundles", found.len());
    found
}

fn search(directory: &Path, found: &mut Vec<(String, Version)>) {
    if directory.join("pacto.yaml").exists() {
        found.push((directory.display().to_string(), Version::read(directory)));
        return;
    }
    entries(directory).iter().filter(|path| path.is_dir()).for_each(|path| search(path, found));
}

/// Compares two versions. Most pairs are made up with one version number, which is not what they are about.
pub fn diff(old: &Version, new: &Version) -> Comparison {
    diff_with(old, new, Options::default())
}

pub fn diff_with(old: &Version, new: &Version, options: Options) -> Comparison {
    let mut comparison = compare_with(old.side(), new.side(), options);
    comparison.diagnostics.retain(|finding| finding.code != Code::VersionUnderstates);
    comparison
}

/// The whole answer as JSON.
pub fn serialised(comparison: &Comparison) -> Value {
    json!({
        "classification": comparison.classification,
        "changes": comparison.changes,
        "diagnostics": comparison.diagnostics,
        "sbom": comparison.sbom,
    })
}

/// The rules that fired.
pub fn rule_ids(comparison: &Comparison) -> BTreeSet<String> {
    let findings = comparison.changes.iter().flat_map(|change| &change.findings);
    findings.map(|finding| finding.rule_id.clone()).collect()
}

/// Whether expected answers are rewritten.
pub fn updating() -> bool {
    std::env::var_os(UPDATE).is_some_and(|value| value == "1")
}

/// Compares `actual` with the text in `path`, or writes it there.
pub fn expect_text(path: &Path, actual: &str) {
    if updating() {
        fs::write(path, actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    if expected != actual {
        let differs = |(expected, actual): (&str, &str)| expected != actual;
        let at = expected.lines().zip(actual.lines()).position(differs);
        let at = at.unwrap_or_else(|| expected.lines().count().min(actual.lines().count()));
        panic!(
            "{} is not what came out, from line {}; look, and rewrite it with {UPDATE}=1\nexpected: {}\nactual:   {}",
            path.display(),
            at + 1,
            expected.lines().nth(at).unwrap_or("(end)"),
            actual.lines().nth(at).unwrap_or("(end)"),
        );
    }
}

/// Compares what a case of a folder of the corpus gives with what stands under `expected`, which is last in its file. Says what
/// came out instead, or rewrites the file where that is asked for.
pub fn unexpected(folder: &str, name: &str, file: &Value, actual: &str) -> Option<String> {
    if updating() {
        let path = corpus().join(folder).join(format!("{name}.yaml"));
        let text = fs::read_to_string(&path).unwrap();
        let before = text.find("\nexpected:").map_or(text.as_str(), |at| &text[..=at]);
        fs::write(&path, format!("{before}{actual}")).unwrap();
        return None;
    }
    (file["expected"] != parse_yaml(actual)["expected"]).then(|| format!("{name}:\n{actual}"))
}

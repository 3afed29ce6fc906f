//! Every budget of the project, in one table.
//!
//! A limit is a promise to the person who runs Pacto on input that somebody else wrote: no file, reference
//! or document can make it use more than this. Each constant is tested at the limit and one past it.
//! `docs/reference/limits.md` is generated from [`TABLE`].

/// Largest `pacto.yaml`, in bytes.
pub const MAX_CONTRACT_BYTES: usize = 1024 * 1024;
/// Largest single file of a bundle, in bytes.
pub const MAX_BUNDLE_FILE_BYTES: usize = 10 * 1024 * 1024;
/// Largest sum of all files of a bundle, in bytes, unpacked.
pub const MAX_BUNDLE_BYTES: usize = 50 * 1024 * 1024;
/// Most files and directories in a bundle.
pub const MAX_BUNDLE_ENTRIES: usize = 10_000;
/// Longest path of a file inside a bundle, in bytes.
pub const MAX_BUNDLE_PATH_BYTES: usize = 1024;
/// Deepest nesting of collections in a YAML or JSON document.
pub const MAX_YAML_DEPTH: usize = 128;
/// Most nodes in a contract or values file, counted after aliases and merge keys are expanded.
pub const MAX_YAML_NODES: usize = 100_000;
/// Most nodes in an interface or schema file, counted the same way.
pub const MAX_INTERFACE_NODES: usize = 2_000_000;
/// Most JSON values of a schema and the files that it refers to, all together.
pub const MAX_SCHEMA_VALUES: usize = 250_000;
/// Longest chain of `$ref` that is followed.
pub const MAX_REF_DEPTH: usize = 128;
/// Most services in one dependency graph.
pub const MAX_GRAPH_SERVICES: usize = 100_000;
/// Most levels of one dependency graph, counted along the shortest way from the root.
pub const MAX_GRAPH_DEPTH: usize = 1_000;
/// Longest chain of policies that refer to further policies.
pub const MAX_POLICY_CHAIN: usize = 128;
/// Most findings that one validation layer reports before it stops.
pub const MAX_FINDINGS: usize = 1_000;
/// Longest version text, in bytes.
pub const MAX_VERSION_BYTES: usize = 256;
/// Longest version constraint, in bytes.
pub const MAX_RANGE_BYTES: usize = 1024;
/// Most terms in one version constraint.
pub const MAX_RANGE_TERMS: usize = 256;
/// Longest reference (`oci://…`, `file://…` or path), in bytes.
pub const MAX_REFERENCE_BYTES: usize = 4096;
/// Longest key of `--set`, in bytes.
pub const MAX_OVERRIDE_PATH_BYTES: usize = 4096;
/// Largest list index that `--set name[index]` may name.
pub const MAX_OVERRIDE_INDEX: usize = 100_000;
/// Most contracts that one call of `pacto validate` looks at.
pub const MAX_CONTRACTS_PER_RUN: usize = 100_000;
/// Deepest directory below the named one in which contracts are searched.
pub const MAX_SEARCH_DEPTH: usize = 5;
/// Most directories that one search for contracts looks into.
pub const MAX_SEARCH_DIRECTORIES: usize = 200_000;
/// How many times smaller than its content a packed bundle may be, once the content is over 1 MiB.
pub const MAX_COMPRESSION_RATIO: usize = 200;
/// Largest manifest, or page of a list of tags, that a registry may send, in bytes.
pub const MAX_MANIFEST_BYTES: usize = 4 * 1024 * 1024;
/// Most tags of one repository.
pub const MAX_TAGS: usize = 100_000;
/// Most redirects of one request.
pub const MAX_REDIRECTS: usize = 5;
/// Longest text that is kept of a resource of a cluster, in bytes.
pub const MAX_RESOURCE_TEXT_BYTES: usize = 4096;
/// Most entries that are kept of one list or map of a resource of a cluster.
pub const MAX_RESOURCE_ENTRIES: usize = 1_000;
/// Most text that is kept of one resource of a cluster, in bytes.
pub const MAX_RESOURCE_VIEW_BYTES: usize = 64 * 1024;
/// Most bytes of rendered manifests that one call of `pacto verify` reads.
pub const MAX_RENDERED_BYTES: usize = 32 * 1024 * 1024;
/// Most files of rendered manifests that one call of `pacto verify` reads.
pub const MAX_RENDERED_FILES: usize = 10_000;

/// Largest answer of a plugin, in bytes.
pub const MAX_PLUGIN_OUTPUT_BYTES: usize = 64 * 1024 * 1024;
/// Longest time that a plugin may work, in seconds.
pub const MAX_PLUGIN_SECONDS: usize = 60;
/// Most files that a plugin may make.
pub const MAX_PLUGIN_FILES: usize = 10_000;

/// One row of the documented table of limits.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// Name of the constant.
    pub name: &'static str,
    /// Its value.
    pub value: usize,
    /// Its unit.
    pub unit: &'static str,
    /// What it bounds, as a noun phrase.
    pub bounds: &'static str,
}

/// All limits, in the order of the documentation.
pub const TABLE: &[Limit] = &[
    row("MAX_CONTRACT_BYTES", MAX_CONTRACT_BYTES, "bytes", "one `pacto.yaml` or values file"),
    row("MAX_BUNDLE_FILE_BYTES", MAX_BUNDLE_FILE_BYTES, "bytes", "one file of a bundle"),
    row("MAX_BUNDLE_BYTES", MAX_BUNDLE_BYTES, "bytes", "all files of a bundle, unpacked"),
    row("MAX_BUNDLE_ENTRIES", MAX_BUNDLE_ENTRIES, "entries", "files and directories of a bundle"),
    row("MAX_BUNDLE_PATH_BYTES", MAX_BUNDLE_PATH_BYTES, "bytes", "the path of a file inside a bundle"),
    row("MAX_YAML_DEPTH", MAX_YAML_DEPTH, "levels", "nesting of collections in YAML and JSON"),
    row("MAX_YAML_NODES", MAX_YAML_NODES, "nodes", "a contract or values file after alias expansion"),
    row(
        "MAX_INTERFACE_NODES",
        MAX_INTERFACE_NODES,
        "nodes",
        "an interface or schema file after alias expansion",
    ),
    row("MAX_SCHEMA_VALUES", MAX_SCHEMA_VALUES, "values", "a JSON Schema with the files that it refers to"),
    row("MAX_REF_DEPTH", MAX_REF_DEPTH, "steps", "a chain of `$ref`"),
    row("MAX_GRAPH_SERVICES", MAX_GRAPH_SERVICES, "services", "one dependency graph"),
    row("MAX_GRAPH_DEPTH", MAX_GRAPH_DEPTH, "levels", "one dependency graph"),
    row("MAX_POLICY_CHAIN", MAX_POLICY_CHAIN, "steps", "a chain of policies that refer to policies"),
    row("MAX_FINDINGS", MAX_FINDINGS, "findings", "the report of one validation layer"),
    row("MAX_VERSION_BYTES", MAX_VERSION_BYTES, "bytes", "a version"),
    row("MAX_RANGE_BYTES", MAX_RANGE_BYTES, "bytes", "a version constraint"),
    row("MAX_RANGE_TERMS", MAX_RANGE_TERMS, "terms", "a version constraint"),
    row("MAX_REFERENCE_BYTES", MAX_REFERENCE_BYTES, "bytes", "a reference"),
    row("MAX_OVERRIDE_PATH_BYTES", MAX_OVERRIDE_PATH_BYTES, "bytes", "the key of `--set`"),
    row("MAX_OVERRIDE_INDEX", MAX_OVERRIDE_INDEX, "", "a list index in `--set`"),
    row("MAX_CONTRACTS_PER_RUN", MAX_CONTRACTS_PER_RUN, "contracts", "one call of `pacto validate`"),
    row("MAX_SEARCH_DEPTH", MAX_SEARCH_DEPTH, "levels", "the search for contracts below a directory"),
    row(
        "MAX_SEARCH_DIRECTORIES",
        MAX_SEARCH_DIRECTORIES,
        "directories",
        "the search for contracts below a directory",
    ),
    row(
        "MAX_COMPRESSION_RATIO",
        MAX_COMPRESSION_RATIO,
        "times",
        "a packed bundle whose content is over 1 MiB",
    ),
    row("MAX_MANIFEST_BYTES", MAX_MANIFEST_BYTES, "bytes", "a manifest or a page of tags"),
    row("MAX_TAGS", MAX_TAGS, "tags", "one repository"),
    row("MAX_REDIRECTS", MAX_REDIRECTS, "redirects", "one request to a registry"),
    row(
        "MAX_RESOURCE_TEXT_BYTES",
        MAX_RESOURCE_TEXT_BYTES,
        "bytes",
        "one text kept of a resource of a cluster",
    ),
    row(
        "MAX_RESOURCE_ENTRIES",
        MAX_RESOURCE_ENTRIES,
        "entries",
        "one list or map kept of a resource of a cluster",
    ),
    row(
        "MAX_RESOURCE_VIEW_BYTES",
        MAX_RESOURCE_VIEW_BYTES,
        "bytes",
        "all text kept of a resource of a cluster",
    ),
    row("MAX_RENDERED_BYTES", MAX_RENDERED_BYTES, "bytes", "all manifests of one call of `pacto verify`"),
    row("MAX_RENDERED_FILES", MAX_RENDERED_FILES, "files", "the manifests of one call of `pacto verify`"),
    row("MAX_PLUGIN_OUTPUT_BYTES", MAX_PLUGIN_OUTPUT_BYTES, "bytes", "the answer of a plugin"),
    row("MAX_PLUGIN_SECONDS", MAX_PLUGIN_SECONDS, "seconds", "the work of a plugin"),
    row("MAX_PLUGIN_FILES", MAX_PLUGIN_FILES, "files", "what a plugin makes"),
];

const fn row(name: &'static str, value: usize, unit: &'static str, bounds: &'static str) -> Limit {
    Limit { name, value, unit, bounds }
}

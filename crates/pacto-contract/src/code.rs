//! Every diagnostic code, with the words that document it.
//!
//! `docs/reference/diagnostics.md` is generated from this table, and a test asks that every code is hit by a
//! fixture in `tests/contracts`.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::Severity;

/// Where in the pipeline a code is raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Reading the file.
    Load,
    /// Layer 1: the shape of the contract.
    Structural,
    /// Layer 2: references between its parts.
    CrossField,
    /// Layer 3: parts that do not make sense together.
    Semantic,
    /// Layer 4: policies.
    Policy,
    /// Against observed reality.
    Runtime,
    /// The dependency graph.
    Graph,
    /// Comparing two versions.
    Diff,
    /// `pacto.lock`.
    Lock,
}

impl Stage {
    /// Heading in the documentation.
    pub fn title(self) -> &'static str {
        match self {
            Self::Load => "Loading",
            Self::Structural => "Layer 1: structure",
            Self::CrossField => "Layer 2: cross-field",
            Self::Semantic => "Layer 3: semantics",
            Self::Policy => "Layer 4: policies",
            Self::Runtime => "Runtime",
            Self::Graph => "Graph",
            Self::Diff => "Diff",
            Self::Lock => "Lock",
        }
    }
}

macro_rules! codes {
    ($($variant:ident $text:literal $stage:ident $severity:ident $summary:literal $remedy:literal;)*) => {
        /// A stable diagnostic code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
        pub enum Code {
            $(#[doc = $summary] #[serde(rename = $text)] $variant,)*
        }

        impl Code {
            /// All codes, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code as it is printed.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Where it is raised.
            pub fn stage(self) -> Stage {
                match self { $(Self::$variant => Stage::$stage,)* }
            }

            /// How bad it is, unless a finding says otherwise.
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// What it means, one sentence.
            pub fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)* }
            }

            /// What to do about it, one sentence.
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy,)* }
            }
        }
    };
}

codes! {
    ParseError "PARSE_ERROR" Load Error
        "The contract could not be read: the file is missing or unreadable, or the text is not one YAML document."
        "Correct the text at the place that is named.";
    YamlParseError "YAML_PARSE_ERROR" Structural Error
        "The YAML holds a value that JSON cannot express, such as `.nan` or a number beyond 64 bits."
        "Write the value as quoted text.";
    UnsupportedPactoVersion "UNSUPPORTED_PACTO_VERSION" Structural Error
        "`pactoVersion` names a version of the format that this program does not know."
        "Use \"1.0\", \"1.1\" or \"1.2\".";
    SchemaViolation "SCHEMA_VIOLATION" Structural Error
        "A key is unknown or missing, or a value has the wrong type, form or size."
        "Compare with the contract reference; the finding names the nearest known key or the allowed values.";
    SchemaError "SCHEMA_ERROR" Structural Error
        "The structural check was stopped because the contract has too many structural errors."
        "Correct the errors that are listed and run again.";
    ConflictingForms "CONFLICTING_FORMS" Structural Error
        "The singular and the plural form of one section are both there."
        "Keep `configurations` or `configuration`, `policies` or `policy`, not both.";
    PortRequired "PORT_REQUIRED" Structural Error
        "An http or grpc interface has no port."
        "Add `port`.";
    ContractRequired "CONTRACT_REQUIRED" Structural Error
        "A grpc or event interface has no contract file."
        "Add `contract` with the path of the .proto or AsyncAPI file in the bundle.";
    PolicyEmpty "POLICY_EMPTY" Structural Error
        "A policy has neither `schema` nor `ref`."
        "Name a schema file of the bundle or a policy contract.";
    EmptyCompatibility "EMPTY_COMPATIBILITY" Structural Error
        "A dependency has an empty version constraint."
        "Write a range such as \"^1.0.0\", or \"*\" for any release.";
    ValuesWithoutSchema "VALUES_WITHOUT_SCHEMA" Structural Error
        "A configuration has values and no schema to check them against."
        "Add `schema`.";
    StatelessPersistentConflict "STATELESS_PERSISTENT_CONFLICT" Structural Error
        "A stateless service declares persistent state."
        "Use durability `ephemeral`, or state type `stateful` or `hybrid`.";

    InvalidSemver "INVALID_SEMVER" CrossField Error
        "`service.version` is not a version."
        "Write major.minor.patch; missing parts and leading zeros are accepted.";
    DuplicateInterfaceName "DUPLICATE_INTERFACE_NAME" CrossField Error
        "Two interfaces have one name."
        "Rename one of them.";
    DuplicateConfigurationName "DUPLICATE_CONFIGURATION_NAME" CrossField Error
        "Two configurations have one name."
        "Rename one of them.";
    DuplicatePolicyName "DUPLICATE_POLICY_NAME" CrossField Error
        "Two policies have one name."
        "Rename one of them.";
    DuplicateDependencyName "DUPLICATE_DEPENDENCY_NAME" CrossField Error
        "Two dependencies have one name; without `name` it is the last part of the reference."
        "Give one of them another `name`.";
    PortIgnored "PORT_IGNORED" CrossField Warning
        "An event interface has a port, which nothing uses."
        "Remove `port`.";
    HealthInterfaceNotFound "HEALTH_INTERFACE_NOT_FOUND" CrossField Error
        "`runtime.health.interface` names no declared interface."
        "Name one of the interfaces.";
    HealthInterfaceInvalid "HEALTH_INTERFACE_INVALID" CrossField Error
        "`runtime.health.interface` names an event interface."
        "Name an http or grpc interface.";
    HealthPathRequired "HEALTH_PATH_REQUIRED" CrossField Error
        "Health is checked over http and no path is given."
        "Add `runtime.health.path`.";
    HealthPathIgnored "HEALTH_PATH_IGNORED" CrossField Warning
        "Health is checked over grpc, which has no path."
        "Remove `runtime.health.path`.";
    MetricsInterfaceNotFound "METRICS_INTERFACE_NOT_FOUND" CrossField Error
        "`runtime.metrics.interface` names no declared interface."
        "Name one of the interfaces.";
    MetricsInterfaceInvalid "METRICS_INTERFACE_INVALID" CrossField Error
        "`runtime.metrics.interface` names an event interface."
        "Name an http or grpc interface.";
    MetricsPathRequired "METRICS_PATH_REQUIRED" CrossField Error
        "Metrics are read over http and no path is given."
        "Add `runtime.metrics.path`.";
    MetricsPathIgnored "METRICS_PATH_IGNORED" CrossField Warning
        "Metrics are read over grpc, which has no path."
        "Remove `runtime.metrics.path`.";
    FileNotFound "FILE_NOT_FOUND" CrossField Error
        "A file that the contract names is not in the bundle."
        "Add the file, or correct the path; it is relative to pacto.yaml, with `/`, without `./` and `..`.";
    InvalidContractFile "INVALID_CONTRACT_FILE" CrossField Error
        "An interface file is not readable YAML or JSON."
        "Correct the file at the place that is named.";
    InvalidConfigRef "INVALID_CONFIG_REF" CrossField Error
        "`configuration.ref` is not a reference."
        "Write oci://registry/repository, with a tag or digest if one must be fixed.";
    InvalidPolicyRef "INVALID_POLICY_REF" CrossField Error
        "`policy.ref` is not a reference."
        "Write oci://registry/repository, with a tag or digest if one must be fixed.";
    InvalidOciRef "INVALID_OCI_REF" CrossField Error
        "A dependency's `ref` is not a reference."
        "Write oci://registry/repository, file://path or a path.";
    TagNotDigest "TAG_NOT_DIGEST" CrossField Warning
        "A dependency is fixed to a tag, which its owner can move."
        "Drop the tag and let `compatibility` choose, or fix a digest.";
    InvalidDigest "INVALID_DIGEST" CrossField Warning
        "A digest has fewer digits than its algorithm makes; it can never be fetched."
        "Write all 64 hexadecimal digits of sha256.";
    InvalidCompatibility "INVALID_COMPATIBILITY" CrossField Error
        "A version constraint cannot be read."
        "Use the operators ^ ~ >= <= > < = !=, lists with commas or blanks, and || for alternatives.";
    ImpossibleCompatibility "IMPOSSIBLE_COMPATIBILITY" CrossField Warning
        "No version can satisfy a constraint."
        "Correct the bounds.";
    InvalidImageRef "INVALID_IMAGE_REF" CrossField Error
        "`service.image.ref` is not an image reference with a registry."
        "Write registry/repository:tag, without a scheme.";
    InvalidChartRef "INVALID_CHART_REF" CrossField Error
        "`service.chart.ref` is not a reference."
        "Write oci://registry/repository, file://path or a path.";
    InvalidChartVersion "INVALID_CHART_VERSION" CrossField Error
        "`service.chart.version` is not a version."
        "Write major.minor.patch.";
    InvalidConfigJson "INVALID_CONFIG_JSON" CrossField Error
        "The configuration schema file is not JSON."
        "Correct the file at the place that is named.";
    InvalidConfigSchema "INVALID_CONFIG_SCHEMA" CrossField Error
        "The configuration schema file is no valid JSON Schema."
        "Correct the keyword that is named.";
    InvalidPolicyJson "INVALID_POLICY_JSON" CrossField Error
        "The policy schema file is not JSON."
        "Correct the file at the place that is named.";
    InvalidPolicySchema "INVALID_POLICY_SCHEMA" CrossField Error
        "The policy schema file is no valid JSON Schema."
        "Correct the keyword that is named.";
    ConfigValuesValidationFailed "CONFIG_VALUES_VALIDATION_FAILED" CrossField Error
        "Configuration values do not satisfy their schema."
        "Correct the values; the finding lists what the schema asks for and never shows a value.";
    ConfigRefUnresolved "CONFIG_REF_UNRESOLVED" CrossField Warning
        "The contract that `configuration.ref` names could not be read, or offers no configuration/schema.json."
        "Check the reference and the access to it; publishing refuses it.";
    ScalingMinExceedsMax "SCALING_MIN_EXCEEDS_MAX" CrossField Error
        "`scaling.min` is larger than `scaling.max`."
        "Swap or correct the bounds.";
    JobScalingNotAllowed "JOB_SCALING_NOT_ALLOWED" CrossField Error
        "A job runs to completion and cannot be scaled."
        "Remove `scaling`, or use workload `service`.";

    UpgradeStrategyStateMismatch "UPGRADE_STRATEGY_STATE_MISMATCH" Semantic Warning
        "An ordered upgrade serves no purpose for a stateless service."
        "Use `rolling`.";

    PolicyViolation "POLICY_VIOLATION" Policy Error
        "The contract breaks a policy that it has adopted."
        "Change the contract as the policy asks, or talk to the team that owns the policy.";
    PolicyRefUnresolved "POLICY_REF_UNRESOLVED" Policy Error
        "A policy could not be read, so the contract cannot be said to follow it."
        "Check the reference and the access to it.";
    PolicyRefCycle "POLICY_REF_CYCLE" Policy Error
        "A chain of policies leads back to itself."
        "Remove one of the references; the finding shows the chain.";
    PolicyEnforcementError "POLICY_ENFORCEMENT_ERROR" Policy Error
        "A policy could not be evaluated, for instance because a pattern costs too much."
        "Simplify the policy schema.";
    PolicyUnsatisfiable "POLICY_UNSATISFIABLE" Policy Warning
        "No contract can ever satisfy the policy: it asks for something that the contract format forbids."
        "Correct the policy; it may have been written for another kind of document.";
    PolicyRefNotEnforced "POLICY_REF_NOT_ENFORCED" Policy Warning
        "Only the policies inside the bundle were enforced; this one is elsewhere and was not fetched."
        "Run `pacto validate`, which fetches it.";
    PolicyNotSelfEnforced "POLICY_NOT_SELF_ENFORCED" Policy Info
        "A contract without interfaces and runtime publishes its policy and is not judged by it."
        "Nothing to do.";

    PortNotObserved "PORT_NOT_OBSERVED" Runtime Error
        "A declared port was not seen at run time."
        "Expose the port, or correct the contract.";
    ConfigNotObserved "CONFIG_NOT_OBSERVED" Runtime Warning
        "A configured value was not seen in the environment at run time."
        "Set the variable, or correct the contract.";

    DependencyUnresolved "DEPENDENCY_UNRESOLVED" Graph Error
        "A dependency could not be read."
        "Check the reference and the access to it.";
    DependencyCycle "DEPENDENCY_CYCLE" Graph Error
        "A chain of dependencies leads back to itself."
        "Remove one of the dependencies.";
    DependencyConflict "DEPENDENCY_CONFLICT" Graph Error
        "One service is needed in several versions, or under constraints that no version satisfies together."
        "Align the constraints.";
    IncompatibleTag "INCOMPATIBLE_TAG" Graph Warning
        "A dependency is fixed to a version that its own constraint excludes."
        "Change the tag or the constraint.";

    InterfaceFileMissing "INTERFACE_FILE_MISSING" Diff Error
        "An interface or schema file is missing from one of the two versions, so it could not be compared."
        "Add the file to the bundle.";
    InterfaceFileUnreadable "INTERFACE_FILE_UNREADABLE" Diff Error
        "An interface or schema file of one of the two versions cannot be read, so it could not be compared."
        "Correct the file at the place that is named.";
    InterfaceNotCompared "INTERFACE_NOT_COMPARED" Diff Warning
        "An interface file changed, and its format has no comparator."
        "Review the file by hand.";
    VersionDecreased "VERSION_DECREASED" Diff Warning
        "The new version of a contract is lower than the old one."
        "Check that old and new are not the wrong way round.";
    VersionUnderstates "VERSION_UNDERSTATES" Diff Warning
        "Something breaks, and the version says that nothing does."
        "Publish it as the version that is named, or a higher one.";
    RulebookInvalid "RULEBOOK_INVALID" Diff Error
        "A file with decisions about rules cannot be used."
        "Correct the file at the place that is named.";
    DecisionEnded "DECISION_ENDED" Diff Warning
        "A finding was accepted until a day that is over."
        "Solve it, or decide again with a later day.";
    SbomUnreadable "SBOM_UNREADABLE" Diff Warning
        "An SBOM file cannot be read, so its packages are not compared."
        "Write SPDX 2.3 or CycloneDX 1.4 to 1.6 as JSON.";

    LockMissing "LOCK_MISSING" Lock Error
        "There is no pacto.lock to check."
        "Run `pacto lock`, and commit the file.";
    LockUnreadable "LOCK_UNREADABLE" Lock Error
        "pacto.lock cannot be read."
        "Remove it and run `pacto lock`.";
    LockStale "LOCK_STALE" Lock Error
        "The contract and pacto.lock do not name the same dependencies, configurations and policies."
        "Run `pacto lock`.";
    LockDigestMismatch "LOCK_DIGEST_MISMATCH" Lock Error
        "A tag leads to another digest than when it was locked."
        "Find out why the tag was moved; take the new content with `pacto lock --update NAME`.";
    LockLocalDrift "LOCK_LOCAL_DRIFT" Lock Error
        "A contract of this machine was changed after it was locked."
        "Run `pacto lock`.";
    LockConflict "LOCK_CONFLICT" Lock Error
        "Two entries of pacto.lock contradict each other, or one is outside of its own constraint."
        "Run `pacto lock --update`.";
    LockUnresolved "LOCK_UNRESOLVED" Lock Error
        "Something that is to be locked, or was, cannot be found."
        "Check the reference and the access to it.";
    LockAmbiguousReference "LOCK_AMBIGUOUS_REFERENCE" Lock Error
        "Two configurations or two policies of one contract have one name, so the lock cannot tell them apart."
        "Give each a name of its own.";
    LockDuplicateDeclaration "LOCK_DUPLICATE_DECLARATION" Lock Error
        "A dependency is declared, or locked, twice."
        "Remove one of the two.";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

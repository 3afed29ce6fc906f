//! The contract, key by key. `pactoVersion` 1.0, 1.1 and 1.2.

use super::{Field, ObjectShape, Pattern, Rule, Shape, Text};
use crate::code::Code;

const ANY: Text = Text { min_chars: 0, pattern: None, values: &[] };
const SOME: Text = Text { min_chars: 1, pattern: None, values: &[] };

const fn pattern(pattern: Pattern) -> Shape {
    Shape::Text(Text { min_chars: 0, pattern: Some(pattern), values: &[] })
}

const fn one_of(values: &'static [(&'static str, &'static str)]) -> Shape {
    Shape::Text(Text { min_chars: 0, pattern: None, values })
}

const fn required(name: &'static str, shape: Shape, description: &'static str) -> Field {
    Field { name, shape, required: true, description, default: None, empty_code: None }
}

const fn optional(name: &'static str, shape: Shape, description: &'static str) -> Field {
    Field { name, shape, required: false, description, default: None, empty_code: None }
}

const fn defaulted(
    name: &'static str,
    shape: Shape,
    default: &'static str,
    description: &'static str,
) -> Field {
    Field { name, shape, required: false, description, default: Some(default), empty_code: None }
}

const TEXT: Shape = Shape::Text(SOME);
/// Whole numbers that every JSON reader keeps exact, whether they are written as `3`, `3.0` or `3e0`.
const NATURAL: Shape = Shape::Integer { min: 0, max: Some((1 << 53) - 1) };

/// The root of a contract.
pub static CONTRACT: ObjectShape = ObjectShape {
    description: "A Pacto contract: what one service exposes, needs and promises at run time.",
    fields: &[
        required(
            "pactoVersion",
            one_of(&[
                ("1.0", "The base format."),
                ("1.1", "1.0 with `readiness`."),
                ("1.2", "1.1 with dated readiness."),
            ]),
            "Version of the contract format, as quoted text.",
        ),
        required("service", Shape::Object(&SERVICE), "Who the service is."),
        optional("interfaces", list(&Shape::Object(&INTERFACE)), "What the service exposes."),
        optional("configuration", Shape::Object(&CONFIGURATION), "The one configuration, singular form."),
        optional("configurations", list(&Shape::Object(&NAMED_CONFIGURATION)), "Named configurations."),
        optional("policy", Shape::Object(&POLICY), "The one policy, singular form."),
        optional("policies", list(&Shape::Object(&NAMED_POLICY)), "Named policies."),
        optional("dependencies", list(&Shape::Object(&DEPENDENCY)), "Services that this one calls."),
        optional("runtime", Shape::Object(&RUNTIME), "How the service behaves while it runs."),
        optional("scaling", Shape::Object(&SCALING), "How many instances run."),
        optional(
            "readiness",
            Shape::FreeObject,
            "Production readiness; formats 1.1 and 1.2, carried through.",
        ),
        optional("metadata", Shape::FreeObject, "Free form, for people and policies."),
    ],
    min_fields: 0,
    rules: &[
        Rule::AtMostOne { keys: &["configuration", "configurations"], code: Code::ConflictingForms },
        Rule::AtMostOne { keys: &["policy", "policies"], code: Code::ConflictingForms },
        Rule::ForbiddenWhen { key: "pactoVersion", values: &["1.0"], forbidden: "readiness" },
    ],
};

const fn list(items: &'static Shape) -> Shape {
    Shape::List { items, min_items: 0 }
}

static SERVICE: ObjectShape = ObjectShape {
    description: "Identity of the service.",
    fields: &[
        required("name", pattern(Pattern::ServiceName), "Name, unique in the platform."),
        required(
            "version",
            TEXT,
            "Version of the contract; semver, missing parts and leading zeros accepted.",
        ),
        optional(
            "owner",
            Shape::TextOrObject(SOME, &OWNER),
            "Who answers for it: a name, or a team with contacts.",
        ),
        optional("image", Shape::Object(&IMAGE), "Container image."),
        optional("chart", Shape::Object(&CHART), "Helm chart."),
    ],
    min_fields: 0,
    rules: &[],
};

static OWNER: ObjectShape = ObjectShape {
    description: "Structured ownership.",
    fields: &[
        optional("team", text_pattern(Pattern::Team), "Owning team."),
        optional("dri", text_pattern(Pattern::Person), "Directly responsible individual."),
        optional(
            "contacts",
            Shape::List { items: &Shape::Object(&CONTACT), min_items: 1 },
            "How to reach the owner, in order of preference.",
        ),
    ],
    min_fields: 1,
    rules: &[],
};

const fn text_pattern(pattern: Pattern) -> Shape {
    Shape::Text(Text { min_chars: 1, pattern: Some(pattern), values: &[] })
}

static CONTACT: ObjectShape = ObjectShape {
    description: "One way to reach the owner.",
    fields: &[
        required(
            "type",
            one_of(&[
                ("email", "Mail address."),
                ("url", "Web page."),
                ("group", "Group or mailing list."),
                ("oncall", "On-call rotation."),
                ("chat", "Chat channel."),
                ("other", "Anything else."),
            ]),
            "Kind of contact.",
        ),
        required("value", TEXT, "Address, link or name."),
        optional(
            "purpose",
            one_of(&[
                ("ownership", "Questions of ownership."),
                ("support", "Support."),
                ("escalation", "Escalations."),
                ("oncall", "Incidents."),
                ("notifications", "Announcements."),
            ]),
            "What it is for.",
        ),
    ],
    min_fields: 0,
    rules: &[],
};

static IMAGE: ObjectShape = ObjectShape {
    description: "Container image of the service.",
    fields: &[
        required("ref", TEXT, "registry/repository:tag, without a scheme."),
        optional("private", Shape::Boolean, "Whether pulling it needs credentials."),
    ],
    min_fields: 0,
    rules: &[],
};

static CHART: ObjectShape = ObjectShape {
    description: "Helm chart that deploys the service.",
    fields: &[
        required("ref", TEXT, "oci://…, file://… or a path."),
        required("version", TEXT, "Version of the chart."),
    ],
    min_fields: 0,
    rules: &[],
};

static INTERFACE: ObjectShape = ObjectShape {
    description: "One way into, or out of, the service.",
    fields: &[
        required("name", TEXT, "Name, unique in the contract."),
        required(
            "type",
            one_of(&[
                ("http", "HTTP, described by OpenAPI."),
                ("grpc", "gRPC, described by protobuf."),
                ("event", "Messages, described by AsyncAPI."),
            ]),
            "Protocol.",
        ),
        optional("port", Shape::Integer { min: 1, max: Some(65535) }, "Port; needed for http and grpc."),
        defaulted(
            "visibility",
            one_of(&[
                ("public", "Reachable from outside of the platform."),
                ("internal", "Reachable inside of the platform only."),
            ]),
            "internal",
            "Who may reach it.",
        ),
        optional("contract", TEXT, "Description file in the bundle; needed for grpc and event."),
    ],
    min_fields: 0,
    rules: &[
        Rule::RequiredWhen {
            key: "type",
            values: &["http", "grpc"],
            needed: "port",
            code: Code::PortRequired,
        },
        Rule::RequiredWhen {
            key: "type",
            values: &["grpc", "event"],
            needed: "contract",
            code: Code::ContractRequired,
        },
    ],
};

const CONFIGURATION_SCHEMA: Field = optional("schema", TEXT, "JSON Schema file in the bundle.");
const CONFIGURATION_REF: Field = optional(
    "ref",
    TEXT,
    "Contract whose configuration/schema.json applies; excludes `schema` and `values`.",
);
const CONFIGURATION_VALUES: Field =
    optional("values", Shape::FreeObject, "Values, checked against `schema`.");

const CONFIGURATION_RULES: &[Rule] = &[
    Rule::Excludes { key: "ref", others: &["values"] },
    Rule::Needs { key: "values", others: &["schema"], code: Code::ValuesWithoutSchema },
    Rule::ExactlyOne { keys: &["schema", "ref"], none: Code::SchemaViolation },
];

static CONFIGURATION: ObjectShape = ObjectShape {
    description: "What the service needs to be configured with, or what a platform offers.",
    fields: &[CONFIGURATION_SCHEMA, CONFIGURATION_REF, CONFIGURATION_VALUES],
    min_fields: 0,
    rules: CONFIGURATION_RULES,
};

static NAMED_CONFIGURATION: ObjectShape = ObjectShape {
    description: "One configuration of several.",
    fields: &[
        required("name", TEXT, "Name, unique in the contract."),
        CONFIGURATION_SCHEMA,
        CONFIGURATION_REF,
        CONFIGURATION_VALUES,
    ],
    min_fields: 0,
    rules: CONFIGURATION_RULES,
};

const POLICY_SCHEMA: Field =
    optional("schema", TEXT, "JSON Schema file in the bundle that contracts must satisfy.");
const POLICY_REF: Field = optional("ref", TEXT, "Contract whose policies apply.");
const POLICY_RULES: &[Rule] = &[Rule::ExactlyOne { keys: &["schema", "ref"], none: Code::PolicyEmpty }];

static POLICY: ObjectShape = ObjectShape {
    description: "A rule for contracts, as a JSON Schema.",
    fields: &[POLICY_SCHEMA, POLICY_REF],
    min_fields: 0,
    rules: POLICY_RULES,
};

static NAMED_POLICY: ObjectShape = ObjectShape {
    description: "One policy of several.",
    fields: &[required("name", TEXT, "Name, unique in the contract."), POLICY_SCHEMA, POLICY_REF],
    min_fields: 0,
    rules: POLICY_RULES,
};

static DEPENDENCY: ObjectShape = ObjectShape {
    description: "A service that this one calls.",
    fields: &[
        optional("name", TEXT, "Name; without it, the last part of `ref`."),
        required("ref", TEXT, "oci://…, file://… or a path."),
        defaulted("required", Shape::Boolean, "false", "Whether the service cannot work without it."),
        Field {
            name: "compatibility",
            shape: TEXT,
            required: true,
            description: "Versions that are accepted, such as \"^1.2.0\".",
            default: None,
            empty_code: Some(Code::EmptyCompatibility),
        },
    ],
    min_fields: 0,
    rules: &[],
};

static RUNTIME: ObjectShape = ObjectShape {
    description: "Behaviour at run time.",
    fields: &[
        required(
            "workload",
            one_of(&[
                ("service", "Runs until it is stopped."),
                ("job", "Runs once, to completion."),
                ("scheduled", "Runs on a schedule that is defined elsewhere."),
            ]),
            "Kind of process.",
        ),
        required("state", Shape::Object(&STATE), "What it keeps, and where."),
        optional("lifecycle", Shape::Object(&LIFECYCLE), "How it is replaced and stopped."),
        optional("health", Shape::Object(&HEALTH), "How to ask whether it is well."),
        optional("metrics", Shape::Object(&METRICS), "Where its metrics are."),
    ],
    min_fields: 0,
    rules: &[],
};

static STATE: ObjectShape = ObjectShape {
    description: "State model.",
    fields: &[
        required(
            "type",
            one_of(&[
                ("stateless", "Keeps nothing between requests."),
                ("stateful", "Keeps data that it cannot lose or rebuild."),
                ("hybrid", "Keeps data that makes it faster and that it can rebuild."),
            ]),
            "State model.",
        ),
        required("persistence", Shape::Object(&PERSISTENCE), "Where state lives and how long."),
        required(
            "dataCriticality",
            one_of(&[
                ("low", "Losing the data is harmless."),
                ("medium", "Losing the data costs work."),
                ("high", "Losing the data is an incident."),
            ]),
            "What losing the data would mean.",
        ),
    ],
    min_fields: 0,
    rules: &[Rule::ConstWhen {
        key: "type",
        value: "stateless",
        path: &["persistence", "durability"],
        expected: "ephemeral",
        code: Code::StatelessPersistentConflict,
    }],
};

static PERSISTENCE: ObjectShape = ObjectShape {
    description: "Where state lives.",
    fields: &[
        required(
            "scope",
            one_of(&[("local", "Each instance has its own."), ("shared", "All instances share one.")]),
            "Who sees the state.",
        ),
        required(
            "durability",
            one_of(&[("ephemeral", "Gone with the instance."), ("persistent", "Survives the instance.")]),
            "How long it lives.",
        ),
    ],
    min_fields: 0,
    rules: &[],
};

static LIFECYCLE: ObjectShape = ObjectShape {
    description: "How instances come and go.",
    fields: &[
        optional(
            "upgradeStrategy",
            one_of(&[
                ("rolling", "Old and new run side by side for a while."),
                ("recreate", "All old instances stop before new ones start."),
                ("ordered", "One instance at a time, in a fixed order."),
            ]),
            "How an upgrade replaces instances.",
        ),
        optional("gracefulShutdownSeconds", NATURAL, "Time it needs to stop, in seconds."),
    ],
    min_fields: 0,
    rules: &[],
};

const PROBE_INTERFACE: Field = required("interface", TEXT, "Name of an http or grpc interface.");
const PROBE_PATH: Field = optional("path", Shape::Text(ANY), "Path; needed for http, meaningless for grpc.");

static HEALTH: ObjectShape = ObjectShape {
    description: "Health check.",
    fields: &[
        PROBE_INTERFACE,
        PROBE_PATH,
        optional("initialDelaySeconds", NATURAL, "Time before the first check, in seconds."),
    ],
    min_fields: 0,
    rules: &[],
};

static METRICS: ObjectShape = ObjectShape {
    description: "Metrics endpoint.",
    fields: &[PROBE_INTERFACE, PROBE_PATH],
    min_fields: 0,
    rules: &[],
};

static SCALING: ObjectShape = ObjectShape {
    description: "Number of instances: `replicas`, or `min` and `max`.",
    fields: &[
        optional("replicas", NATURAL, "Fixed number."),
        optional("min", NATURAL, "Fewest."),
        optional("max", NATURAL, "Most."),
    ],
    min_fields: 1,
    rules: &[
        Rule::Excludes { key: "replicas", others: &["min", "max"] },
        Rule::Needs { key: "min", others: &["max"], code: Code::SchemaViolation },
        Rule::Needs { key: "max", others: &["min"], code: Code::SchemaViolation },
    ],
};

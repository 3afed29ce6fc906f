//! Every operation of the API, with its path.
//!
//! | operations | where |
//! |---|---|
//! | services, their versions and ties | `services` |
//! | graph, comparison, impact, owners | `fleet` |
//! | sources, refresh, resolve, remote versions | `sources` |
//! | health, readiness, metrics | `health` |
//! | events | `stream` |
//! | what `--diagnostics` shows | `diagnostics` |

mod diagnostics;
mod fleet;
mod health;
mod services;
mod sources;
mod stream;

use serde_json::json;

use crate::http::operation::{Api, Operation};

/// All operations; those of `/api/debug` only with `diagnostics`.
pub fn api(diagnostics: bool) -> Api {
    let operation = |id, path, tag, summary, errors| Operation { id, path, tag, summary, errors };
    let mut api = Api::default()
        .get(operation("health", "/health", "Health", "Whether the server runs", &[]), health::health)
        .get(
            operation(
                "ready",
                "/readyz",
                "Health",
                "Whether there is something to show, and how the sources are",
                &[503],
            ),
            health::ready,
        )
        .get(
            operation(
                "list-services",
                "/api/services",
                "Services",
                "All services, or those that fit",
                &[422],
            ),
            services::list,
        )
        .get(
            operation(
                "get-service",
                "/api/services/{name}",
                "Services",
                "A service in full",
                &[404, 422, 502],
            ),
            services::get,
        )
        .get(
            operation(
                "get-service-versions",
                "/api/services/{name}/versions",
                "Services",
                "Its history, the newest version first",
                &[422],
            ),
            services::versions,
        )
        .get(
            operation(
                "get-service-version",
                "/api/services/{name}/versions/{version}",
                "Services",
                "One version in full",
                &[403, 404, 422, 502],
            ),
            services::version,
        )
        .get(
            operation(
                "get-service-sources",
                "/api/services/{name}/sources",
                "Services",
                "The service as each source knows it",
                &[404, 422, 502],
            ),
            services::sources,
        )
        .get(
            operation(
                "get-service-dependents",
                "/api/services/{name}/dependents",
                "Services",
                "Services that name it as a dependency",
                &[404, 422],
            ),
            services::dependents,
        )
        .get(
            operation(
                "get-service-refs",
                "/api/services/{name}/refs",
                "Services",
                "Configurations and policies of others, both ways",
                &[404, 422],
            ),
            services::refs,
        )
        .get(
            operation(
                "get-service-graph",
                "/api/services/{name}/graph",
                "Graph",
                "What it needs, as a tree",
                &[404, 422],
            ),
            services::graph,
        )
        .get(
            operation(
                "get-global-graph",
                "/api/graph",
                "Graph",
                "The graph of the fleet, or a part of it, laid out",
                &[404, 422],
            ),
            fleet::graph,
        )
        .get(
            operation("get-diff", "/api/diff", "Diff", "Two versions compared", &[403, 404, 422, 502]),
            fleet::diff,
        )
        .get(
            operation(
                "get-impact",
                "/api/impact",
                "Diff",
                "Whom a new version breaks",
                &[403, 404, 422, 502],
            ),
            fleet::impact,
        )
        .get(
            operation("list-owners", "/api/owners", "Owners", "Owners with their services in numbers", &[]),
            fleet::owners,
        )
        .get(
            operation("get-owner", "/api/owners/{key}", "Owners", "An owner with its services", &[404, 422]),
            fleet::owner,
        )
        .get(operation("get-sources", "/api/sources", "Sources", "How the sources are", &[]), sources::list)
        .trigger(
            operation("refresh", "/api/refresh", "Sources", "Looks at all sources now", &[]),
            sources::refresh,
        )
        .post(
            operation(
                "resolve-ref",
                "/api/resolve",
                "Services",
                "Fetches a contract by its reference",
                &[400, 403, 404, 413, 415, 422, 502],
            ),
            sources::resolve,
        )
        .post(
            operation(
                "list-remote-versions",
                "/api/versions",
                "Services",
                "Versions of a repository; fetches them where asked to",
                &[400, 403, 404, 413, 415, 422, 502],
            ),
            sources::versions,
        );
    let text = json!({"schema": {"type": "string"}});
    let metrics = api.description.schema_of::<crate::wire::report::MetricsReport>();
    api.description.other(
        operation("metrics", "/metrics", "Health", "Counts in JSON; numbers for Prometheus to who accepts text", &[]),
        &json!({"application/json": {"schema": metrics}, "text/plain": text, "application/openmetrics-text": text}),
    );
    // The events are described by what their `data` holds.
    let hello = api.description.schema_of::<crate::wire::report::HelloEvent>();
    let snapshot = api.description.schema_of::<crate::wire::report::SnapshotEvent>();
    api.description.other(
        operation("events", "/api/events", "Sources", "What changes, as server-sent events: hello, snapshot, sources", &[503]),
        &json!({"text/event-stream": {"schema": {"type": "string", "contentMediaType": "text/event-stream"}, "x-events": {"hello": hello, "snapshot": snapshot}}}),
    );
    api.router = api
        .router
        .route("/metrics", axum::routing::get(health::metrics))
        .route("/api/events", axum::routing::get(stream::events));
    if diagnostics {
        api = api
            .get(
                operation(
                    "debug-sources",
                    "/api/debug/sources",
                    "Debug",
                    "Sources with everything that helps to find out why",
                    &[],
                ),
                diagnostics::sources,
            )
            .get(
                operation(
                    "debug-services",
                    "/api/debug/services",
                    "Debug",
                    "Services by source, and merged",
                    &[],
                ),
                diagnostics::services,
            );
    }
    api
}

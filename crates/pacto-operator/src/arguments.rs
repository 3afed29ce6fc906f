//! Flags and variables of the program. Flags of the original that have no effect any more are taken and said to be so.

use std::path::PathBuf;

use clap::{ArgAction, Parser};

use crate::probe::Override;

/// Holds the contracts of a cluster against what runs in it.
#[derive(Debug, Clone, Parser)]
#[expect(clippy::struct_excessive_bools, reason = "each one is a flag")]
#[command(name = "pacto-operator", disable_version_flag = true)]
pub struct Arguments {
    /// Address of the metrics; `0` for none.
    #[arg(long, value_name = "ADDRESS", default_value = ":8080")]
    pub metrics_bind_address: String,
    /// Serve metrics by HTTPS, to those who may read them.
    #[arg(long, num_args = 0..=1, default_value_t = false, default_missing_value = "true", action = ArgAction::Set)]
    pub metrics_secure: bool,
    /// Directory with certificate and key of the metrics; without it they are made at the start.
    #[arg(long, value_name = "DIR", default_value = "")]
    pub metrics_cert_path: String,
    /// File of the certificate.
    #[arg(long, value_name = "NAME", default_value = "tls.crt")]
    pub metrics_cert_name: String,
    /// File of the key.
    #[arg(long, value_name = "NAME", default_value = "tls.key")]
    pub metrics_cert_key: String,
    /// Address of `/healthz` and `/readyz`; `0` for none.
    #[arg(long, value_name = "ADDRESS", default_value = ":8081")]
    pub health_probe_bind_address: String,
    /// Work only while holding the lease: for several replicas.
    #[arg(long, num_args = 0..=1, default_value_t = false, default_missing_value = "true", action = ArgAction::Set)]
    pub leader_elect: bool,
    /// Taken for the original's sake; there is no webhook.
    #[arg(long, hide = true, value_name = "DIR")]
    pub webhook_cert_path: Option<String>,
    /// Taken for the original's sake; there is no webhook.
    #[arg(long, hide = true, value_name = "NAME")]
    pub webhook_cert_name: Option<String>,
    /// Taken for the original's sake; there is no webhook.
    #[arg(long, hide = true, value_name = "NAME")]
    pub webhook_cert_key: Option<String>,
    /// Offer HTTP/2 for metrics.
    #[arg(long, num_args = 0..=1, default_value_t = false, default_missing_value = "true", action = ArgAction::Set)]
    pub enable_http2: bool,
    /// Look at one namespace only.
    #[arg(long, value_name = "NAMESPACE", default_value = "")]
    pub watch_namespace: String,
    /// Run a dashboard in the namespace of the operator.
    #[arg(long, num_args = 0..=1, default_value_t = false, default_missing_value = "true", action = ArgAction::Set)]
    pub enable_dashboard: bool,
    /// Secret with credentials of registries for the dashboard; the list below wins.
    #[arg(long, value_name = "SECRET", default_value = "")]
    pub dashboard_oci_secret: String,
    /// Secrets with credentials of registries for the dashboard, separated by commas.
    #[arg(long, value_name = "SECRETS", default_value = "")]
    pub dashboard_oci_secrets: String,
    /// Processor that the dashboard asks for.
    #[arg(long, value_name = "QUANTITY", default_value = "")]
    pub dashboard_cpu_request: String,
    /// Most processor of the dashboard.
    #[arg(long, value_name = "QUANTITY", default_value = "")]
    pub dashboard_cpu_limit: String,
    /// Memory that the dashboard asks for.
    #[arg(long, value_name = "QUANTITY", default_value = "")]
    pub dashboard_memory_request: String,
    /// Most memory of the dashboard.
    #[arg(long, value_name = "QUANTITY", default_value = "")]
    pub dashboard_memory_limit: String,
    /// Image of the dashboard, with a tag that is not `latest`.
    #[arg(long, value_name = "IMAGE", env = "PACTO_DASHBOARD_IMAGE", default_value = "")]
    pub dashboard_image: String,
    /// Count advisory checks, too.
    #[arg(long, num_args = 0..=1, default_value_t = false, default_missing_value = "true", action = ArgAction::Set)]
    pub strict_checks: bool,
    /// Ask health and metrics endpoints of services.
    #[arg(long, num_args = 0..=1, default_value_t = true, default_missing_value = "true", action = ArgAction::Set)]
    pub probe_endpoints: bool,
    /// Where a service is asked instead of where its name leads, for development: `web.shop.svc=127.0.0.1:8080`.
    #[arg(long, hide = true, value_name = "HOST=ADDRESS")]
    pub probe_resolve: Vec<Override>,
    /// Revisions that are kept of each Pacto beside the current one, where it does not say itself.
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pub revision_history_limit: u32,
    /// Use the imagePullSecrets of the service account `default` of the namespace where a Pacto names no Secret.
    #[arg(long, num_args = 0..=1, default_value_t = false, default_missing_value = "true", action = ArgAction::Set)]
    pub use_image_pull_secrets: bool,
    /// Pactos that are looked at at once.
    #[arg(long, value_name = "COUNT", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub max_concurrent_reconciles: u16,
    /// A kubeconfig file; without one the account of the pod, `KUBECONFIG` or `~/.kube/config`.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Which messages are written: `info`, `debug`, `pacto_operator=debug`, …
    #[arg(long, value_name = "LEVEL", env = "PACTO_LOG", default_value = "info")]
    pub log_level: String,
    /// Log options of the original; only `--zap-log-level` has an effect.
    #[arg(long, hide = true, value_name = "LEVEL")]
    pub zap_log_level: Option<String>,
    /// Log options of the original, without effect.
    #[arg(long, hide = true, num_args = 0..=1, default_missing_value = "true")]
    pub zap_devel: Option<String>,
    /// Log options of the original, without effect.
    #[arg(long, hide = true, value_name = "ENCODER")]
    pub zap_encoder: Option<String>,
    /// Log options of the original, without effect.
    #[arg(long, hide = true, value_name = "LEVEL")]
    pub zap_stacktrace_level: Option<String>,
    /// Log options of the original, without effect.
    #[arg(long, hide = true, value_name = "ENCODING")]
    pub zap_time_encoding: Option<String>,
    /// Say which version this is, and end.
    #[arg(long)]
    pub version: bool,
    /// Namespace of the operator itself.
    #[arg(long, hide = true, env = "POD_NAMESPACE", default_value = "")]
    pub pod_namespace: String,
    /// Name of this replica, for the lease.
    #[arg(long, hide = true, env = "POD_NAME", default_value = "")]
    pub pod_name: String,
    /// Deployment of the operator: owner of the dashboard's objects.
    #[arg(long, hide = true, env = "OPERATOR_DEPLOYMENT_NAME", default_value = "")]
    pub operator_deployment_name: String,
}

//! What is wrong with a contract, what is there, and what could be next.

use pacto_contract::model::Contract;
use pacto_contract::overrides::Overrides;
use pacto_contract::{Diagnostic, Severity};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Summary;
use crate::load::{Scope, load};
use crate::{AppError, Context, validate};

/// What a contract says, and whether it is valid.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// Whether there is no error.
    pub valid: bool,
    /// What it says; absent where it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// Errors.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Diagnostic>,
    /// Warnings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Diagnostic>,
    /// What could be added; only for a valid contract.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<Suggestion>,
}

/// Something that could be added.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Suggestion {
    /// What, and why.
    pub message: String,
    /// A call that does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_call: Option<ToolCall>,
}

/// A call of a tool of the MCP server.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ToolCall {
    /// Name of the tool.
    pub tool: String,
    /// Its arguments.
    pub params: Map<String, Value>,
}

impl ToolCall {
    /// A call of `pacto_edit` for the contract at `path`.
    pub(super) fn edit(path: &str, key: &str, value: Value) -> Self {
        let params = [("path".to_owned(), json!(path)), (key.to_owned(), value)];
        Self { tool: "pacto_edit".to_owned(), params: params.into_iter().collect() }
    }
}

/// Checks the contract in a directory, or that of a reference.
///
/// # Errors
/// [`AppError`] when there is no contract. One that cannot be parsed is judged.
pub fn run(context: &Context, contract: &str) -> Result<Outcome, AppError> {
    let contract = if contract.is_empty() { "." } else { contract };
    let options = validate::Options { contracts: vec![contract.to_owned()], ..validate::Options::default() };
    let outcome = validate::run(context, &options, &|_| {})?;
    let [verdict] = outcome.contracts() else {
        return Err(AppError::Usage(format!("{contract:?} holds several contracts; name one of them")));
    };
    let summary = load(context, &verdict.path, &Overrides::default(), Scope::Contract).ok();
    let of = |severity: Severity| match severity {
        Severity::Error => verdict.errors.clone(),
        _ => verdict.warnings.clone(),
    };
    let found = summary.as_ref().filter(|_| verdict.valid);
    Ok(Outcome {
        valid: verdict.valid,
        errors: of(Severity::Error),
        warnings: of(Severity::Warning),
        // Only what lies here can be edited.
        suggestions: found
            .filter(|_| !verdict.path.contains("://"))
            .map(|found| suggestions(&verdict.path, &found.document.contract))
            .unwrap_or_default(),
        summary: summary.map(|found| Summary::from(&found.document.contract)),
    })
}

fn suggestions(path: &str, contract: &Contract) -> Vec<Suggestion> {
    let mut found = Vec::new();
    let mut suggest = |message: &str, tool_call: Option<ToolCall>| {
        found.push(Suggestion { message: message.to_owned(), tool_call });
    };
    if contract.is_publisher() {
        return found;
    }
    if contract.interfaces.is_empty() {
        let entry = json!([{"name": "api", "type": "http", "port": 8080, "visibility": "internal"}]);
        let call = ToolCall::edit(path, "add_interfaces", entry);
        suggest("It exposes nothing. If it answers requests, declare an interface.", Some(call));
    }
    let Some(runtime) = &contract.runtime else {
        let call = ToolCall::edit(path, "workload", json!("service"));
        suggest("It does not say how it runs: workload and state.", Some(call));
        return found;
    };
    if contract.configurations.iter().next().is_none() {
        suggest("It is configured with nothing. If it reads settings, declare their keys.", None);
    }
    if contract.dependencies.is_empty() {
        let call = ToolCall {
            tool: "pacto_suggest_dependencies".to_owned(),
            params: [("contract".to_owned(), json!(path))].into_iter().collect(),
        };
        suggest("It needs no other service. If it calls some, declare them.", Some(call));
    }
    if contract.scaling.is_none() && runtime.workload == "service" {
        let call = ToolCall::edit(path, "replicas", json!(1));
        suggest("It does not say how many instances run.", Some(call));
    }
    let has_http = contract.interfaces.iter().any(|interface| interface.kind == "http");
    if has_http && runtime.health.is_none() {
        suggest(
            "It has an http interface and no runtime.health, so nobody can ask whether it is well.",
            None,
        );
    }
    found
}

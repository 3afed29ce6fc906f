//! The declared production readiness, as the status of a Pacto has it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The declared production readiness, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ReadinessSummary {
    /// Points, of 100.
    pub score: i32,
    /// Points that are asked for.
    pub min_score: i32,
    /// Weight of everything that counts.
    pub total_weight: i32,
    /// Weight that is earned.
    pub earned_weight: i32,
    /// Items that are done.
    pub done_count: i32,
    /// Items that are done in part.
    pub partial_count: i32,
    /// Items that are not done.
    pub not_done_count: i32,
    /// Items that were put off.
    pub deferred_count: i32,
    /// Whether the score is reached and the assessment not out of date.
    pub passing: bool,
    /// Whether the assessment is out of date.
    pub expired: bool,
    /// Its last day, as `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// Days until then; below zero when it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_remaining: Option<i32>,
    /// What is asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<ReadinessCheck>,
}

/// One thing that readiness asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ReadinessCheck {
    /// What it is called.
    pub id: String,
    /// What kind of thing it is.
    #[serde(rename = "type")]
    pub kind: String,
    /// `done`, `partial`, `not-done` or `deferred`.
    pub status: String,
    /// How much it counts.
    pub weight: i32,
    /// How much of that is earned.
    pub earned_weight: i32,
    /// Whether it was put off, so that it does not count.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub excluded: bool,
    /// Group of items.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Where it can be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// In words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

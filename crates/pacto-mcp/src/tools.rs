//! The catalogue: every tool with its arguments, its answer, and what it does.

mod arguments;
mod authoring;
mod reading;
mod schema;

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::sync::Arc;

use pacto_app::{AppError, Context};
use pacto_contract::Reference;
use rmcp::model::{Tool, ToolAnnotations};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::server::Options;

/// Most findings that a failure lists.
const MAX_FINDINGS: usize = 20;

/// What a call works with.
pub struct Call<'c> {
    /// Surroundings, new for each call.
    pub context: &'c Context,
    /// What the server may do.
    pub options: &'c Options,
    /// Told how many of how many are done.
    pub tick: &'c (dyn Fn(usize, usize) + Sync),
}

impl Call<'_> {
    /// The directories and references of the fleet.
    pub fn fleet(&self) -> Vec<String> {
        if self.options.roots.is_empty() { vec![".".to_owned()] } else { self.options.roots.clone() }
    }

    /// A contract that somebody named, if it may be read.
    ///
    /// # Errors
    /// When it is elsewhere, or in a registry that may not be asked.
    pub fn admit(&self, reference: &str) -> Result<String, Failure> {
        let reference = if reference.is_empty() { "." } else { reference };
        let parsed =
            Reference::parse(reference).map_err(|error| Failure::new(format!("{reference:?}: {error}")))?;
        let registries = &self.context.sources.registries;
        match &parsed {
            Reference::Local(path) if !registries.admits_directory(&self.context.directory.join(path)) => {
                Err(Failure::new(format!("there is no {path:?} in a directory that this server reads")))
            }
            Reference::Layout(layout)
                if !registries.admits_directory(&self.context.directory.join(&layout.directory)) =>
            {
                let shown = &layout.directory;
                Err(Failure::new(format!(
                    "there is no image layout {shown:?} in a directory that this server reads"
                )))
            }
            // Registries are looked at where they are asked, since contracts name them too.
            _ => Ok(reference.to_owned()),
        }
    }
}

/// Why a call has no answer, in words that say what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure(String);

impl Failure {
    /// A failure with these words.
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        let mut words = error.to_string();
        let findings = error.findings();
        for finding in findings.iter().take(MAX_FINDINGS) {
            let place = finding.location.as_ref().map_or_else(String::new, |place| {
                format!(" ({}:{}:{})", place.file, place.line, place.column)
            });
            let path = if finding.path.is_empty() { String::new() } else { format!("{}: ", finding.path) };
            let _ = write!(words, "\n- {path}{} [{}]{place}", finding.message, finding.code.as_str());
        }
        if findings.len() > MAX_FINDINGS {
            let _ = write!(words, "\n- and {} more", findings.len() - MAX_FINDINGS);
        }
        Self(words)
    }
}

/// The answer of a tool.
#[derive(Debug, Clone)]
pub struct Answer {
    /// For those that read text.
    pub text: String,
    /// For those that read structure.
    pub structured: Value,
}

/// Runs a tool with the arguments of a call.
pub type Run = dyn Fn(&Call<'_>, Map<String, Value>) -> Result<Answer, Failure> + Send + Sync;

/// Whether a tool changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    Reads,
    Writes,
}

/// All tools, in the order in which they are listed.
#[derive(Default)]
pub struct Catalogue {
    tools: Vec<Tool>,
    runs: BTreeMap<String, Arc<Run>>,
}

impl fmt::Debug for Catalogue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.runs.keys()).finish()
    }
}

impl Catalogue {
    /// The tools, as they are listed.
    pub fn tools(&self) -> impl Iterator<Item = Tool> + '_ {
        self.tools.iter().cloned()
    }

    /// What a tool does.
    pub fn find(&self, name: &str) -> Option<Arc<Run>> {
        self.runs.get(name).cloned()
    }

    fn add<A, O>(
        &mut self,
        (name, title, description): (&'static str, &'static str, &'static str),
        effect: Effect,
        run: fn(&Call<'_>, &A) -> Result<O, Failure>,
    ) where
        A: DeserializeOwned + JsonSchema + 'static,
        O: Serialize + JsonSchema + 'static,
    {
        self.add_with_text((name, title, description), effect, run, |answer| pretty(&answer));
    }

    /// As [`Catalogue::add`], with a text of its own beside the structure.
    fn add_with_text<A, O>(
        &mut self,
        (name, title, description): (&'static str, &'static str, &'static str),
        effect: Effect,
        run: fn(&Call<'_>, &A) -> Result<O, Failure>,
        text: fn(&O) -> String,
    ) where
        A: DeserializeOwned + JsonSchema + 'static,
        O: Serialize + JsonSchema + 'static,
    {
        let reads = effect == Effect::Reads;
        let hints = ToolAnnotations::new().read_only(reads).idempotent(reads).open_world(reads);
        let hints = if reads { hints } else { hints.destructive(false) };
        let tool = Tool::new(name, description, Arc::new(schema::input::<A>()))
            .with_title(title)
            .with_raw_output_schema(Arc::new(schema::output::<O>()))
            .with_annotations(hints);
        let work = move |call: &Call<'_>, given: Map<String, Value>| {
            let arguments = arguments::read::<A>(given)?;
            let answer = run(call, &arguments)?;
            let structured =
                serde_json::to_value(&answer).map_err(|error| Failure::new(error.to_string()))?;
            Ok(Answer { text: text(&answer), structured })
        };
        self.tools.push(tool);
        self.runs.insert(name.to_owned(), Arc::new(work));
    }
}

fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// The tools of a server; without `writes` those that only read.
pub fn catalogue(writes: bool) -> Catalogue {
    let mut catalogue = Catalogue::default();
    reading::add(&mut catalogue);
    authoring::add(&mut catalogue, writes);
    catalogue
}

#[cfg(test)]
mod tests;

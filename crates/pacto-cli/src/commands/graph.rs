//! `pacto graph`.

use clap::Args;
use pacto_app::graph::{self, Options, Outcome};
use pacto_contract::Severity;
use pacto_engine::graph::{GraphOptions, render};

use crate::arguments::{Global, OutputFormat, OverrideFlags};
use crate::exit::{ANSWER, CommandError, FINE};
use crate::render::findings;
use crate::render::markdown::fenced;
use crate::settings::Settings;
use crate::ui::{Ui, neutral};

/// Arguments of `pacto graph`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Directory or reference
    #[arg(value_name = "CONTRACT", default_value = ".", add = crate::values::contract())]
    contract: String,
    /// Also follow the configurations and policies that contracts refer to
    #[arg(long)]
    with_references: bool,
    /// Follow configurations and policies only
    #[arg(long)]
    only_references: bool,
    /// Exit with 1 when something is unresolved, cyclic, in conflict, or not as it was locked
    #[arg(long)]
    strict: bool,
    /// Changes to the contract.
    #[command(flatten)]
    overrides: OverrideFlags,
}

pub(crate) fn run(arguments: &Arguments, global: &Global, ui: &mut Ui) -> Result<u8, CommandError> {
    let settings = Settings::read_plain(global, "graph")?;
    let options = Options {
        contract: arguments.contract.clone(),
        overrides: arguments.overrides.read()?,
        edges: GraphOptions {
            references: arguments.with_references,
            only_references: arguments.only_references,
        },
    };
    let outcome = graph::run(&settings.context, &options)?;
    match settings.format {
        OutputFormat::Json => ui.json(&outcome.report()),
        OutputFormat::Markdown => ui.data(&fenced(&render(&outcome.graph, neutral))),
        _ => {
            ui.data(&render(&outcome.graph, neutral));
            for warning in &outcome.graph.warnings {
                findings::write(ui, warning, None);
            }
        }
    }
    let is_locked = !outcome.graph.warnings.iter().any(|finding| finding.severity == Severity::Error);
    if arguments.strict && !(outcome.graph.is_sound() && is_locked) {
        ui.error(&unsound(&outcome));
        return Ok(ANSWER);
    }
    Ok(FINE)
}

fn unsound(outcome: &Outcome) -> String {
    let graph = &outcome.graph;
    let cut = |edge: &pacto_engine::graph::Edge| edge.closes_cycle.is_some();
    let unresolved = graph.unresolved().filter(|(_, edge, _)| !cut(edge)).count();
    let count = |count: usize, one: &str, many: &str| {
        (count > 0).then(|| format!("{count} {}", if count == 1 { one } else { many }))
    };
    let errors = graph.warnings.iter().filter(|finding| finding.severity == Severity::Error);
    let parts = [
        count(unresolved, "unresolved dependency", "unresolved dependencies"),
        count(graph.cycles.len(), "cycle", "cycles"),
        count(graph.conflicts.len(), "conflict", "conflicts"),
        count(errors.count(), "problem with pacto.lock", "problems with pacto.lock"),
    ];
    format!("the graph is not sound: {}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

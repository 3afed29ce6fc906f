//! `pacto verify`.

use std::fmt::Write;
use std::io::Read;

use clap::Args;
use pacto_app::verify::{self, Input, Options, Outcome};
use pacto_contract::limits::MAX_RENDERED_BYTES;
use pacto_engine::runtime::{Check, CheckStatus, ContractStatus, Severity, WorkloadKind};

use crate::arguments::{Global, OutputFormat, OverrideFlags};
use crate::exit::{ANSWER, CommandError, FINE};
use crate::render::{findings, github, markdown};
use crate::settings::Settings;
use crate::ui::{FAINT, GREEN, RED, Ui, YELLOW, neutral};

/// Arguments of `pacto verify`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Directory or reference of the contract
    #[arg(value_name = "CONTRACT", default_value = ".", add = crate::values::contract())]
    contract: String,
    /// Rendered manifests: a file, a directory with .yaml, .yml and .json at any depth, or - for standard input
    #[arg(short, long, value_name = "PATH")]
    manifests: String,
    /// Name of the Service [default: service.name of the contract]
    #[arg(long, value_name = "NAME", add = crate::values::service())]
    service: Option<String>,
    /// Workload, such as StatefulSet/cart; the kind is found out where only a name is given [default: service.name of
    /// the contract]
    #[arg(long, value_name = "[KIND/]NAME", value_parser = parse_workload)]
    workload: Option<(Option<WorkloadKind>, String)>,
    /// Namespace to look into [default: the one of the Service and the workload]
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,
    /// Count advisory checks: scaling, configuration keys, probes, visibility, readiness
    #[arg(long)]
    strict_checks: bool,
    /// Changes to the contract.
    #[command(flatten)]
    overrides: OverrideFlags,
}

fn parse_workload(text: &str) -> Result<(Option<WorkloadKind>, String), String> {
    let (kind, name) = match text.split_once('/') {
        None => (None, text),
        Some((kind, name)) => {
            let kinds: Vec<_> = WorkloadKind::ALL.iter().map(WorkloadKind::to_string).collect();
            let unknown = |()| format!("{kind:?} is no kind of workload; kinds are {}", kinds.join(", "));
            (Some(kind.parse().map_err(unknown)?), name)
        }
    };
    if name.is_empty() {
        return Err("the name is missing".to_owned());
    }
    Ok((kind, name.to_owned()))
}

/// What manifests from standard input are called.
const STANDARD_INPUT: &str = "<stdin>";

pub(crate) fn run(arguments: &Arguments, global: &Global, ui: &mut Ui) -> Result<u8, CommandError> {
    let settings = Settings::read(global)?;
    if matches!(settings.format, OutputFormat::Sarif | OutputFormat::Junit) {
        let format = format!("{:?}", settings.format).to_lowercase();
        let message = format!("verify has no output format {format}; it has text, json, markdown, github");
        return Err(CommandError::Usage(message));
    }
    let options = Options {
        contract: arguments.contract.clone(),
        overrides: arguments.overrides.read()?,
        manifests: input(&arguments.manifests)?,
        service: arguments.service.clone(),
        workload: arguments.workload.clone(),
        namespace: arguments.namespace.clone(),
        strict_checks: arguments.strict_checks,
    };
    let outcome = verify::run(&settings.context, &options)?;
    match settings.format {
        OutputFormat::Json => ui.json(&outcome),
        OutputFormat::Markdown => ui.data(&as_markdown(&outcome)),
        OutputFormat::Github => annotations(&outcome, ui),
        _ => text(&outcome, ui),
    }
    Ok(if outcome.is_compliant() { FINE } else { ANSWER })
}

fn input(manifests: &str) -> Result<Input, CommandError> {
    if manifests != "-" {
        return Ok(Input::Path(manifests.to_owned()));
    }
    let mut content = Vec::new();
    // One byte more than is allowed shows that there is more.
    let read = std::io::stdin().take(MAX_RENDERED_BYTES as u64 + 1).read_to_end(&mut content);
    read.map_err(|error| CommandError::Environment(format!("{STANDARD_INPUT}: {error}")))?;
    Ok(Input::Text { name: STANDARD_INPUT.to_owned(), content })
}

/// `cart@1.4.0 is Warning: 9 checks, 8 hold, 1 does not`, in parts.
fn verdict(outcome: &Outcome) -> (String, ContractStatus, String) {
    let name = match (&outcome.service, &outcome.version) {
        (Some(service), Some(version)) => format!("{service}@{version}"),
        _ => outcome.path.clone(),
    };
    let summary = outcome.summary;
    let rest = match (summary.total, summary.passed, summary.failed) {
        (1, 1, _) => "1 check, it holds".to_owned(),
        (1, ..) => "1 check, it does not hold".to_owned(),
        (total, _, 0) => format!("{total} checks, all hold"),
        (total, passed, failed) => {
            let hold = if passed == 1 { "holds" } else { "hold" };
            let fail = if failed == 1 { "does not" } else { "do not" };
            format!("{total} checks, {passed} {hold}, {failed} {fail}")
        }
    };
    (name, outcome.contract_status, rest)
}

/// What was read, and where the objects stand.
fn sources(outcome: &Outcome) -> Vec<String> {
    let resources = [&outcome.resources.service, &outcome.resources.workload];
    let found = resources.into_iter().flatten().filter_map(|resource| {
        let place = resource.location.as_ref()?;
        Some(format!("{} {} in {}:{}", resource.kind, resource.name, place.file, place.line))
    });
    let mut lines: Vec<_> = found.collect();
    if lines.is_empty() {
        let count = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
        let read = outcome.manifests;
        lines.push(format!("read {} of {}", count(read.objects, "object"), count(read.files, "file")));
    }
    lines
}

fn place(check: &Check) -> String {
    let at = check.location.as_ref().map(|place| format!("{}:{}:{}", place.file, place.line, place.column));
    match (at, check.path.as_str()) {
        (Some(at), "") => at,
        (Some(at), path) => format!("{at} ({path})"),
        (None, path) => path.to_owned(),
    }
}

fn text(outcome: &Outcome, ui: &mut Ui) {
    let (name, status, rest) = verdict(outcome);
    let style = match status {
        ContractStatus::Compliant | ContractStatus::Reference => GREEN,
        ContractStatus::Warning | ContractStatus::Unknown => YELLOW,
        ContractStatus::NonCompliant => RED,
    };
    ui.data(&format!("{} is {style}{status:?}{style:#}: {rest}\n", neutral(&name)));
    for line in sources(outcome) {
        ui.data(&format!("{FAINT}{}{FAINT:#}\n", neutral(&line)));
    }
    let rows: Vec<[String; 4]> = outcome.conditions.iter().map(row).collect();
    let head = ["CONDITION", "STATUS", "REASON", "MESSAGE"].map(str::to_owned);
    let width = |column: usize| {
        let cells = rows.iter().chain([&head]).filter_map(|row| row.get(column));
        cells.map(String::len).max().unwrap_or_default()
    };
    let (first, second, third) = (width(0), width(1), width(2));
    ui.data(&format!("\n{:first$}  {:second$}  {:third$}  {}\n", head[0], head[1], head[2], head[3]));
    for (check, [kind, status, reason, message]) in outcome.conditions.iter().zip(&rows) {
        let style = match (check.status, check.severity) {
            (CheckStatus::True, _) => GREEN,
            (CheckStatus::False, Severity::Error) if !check.advisory => RED,
            _ => YELLOW,
        };
        let line = format!("{kind:first$}  {style}{status:second$}{style:#}  {reason:third$}  {message}");
        ui.data(&format!("{}\n", line.trim_end()));
    }
    if outcome.conditions.iter().any(|check| check.advisory) {
        ui.data("\n* advice, not counted; --strict-checks counts it\n");
    }
    for check in outcome.open() {
        ui.data(&format!("\n{} at {}\n", check.kind, neutral(&place(check))));
        if let Some(help) = &check.help {
            ui.data(&format!("  {FAINT}help:{FAINT:#} {}\n", neutral(help)));
        }
    }
    for finding in outcome.validation.errors.iter().chain(&outcome.validation.warnings) {
        findings::write(ui, finding, outcome.source.as_ref());
    }
}

fn row(check: &Check) -> [String; 4] {
    let mark = if check.advisory { " *" } else { "" };
    [
        format!("{}{mark}", check.kind),
        check.status.to_string(),
        check.reason.to_string(),
        neutral(&check.message),
    ]
}

fn as_markdown(outcome: &Outcome) -> String {
    let (name, status, rest) = verdict(outcome);
    let mut out =
        format!("## Contract Verification\n\n{} is **{status:?}**: {rest}\n\n", markdown::code(&name));
    for line in sources(outcome) {
        let _ = writeln!(out, "- {}", markdown::prose(&line));
    }
    out.push_str("\n| Condition | Status | Reason | Message | Help | Place |\n|---|---|---|---|---|---|\n");
    for check in &outcome.conditions {
        let mark = if check.advisory { " (advice)" } else { "" };
        let help = check.help.as_deref().map(markdown::prose).unwrap_or_default();
        let place =
            if check.status == CheckStatus::True { String::new() } else { markdown::code(&place(check)) };
        let _ = writeln!(
            out,
            "| {}{mark} | {} | {} | {} | {help} | {place} |",
            check.kind,
            check.status,
            check.reason,
            markdown::prose(&check.message)
        );
    }
    out
}

fn annotations(outcome: &Outcome, ui: &mut Ui) {
    let file = format!("{}/pacto.yaml", outcome.path.trim_end_matches('/'));
    for finding in outcome.validation.errors.iter().chain(&outcome.validation.warnings) {
        ui.data(&github::annotation(finding, &file));
    }
    let said_already = !outcome.validation.errors.is_empty();
    for check in outcome.open().filter(|_| !said_already) {
        ui.data(&github::check(check, &file));
    }
}

//! The `pacto` command: arguments in, renderings of outcomes out.
//!
//! | idea | where |
//! |---|---|
//! | arguments of one command, its run and its text | `commands/<name>.rs` |
//! | flags that every command has | [`arguments`] |
//! | config file and environment | [`settings`], [`environment`] |
//! | who may write to the terminal | [`ui`] |
//! | what shells offer while somebody types | `values` |
//! | formats that several commands share | `render/` |

pub mod arguments;
pub mod commands;
pub mod environment;
mod exit;
mod render;
pub mod settings;
mod ui;
mod values;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser};
use clap_complete::CompleteEnv;

use arguments::Arguments;
use exit::CommandError;
use ui::Ui;

/// Runs the command that the process was called with.
pub fn main() -> ExitCode {
    // The one call that scripts make most needs no parser, which would be most of its time.
    let mut words = std::env::args_os().skip(1);
    if words.next().is_some_and(|word| word == "version")
        && words.next().is_none()
        && environment::value(environment::OUTPUT_FORMAT).is_none()
    {
        let is_written = commands::version::print();
        return ExitCode::from(if is_written { exit::FINE } else { exit::ENVIRONMENT });
    }
    if let Some(code) = complete() {
        return code;
    }
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are answers; everything else is a usage error. A closed pipe changes neither.
            let code = if error.use_stderr() { exit::USAGE } else { exit::FINE };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let mut ui = Ui::new(arguments.global.notices.clone());
    let question = commands::update::Question::ask(is_read_by_people(&arguments));
    let code = match run(&arguments, &mut ui) {
        Ok(code) => code,
        Err(error) => exit::report(&error, &mut ui),
    };
    for notice in arguments.global.notices.take() {
        ui.note(&format!("Warning: {}", ui::neutral(&notice)));
    }
    question.answer(&mut ui);
    // Half an answer is none, whatever it says.
    ExitCode::from(if ui.flush() { code } else { exit::ENVIRONMENT })
}

/// Answers the script of a shell, where one asks what may stand next.
fn complete() -> Option<ExitCode> {
    let completer = CompleteEnv::with_factory(Arguments::command).var(commands::completion::VARIABLE);
    let directory = std::env::current_dir().ok();
    match completer.try_complete(std::env::args_os(), directory.as_deref()) {
        Ok(false) => None,
        Ok(true) => Some(ExitCode::SUCCESS),
        Err(error) => {
            let _ = error.print();
            Some(ExitCode::from(exit::USAGE))
        }
    }
}

/// Whether a word at the end is read: not behind JSON and other formats, and not behind servers.
fn is_read_by_people(arguments: &Arguments) -> bool {
    use commands::Command;
    let is_text = settings::output_format(&arguments.global)
        .is_ok_and(|format| matches!(format, None | Some(arguments::OutputFormat::Text)));
    let is_short = match &arguments.command {
        Command::Update(_) | Command::Mcp(_) | Command::Dashboard(_) | Command::Completion(_) => false,
        Command::Doc(arguments) => !arguments.is_server(),
        _ => true,
    };
    is_text && is_short
}

fn run(arguments: &Arguments, ui: &mut Ui) -> Result<u8, CommandError> {
    use commands::Command;
    let global = &arguments.global;
    match &arguments.command {
        Command::Version(args) => commands::version::run(args, global, ui),
        Command::Completion(args) => commands::completion::run(args, ui),
        Command::Init(args) => commands::init::run(args, global, ui),
        Command::Validate(args) => commands::validate::run(args, global, ui),
        Command::Verify(args) => commands::verify::run(args, global, ui),
        Command::Explain(args) => commands::explain::run(args, global, ui),
        Command::Diff(args) => commands::diff::run(args, global, ui),
        Command::Graph(args) => commands::graph::run(args, global, ui),
        Command::Pack(args) => commands::pack::run(args, global, ui),
        Command::Push(args) => commands::push::run(args, global, ui),
        Command::Pull(args) => commands::pull::run(args, global, ui),
        Command::Versions(args) => commands::versions::run(args, global, ui),
        Command::Mirror(args) => commands::mirror::run(args, global, ui),
        Command::Lock(args) => commands::lock::run(args, global, ui),
        Command::Login(args) => commands::login::login(args, global, ui),
        Command::Logout(args) => commands::login::logout(args, global, ui),
        Command::Cache(args) => commands::cache::run(args, global, ui),
        Command::Doc(args) => commands::doc::run(args, global, ui),
        Command::Generate(args) => commands::generate::run(args, global, ui),
        Command::Plugin(args) => commands::plugin::run(args, global, ui),
        Command::Update(args) => commands::update::run(args, global, ui),
        Command::Dashboard(args) => commands::dashboard::run(args, global, ui),
        Command::Mcp(args) => commands::mcp::run(args, global, ui),
    }
}

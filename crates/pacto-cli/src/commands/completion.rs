//! `pacto completion`.

use clap::Args;
use clap_complete::Shell;
use clap_complete::env::Shells;

use crate::exit::{CommandError, FINE};
use crate::ui::Ui;

/// The variable by which the scripts ask this program what may stand next.
pub(crate) const VARIABLE: &str = "PACTO_COMPLETE";

/// Arguments of `pacto completion`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Shell to complete in
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<u8, CommandError> {
    let shell = arguments.shell.to_string();
    let failed = || CommandError::Environment(format!("there is no completion for {shell}"));
    let shells = Shells::builtins();
    let completer = shells.completer(&shell).ok_or_else(failed)?;
    let mut script = Vec::new();
    completer.write_registration(VARIABLE, "pacto", "pacto", "pacto", &mut script).map_err(|_| failed())?;
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if arguments.shell == Shell::Bash {
        // A reference is one word, and a colon is part of it.
        script.push_str("COMP_WORDBREAKS=${COMP_WORDBREAKS//:}\n");
    }
    ui.data(&script);
    Ok(FINE)
}

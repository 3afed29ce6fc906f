//! `pacto completion`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::exit::{CommandError, FINE};
use crate::ui::Ui;

/// Arguments of `pacto completion`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Shell to complete in
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<u8, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut crate::arguments::Arguments::command(),
        "pacto",
        &mut script,
    );
    ui.data(&String::from_utf8_lossy(&script));
    Ok(FINE)
}

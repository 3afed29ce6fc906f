//! `pacto completion`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::exit::FINE;
use crate::ui::Ui;

/// Arguments of `pacto completion`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Shell to complete in
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments, ui: &mut Ui) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut crate::arguments::Arguments::command(),
        "pacto",
        &mut script,
    );
    ui.data(&String::from_utf8_lossy(&script));
    FINE
}

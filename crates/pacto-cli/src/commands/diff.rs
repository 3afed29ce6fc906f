//! `pacto diff`.

use clap::Args;

use crate::arguments::Global;
use crate::exit::{CommandError, FINE};
use crate::ui::Ui;

/// Arguments of `pacto diff`.
#[derive(Debug, Args)]
pub struct Arguments {}

pub(crate) fn run(_: &Arguments, _: &Global, _: &mut Ui) -> Result<u8, CommandError> {
    Ok(FINE)
}

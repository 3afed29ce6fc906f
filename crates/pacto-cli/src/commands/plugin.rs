//! `pacto plugin list`.

use clap::{Args, Subcommand};
use pacto_app::plugin::find::{Found, List, Place};

use crate::arguments::{Global, OutputFormat};
use crate::exit::{CommandError, FINE};
use crate::settings::{Settings, plugin_places};
use crate::ui::{Ui, neutral};

/// Arguments of `pacto plugin`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    action: Action,
}

/// What `pacto plugin` can do.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// List plugins, and where they are; none of them is started
    List,
}

pub(crate) fn run(arguments: &Arguments, global: &Global, ui: &mut Ui) -> Result<u8, CommandError> {
    let Action::List = arguments.action;
    let settings = Settings::read_plain(global, "plugin list")?;
    let list = plugin_places().list();
    if settings.format == OutputFormat::Json {
        ui.json(&list);
    } else {
        ui.data(&text(&list));
    }
    Ok(FINE)
}

fn text(list: &List) -> String {
    if list.plugins.is_empty() {
        return "No plugins. They are programs called pacto-plugin-NAME, in $PATH, in plugins/ beside the config file, \
                or beside pacto.\n"
            .to_owned();
    }
    let width =
        list.plugins.iter().chain(&list.hidden).map(|found| found.name.len()).max().unwrap_or_default();
    let line = |found: &Found, more: &str| {
        let place = match found.place {
            Place::Path => "PATH",
            Place::Config => "config",
            Place::Beside => "beside pacto",
        };
        format!("{:width$}  {}  ({place}{more})\n", found.name, neutral(&found.path))
    };
    let used = list.plugins.iter().map(|found| line(found, ""));
    let hidden = list.hidden.iter().map(|found| line(found, ", not used: another comes first"));
    used.chain(hidden).collect()
}

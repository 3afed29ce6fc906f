//! Plugins: where they are, and what starting one gives.
//!
//! | idea | where |
//! |---|---|
//! | which programs are plugins | [`find`] |
//! | one call of one of them, within limits | [`call`] |

pub mod call;
pub mod find;

use std::path::PathBuf;

use pacto_contract::limits;
use thiserror::Error;

/// Why a plugin gave no files.
#[derive(Debug, Error)]
pub enum PluginError {
    /// The name is none.
    #[error("{0:?} is no name of a plugin; a name has letters, digits, - and _")]
    Name(String),
    /// There is no such plugin.
    #[error(
        "plugin {name:?} not found (looked for pacto-plugin-{name} in {looked}); `pacto plugin list` shows those that there are"
    )]
    Missing {
        /// What was asked for.
        name: String,
        /// Where it was looked for.
        looked: String,
    },
    /// It could not be started.
    #[error("plugin {name}: {program} cannot be started: {source}")]
    Start {
        /// The plugin.
        name: String,
        /// Its program.
        program: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// It said that it could not do its work, or ended in another way.
    #[error("plugin {name}: {cause}")]
    Failed {
        /// The plugin.
        name: String,
        /// What it said last, or how it ended.
        cause: String,
    },
    /// It took too long.
    #[error("plugin {name} did not end within {} s and was stopped", limits::MAX_PLUGIN_SECONDS)]
    Late {
        /// The plugin.
        name: String,
    },
    /// It said too much.
    #[error(
        "plugin {name} answered with more than {} bytes and was stopped",
        limits::MAX_PLUGIN_OUTPUT_BYTES
    )]
    Large {
        /// The plugin.
        name: String,
    },
    /// Its answer is none.
    #[error("plugin {name} returned invalid output: {cause}")]
    Invalid {
        /// The plugin.
        name: String,
        /// What is wrong.
        cause: String,
    },
    /// A file of the answer may not be written.
    #[error("plugin {name}: {cause}; nothing was written")]
    File {
        /// The plugin.
        name: String,
        /// Which, and why.
        cause: String,
    },
}

/// Directories with plugins of the user, in the order in which they are looked through.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The path of the process, as it is written in `PATH`.
    pub path: Option<std::ffi::OsString>,
    /// `plugins` beside the config file.
    pub config: Option<PathBuf>,
    /// Where the running program is: the official plugins are installed beside it.
    pub beside: Option<PathBuf>,
}

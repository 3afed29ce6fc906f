//! `pacto login` and `pacto logout`.

use std::io::{IsTerminal, Read};

use clap::Args;
use pacto_app::login::{self, Options};
use pacto_oci::credential::Secret;

use crate::arguments::{Global, OutputFormat};
use crate::exit::{CommandError, FINE};
use crate::settings::Settings;
use crate::ui::{Ui, neutral};

/// Longest password that is read from standard input, in bytes.
const MAX_PASSWORD_BYTES: u64 = 64 * 1024;

/// Arguments of `pacto login`.
#[derive(Debug, Args)]
pub struct Login {
    /// Host and port, such as ghcr.io or localhost:5000
    #[arg(value_name = "REGISTRY")]
    registry: String,
    /// The user
    #[arg(short, long)]
    username: String,
    /// The password; others on this machine can see it here, so prefer the prompt or --password-stdin
    #[arg(short, long, conflicts_with = "password_stdin")]
    password: Option<String>,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
}

/// Arguments of `pacto logout`.
#[derive(Debug, Args)]
pub struct Logout {
    /// Host and port
    #[arg(value_name = "REGISTRY")]
    registry: String,
}

pub(crate) fn login(arguments: &Login, global: &Global, ui: &mut Ui) -> Result<u8, CommandError> {
    let settings = Settings::read_plain(global, "login")?;
    let options = Options {
        registry: arguments.registry.clone(),
        user: arguments.username.clone(),
        password: password(arguments)?,
    };
    let outcome = login::login(&settings.context, &options)?;
    if let Some(problem) = &outcome.problem {
        let problem = neutral(problem);
        ui.note(&format!(
            "Warning: {} could not be asked ({problem}); stored all the same",
            outcome.registry
        ));
    }
    match settings.format {
        OutputFormat::Json => ui.json(&outcome),
        _ if outcome.verified => ui.data(&format!("Login succeeded for {}\n", outcome.registry)),
        _ => ui.data(&format!("Login stored for {}\n", outcome.registry)),
    }
    Ok(FINE)
}

fn password(arguments: &Login) -> Result<Secret, CommandError> {
    let unreadable =
        |error: std::io::Error| CommandError::Environment(format!("the password cannot be read: {error}"));
    let text = if let Some(password) = &arguments.password {
        password.clone()
    } else if arguments.password_stdin {
        let mut text = String::new();
        std::io::stdin().lock().take(MAX_PASSWORD_BYTES).read_to_string(&mut text).map_err(unreadable)?;
        text.trim_end_matches(['\r', '\n']).to_owned()
    } else if std::io::stdin().is_terminal() {
        rpassword::prompt_password("Password: ").map_err(unreadable)?
    } else {
        return Err(CommandError::Usage(
            "there is no terminal to ask for the password; use --password-stdin".to_owned(),
        ));
    };
    if text.is_empty() {
        return Err(CommandError::Usage("the password is empty".to_owned()));
    }
    Ok(Secret::new(text))
}

pub(crate) fn logout(arguments: &Logout, global: &Global, ui: &mut Ui) -> Result<u8, CommandError> {
    let settings = Settings::read_plain(global, "logout")?;
    let was_there = login::logout(&settings.context, &arguments.registry)?;
    let registry = neutral(&arguments.registry);
    match (settings.format, was_there) {
        (OutputFormat::Json, _) => {
            ui.json(&serde_json::json!({"registry": arguments.registry, "removed": was_there}));
        }
        (_, true) => ui.data(&format!("Logged out of {registry}\n")),
        (_, false) => ui.note(&format!("Not logged in to {registry}")),
    }
    Ok(FINE)
}

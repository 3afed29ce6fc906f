//! `pacto login` and `pacto logout`: a password for a registry, kept in a file that only its owner can read.

use std::path::Path;
use std::sync::Arc;

use pacto_contract::reference::OciReference;
use pacto_oci::credential::{CredentialFile, Keychain, Secret, Surroundings};
use pacto_oci::registry::{Client, RegistryError};
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::shown;
use crate::{AppError, Context};

/// Who logs in where.
#[derive(Debug, Clone)]
pub struct Options {
    /// Host and port.
    pub registry: String,
    /// The user.
    pub user: String,
    /// The password, or a token that the registry takes as one.
    pub password: Secret,
}

/// What became of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// Host and port.
    pub registry: String,
    /// Whether the registry was there to accept it.
    pub verified: bool,
    /// Why it could not be verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Asks the registry whether it accepts the password, and stores it.
///
/// # Errors
/// [`AppError::Login`] when the registry refuses it; nothing is stored then. [`AppError::Credentials`] when the file
/// cannot be written.
pub fn login(context: &Context, options: &Options) -> Result<Outcome, AppError> {
    let registry = host(&options.registry)?;
    let registries = &context.sources.registries;
    let path = file(context)?;
    // Read first: a file that cannot be read must not cost the question.
    let mut stored = CredentialFile::read(path)?;
    let surroundings = Surroundings {
        basic: Some((options.user.clone(), options.password.clone())),
        only_host: Some(registry.clone()),
        ..Surroundings::default()
    };
    let keychain = Arc::new(Keychain::new(surroundings));
    let client = Client::new(registries.settings().clone(), keychain)
        .map_err(|cause| RegistryError::Unreachable { reference: registry.clone(), cause })?;
    let problem = match registries.block_on(client.ping(&registry)) {
        Ok(()) => None,
        Err(RegistryError::Unreachable { cause, .. }) => Some(cause),
        Err(RegistryError::Authentication { cause, .. }) => return Err(AppError::Login { registry, cause }),
        Err(error) => return Err(error.into()),
    };
    stored.set(&registry, &options.user, &options.password);
    stored.write(path)?;
    Ok(Outcome { registry, verified: problem.is_none(), problem })
}

/// Forgets the password of a registry. False when there was none.
///
/// # Errors
/// [`AppError::Credentials`] when the file cannot be read or written.
pub fn logout(context: &Context, registry: &str) -> Result<bool, AppError> {
    let registry = host(registry)?;
    let path = file(context)?;
    let mut stored = CredentialFile::read(path)?;
    let was_there = stored.remove(&registry);
    if was_there {
        stored.write(path)?;
    }
    Ok(was_there)
}

fn file(context: &Context) -> Result<&Path, AppError> {
    let path = context.sources.registries.login_file();
    path.ok_or_else(|| AppError::Usage("there is no home directory to keep credentials in".to_owned()))
}

/// A registry as people write it: with or without scheme and slash.
fn host(text: &str) -> Result<String, AppError> {
    let host = text.trim();
    let schemes = ["oci://", "https://", "http://"];
    let host =
        schemes.iter().find_map(|scheme| host.strip_prefix(scheme)).unwrap_or(host).trim_end_matches('/');
    let is_host = OciReference::parse(&format!("{host}/a")).is_ok_and(|parsed| parsed.registry == host);
    if is_host {
        Ok(host.to_owned())
    } else {
        Err(AppError::Usage(format!("{:?} is not a registry", shown(text))))
    }
}

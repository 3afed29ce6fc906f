//! Azure Container Registry: a token of Entra ID, given for a refresh token of the registry.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Url;
use serde::Deserialize;

use super::http::{address, json, safe_address, sensitive};
use super::{Context, Found, Problem, read, time};
use crate::credential::{Credential, Secret};

/// What the token is for: container registries, in every cloud of Azure.
const RESOURCE: &str = "https://containerregistry.azure.net";
/// What tells a machine of Azure about itself.
const INSTANCE: &str = "http://169.254.169.254";
/// How long a refresh token counts when it does not say: a third of what the documentation says.
const LIFE: Duration = Duration::from_hours(1);

/// One of the clouds of Azure, which know nothing of each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cloud {
    Public,
    China,
    Government,
}

impl Cloud {
    /// The cloud of a registry: `<name>.azurecr.io` and its sisters.
    pub fn of(host: &str) -> Option<Self> {
        let clouds =
            [(".azurecr.io", Self::Public), (".azurecr.cn", Self::China), (".azurecr.us", Self::Government)];
        let (name, cloud) =
            clouds.into_iter().find_map(|(suffix, cloud)| Some((host.strip_suffix(suffix)?, cloud)))?;
        // A registry with data endpoints of its own has those below its name; only the name itself hands tokens out.
        (!name.is_empty() && !name.contains('.')).then_some(cloud)
    }

    fn authority(self) -> &'static str {
        match self {
            Self::Public => "https://login.microsoftonline.com",
            Self::China => "https://login.chinacloudapi.cn",
            Self::Government => "https://login.microsoftonline.us",
        }
    }
}

/// Where a registry gives its refresh token for one of Entra ID: the registry itself, so that nobody else sees it.
pub(super) fn exchange_address(host: &str) -> String {
    format!("https://{host}/oauth2/exchange")
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
}

#[derive(Deserialize)]
struct Exchanged {
    refresh_token: String,
}

/// A refresh token of the registry.
///
/// # Errors
/// Nobody says who we are, or the registry does not accept it.
pub(super) async fn credential(
    context: Context<'_>,
    cloud: Cloud,
    host: &str,
    exchange: &str,
) -> Result<Found, Problem> {
    let exchange = safe_address(exchange, "the address of the registry")?;
    let token = token(context, cloud).await?;
    let mut pairs = vec![("grant_type", "access_token"), ("service", host), ("access_token", token.expose())];
    pairs.extend(context.variable("AZURE_TENANT_ID").map(|tenant| ("tenant", tenant)));
    let exchanged: Exchanged = context.http.post_form(&exchange, &pairs).await?;
    let expires = end(&exchanged.refresh_token).unwrap_or_else(|| context.after(LIFE));
    Ok(Found { credential: Credential::Identity(Secret::new(exchanged.refresh_token)), expires })
}

/// When a token ends, as it says itself. Nothing depends on it but when it is fetched anew.
fn end(token: &str) -> Option<SystemTime> {
    #[derive(Deserialize)]
    struct Claims {
        exp: f64,
    }
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    time::at_number(serde_json::from_slice::<Claims>(&claims).ok()?.exp)
}

/// A token of Entra ID. The first source that is set up decides: if it fails, another identity would be a surprise.
async fn token(context: Context<'_>, cloud: Cloud) -> Result<Secret, Problem> {
    if let (Some(tenant), Some(client)) =
        (context.variable("AZURE_TENANT_ID"), context.variable("AZURE_CLIENT_ID"))
    {
        if let Some(file) = context.variable("AZURE_FEDERATED_TOKEN_FILE") {
            let assertion = read(file.as_ref(), "AZURE_FEDERATED_TOKEN_FILE")?;
            let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
            let proof = [("client_assertion_type", kind), ("client_assertion", assertion.expose())];
            return application(context, cloud, tenant, client, &proof).await;
        }
        if let Some(secret) = context.variable("AZURE_CLIENT_SECRET") {
            return application(context, cloud, tenant, client, &[("client_secret", secret)]).await;
        }
    }
    if let (Some(endpoint), Some(header)) =
        (context.variable("IDENTITY_ENDPOINT"), context.variable("IDENTITY_HEADER"))
    {
        let url = address(endpoint, "IDENTITY_ENDPOINT")?;
        let header = ("x-identity-header", header);
        return managed(context, url, "2019-08-01", header).await;
    }
    if !context.surroundings.instance_metadata {
        return Err(Problem::new("no identity"));
    }
    let name = "AZURE_POD_IDENTITY_AUTHORITY_HOST";
    let base = context.variable(name).unwrap_or(INSTANCE).trim_end_matches('/');
    let url = address(&format!("{base}/metadata/identity/oauth2/token"), name)?;
    managed(context, url, "2018-02-01", ("metadata", "true")).await
}

/// An application that shows by `proof` who it is.
async fn application(
    context: Context<'_>,
    cloud: Cloud,
    tenant: &str,
    client: &str,
    proof: &[(&str, &str)],
) -> Result<Secret, Problem> {
    let name = "AZURE_AUTHORITY_HOST";
    let authority = context.variable(name).unwrap_or(cloud.authority());
    let mut url = safe_address(authority, name)?;
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend([tenant, "oauth2", "v2.0", "token"]);
    }
    let scope = format!("{RESOURCE}/.default");
    let mut pairs =
        vec![("grant_type", "client_credentials"), ("client_id", client), ("scope", scope.as_str())];
    pairs.extend(proof);
    let token: Token = context.http.post_form(&url, &pairs).await?;
    Ok(Secret::new(token.access_token))
}

/// The identity that Azure manages for what we run in.
async fn managed(
    context: Context<'_>,
    mut url: Url,
    version: &str,
    (name, value): (&str, &str),
) -> Result<Secret, Problem> {
    url.query_pairs_mut().append_pair("api-version", version).append_pair("resource", RESOURCE);
    if let Some(client) = context.variable("AZURE_CLIENT_ID") {
        url.query_pairs_mut().append_pair("client_id", client);
    }
    let request = context.http.near().get(url).header(name, sensitive(value)?);
    json::<Token>(request).await.map(|token| Secret::new(token.access_token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_of_azure() {
        assert_eq!(Cloud::of("acme.azurecr.io"), Some(Cloud::Public));
        assert_eq!(Cloud::of("acme.azurecr.cn"), Some(Cloud::China));
        assert_eq!(Cloud::of("acme.azurecr.us"), Some(Cloud::Government));
        for host in [
            "azurecr.io",
            "azurecr.io.evil.com",
            "acme.azurecr.io.evil.com",
            "acme.evilazurecr.io",
            ".azurecr.io",
            "acme.eastus.data.azurecr.io",
        ] {
            assert_eq!(Cloud::of(host), None, "{host}");
        }
        assert_eq!(exchange_address("acme.azurecr.io"), "https://acme.azurecr.io/oauth2/exchange");
    }

    #[test]
    fn a_token_says_when_it_ends() {
        let token = |claims: &str| format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims));
        assert_eq!(end(&token(r#"{"exp":1440938160}"#)), time::at(1_440_938_160));
        for odd in ["", "a.b.c", "opaque", &token("{}"), &token(r#"{"exp":-1}"#)] {
            assert_eq!(end(odd), None, "{odd}");
        }
    }
}

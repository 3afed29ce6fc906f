//! Who we are to AWS: access keys of the environment, of a web identity, of a container, of a machine.

use reqwest::Url;
use serde::Deserialize;

use super::http::{address, is_loopback, json, sensitive, text};
use super::sigv4::Keys;
use super::{Context, Problem, read};
use crate::credential::Secret;

/// Where tasks of Elastic Container Service get their keys.
const CONTAINERS: &str = "http://169.254.170.2";
/// Hosts besides this machine to which the token of a container goes without TLS: Elastic Container Service, and the
/// agent of Elastic Kubernetes Service.
const CONTAINER_HOSTS: [&str; 3] = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"];
/// What tells a machine of EC2 about itself.
const INSTANCE: &str = "http://169.254.169.254";
/// Seconds for which the token of that service counts.
const INSTANCE_TOKEN_LIFE: &str = "300";
/// Name of our session where none is given.
const SESSION: &str = "pacto";

/// Finds the keys. The first source that is set up decides: if it fails, another identity would be a surprise.
///
/// # Errors
/// No source is set up, or the one that is has no keys.
pub(super) async fn keys(context: Context<'_>, region: &str) -> Result<Keys, Problem> {
    if let Some(keys) = environment(context) {
        return Ok(keys);
    }
    if let (Some(file), Some(role)) =
        (context.variable("AWS_WEB_IDENTITY_TOKEN_FILE"), context.variable("AWS_ROLE_ARN"))
    {
        let token = read(file.as_ref(), "AWS_WEB_IDENTITY_TOKEN_FILE")?;
        return web_identity(context, &token, role, &token_service(context, region)?).await;
    }
    if let Some(url) = container_address(context) {
        return container(context, &url?).await;
    }
    let is_disabled = context.variable("AWS_EC2_METADATA_DISABLED");
    if !context.surroundings.instance_metadata
        || is_disabled.is_some_and(|word| word.eq_ignore_ascii_case("true"))
    {
        return Err(Problem::new("no access keys"));
    }
    instance(context).await
}

fn environment(context: Context<'_>) -> Option<Keys> {
    let id = context.variable("AWS_ACCESS_KEY_ID")?;
    let secret = context.variable("AWS_SECRET_ACCESS_KEY")?;
    let session = context.variable("AWS_SESSION_TOKEN").map(Secret::new);
    Some(Keys { id: id.to_owned(), secret: Secret::new(secret), session })
}

/// The address of a service: the one of the environment, or the usual one.
///
/// # Errors
/// The environment holds no address.
pub(super) fn service_address(context: Context<'_>, variable: &str, usual: &str) -> Result<Url, Problem> {
    let (text, name) = [variable, "AWS_ENDPOINT_URL"]
        .into_iter()
        .find_map(|name| Some((context.variable(name)?, name)))
        .unwrap_or((usual, "the service"));
    address(text, name)
}

/// The token service of the region that the environment names, or else of the registry.
fn token_service(context: Context<'_>, region: &str) -> Result<Url, Problem> {
    let named = context.variable("AWS_REGION").or_else(|| context.variable("AWS_DEFAULT_REGION"));
    let region = named.unwrap_or(region);
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    let usual = format!("https://sts.{region}.{domain}/");
    service_address(context, "AWS_ENDPOINT_URL_STS", &usual)
}

#[derive(Deserialize)]
struct Assumed {
    #[serde(rename = "AssumeRoleWithWebIdentityResponse")]
    response: AssumedResponse,
}

#[derive(Deserialize)]
struct AssumedResponse {
    #[serde(rename = "AssumeRoleWithWebIdentityResult")]
    result: AssumedResult,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AssumedResult {
    credentials: HandedOut,
}

/// Keys as the services hand them out.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HandedOut {
    access_key_id: String,
    secret_access_key: String,
    #[serde(alias = "SessionToken")]
    token: Option<String>,
}

impl From<HandedOut> for Keys {
    fn from(found: HandedOut) -> Self {
        Self {
            id: found.access_key_id,
            secret: Secret::new(found.secret_access_key),
            session: found.token.map(Secret::new),
        }
    }
}

/// Gives the token of another identity provider for keys of a role.
async fn web_identity(
    context: Context<'_>,
    token: &Secret,
    role: &str,
    service: &Url,
) -> Result<Keys, Problem> {
    let assumed: Assumed = context
        .http
        .post_form(
            service,
            &[
                ("Action", "AssumeRoleWithWebIdentity"),
                ("Version", "2011-06-15"),
                ("RoleArn", role),
                ("RoleSessionName", context.variable("AWS_ROLE_SESSION_NAME").unwrap_or(SESSION)),
                ("WebIdentityToken", token.expose()),
            ],
        )
        .await?;
    Ok(assumed.response.result.credentials.into())
}

/// Where a container gets its keys; nothing when it is none.
pub(super) fn container_address(context: Context<'_>) -> Option<Result<Url, Problem>> {
    if let Some(path) = context.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
        let name = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
        return Some(if path.starts_with('/') {
            address(&format!("{CONTAINERS}{path}"), name)
        } else {
            Err(Problem::new(format!("{name} is no path")))
        });
    }
    let name = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
    let url = address(context.variable(name)?, name);
    Some(url.and_then(|url| {
        let is_known = url.host_str().is_some_and(|host| CONTAINER_HOSTS.contains(&host));
        if url.scheme() == "https" || is_loopback(&url) || is_known {
            return Ok(url);
        }
        Err(Problem::new(format!("{name} is neither https nor near")))
    }))
}

async fn container(context: Context<'_>, url: &Url) -> Result<Keys, Problem> {
    let mut request = context.http.to(url).get(url.clone());
    let file = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
    let token = match context.variable(file) {
        Some(path) => Some(read(path.as_ref(), file)?),
        None => context.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN").map(Secret::new),
    };
    if let Some(token) = token {
        request = request.header("authorization", sensitive(token.expose())?);
    }
    json::<HandedOut>(request).await.map(Keys::from)
}

/// The keys of the role of this machine. It answers only to those who can make a PUT, which a request that somebody
/// else made us send seldom is.
async fn instance(context: Context<'_>) -> Result<Keys, Problem> {
    let name = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
    let base = context.variable(name).unwrap_or(INSTANCE).trim_end_matches('/');
    let url = |path: &str| address(&format!("{base}/latest/{path}"), name);
    let near = context.http.near();
    let life = ("x-aws-ec2-metadata-token-ttl-seconds", INSTANCE_TOKEN_LIFE);
    let token = text(near.put(url("api/token")?).header(life.0, life.1)).await?;
    let token = sensitive(token.expose())?;
    let get = |url: Url| near.get(url).header("x-aws-ec2-metadata-token", token.clone());

    let roles = text(get(url("meta-data/iam/security-credentials/")?)).await?;
    let role = roles.expose().lines().next().unwrap_or_default().trim();
    let is_name = |letter: char| {
        letter.is_ascii_alphanumeric() || matches!(letter, '_' | '+' | '=' | ',' | '.' | '@' | '-')
    };
    if role.is_empty() || !role.chars().all(is_name) {
        return Err(Problem::new("this machine has no role"));
    }
    json::<HandedOut>(get(url(&format!("meta-data/iam/security-credentials/{role}"))?)).await.map(Keys::from)
}

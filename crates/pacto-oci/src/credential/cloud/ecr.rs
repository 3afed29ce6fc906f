//! Elastic Container Registry of AWS, private and public.

use std::time::Duration;

use serde::Deserialize;

use super::aws::{keys, service_address};
use super::http::{json, sensitive};
use super::sigv4::{Request, Scope, sign};
use super::{Context, Found, Problem, time};
use crate::credential::docker;

/// How long a password counts when the answer does not say: half of what the documentation says.
const LIFE: Duration = Duration::from_hours(6);
/// The only region that hands passwords of the public registry out.
const PUBLIC_REGION: &str = "us-east-1";
/// Digits of an account.
const ACCOUNT_DIGITS: usize = 12;

/// A registry, as its name tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Registry {
    region: String,
    kind: Kind,
    /// `amazonaws.com`, or the one of China.
    domain: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Private,
    /// Private, by endpoints that are validated under FIPS 140.
    Fips,
    Public,
}

impl Registry {
    /// The registry of a host: `<account>.dkr.ecr.<region>.amazonaws.com`, or the public one.
    pub fn of(host: &str) -> Option<Self> {
        let registry = |region: &str, kind, domain| Self { region: region.to_owned(), kind, domain };
        if host == "public.ecr.aws" {
            return Some(registry(PUBLIC_REGION, Kind::Public, "amazonaws.com"));
        }
        let (rest, domain) = ["amazonaws.com", "amazonaws.com.cn"]
            .into_iter()
            .find_map(|domain| Some((host.strip_suffix(domain)?.strip_suffix('.')?, domain)))?;
        let [account, "dkr", service, region] = rest.split('.').collect::<Vec<_>>()[..] else { return None };
        let is_account = account.len() == ACCOUNT_DIGITS && account.bytes().all(|byte| byte.is_ascii_digit());
        let kind = match service {
            "ecr" => Kind::Private,
            "ecr-fips" => Kind::Fips,
            _ => return None,
        };
        (is_account && !region.is_empty()).then(|| registry(region, kind, domain))
    }

    /// Address of the service, the name under which it signs, and the method.
    fn service(&self) -> Service {
        let Self { region, domain, .. } = self;
        let private = |address| Service {
            address,
            variable: "AWS_ENDPOINT_URL_ECR",
            name: "ecr",
            target: "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
        };
        match self.kind {
            Kind::Private => private(format!("https://api.ecr.{region}.{domain}/")),
            Kind::Fips => private(format!("https://ecr-fips.{region}.{domain}/")),
            Kind::Public => Service {
                address: format!("https://api.ecr-public.{region}.{domain}/"),
                variable: "AWS_ENDPOINT_URL_ECR_PUBLIC",
                name: "ecr-public",
                target: "SpencerFrontendService.GetAuthorizationToken",
            },
        }
    }
}

struct Service {
    address: String,
    variable: &'static str,
    name: &'static str,
    target: &'static str,
}

/// The private registries answer with a list, the public one with one entry.
#[derive(Deserialize)]
#[serde(untagged)]
enum Entries {
    One(Entry),
    Many(Vec<Entry>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    authorization_token: String,
    expires_at: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    authorization_data: Entries,
}

/// A password for the registries that these keys can reach.
///
/// # Errors
/// There are no keys, or AWS does not accept them.
pub(super) async fn credential(context: Context<'_>, registry: &Registry) -> Result<Found, Problem> {
    let keys = keys(context, &registry.region).await?;
    let service = registry.service();
    let url = service_address(context, service.variable, &service.address)?;
    let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", service.target)];
    let request = Request { method: "POST", url: &url, headers: &headers, body: b"{}" };
    let scope = Scope { region: &registry.region, service: service.name, time: context.now };
    let signed = sign(&request, &keys, &scope);

    let mut request = context.http.to(&url).post(url.clone()).body("{}");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    for (name, value) in &signed {
        request = request.header(*name, sensitive(value.expose())?);
    }
    let answer: Answer = json(request).await?;
    let entry = match answer.authorization_data {
        Entries::One(entry) => Some(entry),
        Entries::Many(entries) => entries.into_iter().next(),
    };
    let entry = entry.ok_or_else(|| Problem::new("no password in the answer"))?;
    let credential = docker::decode(&entry.authorization_token);
    let credential =
        credential.ok_or_else(|| Problem::new("the password has not the form that is expected"))?;
    let expires = entry.expires_at.and_then(time::at_number).unwrap_or_else(|| context.after(LIFE));
    Ok(Found { credential, expires })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(host: &str) -> Option<String> {
        Registry::of(host).map(|registry| registry.service().address)
    }

    #[test]
    fn registries_and_their_services() {
        for (host, service) in [
            ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "https://api.ecr.eu-west-1.amazonaws.com/"),
            (
                "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
                "https://ecr-fips.us-gov-west-1.amazonaws.com/",
            ),
            (
                "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
                "https://api.ecr.cn-north-1.amazonaws.com.cn/",
            ),
            ("public.ecr.aws", "https://api.ecr-public.us-east-1.amazonaws.com/"),
        ] {
            assert_eq!(address(host).as_deref(), Some(service));
        }
        for host in [
            "evil-dkr.ecr.amazonaws.com.evil.com",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.com",
            "123456789012.dkr.ecr.eu-west-1.evilamazonaws.com",
            "123456789012.dkr.ecr.a.b.amazonaws.com",
            "123456789012.dkr.ecr..amazonaws.com",
            "12345.dkr.ecr.eu-west-1.amazonaws.com",
            "123456789012.dkr.s3.eu-west-1.amazonaws.com",
            "x.public.ecr.aws",
            "amazonaws.com",
        ] {
            assert_eq!(address(host), None, "{host}");
        }
    }
}

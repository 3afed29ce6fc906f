//! Azure Container Registry, by every way to say who we are.

use super::super::azure::{Cloud, credential};
use super::*;

const HOST: &str = "acme.azurecr.io";

/// Entra ID, what manages identities, and the registry.
async fn azure() -> Fake {
    Fake::start(|asked| {
        let resource = "resource=https%3A%2F%2Fcontainerregistry.azure.net";
        let proof = format!("{}{}", asked.field("client_assertion"), asked.field("client_secret"));
        match asked.line.as_str() {
            "POST /the-tenant/oauth2/v2.0/token" if asked.field("client_id") == "the-client" => {
                ok(format!(r#"{{"access_token":"{proof}","expires_in":3599}}"#))
            }
            line if line.starts_with(&format!("GET /msi?api-version=2019-08-01&{resource}"))
                && asked.header("x-identity-header") == "the-header" =>
            {
                ok(r#"{"access_token":"service","expires_on":"1440941760"}"#)
            }
            line if line.starts_with(&format!(
                "GET /metadata/identity/oauth2/token?api-version=2018-02-01&{resource}"
            )) && asked.header("metadata") == "true" =>
            {
                ok(r#"{"access_token":"machine","expires_in":"86399"}"#)
            }
            "POST /oauth2/exchange" if asked.field("service") == HOST => {
                ok(format!(r#"{{"refresh_token":"for {}"}}"#, asked.field("access_token")))
            }
            _ => (401, "", r#"{"error":"unauthorized_client"}"#.to_owned()),
        }
    })
    .await
}

/// What the registry on `fake` hands out.
async fn at(fake: &Fake, surroundings: &Surroundings) -> Result<Found, Problem> {
    let http = Http::new().unwrap();
    let context = Context { surroundings, http: &http, now: time::at(START).unwrap() };
    credential(context, Cloud::Public, HOST, &format!("{}/oauth2/exchange", fake.url)).await
}

async fn assert_token(fake: &Fake, surroundings: &Surroundings, token: &str) {
    let found = at(fake, surroundings).await.unwrap();
    assert_eq!(found.credential, Credential::Identity(Secret::new(format!("for {token}"))));
    assert_eq!(found.expires, time::at(START + 3600).unwrap());
}

#[tokio::test]
async fn an_application_shows_a_token_or_a_secret() {
    let fake = azure().await;
    let directory = tempfile::tempdir().unwrap();
    let token = file(&directory, "token", "federated\n");
    let who = [
        ("AZURE_AUTHORITY_HOST", fake.url.as_str()),
        ("AZURE_TENANT_ID", "the-tenant"),
        ("AZURE_CLIENT_ID", "the-client"),
    ];
    let federated = [&who[..], &[("AZURE_FEDERATED_TOKEN_FILE", token.as_str())]].concat();
    assert_token(&fake, &surroundings(&federated), "federated").await;
    let asked = fake.asked();
    assert_eq!(asked[0].field("scope"), "https://containerregistry.azure.net/.default");
    assert_eq!(asked[0].field("grant_type"), "client_credentials");
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    assert_eq!(asked[0].field("client_assertion_type"), kind);
    assert_eq!(
        (asked[1].field("grant_type").as_str(), asked[1].field("tenant").as_str()),
        ("access_token", "the-tenant")
    );

    let secret = [&who[..], &[("AZURE_CLIENT_SECRET", "the secret/+")]].concat();
    assert_token(&fake, &surroundings(&secret), "the secret/+").await;
    assert_eq!(fake.asked()[2].field("client_assertion_type"), "");
}

#[tokio::test]
async fn identities_that_azure_manages() {
    let fake = azure().await;
    let endpoint = format!("{}/msi", fake.url);
    let service = [("IDENTITY_ENDPOINT", endpoint.as_str()), ("IDENTITY_HEADER", "the-header")];
    assert_token(&fake, &surroundings(&service), "service").await;
    let named = [&service[..], &[("AZURE_CLIENT_ID", "the client")]].concat();
    assert_token(&fake, &surroundings(&named), "service").await;
    assert!(fake.lines()[2].ends_with("&client_id=the+client"), "{:?}", fake.lines());

    let host = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", fake.url.as_str())];
    assert_token(&fake, &machine(&host), "machine").await;
    let before = fake.asked().len();
    assert_eq!(at(&fake, &surroundings(&host)).await.unwrap_err().to_string(), "no identity");
    assert_eq!(fake.asked().len(), before);
}

#[tokio::test]
async fn a_refusal_is_said_without_secrets_and_ends_the_search() {
    let fake = azure().await;
    let set = [
        ("AZURE_AUTHORITY_HOST", fake.url.as_str()),
        ("AZURE_TENANT_ID", "other/../the-tenant"),
        ("AZURE_CLIENT_ID", "the-client"),
        ("AZURE_CLIENT_SECRET", "do-not-show"),
        ("AZURE_POD_IDENTITY_AUTHORITY_HOST", &fake.url),
    ];
    let problem = at(&fake, &machine(&set)).await.unwrap_err().to_string();
    assert_eq!(problem, format!("{} answered 401 Unauthorized (unauthorized_client)", fake.url));
    assert_eq!(fake.lines(), ["POST /other%2F..%2Fthe-tenant/oauth2/v2.0/token"]);
}

#[tokio::test]
async fn tokens_go_by_https_or_nowhere() {
    let surroundings = surroundings(&[
        ("AZURE_AUTHORITY_HOST", "http://login.test"),
        ("AZURE_TENANT_ID", "t"),
        ("AZURE_CLIENT_ID", "c"),
        ("AZURE_CLIENT_SECRET", "do-not-show"),
    ]);
    let fake = azure().await;
    let problem = at(&fake, &surroundings).await.unwrap_err().to_string();
    assert_eq!(problem, "AZURE_AUTHORITY_HOST is neither https nor on this machine");

    let surroundings = machine(&[("AZURE_POD_IDENTITY_AUTHORITY_HOST", &fake.url)]);
    let http = Http::new().unwrap();
    let context = Context { surroundings: &surroundings, http: &http, now: time::at(START).unwrap() };
    let exchange = "http://acme.azurecr.io/oauth2/exchange";
    let problem = credential(context, Cloud::Public, HOST, exchange).await.unwrap_err().to_string();
    assert_eq!(problem, "the address of the registry is neither https nor on this machine");
    assert!(fake.lines().is_empty());
}

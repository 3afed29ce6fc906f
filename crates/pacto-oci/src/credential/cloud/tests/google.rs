//! Registries of Google, by every kind of credential file and by the machine.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::*;

const HOST: &str = "europe-docker.pkg.dev";

fn of(token: &str) -> Candidate {
    Candidate { source: "google", credential: basic("oauth2accesstoken", token) }
}

/// A token service that calls each token by the grant.
async fn service() -> Fake {
    Fake::start(|asked| {
        let grant = asked.field("grant_type");
        match asked.line.as_str() {
            "POST /token" => ok(format!(r#"{{"access_token":"by {grant}","expires_in":3599}}"#)),
            "POST /impersonate" if asked.header("authorization").starts_with("Bearer by urn:ietf") => {
                ok(r#"{"accessToken":"of the account","expireTime":"2015-08-30T12:46:00Z"}"#)
            }
            "GET /subject" if asked.header("x-key") == "k" => ok(r#"{"value":"the-subject"}"#),
            _ => not_found(),
        }
    })
    .await
}

/// Finds with `content` as the credential file.
async fn with_file(content: &Value) -> Option<Candidate> {
    let directory = tempfile::tempdir().unwrap();
    let path = file(&directory, "key.json", &content.to_string());
    find(&surroundings(&[("GOOGLE_APPLICATION_CREDENTIALS", &path)]), HOST).await
}

#[tokio::test]
async fn the_machine_has_an_account() {
    let fake = tokens(3600).await;
    assert_eq!(find(&machine(&[("GCE_METADATA_HOST", fake.host())]), HOST).await, Some(of("the-token")));
    let asked = fake.asked().remove(0);
    assert_eq!(asked.line, "GET /computeMetadata/v1/instance/service-accounts/default/token");
    assert_eq!(asked.header("metadata-flavor"), "Google");
    let portal = Fake::start(|_| ok(r#"{"access_token":"t","expires_in":1}"#)).await;
    assert_eq!(find(&machine(&[("GCE_METADATA_HOST", portal.host())]), HOST).await, None);
    assert_eq!(find(&surroundings(&[("GCE_METADATA_HOST", fake.host())]), HOST).await, None);
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test]
async fn a_service_account_signs_what_it_claims() {
    let fake = service().await;
    let uri = format!("{}/token", fake.url);
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
    let body = STANDARD.encode(der.as_ref());
    let content = json!({
        "type": "service_account",
        "client_email": "me@acme.iam.gserviceaccount.com",
        "private_key": format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"),
        "private_key_id": "the-id",
        "token_uri": uri,
    });
    assert_eq!(with_file(&content).await, Some(of("by urn:ietf:params:oauth:grant-type:jwt-bearer")));

    let assertion = fake.asked()[0].field("assertion");
    let (claimed, signature) = assertion.rsplit_once('.').unwrap();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref());
    public.verify(claimed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    let parts: Vec<Value> = claimed
        .split('.')
        .map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
        .collect();
    assert_eq!(parts[0], json!({ "alg": "RS256", "typ": "JWT", "kid": "the-id" }));
    let scope = "https://www.googleapis.com/auth/cloud-platform";
    let account = "me@acme.iam.gserviceaccount.com";
    let claims = json!({ "iss": account, "scope": scope, "aud": uri, "iat": START, "exp": START + 3600 });
    assert_eq!(parts[1], claims);

    let mut broken = content.clone();
    broken["private_key"] = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----".into();
    assert_eq!(with_file(&broken).await, None);
    assert_eq!(fake.asked().len(), 1);
}

fn user(token_uri: &str) -> Value {
    json!({
        "type": "authorized_user", "client_id": "id", "client_secret": "secret",
        "refresh_token": "refresh", "token_uri": token_uri,
    })
}

#[tokio::test]
async fn a_person_has_a_refresh_token_where_gcloud_keeps_it() {
    let fake = service().await;
    let content = user(&format!("{}/token", fake.url)).to_string();
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join(".config/gcloud");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("application_default_credentials.json"), &content).unwrap();
    let at_home = Surroundings { home: Some(home.path().to_owned()), ..surroundings(&[]) };
    assert_eq!(find(&at_home, "gcr.io").await, Some(of("by refresh_token")));
    let asked = fake.asked().remove(0);
    for (name, value) in [("client_id", "id"), ("client_secret", "secret"), ("refresh_token", "refresh")] {
        assert_eq!(asked.field(name), value);
    }
    let elsewhere = surroundings(&[("CLOUDSDK_CONFIG", directory.to_str().unwrap())]);
    assert_eq!(find(&elsewhere, "gcr.io").await, Some(of("by refresh_token")));
}

#[tokio::test]
async fn a_file_that_gives_nothing_is_not_replaced_by_the_machine() {
    let fake = tokens(3600).await;
    for path in ["/nowhere", "/dev/null"] {
        let on = machine(&[("GOOGLE_APPLICATION_CREDENTIALS", path), ("GCE_METADATA_HOST", fake.host())]);
        assert_eq!(find(&on, HOST).await, None);
    }
    assert!(fake.lines().is_empty());
}

#[tokio::test]
async fn secrets_of_a_file_go_by_https_or_nowhere() {
    assert_eq!(with_file(&user("http://metadata.test/token")).await, None);
    let parsed = google_file::CredentialFile::parse(&Secret::new(r#"{"type":"do-not-show"}"#));
    assert!(!parsed.err().unwrap().to_string().contains("do-not-show"));
}

#[tokio::test]
async fn an_identity_from_elsewhere_is_exchanged() {
    let fake = service().await;
    let directory = tempfile::tempdir().unwrap();
    let subject = file(&directory, "subject", "the-subject\n");
    let mut content = json!({
        "type": "external_account",
        "audience": "//iam.googleapis.com/pool",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": format!("{}/token", fake.url),
        "credential_source": { "file": subject },
    });
    let exchanged = Some(of("by urn:ietf:params:oauth:grant-type:token-exchange"));
    assert_eq!(with_file(&content).await, exchanged);
    let from_url = json!({
        "url": format!("{}/subject", fake.url),
        "headers": { "X-Key": "k" },
        "format": { "type": "json", "subject_token_field_name": "value" },
    });
    content["credential_source"] = from_url;
    assert_eq!(with_file(&content).await, exchanged);
    for asked in fake.asked().iter().filter(|asked| asked.line == "POST /token") {
        assert_eq!(asked.field("subject_token"), "the-subject");
        assert_eq!(asked.field("audience"), "//iam.googleapis.com/pool");
        assert_eq!(asked.field("subject_token_type"), "urn:ietf:params:oauth:token-type:jwt");
        assert_eq!(asked.field("scope"), "https://www.googleapis.com/auth/cloud-platform");
    }

    content["service_account_impersonation_url"] = format!("{}/impersonate", fake.url).into();
    assert_eq!(with_file(&content).await, Some(of("of the account")));
    let before = fake.asked().len();
    content["service_account_impersonation_url"] = "http://evil.test/".into();
    assert_eq!(with_file(&content).await, None);
    content["credential_source"] = json!({ "environment_id": "aws1" });
    assert_eq!(with_file(&content).await, None);
    assert_eq!(fake.asked().len(), before);
}

#[tokio::test]
async fn a_token_of_an_account_ends_when_its_service_says() {
    let fake = service().await;
    let directory = tempfile::tempdir().unwrap();
    let subject = file(&directory, "subject", "the-subject");
    let content = json!({
        "type": "external_account", "audience": "a", "subject_token_type": "t",
        "token_url": format!("{}/token", fake.url), "credential_source": { "file": subject },
        "service_account_impersonation_url": format!("{}/impersonate", fake.url),
    });
    let path = file(&directory, "key.json", &content.to_string());
    let (clouds, on) = (Clouds::default(), surroundings(&[("GOOGLE_APPLICATION_CREDENTIALS", &path)]));
    // It ends after ten minutes, so it counts for five.
    for (seconds, requests) in [(0, 2), (299, 2), (300, 4)] {
        NOW.set(START + seconds);
        assert_eq!(clouds.find(&on, HOST).await, Some(of("of the account")));
        assert_eq!(fake.asked().len(), requests, "after {seconds} seconds");
    }
}

//! What is said about failures, where everything that is sent is sent back.

use std::io::Write;
use std::sync::Once;

use serde_json::json;

use super::*;

/// Part of every secret of these tests.
const SECRET: &str = "do-not-show";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Refuses everything and quotes the request wherever a message may stand.
async fn echo() -> Fake {
    Fake::start(|asked| {
        let all = format!("{asked:?}");
        (403, "", json!({ "error": all, "__type": all, "error_description": all }).to_string())
    })
    .await
}

/// Asks for a credential of `host`, which must fail, and gives what is logged.
async fn failure(surroundings: &Surroundings, host: &str) -> String {
    // Without anybody who listens everywhere, what another test logs first would be noted as of no interest to anyone.
    static EVERYWHERE: Once = Once::new();
    EVERYWHERE.call_once(|| {
        let all = tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::TRACE);
        let _ = tracing::subscriber::set_global_default(all.with_writer(std::io::sink).finish());
    });
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    assert_eq!(find(surroundings, host).await, None);
    drop(guard);
    String::from_utf8(log.0.lock().unwrap().clone()).unwrap()
}

#[tokio::test]
async fn a_failure_is_explained_without_secrets() {
    let fake = echo().await;
    let url = fake.url.as_str();
    let directory = tempfile::tempdir().unwrap();
    let token = file(&directory, "token", SECRET);
    let user = json!({
        "type": "authorized_user", "client_id": "id", "client_secret": SECRET, "refresh_token": SECRET,
        "token_uri": format!("{url}/token?key={SECRET}"),
    });
    let user = file(&directory, "user.json", &user.to_string());
    let external = json!({
        "type": "external_account", "audience": "a", "subject_token_type": "t",
        "token_url": format!("{url}/token"), "credential_source": { "file": token },
    });
    let external = file(&directory, "external.json", &external.to_string());
    let full = format!("{url}/{SECRET}?x={SECRET}");
    let azure = [("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c"), ("AZURE_AUTHORITY_HOST", url)];
    let azure_with = |more: (&'static str, &str)| surroundings(&[azure[0], azure[1], azure[2], more]);
    let aws = ("AWS_ENDPOINT_URL", url);
    for (host, surroundings) in [
        (
            ECR,
            surroundings(&[
                aws,
                ("AWS_ACCESS_KEY_ID", "id"),
                ("AWS_SECRET_ACCESS_KEY", SECRET),
                ("AWS_SESSION_TOKEN", SECRET),
            ]),
        ),
        (ECR, surroundings(&[aws, ("AWS_ROLE_ARN", "role"), ("AWS_WEB_IDENTITY_TOKEN_FILE", &token)])),
        (
            ECR,
            surroundings(&[
                ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &full),
                ("AWS_CONTAINER_AUTHORIZATION_TOKEN", SECRET),
            ]),
        ),
        (ECR, machine(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", url)])),
        ("gcr.io", surroundings(&[("GOOGLE_APPLICATION_CREDENTIALS", &user)])),
        ("gcr.io", surroundings(&[("GOOGLE_APPLICATION_CREDENTIALS", &external)])),
        ("acme.azurecr.io", azure_with(("AZURE_CLIENT_SECRET", SECRET))),
        ("acme.azurecr.io", azure_with(("AZURE_FEDERATED_TOKEN_FILE", &token))),
        ("acme.azurecr.io", surroundings(&[("IDENTITY_ENDPOINT", &full), ("IDENTITY_HEADER", SECRET)])),
    ] {
        let before = fake.asked().len();
        let log = failure(&surroundings, host).await;
        assert!(log.contains(&format!("{url} answered 403 Forbidden")), "{log}");
        assert!(!log.contains(SECRET), "{log}");
        assert_eq!(fake.asked().len(), before + 1, "what is refused is not asked for again");
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_not_shown() {
    let odd = format!("{SECRET}\n");
    let on = surroundings(&[
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", &odd),
    ]);
    let log = failure(&on, ECR).await;
    assert!(log.contains("a character that cannot be sent") && !log.contains(SECRET), "{log}");
    let log = failure(&surroundings(&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", SECRET)]), ECR).await;
    assert!(log.contains("AWS_CONTAINER_CREDENTIALS_FULL_URI is no address"), "{log}");
    assert!(!log.contains(SECRET), "{log}");
}

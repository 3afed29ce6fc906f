//! Clouds against services on loopback that answer as theirs do.

mod aws;
mod azure;
mod fake;
mod google;
mod silence;

use std::cell::Cell;
use std::time::Instant;

use super::*;
use fake::{Answer, Asked, Fake};

/// 2015-08-30T12:36:00Z.
const START: u64 = 1_440_938_160;
const ECR: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";

thread_local! {
    /// Seconds since 1970, for the test of this thread.
    static NOW: Cell<u64> = const { Cell::new(START) };
}

fn surroundings(variables: &[(&str, &str)]) -> Surroundings {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    for name in BTreeMap::keys(&variables) {
        assert!(VARIABLES.contains(&name.as_str()), "{name} is not listed");
    }
    let clock = Clock(|| time::at(NOW.get()).unwrap());
    Surroundings { variables, clock, ..Surroundings::default() }
}

/// As [`surroundings`], on a machine of a cloud.
fn machine(variables: &[(&str, &str)]) -> Surroundings {
    Surroundings { instance_metadata: true, ..surroundings(variables) }
}

async fn find(surroundings: &Surroundings, host: &str) -> Option<Candidate> {
    Clouds::default().find(surroundings, host).await
}

fn basic(user: &str, password: &str) -> Credential {
    Credential::Basic { user: user.to_owned(), password: Secret::new(password) }
}

fn ok(body: impl Into<String>) -> Answer {
    (200, "", body.into())
}

fn not_found() -> Answer {
    (404, "", String::new())
}

fn file(directory: &tempfile::TempDir, name: &str, content: &str) -> String {
    let path = directory.path().join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The metadata server of Google.
async fn tokens(life: u64) -> Fake {
    let answer = format!(r#"{{"access_token":"the-token","expires_in":{life},"token_type":"Bearer"}}"#);
    Fake::start(move |_| (200, "Metadata-Flavor: Google\r\n", answer.clone())).await
}

#[tokio::test]
async fn a_credential_is_used_again_until_shortly_before_it_ends() {
    let fake = tokens(3600).await;
    let (clouds, on) = (Clouds::default(), machine(&[("GCE_METADATA_HOST", fake.host())]));
    for (seconds, requests) in [(0, 1), (3299, 1), (3301, 2), (3301 + 3299, 2), (3301 + 3301, 3)] {
        NOW.set(START + seconds);
        assert!(clouds.find(&on, "gcr.io").await.is_some());
        assert_eq!(fake.asked().len(), requests, "after {seconds} seconds");
    }
    assert!(clouds.find(&on, "eu.gcr.io").await.is_some());
    assert_eq!(fake.asked().len(), 4, "another host is asked for on its own");
}

#[tokio::test]
async fn a_short_life_counts_for_its_first_half() {
    let fake = tokens(60).await;
    let (clouds, on) = (Clouds::default(), machine(&[("GCE_METADATA_HOST", fake.host())]));
    for (seconds, requests) in [(0, 1), (29, 1), (30, 2)] {
        NOW.set(START + seconds);
        assert!(clouds.find(&on, "gcr.io").await.is_some());
        assert_eq!(fake.asked().len(), requests, "after {seconds} seconds");
    }
}

#[tokio::test]
async fn many_who_want_one_credential_make_one_request() {
    let fake = tokens(3600).await;
    let clouds = Arc::new((Clouds::default(), machine(&[("GCE_METADATA_HOST", fake.host())])));
    let asking: Vec<_> = (0..16)
        .map(|_| {
            let clouds = Arc::clone(&clouds);
            tokio::spawn(async move { clouds.0.find(&clouds.1, "gcr.io").await })
        })
        .collect();
    for asked in asking {
        assert_eq!(asked.await.unwrap().unwrap().credential, basic("oauth2accesstoken", "the-token"));
    }
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test]
async fn by_default_nothing_is_asked() {
    let before = Instant::now();
    for host in [ECR, "public.ecr.aws", "gcr.io", "europe-docker.pkg.dev", "acme.azurecr.io"] {
        assert_eq!(find(&Surroundings::default(), host).await, None);
    }
    assert!(before.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn hosts_that_only_look_similar_get_nothing_asked() {
    let fake = Fake::start(|_| not_found()).await;
    let url = fake.url.as_str();
    let on = machine(&[
        ("AWS_ENDPOINT_URL", url),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", url),
        ("GCE_METADATA_HOST", fake.host()),
        ("AZURE_POD_IDENTITY_AUTHORITY_HOST", url),
    ]);
    for host in [
        "evil-dkr.ecr.amazonaws.com.evil.com",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.com",
        "123456789012.dkr.ecr.evil.com/.amazonaws.com",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com:8443",
        "public.ecr.aws.evil.com",
        "xgcr.io",
        "gcr.io.evil.com",
        "evil.com#.gcr.io",
        "evil.com/-docker.pkg.dev",
        "azurecr.io.evil.com",
        "evil.com/.azurecr.io",
        "user@acme.azurecr.io",
        "ghcr.io",
        "localhost:5000",
        "",
    ] {
        assert_eq!(find(&on, host).await, None, "{host}");
    }
    assert!(fake.lines().is_empty(), "{:?}", fake.lines());
    for host in [ECR, "public.ecr.aws", "gcr.io", "acme.azurecr.io"] {
        let before = fake.asked().len();
        assert_eq!(find(&on, host).await, None);
        assert_eq!(fake.asked().len(), before + 1, "{host}");
    }
}

#[tokio::test]
async fn a_dead_service_gives_nothing_quickly_and_is_left_alone_for_a_while() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let url = format!("http://{address}");
    let on = machine(&[
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url),
        ("GCE_METADATA_HOST", &address),
        ("AZURE_POD_IDENTITY_AUTHORITY_HOST", &url),
    ]);
    let before = Instant::now();
    for host in [ECR, "public.ecr.aws", "gcr.io", "acme.azurecr.io"] {
        assert_eq!(find(&on, host).await, None);
    }
    assert!(before.elapsed() < Duration::from_secs(2), "{:?}", before.elapsed());

    let fake = Fake::start(|_| not_found()).await;
    let (clouds, on) = (Clouds::default(), machine(&[("GCE_METADATA_HOST", fake.host())]));
    for (seconds, requests) in [(0, 1), (59, 1), (60, 2)] {
        NOW.set(START + seconds);
        assert_eq!(clouds.find(&on, "gcr.io").await, None);
        assert_eq!(fake.asked().len(), requests, "after {seconds} seconds");
    }
}

#[tokio::test]
async fn a_service_that_never_answers_is_given_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let before = Instant::now();
    assert_eq!(find(&machine(&[("GCE_METADATA_HOST", &address)]), "gcr.io").await, None);
    assert!(before.elapsed() < Duration::from_secs(8), "{:?}", before.elapsed());
}

#[tokio::test]
async fn redirects_are_not_followed_and_floods_are_not_read() {
    let there = tokens(3600).await;
    let location: &'static str = format!("Location: {}/\r\nMetadata-Flavor: Google\r\n", there.url).leak();
    let here = Fake::start(move |_| (302, location, String::new())).await;
    assert_eq!(find(&machine(&[("GCE_METADATA_HOST", here.host())]), "gcr.io").await, None);
    assert!(there.asked().is_empty());
    let flood = Fake::start(|_| {
        let padding = "x".repeat(1024 * 1024);
        (200, "Metadata-Flavor: Google\r\n", format!(r#"{{"access_token":"a","padding":"{padding}"}}"#))
    });
    assert_eq!(find(&machine(&[("GCE_METADATA_HOST", flood.await.host())]), "gcr.io").await, None);
}

#[tokio::test]
async fn what_means_not_now_is_asked_for_once_more() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let fake = Fake::start(move |_| match count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
        0 => (503, "", String::new()),
        _ => (200, "Metadata-Flavor: Google\r\n", r#"{"access_token":"t"}"#.to_owned()),
    })
    .await;
    assert!(find(&machine(&[("GCE_METADATA_HOST", fake.host())]), "gcr.io").await.is_some());
    let away = Fake::start(|_| (500, "", String::new())).await;
    assert_eq!(find(&machine(&[("GCE_METADATA_HOST", away.host())]), "gcr.io").await, None);
    assert_eq!((fake.asked().len(), away.asked().len()), (2, 2));
}

#[test]
fn secrets_are_not_in_debug_output() {
    let secret = "do-not-show";
    let surroundings = surroundings(&[("AWS_SECRET_ACCESS_KEY", secret), ("AZURE_CLIENT_SECRET", secret)]);
    let known = Known { credential: Some(basic("AWS", secret)), until: time::at(0).unwrap() };
    let keychain = crate::credential::Surroundings { cloud: surroundings, ..Default::default() };
    let shown = format!("{known:?} {:?}", crate::credential::Keychain::new(keychain));
    assert!(shown.contains("AWS_SECRET_ACCESS_KEY") && !shown.contains(secret), "{shown}");
}

#[test]
fn files_are_bounded_and_not_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = file(&directory, "token", " the-token\n");
    assert_eq!(read(path.as_ref(), "X"), Ok(Secret::new("the-token")));
    assert!(read(directory.path(), "X").is_err());
    let missing = read("/nowhere/do-not-show".as_ref(), "X").unwrap_err().to_string();
    assert!(missing.starts_with("X: ") && !missing.contains("do-not-show"), "{missing}");
    let large = usize::try_from(MAX_FILE_BYTES).unwrap();
    assert!(read(file(&directory, "limit", &"x".repeat(large)).as_ref(), "X").is_ok());
    assert!(read(file(&directory, "large", &"x".repeat(large + 1)).as_ref(), "X").is_err());
}

#[tokio::test]
async fn the_keychain_tries_clouds_after_docker_and_before_nobody() {
    use crate::credential::{Keychain, Source};
    let fake = tokens(3600).await;
    let cloud = machine(&[("GCE_METADATA_HOST", fake.host())]);
    let keychain = Keychain::new(crate::credential::Surroundings { cloud, ..Default::default() });
    let mut sources = Vec::new();
    for source in Source::ALL {
        let found = keychain.candidates(*source, "gcr.io", "acme/cart").await;
        sources.extend(found.into_iter().map(|candidate| candidate.source));
    }
    assert_eq!(sources, ["google", "anonymous"]);
    let last = Source::ALL.len() - 3;
    assert_eq!(Source::ALL[last..], [Source::Docker, Source::Cloud, Source::Anonymous]);
}

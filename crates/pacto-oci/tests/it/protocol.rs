//! Tokens, redirects, pages and patience, against registries that do what real ones do, and what they should not.

use pacto_contract::limits::{MAX_MANIFEST_BYTES, MAX_TAGS};
use pacto_oci::credential::{Keychain, Secret, Surroundings};
use pacto_oci::registry::{Client, RegistryError, Settings};

use crate::fake::{Answer, Asked, Fake};
use crate::support::{anonymous, client, reference, with_password};

fn plain(status: u16, body: &str) -> Answer {
    (status, String::new(), body.as_bytes().to_vec())
}

/// A registry that wants tokens of its own realm, for the user `me` or the refresh token `fresh`.
async fn with_tokens() -> Fake {
    Fake::start(|asked, own| {
        let basic = "Basic bWU6cHc=";
        let is_token =
            asked.line.starts_with("GET /token?scope=repository%3Aacme%2Fcart%3Apull&service=test");
        let is_refresh = asked.line.starts_with("POST /token") && asked.line.contains("refresh_token=fresh");
        if is_token && asked.authorization.as_deref() == Some(basic) || is_refresh {
            plain(200, r#"{"token": "granted", "expires_in": 300}"#)
        } else if asked.line.contains("/token") {
            plain(401, "")
        } else if asked.authorization.as_deref() == Some("Bearer granted") {
            plain(200, r#"{"name": "acme/cart", "tags": ["1.0.0"]}"#)
        } else {
            let challenge =
                format!("www-authenticate: Bearer realm=\"http://{own}/token\",service=\"test\"\r\n");
            (401, challenge, Vec::new())
        }
    })
    .await
}

async fn tags(client: &Client, fake: &Fake) -> Result<Vec<String>, RegistryError> {
    client.repository(&reference(&format!("{}/acme/cart", fake.address))).tags().await
}

#[tokio::test]
async fn a_token_is_fetched_once_and_used_again() {
    let fake = with_tokens().await;
    let named = client(with_password("me", "pw"));
    named.keychain().trust(&fake.address);
    for _ in 0..3 {
        assert_eq!(tags(&named, &fake).await.unwrap(), ["1.0.0"]);
    }
    let tokens = fake.asked().into_iter().filter(|asked| asked.line.contains("/token")).count();
    assert_eq!((tokens, fake.asked().len()), (1, 5));
    let error = tags(&anonymous(), &fake).await.unwrap_err().to_string();
    assert!(error.contains("token service answered 401") && error.contains("(tried: anonymous)"), "{error}");
}

#[tokio::test]
async fn what_was_started_goes_before_what_starts() {
    let fake = Fake::start(|asked, _| {
        let is_manifest = asked.line.contains("/manifests/");
        plain(200, if is_manifest { "{}" } else { r#"{"name": "x", "tags": ["1.0.0"]}"# })
    })
    .await;
    let settings = Settings { parallel: 1, ..Settings::default() };
    let client = Client::new(settings, Keychain::new(Surroundings::default()).into()).unwrap();
    let repository = |name: &str| client.repository(&reference(&format!("{}/acme/{name}", fake.address)));
    let (first, second, third) = (repository("first"), repository("second"), repository("third"));
    let begun = repository("begun");
    let (one, two, three, manifest) =
        tokio::join!(first.tags(), second.tags(), third.tags(), begun.manifest("1.0.0"));
    assert!(one.is_ok() && two.is_ok() && three.is_ok() && manifest.is_ok());
    let asked = fake.asked();
    let order: Vec<_> = asked.iter().filter_map(|asked| asked.line.split('/').nth(3)).collect();
    // The second one was waiting at the door already.
    assert_eq!(order, ["first", "second", "begun", "third"]);
}

#[tokio::test]
async fn a_refresh_token_is_posted() {
    let fake = with_tokens().await;
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("config.json");
    let auth = format!(r#"{{"auths": {{"{}": {{"identitytoken": "fresh"}}}}}}"#, fake.address);
    std::fs::write(&config, auth).unwrap();
    let named = client(Surroundings { docker: vec![config], ..Surroundings::default() });
    assert_eq!(tags(&named, &fake).await.unwrap(), ["1.0.0"]);
}

#[tokio::test]
async fn a_realm_elsewhere_needs_https() {
    let realm = Fake::start(|_, _| plain(200, r#"{"token": "granted"}"#)).await;
    let elsewhere = realm.address.clone();
    let fake = Fake::start(move |_, _| {
        (401, format!("www-authenticate: Bearer realm=\"http://{elsewhere}/token\"\r\n"), Vec::new())
    })
    .await;
    let named = client(Surroundings { token: Some(Secret::new("secret")), ..with_password("me", "pw") });
    named.keychain().trust(&fake.address);
    let error = tags(&named, &fake).await.unwrap_err().to_string();
    assert!(error.contains("is not reached by https") && !error.contains("secret"), "{error}");
    assert_eq!(realm.asked(), []);
}

/// A registry with basic credentials that answers as `answer` says once it got them.
async fn with_basic(answer: impl Fn(&Asked, &str) -> Answer + Send + Sync + 'static) -> (Fake, Client) {
    let fake = Fake::start(move |asked, own| match asked.authorization {
        Some(_) => answer(asked, own),
        None => (401, "www-authenticate: Basic realm=\"x\"\r\n".to_owned(), Vec::new()),
    })
    .await;
    let named = client(with_password("me", "pw"));
    named.keychain().trust(&fake.address);
    (fake, named)
}

#[tokio::test]
async fn credentials_stay_at_home() {
    let abroad = Fake::start(|_, _| plain(200, r#"{"name": "x", "tags": ["2.0.0"]}"#)).await;
    let elsewhere = abroad.address.clone();
    let (fake, named) =
        with_basic(move |_, _| (307, format!("location: http://{elsewhere}/blob\r\n"), Vec::new())).await;
    assert_eq!(tags(&named, &fake).await.unwrap(), ["2.0.0"]);
    assert_eq!(abroad.asked(), [Asked { line: "GET /blob".to_owned(), authorization: None }]);

    // An upload address on another host gets the content, never the credentials.
    let elsewhere = abroad.address.clone();
    let (fake, named) = with_basic(move |asked, _| match asked.line.split(' ').next() {
        Some("HEAD") => plain(404, ""),
        _ => (202, format!("location: http://{elsewhere}/upload?state=1\r\n"), Vec::new()),
    })
    .await;
    let repository = named.repository(&reference(&format!("{}/acme/cart", fake.address)));
    let error = repository.put_blob(&bytes::Bytes::from_static(b"content")).await.unwrap_err().to_string();
    assert!(error.contains("the registry answered 200"), "{error}");
    assert!(abroad.asked().iter().all(|asked| asked.authorization.is_none()), "{:?}", abroad.asked());
    assert!(abroad.asked().last().unwrap().line.starts_with("PUT /upload?state=1&digest=sha256%3A"));
}

#[tokio::test]
async fn redirects_and_pages_come_to_an_end() {
    let (fake, named) =
        with_basic(|_, own| (302, format!("location: http://{own}/again\r\n"), Vec::new())).await;
    let error = tags(&named, &fake).await.unwrap_err().to_string();
    assert!(error.ends_with("more than 5 redirects"), "{error}");

    let page = |asked: &Asked, _: &str| -> Answer {
        let last: usize =
            asked.line.split("last=").nth(1).and_then(|last| last.parse().ok()).unwrap_or_default();
        let next = last + 1;
        let link = if last < 2 {
            format!("link: </v2/acme/cart/tags/list?last={next}>; rel=\"next\"\r\n")
        } else {
            String::new()
        };
        (200, link, format!(r#"{{"name": "acme/cart", "tags": ["1.{last}.0"]}}"#).into_bytes())
    };
    let (fake, named) = with_basic(page).await;
    assert_eq!(tags(&named, &fake).await.unwrap(), ["1.0.0", "1.1.0", "1.2.0"]);

    let endless = |_: &Asked, _: &str| -> Answer {
        let link = "link: </v2/acme/cart/tags/list?last=x>; rel=\"next\"\r\n".to_owned();
        (200, link, br#"{"name": "acme/cart", "tags": ["1.0.0"]}"#.to_vec())
    };
    let (fake, named) = with_basic(endless).await;
    let error = tags(&named, &fake).await.unwrap_err().to_string();
    assert!(error.ends_with("the list of tags leads back to itself"), "{error}");

    let (fake, named) = with_basic(|_, _| {
        let link = "link: <http://127.0.0.1:1/v2/x>; rel=\"next\"\r\n".to_owned();
        (200, link, br#"{"name": "acme/cart", "tags": []}"#.to_vec())
    })
    .await;
    let error = tags(&named, &fake).await.unwrap_err().to_string();
    assert!(error.ends_with("the next page of tags is on another host"), "{error}");
}

/// A list of `count` tags.
fn tag_list(count: usize) -> Vec<u8> {
    let tags: Vec<String> = (0..count).map(|number| format!("\"{number}\"")).collect();
    format!(r#"{{"name": "acme/cart", "tags": [{}]}}"#, tags.join(",")).into_bytes()
}

#[tokio::test]
async fn limits_of_answers() {
    // Two pages, so that no single page is too large.
    let pages = |extra: usize| {
        move |asked: &Asked, _: &str| -> Answer {
            if asked.line.contains("last=") {
                return (200, String::new(), tag_list(MAX_TAGS / 2 + extra));
            }
            let link = "link: </v2/acme/cart/tags/list?last=x>; rel=\"next\"\r\n".to_owned();
            (200, link, tag_list(MAX_TAGS / 2))
        }
    };
    let (fake, named) = with_basic(pages(0)).await;
    assert_eq!(tags(&named, &fake).await.unwrap().len(), MAX_TAGS);
    let (fake, named) = with_basic(pages(1)).await;
    let error = tags(&named, &fake).await.unwrap_err().to_string();
    assert!(error.ends_with("the repository has more than 100000 tags"), "{error}");

    let (fake, named) = with_basic(|asked, _| {
        let more = usize::from(asked.line.ends_with("larger"));
        (200, String::new(), vec![b' '; MAX_MANIFEST_BYTES + more])
    })
    .await;
    let repository = named.repository(&reference(&format!("{}/acme/cart", fake.address)));
    assert_eq!(repository.manifest("large").await.unwrap().bytes.len(), MAX_MANIFEST_BYTES);
    let error = repository.manifest("larger").await.unwrap_err().to_string();
    assert!(error.ends_with("the answer is larger than 4194304 bytes"), "{error}");
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let (fake, named) =
        with_basic(move |_, _| match count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 => (429, "retry-after: 0\r\n".to_owned(), Vec::new()),
            1 => plain(503, ""),
            _ => plain(200, r#"{"name": "acme/cart", "tags": ["1.0.0"]}"#),
        })
        .await;
    assert_eq!(tags(&named, &fake).await.unwrap(), ["1.0.0"]);
    let (fake, named) = with_basic(|_, _| plain(503, "")).await;
    let error = tags(&named, &fake).await.unwrap_err().to_string();
    assert!(error.ends_with("the registry answered 503 Service Unavailable"), "{error}");
    assert_eq!(fake.asked().len(), 1 + 4);

    let lying = |asked: &Asked, _: &str| -> Answer {
        let digest = if asked.line.contains("lie") {
            format!("docker-content-digest: sha256:{}\r\n", "0".repeat(64))
        } else {
            String::new()
        };
        (200, digest, b"{}".to_vec())
    };
    let (fake, named) = with_basic(lying).await;
    let repository = named.repository(&reference(&format!("{}/acme/cart", fake.address)));
    for version in ["lie".to_owned(), format!("sha256:{}", "1".repeat(64))] {
        let error = repository.manifest(&version).await.unwrap_err().to_string();
        assert!(error.contains("the content does not match its digest"), "{error}");
    }
}

#[tokio::test]
async fn a_site_that_is_away_does_not_silence_the_registry() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (fake, named) = with_basic(move |asked, _| {
        if asked.line.contains("/away/") {
            (307, format!("location: http://{gone}/blob\r\n"), Vec::new())
        } else {
            plain(200, r#"{"name": "acme/cart", "tags": ["1.0.0"]}"#)
        }
    })
    .await;
    let away = named.repository(&reference(&format!("{}/away/cart", fake.address)));
    let error = away.tags().await.unwrap_err().to_string();
    assert!(error.contains(&format!("http://{gone}: cannot connect")), "{error}");
    assert_eq!(tags(&named, &fake).await.unwrap(), ["1.0.0"]);
}

//! A thousand pulls and pushes through a proxy that spoils a fifth of the requests: each is right, or a typed error.

use std::collections::BTreeMap;

use pacto_oci::cache::Cache;
use pacto_oci::registry::RegistryError;
use pacto_oci::store::Store;
use pacto_testkit::fault::{Fault, FaultProxy};
use pacto_testkit::registry::{PASSWORD, Registry, USER};
use pacto_testkit::soak;

use crate::support::{artifact, bundle, client, reference, with_password};

/// What a name abroad must never see, in any spelling.
fn secrets() -> [String; 3] {
    use base64::Engine;
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{PASSWORD}"));
    [PASSWORD.to_owned(), PASSWORD.replace(' ', "+"), pair]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn right_or_a_typed_error() {
    let Some(registry) = Registry::start_with_login() else { return };
    // Where there are fewer requests, more of them are spoiled.
    let percent = if soak(1000) < 1000 { 20 } else { 10 };
    let proxy = FaultProxy::start(registry.address(), 7, percent);
    let named = client(with_password(USER, PASSWORD));
    named.keychain().trust(proxy.address());
    named.keychain().trust(registry.address());
    let spoiled = named.repository(&reference(&format!("{}/acme/cart", proxy.address())));
    let direct = named.repository(&reference(&format!("{}/acme/cart", registry.address())));
    let (spoiled, direct) = (Store::Registry(spoiled, None), Store::Registry(direct, None));
    let known = bundle("cart", "1.0.0");
    let known_digest = direct.push(&artifact(&known), "1.0.0").await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let cache = Cache::new(directory.path(), true);
    let cached = named.repository(&reference(&format!("{}/acme/cart", proxy.address())));
    let cached = Store::Registry(cached, Some(&cache));

    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    let mut count = |outcome: &'static str| *outcomes.entry(outcome).or_default() += 1;
    for number in 0..soak(1000) {
        let error = match number % 4 {
            0 => {
                let version = format!("2.0.{number}");
                let pushed = artifact(&bundle("cart", &version));
                match spoiled.push(&pushed, &version).await {
                    Ok(digest) => {
                        assert_eq!(digest, pushed.digest);
                        assert_eq!(direct.head(&version).await.unwrap(), Some(digest), "{version}");
                        None
                    }
                    Err(error) => Some(error),
                }
            }
            1 => match spoiled.tags().await {
                Ok(tags) => {
                    let mut expected = direct.tags().await.unwrap();
                    expected.sort();
                    let mut tags = tags;
                    tags.sort();
                    assert_eq!(tags, expected);
                    None
                }
                Err(error) => Some(error),
            },
            kind => {
                let store = if kind == 2 { &spoiled } else { &cached };
                match store.pull("1.0.0").await {
                    Ok(pulled) => {
                        assert_eq!((&pulled.bundle, &pulled.digest), (&known, &known_digest));
                        None
                    }
                    Err(error) => Some(error),
                }
            }
        };
        match error {
            None => count("right"),
            Some(RegistryError::Unreachable { .. }) => count("unreachable"),
            Some(RegistryError::Authentication { .. }) => count("authentication"),
            // A manifest that came from abroad, where nothing but the registry said that it is one.
            Some(RegistryError::InvalidBundle { .. }) => count("invalid"),
            // Not true of anything that is asked for here.
            Some(error) => panic!("operation {number}: {error}"),
        }
    }
    println!("{outcomes:?}");
    assert!(outcomes["right"] > outcomes.values().sum::<usize>() / 2, "{outcomes:?}");
    let missing: Vec<_> = Fault::ALL.iter().filter(|fault| !proxy.injected().contains(fault)).collect();
    assert!(missing.is_empty() || soak(1000) < 1000 && missing.len() < 5, "{missing:?} never happened");
    assert!(!proxy.foreign().is_empty());
    for request in proxy.foreign() {
        assert_eq!(request.header("authorization"), None, "{request:?}");
        let text =
            format!("{} {:?} {}", request.line, request.headers, String::from_utf8_lossy(&request.body));
        assert!(secrets().iter().all(|secret| !text.contains(secret)), "{text}");
    }
}

//! Push and pull against a real registry.

use pacto_oci::credential::{CredentialFile, Secret, Surroundings};
use pacto_oci::registry::RegistryError;
use pacto_oci::store::Store;
use pacto_testkit::registry::{PASSWORD, Registry, USER};

use crate::support::{anonymous, artifact, bundle, client, file, reference, with_password};

#[tokio::test]
async fn what_is_pushed_is_pulled() {
    let Some(registry) = Registry::start() else { return };
    let client = anonymous();
    let at = |path: &str| {
        Store::Registry(client.repository(&reference(&format!("{}/{path}", registry.address()))), None)
    };
    let cart = at("acme/cart");
    assert_eq!(
        cart.tags().await.unwrap_err().to_string(),
        format!("artifact not found: {}/acme/cart", registry.address())
    );
    assert_eq!(cart.head("1.0.0").await, Ok(None));
    for version in ["1.0.0", "1.10.0", "1.2.0"] {
        let bundle = bundle("cart", version);
        let artifact = artifact(&bundle);
        assert_eq!(cart.push(&artifact, version).await.unwrap(), artifact.digest);
        assert_eq!(cart.head(version).await.unwrap(), Some(artifact.digest.clone()));
        for name in [version, artifact.digest.as_str()] {
            let pulled = cart.pull(name).await.unwrap();
            assert_eq!((pulled.digest, pulled.bundle), (artifact.digest.clone(), bundle.clone()));
        }
    }
    let mut tags = cart.tags().await.unwrap();
    tags.sort();
    assert_eq!(tags, ["1.0.0", "1.10.0", "1.2.0"]);
    let missing = cart.pull("9.9.9").await.unwrap_err();
    assert_eq!(missing.to_string(), format!("artifact not found: {}/acme/cart:9.9.9", registry.address()));
    // Pushing again changes nothing.
    let again = artifact(&bundle("cart", "1.0.0"));
    assert_eq!(cart.push(&again, "1.0.0").await.unwrap(), again.digest);
}

#[tokio::test]
async fn a_registry_that_wants_a_password() {
    let Some(registry) = Registry::start_with_login() else { return };
    let shown = format!("{}/acme/cart", registry.address());
    let (bundle, name) = (bundle("cart", "1.0.0"), reference(&shown));
    let artifact = artifact(&bundle);
    let refused = anonymous();
    let error = Store::Registry(refused.repository(&name), None).push(&artifact, "1.0.0").await.unwrap_err();
    assert!(matches!(error, RegistryError::Authentication { .. }), "{error}");
    let expected = format!(
        "authentication failed for {shown}:1.0.0: 401 Unauthorized — run `pacto login` or check PACTO_REGISTRY_TOKEN"
    );
    assert_eq!(error.to_string(), expected);

    // A wrong password from the environment is not the end: the file of `pacto login` has the right one.
    let directory = tempfile::tempdir().unwrap();
    let path = file(&directory, "config.json");
    let mut stored = CredentialFile::default();
    stored.set(registry.address(), USER, &Secret::new(PASSWORD));
    stored.write(&path).unwrap();
    let surroundings = Surroundings { login: Some(path), ..with_password(USER, "wrong") };
    let both = client(surroundings.clone());
    both.keychain().trust(registry.address());
    let store = Store::Registry(both.repository(&name), None);
    assert_eq!(store.push(&artifact, "1.0.0").await.unwrap(), artifact.digest);
    assert_eq!(store.pull("1.0.0").await.unwrap().bundle, bundle);

    let wrong = client(with_password(USER, "wrong"));
    wrong.keychain().trust(registry.address());
    let error = Store::Registry(wrong.repository(&name), None).pull("1.0.0").await.unwrap_err().to_string();
    assert!(error.contains("(tried: PACTO_REGISTRY_USERNAME)") && !error.contains("wrong"), "{error}");
    // Nobody named this host, so the environment's credentials stay at home.
    let careful = client(with_password(USER, PASSWORD));
    let error = Store::Registry(careful.repository(&name), None).pull("1.0.0").await.unwrap_err().to_string();
    assert!(error.contains("authentication failed") && !error.contains("tried"), "{error}");
    careful.keychain().trust(registry.address());
    assert!(careful.ping(registry.address()).await.is_ok());
    assert!(wrong.ping(registry.address()).await.is_err());
}

#[tokio::test]
async fn hosts_that_are_not_there_and_hosts_that_are_no_registry() {
    let client = anonymous();
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let store = Store::Registry(client.repository(&reference(&format!("{unused}/a/b"))), None);
    let error = store.pull("1.0.0").await.unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "registry unreachable for {unused}/a/b:1.0.0: cannot connect: Connection refused (os error 111)"
        )
    );
    let store = Store::Registry(client.repository(&reference("no-such-host.invalid/a/b")), None);
    let error = store.tags().await.unwrap_err().to_string();
    assert_eq!(
        error,
        "registry unreachable for no-such-host.invalid/a/b: the name of the host cannot be resolved"
    );
}

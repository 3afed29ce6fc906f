//! Registries and layouts that nobody wishes for: each is a clear error, soon, and nothing is written.

use std::time::{Duration, Instant};

use pacto_contract::reference::{Digest, OciReference};
use pacto_oci::archive;
use pacto_oci::credential::Keychain;
use pacto_oci::layout::Layout;
use pacto_oci::registry::{Client, Retry, Settings};
use pacto_oci::store::Store;
use serde_json::json;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::fake::{Answer, Fake};
use crate::support::{anonymous, artifact, bundle, reference};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A client that waits for a tenth of a second.
fn impatient() -> Client {
    let (first_wait, patience) = (Duration::from_millis(1), Duration::from_millis(100));
    let retry = Retry { attempts: 2, first_wait, longest_wait: Duration::from_millis(10), patience };
    Client::new(Settings { retry, ..Settings::default() }, Keychain::default().into()).unwrap()
}

fn at<'c>(client: &'c Client, address: &str) -> Store<'c> {
    Store::Registry(client.repository(&reference(&format!("{address}/acme/cart"))), None)
}

/// What a pull of 1.0.0 says.
async fn said(client: &Client, address: &str) -> String {
    let started = Instant::now();
    let error = at(client, address).pull("1.0.0").await.unwrap_err().to_string();
    assert!(started.elapsed() < Duration::from_secs(10), "{error}");
    error.replace(address, "HOST")
}

fn typed(kind: &str, body: impl Into<Vec<u8>>) -> Answer {
    (200, format!("content-type: {kind}\r\n"), body.into())
}

fn nothing() -> Answer {
    (404, String::new(), Vec::new())
}

/// A manifest with one layer.
fn manifest(digest: &str, size: usize) -> String {
    let part = json!({"mediaType": "application/octet-stream", "digest": digest, "size": size});
    json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": part, "layers": [part]}).to_string()
}

#[tokio::test]
async fn manifests_that_lead_astray() {
    let index = |digest: &str| {
        let listed = json!({"mediaType": MANIFEST, "digest": digest, "size": 10});
        json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [listed]}).to_string()
    };
    let inner = index(&format!("sha256:{}", "a".repeat(64)));
    let outer = index(&archive::digest(inner.as_bytes()));
    let invalid = "artifact at HOST/acme/cart:1.0.0 is not a valid Pacto bundle: ";
    let cases: Vec<(&str, Answer, &str)> = vec![
        ("an index of an index", typed(INDEX, outer), "the index leads to another index"),
        ("an empty index", typed(INDEX, r#"{"schemaVersion": 2, "manifests": []}"#), "the index is empty"),
        (
            "a manifest that says it is an index",
            typed(INDEX, manifest(&format!("sha256:{}", "a".repeat(64)), 1)),
            "the index cannot be read: missing field `manifests` at line 1 column",
        ),
        (
            "an index that says it is a manifest",
            typed(MANIFEST, index("md5:d41d8cd98f00b204e9800998ecf8427e")),
            "\"md5:d41d8cd98f00b204e9800998ecf8427e\" is not a sha256 digest",
        ),
        ("no JSON", typed(MANIFEST, "<html>"), "the manifest cannot be read: expected value"),
        (
            "a digest of another kind",
            typed(MANIFEST, manifest("md5:d41d8cd98f00b204e9800998ecf8427e", 1)),
            "\"md5:d41d8cd98f00b204e9800998ecf8427e\" is not a sha256 digest",
        ),
        (
            "a digest that is a path",
            typed(MANIFEST, manifest("sha256:../../../../etc/passwd", 1)),
            "the manifest cannot be read: Invalid encoded value ../../../../etc/passwd",
        ),
        (
            "a layer of a terabyte",
            typed(MANIFEST, manifest(&format!("sha256:{}", "a".repeat(64)), 1 << 40)),
            "the layer is larger than 52428800 bytes",
        ),
        (
            "an ordinary image",
            typed(MANIFEST, json!({"schemaVersion": 2, "config": {"mediaType": "x", "digest": format!("sha256:{}", "a".repeat(64)), "size": 1}, "layers": [{"mediaType": "x", "digest": format!("sha256:{}", "a".repeat(64)), "size": 1}, {"mediaType": "x", "digest": format!("sha256:{}", "a".repeat(64)), "size": 1}]}).to_string()),
            "expected 1 layer, got 2",
        ),
    ];
    let client = anonymous();
    for (case, answer, expected) in cases {
        let inner = inner.clone();
        let fake = Fake::start(move |asked, _| {
            if asked.line.ends_with("manifests/1.0.0") { answer.clone() } else { typed(INDEX, inner.clone()) }
        })
        .await;
        let error = said(&client, &fake.address).await;
        let rest = error.strip_prefix(invalid).unwrap_or_else(|| panic!("{case}: {error}"));
        assert!(rest.starts_with(expected), "{case}: {error}");
    }
}

/// A registry whose manifest leads to one blob, which comes as `answer` says.
async fn with_blob(size: usize, answer: impl Fn(&[u8]) -> Answer + Send + Sync + 'static) -> Fake {
    let content = b"0123456789".repeat(10);
    let digest = archive::digest(&content);
    Fake::start(move |asked, _| {
        if asked.line.contains("/manifests/") {
            typed(MANIFEST, manifest(&digest, size))
        } else {
            answer(&content)
        }
    })
    .await
}

#[tokio::test]
async fn blobs_that_are_something_else() {
    let client = anonymous();
    let start = "registry unreachable for HOST/acme/cart:1.0.0: ";
    let fake = with_blob(100, |_| typed("x", vec![b'x'; 100])).await;
    let error = said(&client, &fake.address).await;
    assert!(error.starts_with(&format!("{start}the content does not match its digest")), "{error}");
    let fake = with_blob(100, |content| typed("x", content[..99].to_vec())).await;
    assert_eq!(said(&client, &fake.address).await, format!("{start}the content has 99 bytes, not 100"));
    let fake = with_blob(99, |content| typed("x", content.to_vec())).await;
    assert_eq!(said(&client, &fake.address).await, format!("{start}the answer is larger than 99 bytes"));
    // Content that was compressed on the way is not what the digest is about.
    let fake = with_blob(100, |content| {
        use std::io::Write;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(content).unwrap();
        (200, "content-encoding: gzip\r\n".to_owned(), gzip.finish().unwrap())
    })
    .await;
    let error = said(&client, &fake.address).await;
    assert!(error.contains("the content has ") && error.ends_with(" bytes, not 100"), "{error}");
    let fake = with_blob(100, |content| typed("x", content.to_vec())).await;
    let error = said(&client, &fake.address).await;
    assert!(error.contains("is not a valid Pacto bundle: the archive cannot be read"), "{error}");
}

/// A server that answers the question for the scheme, and everything else as `answer` does.
async fn raw<F: Future<Output = ()> + Send>(
    answer: impl Fn(TcpStream) -> F + Clone + Send + Sync + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut stream = BufReader::new(stream);
                while let Some(request) = pacto_testkit::http::Message::read(&mut stream, true).await {
                    if request.target() != "/v2/" {
                        return answer(stream.into_inner()).await;
                    }
                    let pong = pacto_testkit::http::Message::response(200, &[], "{}");
                    if pong.write(&mut stream, true).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn answers_that_never_end() {
    let client = impatient();
    let start = "registry unreachable for HOST/acme/cart:1.0.0: ";
    let endless = raw(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
        let chunk = [b"10000\r\n".as_slice(), &vec![b' '; 0x10000], b"\r\n"].concat();
        while stream.write_all(&chunk).await.is_ok() {}
    })
    .await;
    assert_eq!(said(&client, &endless).await, format!("{start}the answer is larger than 4194304 bytes"));
    let slow = raw(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4000000\r\n\r\n").await;
        while stream.write_all(b" ").await.is_ok() {
            // Slowness is what this server is for; nobody waits here for something to have happened.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    assert_eq!(said(&client, &slow).await, format!("{start}the answer comes too slowly"));
    let silent = raw(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let error = said(&client, &silent).await;
    assert_eq!(error, format!("{start}no answer in time"));
    let cut = raw(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{}").await;
    })
    .await;
    let error = said(&client, &cut).await;
    assert!(error.starts_with(start), "{error}");
    let nonsense = raw(|mut stream| async move {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.0\r\n").await;
    })
    .await;
    let error = said(&client, &nonsense).await;
    assert!(error.starts_with(start), "{error}");
}

#[tokio::test]
async fn a_registry_that_asks_for_years() {
    let fake = Fake::start(|_, _| (429, "retry-after: 99999999\r\n".to_owned(), Vec::new())).await;
    let error = said(&anonymous(), &fake.address).await;
    assert!(error.ends_with("the registry answered 429 Too Many Requests"), "{error}");
    assert_eq!(fake.asked().len(), 4);
}

#[tokio::test]
async fn referrers_come_from_the_list_or_from_the_tag_that_stands_for_it() {
    let digest = Digest::parse(&format!("sha256:{}", "b".repeat(64))).unwrap();
    let list = |count: usize| {
        let one = json!({"mediaType": MANIFEST, "digest": format!("sha256:{}", "c".repeat(64)), "size": 2});
        json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": vec![one; count]}).to_string()
    };
    let found = async |answer: fn(&str, String) -> Answer, count: usize| {
        let body = list(count);
        let fake = Fake::start(move |asked, _| answer(&asked.line, body.clone())).await;
        let client = anonymous();
        let repository = client.repository(&reference(&format!("{}/acme/cart", fake.address)));
        let found = repository.referrers(&digest).await;
        found.map(|index| index.manifests().len()).map_err(|error| error.to_string())
    };
    let api =
        |line: &str, body: String| if line.contains("/referrers/") { typed(INDEX, body) } else { nothing() };
    let tag = |line: &str, body: String| {
        if line.contains("manifests/sha256-bbbb") { typed(INDEX, body) } else { nothing() }
    };
    assert_eq!(found(api, 2).await, Ok(2));
    assert_eq!(found(tag, 3).await, Ok(3));
    assert_eq!(found(|_, _| nothing(), 1).await, Ok(0));
    let error = found(|_, body| typed(INDEX, body), 100_000).await.unwrap_err();
    assert!(error.ends_with("the answer is larger than 4194304 bytes"), "{error}");
}

#[test]
fn names_that_are_paths_are_no_references() {
    for text in [
        "r.example/a/../b",
        "r.example/a/./b",
        "r.example//a",
        "r.example/a:..",
        "r.example/a:../../x",
        "r.example/a@sha256:../../x",
        "r.example/A",
        "r.example/a b",
        "r.example/a:1+2",
        "r.example/a:",
        "r.example/a@",
    ] {
        assert!(OciReference::parse(text).is_err(), "{text}");
    }
}

#[tokio::test]
async fn a_layout_with_a_huge_index_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let layout = Store::Layout(Layout::new(directory.path(), "here"));
    layout.push(&artifact(&bundle("cart", "1.0.0")), "1.0.0").await.unwrap();
    std::fs::write(directory.path().join("index.json"), vec![b' '; 4 * 1024 * 1024 + 1]).unwrap();
    let error = layout.pull("1.0.0").await.unwrap_err().to_string();
    assert_eq!(error, "registry unreachable for here:1.0.0: index.json is larger than 4194304 bytes");
}

#[test]
fn two_processes_push_into_one_layout() {
    let directory = tempfile::tempdir().unwrap();
    let tags: Vec<String> = (0..20).map(|number| format!("1.0.{number}")).collect();
    std::thread::scope(|scope| {
        for half in tags.chunks(10) {
            let layout = Layout::new(directory.path(), "here");
            scope.spawn(move || {
                for tag in half {
                    let manifest = manifest(&format!("sha256:{}", "a".repeat(64)), tag.len());
                    layout.put_manifest(tag, manifest.as_bytes(), &MANIFEST.into()).unwrap();
                }
            });
        }
    });
    let mut found = Layout::new(directory.path(), "here").tags().unwrap();
    let mut expected = tags;
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

//! Other programs read what we write, and we read what they write.

use std::path::Path;
use std::process::Command;

use pacto_oci::layout::Layout;
use pacto_oci::store::Store;
use pacto_testkit::registry::{Registry, is_left_out};

use crate::support::{anonymous, artifact, bundle, reference};

fn skopeo(arguments: &[&str]) -> String {
    let mut command = Command::new("skopeo");
    command.args(["--insecure-policy"]).args(arguments).env_remove("DOCKER_CONFIG");
    let output = command.output().unwrap_or_else(|error| {
        panic!("skopeo cannot be started ({error}); install it or leave it out: cargo xtask test --without registry")
    });
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn skopeo_carries_an_artifact_to_a_layout_and_back() {
    let Some(registry) = Registry::start() else { return };
    let client = anonymous();
    let at = |path: &str| {
        let name = format!("{}/{path}", registry.address());
        (Store::Registry(client.repository(&reference(&name)), None), format!("docker://{name}:1.0.0"))
    };
    let (bundle, directory) = (bundle("cart", "1.0.0"), tempfile::tempdir().unwrap());
    let artifact = artifact(&bundle);
    let ((first, first_url), (second, second_url)) = (at("acme/cart"), at("other/cart"));
    first.push(&artifact, "1.0.0").await.unwrap();
    let place = directory.path().join("layout");
    let layout_url = format!("oci:{}:1.0.0", place.display());
    skopeo(&["copy", "--src-tls-verify=false", &first_url, &layout_url]);
    let layout = Store::Layout(Layout::new(&place, "layout"));
    assert_eq!(layout.tags().await.unwrap(), ["1.0.0"]);
    let pulled = layout.pull("1.0.0").await.unwrap();
    assert_eq!((&pulled.digest, &pulled.bundle), (&artifact.digest, &bundle));
    skopeo(&["copy", "--dest-tls-verify=false", &layout_url, &second_url]);
    let pulled = second.pull("1.0.0").await.unwrap();
    assert_eq!((pulled.digest, pulled.bundle), (artifact.digest, bundle));
}

#[tokio::test]
async fn skopeo_reads_a_layout_of_ours() {
    if is_left_out("registry") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let layout = Store::Layout(Layout::new(directory.path(), "here"));
    assert_eq!(layout.tags().await.unwrap_err().to_string(), "artifact not found: here");
    let (old, new) = (artifact(&bundle("cart", "1.0.0")), artifact(&bundle("cart", "1.1.0")));
    for (artifact, tag) in [(&old, "1.0.0"), (&new, "1.1.0"), (&new, "moved"), (&old, "moved")] {
        assert_eq!(layout.push(artifact, tag).await.unwrap(), artifact.digest);
    }
    assert_eq!(layout.tags().await.unwrap(), ["1.0.0", "1.1.0", "moved"]);
    assert_eq!(layout.head("moved").await.unwrap(), Some(old.digest.clone()));
    let shown = skopeo(&["inspect", "--raw", &format!("oci:{}:1.1.0", directory.path().display())]);
    assert_eq!(shown.as_bytes(), &*new.manifest);
    let copy = tempfile::tempdir().unwrap();
    let target = format!("oci:{}:x", copy.path().display());
    skopeo(&["copy", &format!("oci:{}:moved", directory.path().display()), &target]);
    let pulled = Store::Layout(Layout::new(copy.path(), "copy")).pull("x").await.unwrap();
    assert_eq!((pulled.digest, pulled.bundle), (old.digest, bundle("cart", "1.0.0")));
}

#[tokio::test]
async fn a_layout_that_lies_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    let layout = Store::Layout(Layout::new(place, "here"));
    let artifact = artifact(&bundle("cart", "1.0.0"));
    layout.push(&artifact, "1.0.0").await.unwrap();
    let pull = async || layout.pull("1.0.0").await.unwrap_err().to_string();
    let blob = |digest: &str| place.join("blobs/sha256").join(digest.trim_start_matches("sha256:"));

    let layer = blob(&pacto_oci::archive::digest(&artifact.layer));
    std::fs::write(&layer, vec![0; artifact.layer.len()]).unwrap();
    assert!(pull().await.contains("the content does not match its digest"), "{}", pull().await);
    std::fs::remove_file(&layer).unwrap();
    assert!(pull().await.starts_with("artifact not found: here@sha256:"), "{}", pull().await);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/etc/passwd", &layer).unwrap();
        assert!(pull().await.ends_with("is a link"), "{}", pull().await);
        let elsewhere = directory.path().join("elsewhere");
        std::fs::rename(place.join("blobs"), &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, place.join("blobs")).unwrap();
        assert!(pull().await.ends_with("is a link"), "{}", pull().await);
    }
    let index = |digest: &str| {
        let text = format!(
            r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{digest}","size":2,"annotations":{{"org.opencontainers.image.ref.name":"1.0.0"}}}}]}}"#
        );
        std::fs::write(place.join("index.json"), text).unwrap();
    };
    for digest in ["sha256:../../../../etc/passwd", "md5:d41d8cd98f00b204e9800998ecf8427e", "sha256:abc"] {
        index(digest);
        assert!(pull().await.starts_with("registry unreachable for here"), "{digest}: {}", pull().await);
    }
    write_marker(place, "{\"imageLayoutVersion\":\"2.0.0\"}");
    assert!(pull().await.ends_with("oci-layout does not say imageLayoutVersion 1.0.0"));
    std::fs::remove_file(place.join("oci-layout")).unwrap();
    assert_eq!(pull().await, "artifact not found: here:1.0.0");
}

fn write_marker(place: &Path, content: &str) {
    std::fs::write(place.join("oci-layout"), content).unwrap();
}

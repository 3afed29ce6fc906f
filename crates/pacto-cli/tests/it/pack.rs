//! `pacto pack`.

use std::io::Read;

use pacto_testkit::TestContext;

use crate::fixture::{CART, OPENAPI, SCHEMA, cart, context};

/// Path and content of each file in an archive, in its order.
fn entries(archive: &[u8]) -> Vec<(String, String)> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(archive));
    let mut found = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut content = String::new();
        entry.read_to_string(&mut content).unwrap();
        found.push((entry.path().unwrap().to_string_lossy().into_owned(), content));
    }
    found
}

/// Packs and lists the paths in the archive.
fn packed(cx: &TestContext, arguments: &[&str]) -> String {
    let mut all = vec!["pack", "cart", "-o", "cart.tgz"];
    all.extend(arguments);
    let output = cx.pacto(&all);
    assert_eq!(output.code, 0, "{output}");
    entries(&cx.read_bytes("cart.tgz")).into_iter().map(|(path, _)| path).collect::<Vec<_>>().join(" ")
}

#[test]
fn writes_an_archive_named_after_the_service() {
    let cx = context();
    cart(&cx, "cart");
    insta::assert_snapshot!(cx.pacto(["pack", "cart"]), @"
    exit: 0
    ----- stdout -----
    Packed cart@1.4.0 -> cart-1.4.0.tar.gz
    ");
    let expected = [
        ("configuration/", ""),
        ("configuration/schema.json", SCHEMA),
        ("interfaces/", ""),
        ("interfaces/openapi.yaml", OPENAPI),
        ("pacto.yaml", CART),
    ];
    let found = entries(&cx.read_bytes("cart-1.4.0.tar.gz"));
    assert_eq!(found, expected.map(|(path, content)| (path.to_owned(), content.to_owned())));
}

#[test]
fn says_digest_and_files_in_json_and_markdown() {
    let cx = context();
    cart(&cx, "cart");
    let output = cx.pacto(["pack", "cart", "-o", "out.tgz", "--output-format", "json"]);
    let json = output.json();
    let archive = cx.read_bytes("out.tgz");
    assert_eq!(json["digest"], pacto_oci::archive::digest(&archive));
    assert_eq!(json["size"], archive.len());
    insta::assert_snapshot!(output, @r#"
    exit: 0
    ----- stdout -----
    {
      "output": "out.tgz",
      "name": "cart",
      "version": "1.4.0",
      "digest": "sha256:195290f83f9113eb51e521bac398c5b835ea8ffe89e94279bab29aad626074a9",
      "size": 877,
      "files": [
        "configuration/schema.json",
        "interfaces/openapi.yaml",
        "pacto.yaml"
      ],
      "warnings": []
    }
    "#);
    insta::assert_snapshot!(cx.pacto(["pack", "cart", "-o", "out.tgz", "--output-format", "markdown"]), @"
    exit: 0
    ----- stdout -----
    Packed `cart@1.4.0` into `out.tgz`

    - Digest: `sha256:195290f83f9113eb51e521bac398c5b835ea8ffe89e94279bab29aad626074a9`
    - Files: 3
    ");
}

#[test]
fn two_checkouts_give_the_same_bytes() {
    let cx = context();
    let files = [
        ("pacto.yaml", CART),
        ("interfaces/openapi.yaml", OPENAPI),
        ("configuration/schema.json", SCHEMA),
        ("docs/a.md", "a"),
        ("docs/b/c.md", "c"),
    ];
    for (path, content) in files {
        cx.write(format!("first/{path}"), content);
    }
    for (path, content) in files.iter().rev() {
        cx.write(format!("second/{path}"), content);
        let file = std::fs::File::options().write(true).open(cx.path(format!("second/{path}"))).unwrap();
        file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_hours(24)).unwrap();
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(cx.path("second/docs/a.md"), mode).unwrap();
    }
    for directory in ["first", "second"] {
        assert_eq!(cx.pacto(["pack", directory, "-o", &format!("{directory}.tgz")]).code, 0);
    }
    assert_eq!(cx.read_bytes("first.tgz"), cx.read_bytes("second.tgz"));
}

#[test]
fn packing_again_gives_the_same_bytes_also_inside_of_the_bundle() {
    let cx = context();
    cart(&cx, "cart");
    cx.write("cart/cart-1.3.0.tar.gz", "an older one");
    let mut archives = Vec::new();
    for _ in 0..2 {
        assert_eq!(cx.pacto_in("cart", ["pack"]).code, 0);
        archives.push(cx.read_bytes("cart/cart-1.4.0.tar.gz"));
        assert_eq!(cx.pacto_in("cart", ["pack", ".", "-o", "interfaces/[x].tgz"]).code, 0);
        archives.push(cx.read_bytes("cart/interfaces/[x].tgz"));
    }
    insta::assert_snapshot!(
        entries(&archives[1]).into_iter().map(|(path, _)| path).collect::<Vec<_>>().join(" "),
        @"configuration/ configuration/schema.json interfaces/ interfaces/openapi.yaml pacto.yaml"
    );
    assert_eq!(archives[1], archives[3]);
}

#[test]
fn ignored_files_stay_out() {
    let cx = context();
    cart(&cx, "cart");
    for file in [
        "a.tmp",
        "keep.tmp",
        "docs/draft.md",
        "docs/good.md",
        "build/x",
        ".git/HEAD",
        ".DS_Store",
        "pacto.lock",
    ] {
        cx.write(format!("cart/{file}"), file);
    }
    insta::assert_snapshot!(packed(&cx, &[]), @"a.tmp build/ build/x configuration/ configuration/schema.json docs/ docs/draft.md docs/good.md interfaces/ interfaces/openapi.yaml keep.tmp pacto.lock pacto.yaml");
    cx.write("cart/.pactoignore", "# what is not shipped\n*.tmp\n!keep.tmp\n/build/\ndraft.*\n");
    insta::assert_snapshot!(packed(&cx, &[]), @"configuration/ configuration/schema.json docs/ docs/good.md interfaces/ interfaces/openapi.yaml keep.tmp pacto.lock pacto.yaml");
}

#[test]
fn some_files_cannot_be_ignored_and_some_cannot_be_packed() {
    let cx = context();
    cart(&cx, "cart");
    cx.write("cart/.git/HEAD", "");
    cx.write("cart/.pactoignore", "pacto.yaml\n!.git/\n!.pactoignore\n");
    insta::assert_snapshot!(packed(&cx, &[]), @"configuration/ configuration/schema.json interfaces/ interfaces/openapi.yaml pacto.yaml");
}

#[test]
fn a_file_that_the_contract_needs_cannot_be_ignored() {
    let cx = context();
    cart(&cx, "cart");
    cx.write("cart/.pactoignore", "interfaces/\n");
    insta::assert_snapshot!(cx.pacto(["pack", "cart"]), @"
    exit: 2
    ----- stderr -----
    Error: .pactoignore leaves out interfaces/openapi.yaml, which the contract needs
    ");
    // Also when it is needed by way of another file.
    let openapi =
        OPENAPI.replace("description: items", "description: items\n          $ref: parts/items.yaml");
    cx.write("cart/interfaces/openapi.yaml", openapi);
    cx.write("cart/interfaces/parts/items.yaml", "description: items\n");
    cx.write("cart/.pactoignore", "parts/\n");
    insta::assert_snapshot!(cx.pacto(["pack", "cart"]), @"
    exit: 2
    ----- stderr -----
    Error: .pactoignore leaves out interfaces/parts/items.yaml, which the contract needs
    ");
    assert!(!cx.path("cart-1.4.0.tar.gz").exists());
}

#[test]
fn overrides_are_part_of_the_archive() {
    let cx = context();
    cart(&cx, "cart");
    cx.write("values.yaml", "scaling: {max: 9}\n");
    let output = cx.pacto(["pack", "cart", "--set", "service.version=2.0.0", "-f", "values.yaml"]);
    insta::assert_snapshot!(output, @"
    exit: 0
    ----- stdout -----
    Packed cart@2.0.0 -> cart-2.0.0.tar.gz
    ");
    let found = entries(&cx.read_bytes("cart-2.0.0.tar.gz"));
    let contract = &found.iter().find(|(path, _)| path == "pacto.yaml").unwrap().1;
    insta::assert_snapshot!(contract, @r#"
    pactoVersion: "1.0"
    service:
      name: cart
      version: "2.0.0"
      owner: team/shop
      image:
        ref: "ghcr.example/acme/cart:1.4.0"
    interfaces:
      - name: api
        type: http
        port: 8080
        visibility: public
        contract: interfaces/openapi.yaml
    configuration:
      schema: configuration/schema.json
      values:
        LOG_LEVEL: info
        DB_PASSWORD: hunter2
    dependencies:
      - ref: "oci://ghcr.example/acme/stock"
        required: true
        compatibility: "^2.0.0"
      - name: mail
        ref: "oci://ghcr.example/acme/mail-gateway"
        required: false
        compatibility: ">=1.0.0 <3.0.0"
    runtime:
      workload: service
      state:
        type: stateless
        persistence:
          scope: local
          durability: ephemeral
        dataCriticality: low
      lifecycle:
        upgradeStrategy: rolling
        gracefulShutdownSeconds: 30
      health:
        interface: api
        path: /health
    scaling:
      min: 2
      max: 9
    metadata:
      tier: edge
      languages:
        - rust
    "#);
    cx.write("unpacked/pacto.yaml", contract);
    let explained = cx.pacto(["explain", "unpacked"]);
    assert!(explained.stdout.starts_with("Service: cart@2.0.0\n"), "{explained}");
    assert_eq!(cx.read("cart/pacto.yaml"), CART);
}

#[test]
fn an_invalid_contract_is_not_packed() {
    let cx = context();
    cart(&cx, "cart");
    insta::assert_snapshot!(cx.pacto(["pack", "cart", "--set", "scaling.min=10"]), @"
    exit: 1
    ----- stderr -----
      ERROR [SCALING_MIN_EXCEEDS_MAX] scaling: min (10) is larger than max (6)
            --> cart/pacto.yaml (with overrides):41:1
             |
          41 | scaling:
             | ^^^^^^^
          help: swap the bounds
    Error: contract validation failed with 1 error(s)
    ");
    cx.write("cart/pacto.yaml", "service: [");
    insta::assert_snapshot!(cx.pacto(["pack", "cart"]), @"
    exit: 1
    ----- stderr -----
      ERROR [PARSE_ERROR] unclosed bracket '['
          at cart/pacto.yaml:1:10
    Error: cart is not a readable contract
    ");
    assert_eq!(std::fs::read_dir(cx.path("")).unwrap().count(), 1);
}

#[test]
fn warnings_are_shown_and_do_not_stop_it() {
    let cx = context();
    cart(&cx, "cart");
    insta::assert_snapshot!(
        cx.pacto(["pack", "cart", "--set", "dependencies[0].ref=oci://ghcr.io/acme/stock:2.0.0"]),
        @r#"
    exit: 0
    ----- stdout -----
    Packed cart@1.4.0 -> cart-1.4.0.tar.gz
    ----- stderr -----
      WARN  [TAG_NOT_DIGEST] dependencies[0].ref: tag "2.0.0" can be moved to other content
          at cart/pacto.yaml (with overrides):20:10
          help: drop the tag and let `compatibility` choose, or fix a digest
    "#
    );
}

#[test]
#[cfg(unix)]
fn links_and_special_files_are_refused() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    let cx = context();
    cart(&cx, "cart");
    cx.write("outside.txt", "secret");
    let refused = |name: &str, make: &dyn Fn(&std::path::Path)| {
        let path = cx.path("cart").join(name);
        make(&path);
        let output = cx.pacto(["pack", "cart"]);
        std::fs::remove_file(&path).unwrap();
        output.to_string()
    };
    let outputs = [
        refused("out", &|path| symlink("../outside.txt", path).unwrap()),
        refused("docs", &|path| symlink("/etc", path).unwrap()),
        refused("inner", &|path| symlink("interfaces", path).unwrap()),
        refused("gone", &|path| symlink("nowhere", path).unwrap()),
        refused("loop", &|path| symlink("loop", path).unwrap()),
        refused("pipe", &|path| {
            assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
        }),
    ];
    insta::assert_snapshot!(outputs.join(""), @"
    exit: 3
    ----- stderr -----
    Error: cart/out is a link that leaves the bundle; a bundle holds regular files
    exit: 3
    ----- stderr -----
    Error: cart/docs is a link to a directory; a bundle holds regular files
    exit: 3
    ----- stderr -----
    Error: cart/inner is a link to a directory; a bundle holds regular files
    exit: 3
    ----- stderr -----
    Error: cart/gone is a link to nowhere; a bundle holds regular files
    exit: 3
    ----- stderr -----
    Error: cannot access cart/loop: Too many levels of symbolic links (os error 40)
    exit: 3
    ----- stderr -----
    Error: cart/pipe is not a regular file; a bundle holds regular files
    ");
    cx.write(std::path::Path::new("cart").join(std::ffi::OsStr::from_bytes(b"n\xffme")), "");
    insta::assert_snapshot!(cx.pacto(["pack", "cart"]), @"
    exit: 3
    ----- stderr -----
    Error: cart/n�me has a name that is not UTF-8
    ");
}

#[test]
#[cfg(unix)]
fn a_link_inside_of_the_bundle_is_packed_as_what_it_means() {
    let cx = context();
    cart(&cx, "cart");
    std::os::unix::fs::symlink("pacto.yaml", cx.path("cart/copy.yaml")).unwrap();
    insta::assert_snapshot!(packed(&cx, &[]), @"configuration/ configuration/schema.json copy.yaml interfaces/ interfaces/openapi.yaml pacto.yaml");
    assert!(entries(&cx.read_bytes("cart.tgz")).contains(&("copy.yaml".to_owned(), CART.to_owned())));
}

#[test]
fn a_place_that_cannot_be_written_is_named_and_left_clean() {
    let cx = context();
    cart(&cx, "cart");
    insta::assert_snapshot!(cx.pacto(["pack", "cart", "-o", "no/such/directory/x.tgz"]), @"
    exit: 3
    ----- stderr -----
    Error: no/such/directory/x.tgz: No such file or directory (os error 2)
    ");
    insta::assert_snapshot!(cx.pacto(["pack", "cart", "-o", "cart"]), @"
    exit: 3
    ----- stderr -----
    Error: cart: Is a directory (os error 21)
    ");
    assert_eq!(std::fs::read_dir(cx.path("")).unwrap().count(), 1);
}

#[test]
fn only_a_directory_can_be_packed() {
    let mut cx = context();
    cart(&cx, "cart");
    cx.mirror("r.example", ".");
    cx.write("file", "");
    let errors = ["oci://r.example/cart", "none", "file", "cart/interfaces"]
        .map(|what| cx.pacto(["pack", what]).to_string());
    insta::assert_snapshot!(errors.join(""), @r#"
    exit: 2
    ----- stderr -----
    Error: pack needs a local directory: got "oci://r.example/cart"
    exit: 3
    ----- stderr -----
    Error: cannot access none: No such file or directory (os error 2)
    exit: 3
    ----- stderr -----
    Error: file is not a directory
    exit: 3
    ----- stderr -----
    Error: no pacto.yaml found in cart/interfaces
    "#);
}

#[cfg(unix)]
#[test]
fn an_output_that_is_a_link_or_a_device_stays_one() {
    let cx = context();
    crate::fixture::service(&cx, "cart", "cart", "1.0.0", &[]);
    cx.write("target.tar.gz", "old");
    std::os::unix::fs::symlink("target.tar.gz", cx.path("link.tar.gz")).unwrap();
    assert_eq!(cx.pacto(["pack", "cart", "-o", "link.tar.gz"]).code, 0);
    assert!(cx.path("link.tar.gz").symlink_metadata().unwrap().is_symlink());
    assert_eq!(cx.pacto(["pack", "cart", "-o", "plain.tar.gz"]).code, 0);
    assert_eq!(cx.read_bytes("target.tar.gz"), cx.read_bytes("plain.tar.gz"));
    assert_eq!(cx.pacto(["pack", "cart", "-o", "/dev/null"]).code, 0);
    let kind = std::fs::metadata("/dev/null").unwrap().file_type();
    assert!(std::os::unix::fs::FileTypeExt::is_char_device(&kind));
    let full = cx.pacto(["pack", "cart", "-o", "/dev/full"]);
    assert_eq!((full.code, full.stdout.as_str()), (3, ""), "{full}");
}

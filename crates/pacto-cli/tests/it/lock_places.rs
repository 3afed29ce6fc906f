//! `pacto lock` where contracts lie in odd places: image layouts, folders, inside of each other; and locks that are odd.

use pacto_testkit::cut_digests;

use crate::fixture::context;
use crate::lock::{push, said, service, shop};

#[test]
fn image_layouts_are_locked_too() {
    let cx = context();
    cx.write("cart/pacto.yaml", service("cart", ""));
    for version in ["1.0.0", "1.1.0"] {
        let output = cx.pacto([
            "push",
            "oci-layout://shop/layout",
            "-p",
            "cart",
            "--set",
            &format!("service.version={version}"),
        ]);
        assert_eq!(output.code, 0, "{output}");
    }
    // Seen from the contract, not from where the command runs.
    let needs = "dependencies: [{ref: 'oci-layout://./layout', compatibility: ^1.0.0}]\n";
    cx.write("shop/pacto.yaml", service("shop", needs));
    insta::assert_snapshot!(cx.pacto(["lock", "shop"]), @"
    exit: 0
    ----- stdout -----
    wrote shop/pacto.lock (1 dependency, 0 references)
    ");
    insta::assert_snapshot!(cx.pacto(["lock", "shop", "--check"]), @"
    exit: 0
    ----- stdout -----
    shop/pacto.lock is up to date (1 dependency, 0 references)
    ");
    let again = cx.pacto(["push", "oci-layout://shop/layout:1.1.0", "-p", "cart", "--force"]);
    assert_eq!(again.code, 0, "{again}");
    insta::assert_snapshot!(cut_digests(&cx.pacto(["lock", "shop", "--check"]).to_string()), @"
    exit: 1
    ----- stdout -----
    shop/pacto.lock is not up to date
    ----- stderr -----
      ERROR [LOCK_DIGEST_MISMATCH] pacto.lock#dependencies[0]: oci-layout://layout 1.1.0 was locked at sha256:… and is sha256:… now
          at shop/pacto.lock:9:5
          help: to take what is there now, run `pacto lock --update layout`
    ");
    insta::assert_snapshot!(cx.pacto(["graph", "shop"]), @"
    exit: 0
    ----- stdout -----
    shop@1.0.0
    └─ cart@1.1.0
    ");
}

#[test]
#[cfg(unix)]
fn what_is_no_file_is_no_lock() {
    let cx = context();
    cx.write("shop/pacto.yaml", service("shop", ""));
    let lock = cx.path("shop/pacto.lock");
    let said = || cx.pacto(["validate", "shop"]).stderr.lines().next().unwrap_or_default().to_owned();
    std::fs::create_dir(&lock).unwrap();
    insta::assert_snapshot!(said(), @"  ERROR [LOCK_UNREADABLE] shop/pacto.lock is no regular file, or larger than 10485760 bytes");
    std::fs::remove_dir(&lock).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &lock).unwrap();
    insta::assert_snapshot!(said(), @"  ERROR [LOCK_UNREADABLE] shop/pacto.lock is no regular file, or larger than 10485760 bytes");
    std::fs::remove_file(&lock).unwrap();
    std::fs::write(&lock, b"lockVersion: 3\xff\n").unwrap();
    insta::assert_snapshot!(said(), @"  ERROR [LOCK_UNREADABLE] the file is not UTF-8 text");
    std::fs::write(&lock, "lockVersion: 3\npacto: {version: dev}\n").unwrap();
    insta::assert_snapshot!(said(), @"  ERROR [LOCK_UNREADABLE] this is no lock: missing field `root`");
    std::fs::write(&lock, format!("lockVersion: 3\nx: {}\n", "[".repeat(200))).unwrap();
    insta::assert_snapshot!(said(), @"  ERROR [LOCK_UNREADABLE] collections are nested deeper than 128 levels");
    std::fs::write(&lock, "lockVersion: 3\nlockVersion: 3\n").unwrap();
    insta::assert_snapshot!(said(), @r#"  ERROR [LOCK_UNREADABLE] the key "lockVersion" is there twice; first on line 1"#);
    std::fs::write(&lock, vec![b' '; 10 * 1024 * 1024 + 1]).unwrap();
    insta::assert_snapshot!(said(), @"  ERROR [LOCK_UNREADABLE] shop/pacto.lock is no regular file, or larger than 10485760 bytes");
}

#[test]
fn a_folder_that_stands_in_for_a_registry_is_held_to_the_lock() {
    let mut cx = context();
    cx.write("services/cart/pacto.yaml", service("cart", ""));
    cx.mirror("r.example/acme", "services");
    let needs = "dependencies: [{ref: 'oci://r.example/acme/cart', compatibility: ^1.0.0}]\n";
    cx.write("shop/pacto.yaml", service("shop", needs));
    assert_eq!(cx.pacto(["lock", "shop"]).code, 0);
    assert_eq!(cx.pacto(["validate", "shop"]).code, 0);
    assert_eq!(cx.pacto(["lock", "shop", "--check"]).code, 0);
    cx.write("services/cart/pacto.yaml", service("cart", "metadata: {a: b}\n"));
    for command in [&["validate", "shop"][..], &["lock", "shop"], &["lock", "shop", "--check"]] {
        let output = cx.pacto(command);
        assert!(output.code == 1 && output.stderr.contains("[LOCK_DIGEST_MISMATCH]"), "{command:?} {output}");
    }
    assert_eq!(cx.pacto(["lock", "shop", "--update", "cart"]).code, 0);
    assert_eq!(cx.pacto(["validate", "shop"]).code, 0);
}

#[test]
fn the_same_words_in_two_places_are_two_things() {
    let cx = context();
    // `./store` of a and of b are two layouts, `./x` of a and of b two directories.
    for (name, version) in [("a", "1.0.0"), ("b", "2.0.0")] {
        let leaf = service("leaf", "").replace("1.0.0", version);
        cx.write("leaf/pacto.yaml", &leaf)
            .write(format!("root/{name}/x/pacto.yaml"), leaf.replace("leaf", "x"));
        let output = cx.pacto(["push", &format!("oci-layout://root/{name}/store"), "-p", "leaf"]);
        assert_eq!(output.code, 0, "{output}");
        let needs = "dependencies:\n  - {ref: 'oci-layout://./store', compatibility: '>=1'}\n  - {ref: ./x, compatibility: '>=1'}\n";
        cx.write(format!("root/{name}/pacto.yaml"), service(name, needs));
    }
    let needs = "dependencies:\n  - {ref: ./a, compatibility: '*'}\n  - {ref: ./b, compatibility: '*'}\n";
    cx.write("root/pacto.yaml", service("root", needs));
    let graph = cx.pacto(["graph", "root"]);
    insta::assert_snapshot!(graph, @"
    exit: 0
    ----- stdout -----
    root@1.0.0
    ├─ a@1.0.0 [local]
    │  ├─ leaf@1.0.0
    │  └─ x@1.0.0 [local]
    └─ b@1.0.0 [local]
       ├─ leaf@2.0.0
       └─ x@2.0.0 [local]

    Conflicts (2):
      leaf: [leaf@1.0.0 leaf@2.0.0]
      x: [x@1.0.0 x@2.0.0]
    ");
    insta::assert_snapshot!(cx.pacto(["lock", "root"]), @"
    exit: 0
    ----- stdout -----
    wrote root/pacto.lock (6 dependencies, 0 references)
    ");
    let lock = cx.read("root/pacto.lock");
    for place in ["ref: \"oci-layout://a/store\"", "ref: \"oci-layout://b/store\"", "path: a/x", "path: b/x"]
    {
        assert!(lock.contains(place), "{place} {lock}");
    }
    assert_eq!(cx.pacto(["lock", "root", "--check"]).code, 0);
    assert_eq!(cx.pacto(["graph", "root"]).stdout, graph.stdout);
    cx.write("root/a/x/pacto.yaml", service("x", "metadata: {a: b}\n"));
    insta::assert_snapshot!(cx.pacto(["validate", "root"]), @"
    exit: 1
    ----- stdout -----
    root is invalid
    ----- stderr -----
      ERROR [LOCK_LOCAL_DRIFT] pacto.lock#dependencies[0]: a was changed after it was locked
          at root/pacto.lock:9:5
          help: run `pacto lock`
      ERROR [LOCK_LOCAL_DRIFT] pacto.lock#dependencies[4]: a/x was changed after it was locked
          at root/pacto.lock:39:5
          help: run `pacto lock`
    Error: validation failed with 2 error(s)
    ");
}

#[test]
fn one_name_takes_what_is_the_same_with_it() {
    let Some((cx, registry)) = shop() else { return };
    let needs = "dependencies:\n  - {name: x, ref: 'oci://r.example/acme/redis:1.0.0', compatibility: '*'}\n  \
                 - {name: y, ref: 'oci://r.example/acme/redis:1.0.0', compatibility: '*'}\n";
    cx.write("shop/pacto.yaml", service("shop", needs));
    assert_eq!(cx.pacto(["lock", "shop"]).code, 0);
    push(&cx, "redis", "1.0.0", "team/b");
    assert_eq!(cx.pacto(["lock", "shop", "--check"]).code, 1);
    assert!(said(&cx, &registry, &["lock", "shop", "--update", "x"]).contains("wrote shop/pacto.lock"));
    assert_eq!(cx.pacto(["lock", "shop", "--check"]).code, 0);
}

#[test]
fn a_contract_inside_of_what_it_needs_can_be_locked() {
    let cx = context();
    cx.write("mono/pacto.yaml", service("mono", ""));
    cx.write("mono/svc/pacto.yaml", service("svc", "dependencies: [{ref: .., compatibility: ^1.0.0}]\n"));
    assert_eq!(cx.pacto(["lock", "mono/svc"]).code, 0);
    assert_eq!(cx.pacto(["validate", "mono/svc"]).code, 0);
    assert!(cx.pacto(["lock", "mono/svc"]).stdout.contains("is up to date"));
    // A need of this machine that was added is seen at once, and so is the lock of somebody else.
    cx.write("mono/more/pacto.yaml", service("more", ""));
    let needs = "dependencies: [{ref: .., compatibility: ^1.0.0}, {ref: ../more, compatibility: ^1.0.0}]\n";
    cx.write("mono/svc/pacto.yaml", service("svc", needs));
    assert!(cx.pacto(["validate", "mono/svc"]).stderr.contains("[LOCK_STALE] dependencies[1].ref"));
    cx.write("mono/svc/pacto.yaml", service("other", needs));
    assert!(
        cx.pacto(["validate", "mono/svc"]).stderr.contains("the lock is that of \"svc\", not of \"other\"")
    );
}

#[test]
fn a_lock_of_somebody_else_aims_no_requests() {
    let Some((cx, registry)) = shop() else { return };
    assert_eq!(cx.pacto(["lock", "shop"]).code, 0);
    let lock = cx.read("shop/pacto.lock");
    let (start, end) = (lock.find("  - name: cart").unwrap(), lock.find("  - name: redis").unwrap());
    let entry = &lock[start..end];
    let aimed = entry.replace("version: \"1.0.0\"", "version: \"../../../../v2/_catalog?x=1#\"");
    let other = entry.replace("acme/cart", "acme/unasked").replace("name: cart", "name: unasked");
    cx.write("shop/pacto.lock", lock.replace(entry, &format!("{aimed}{other}")));
    let output = said(&cx, &registry, &["lock", "shop", "--check", "-v"]);
    assert!(output.starts_with("exit: 1"), "{output}");
    assert!(!output.contains("_catalog method") && !output.contains("path=\"/v2/_catalog"), "{output}");
    assert!(!output.contains("/v2/acme/unasked"), "{output}");
}

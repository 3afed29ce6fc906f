//! What a directory can hold instead of files.

use std::os::unix::fs::symlink;
use std::process::Command;

use pacto_app::validate::{Options, run};

use crate::support::{Case, HEAD, assert_table};

/// A bundle whose `pacto.yaml` is made by `make`, given its path.
fn contract(make: impl Fn(&std::path::Path)) -> Case {
    let case = Case::new("");
    let path = case.path("bundle/pacto.yaml");
    std::fs::remove_file(&path).unwrap();
    make(&path);
    case
}

fn fifo(path: &std::path::Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn said(case: &Case) -> String {
    // The case lies in a directory with a random name.
    case.said().replace(&*case.path("").to_string_lossy(), "CASE/")
}

#[test]
fn a_contract_that_is_no_file_is_refused() {
    let outside = tempfile::NamedTempFile::new().unwrap();
    assert_table(
        [
            (
                "a directory",
                contract(|path| std::fs::create_dir(path).unwrap()),
                "bundle/pacto.yaml is a directory; a bundle holds regular files",
            ),
            (
                "a pipe that nobody writes to",
                contract(fifo),
                "bundle/pacto.yaml is not a regular file; a bundle holds regular files",
            ),
            (
                "a device without end",
                contract(|path| symlink("/dev/zero", path).unwrap()),
                "bundle/pacto.yaml is a link that leaves the bundle; a bundle holds regular files",
            ),
            (
                "a link to itself",
                contract(|path| symlink("pacto.yaml", path).unwrap()),
                "cannot access bundle/pacto.yaml: Too many levels of symbolic links (os error 40)",
            ),
            (
                "a link to nowhere",
                contract(|path| symlink("missing.yaml", path).unwrap()),
                "bundle/pacto.yaml is a link to nowhere; a bundle holds regular files",
            ),
            (
                "a link out of the bundle",
                contract(|path| symlink(outside.path(), path).unwrap()),
                "bundle/pacto.yaml is a link that leaves the bundle; a bundle holds regular files",
            ),
            (
                "a link to a secret",
                contract(|path| symlink("/etc/passwd", path).unwrap()),
                "bundle/pacto.yaml is a link that leaves the bundle; a bundle holds regular files",
            ),
            (
                "a socket",
                contract(|path| drop(std::os::unix::net::UnixListener::bind(path).unwrap())),
                "bundle/pacto.yaml is not a regular file; a bundle holds regular files",
            ),
            ("nothing", contract(|_| ()), "no pacto.yaml found in bundle"),
            (
                "more than a bundle may hold",
                contract(|path| std::fs::write(path, vec![b'#'; 11_000_000]).unwrap()),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:1:1 the file is larger than 1048576 bytes",
            ),
            (
                "a sparse file of a terabyte",
                contract(|path| {
                    std::fs::File::create(path).unwrap().set_len(1 << 40).unwrap();
                }),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:1:1 the file is larger than 1048576 bytes",
            ),
            (
                "a link inside of the bundle",
                {
                    let case = contract(|path| symlink("real.yaml", path).unwrap());
                    case.file("bundle/real.yaml", HEAD);
                    case
                },
                "",
            ),
        ],
        |case| said(&case),
    );
}

/// A bundle whose interface file is made by `make`, given its path.
fn interface(make: impl Fn(&std::path::Path)) -> Case {
    let file = "interfaces/api.yaml";
    let case =
        Case::new(format!("{HEAD}interfaces:\n  - {{name: a, type: http, port: 1, contract: {file}}}\n"));
    case.file("bundle/interfaces/other.yaml", "openapi: 3.1.0\n");
    make(&case.path(&format!("bundle/{file}")));
    case
}

#[test]
fn a_named_file_that_is_no_file_is_refused() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("api.yaml"), "secret: hunter2\n").unwrap();
    let linked_parent = interface(|path| {
        let parent = path.parent().unwrap();
        std::fs::remove_dir_all(parent).unwrap();
        symlink(outside.path(), parent).unwrap();
    });
    assert_table(
        [
            (
                "a directory",
                interface(|path| std::fs::create_dir(path).unwrap()),
                "bundle/interfaces/api.yaml is a directory; a bundle holds regular files",
            ),
            (
                "a pipe",
                interface(fifo),
                "bundle/interfaces/api.yaml is not a regular file; a bundle holds regular files",
            ),
            (
                "a device",
                interface(|path| symlink("/dev/zero", path).unwrap()),
                "bundle/interfaces/api.yaml is a link that leaves the bundle; a bundle holds regular files",
            ),
            (
                "a loop",
                interface(|path| symlink("api.yaml", path).unwrap()),
                "cannot access bundle/interfaces/api.yaml: Too many levels of symbolic links (os error 40)",
            ),
            (
                "a link out of the bundle",
                interface(|path| symlink("../../../secret", path).unwrap()),
                "bundle/interfaces/api.yaml is a link to nowhere; a bundle holds regular files",
            ),
            (
                "a directory that is a link out of the bundle",
                linked_parent,
                "bundle/interfaces/api.yaml is a link that leaves the bundle; a bundle holds regular files",
            ),
            ("a link inside of the bundle", interface(|path| symlink("other.yaml", path).unwrap()), ""),
            (
                "more than a bundle may hold",
                interface(|path| std::fs::write(path, vec![b' '; 10_485_761]).unwrap()),
                "bundle/interfaces/api.yaml: file interfaces/api.yaml exceeds maximum size of 10485760 bytes",
            ),
            (
                "a path that leaves the bundle",
                {
                    let case = interface(|_| ());
                    case.file("secret", "a: 1\n");
                    case.file(
                        "bundle/pacto.yaml",
                        format!(
                            "{HEAD}interfaces: [{{name: a, type: http, port: 1, contract: ../secret}}]\n"
                        ),
                    );
                    case
                },
                "ERROR FILE_NOT_FOUND interfaces[0].contract bundle/pacto.yaml:5:55 file \"../secret\" is not in the bundle | paths start at pacto.yaml, with `/` between parts, without `./` and `..`",
            ),
        ],
        |case| said(&case),
    );
}

#[test]
fn an_argument_that_is_no_bundle_is_refused() {
    let case = Case::new(HEAD);
    case.file("empty/readme", "").file("file", "");
    symlink("loop", case.path("loop")).unwrap();
    let context = case.context();
    let said = |argument: &str| {
        let options = Options { contracts: vec![argument.to_owned()], ..Options::default() };
        match run(&context, &options, &|_| ()) {
            Ok(outcome) => {
                format!("{} valid", outcome.contracts().iter().filter(|verdict| verdict.valid).count())
            }
            Err(error) => error.to_string(),
        }
    };
    assert_table(
        [
            ("nothing there", "missing", "cannot access missing: No such file or directory (os error 2)"),
            ("a file", "file", "file is not a directory"),
            (
                "a file as a directory",
                "file/bundle",
                "cannot access file/bundle: Not a directory (os error 20)",
            ),
            ("a directory without contracts", "empty", "no pacto.yaml found in empty"),
            ("a loop", "loop", "cannot access loop: Too many levels of symbolic links (os error 40)"),
            ("a device", "/dev/zero", "/dev/zero is not a directory"),
            ("a pattern that matches nothing", "nothing-*", "no pacto.yaml found in nothing-*"),
            (
                "a broken pattern",
                "[a",
                "pattern \"[a\": Pattern syntax error near position 0: invalid range pattern",
            ),
            ("a NUL", "a\0b", "\"a\\0b\": the reference contains a blank or a control character"),
            (
                "another scheme",
                "http://169.254.169.254/latest",
                "\"http://169.254.169.254/latest\": the scheme http:// is not supported; use oci://, oci-layout://, file:// or a path",
            ),
            (
                "a password",
                "oci://user:hunter2@registry.example.com/test/cart",
                "a reference holds no user name and password; log in to the registry instead",
            ),
            (
                "a digest that is a path",
                "oci://registry.example.com/test/cart@sha256:../../x",
                "\"oci://registry.example.com/test/cart@sha256:../../x\": \"sha256:../../x\" is not a digest; write sha256: and 64 hexadecimal digits",
            ),
            ("the directory above the bundle", ".", "1 valid"),
        ],
        said,
    );
}

//! Another release in the place of a program.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use pacto_app::update::{Options, Outcome, notice, platform, run};
use pacto_oci::archive;

/// A release of programs that say what they are.
fn release(root: &Path, version: &str, programs: &[&str]) {
    let mut sums = String::new();
    let directory = root.join(format!("releases/v{version}"));
    std::fs::create_dir_all(&directory).unwrap();
    for program in programs {
        let (file, text) = (format!("{program}_{}", platform()), format!("{program} {version}"));
        let digest = archive::digest(text.as_bytes());
        let _ = writeln!(sums, "{}  {file}", digest.trim_start_matches("sha256:"));
        std::fs::write(directory.join(file), text).unwrap();
    }
    std::fs::write(directory.join("checksums.txt"), sums).unwrap();
    std::fs::write(root.join("latest.json"), format!("{{\"tag_name\": \"v{version}\"}}")).unwrap();
}

fn options(root: &Path) -> Options {
    Options {
        current: "1.0.0".to_owned(),
        wanted: None,
        program: root.join("bin/pacto"),
        releases: root.join("releases").display().to_string(),
        latest: root.join("latest.json").display().to_string(),
    }
}

/// A program and one of its plugins, as an installer leaves them.
fn installed() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("bin")).unwrap();
    for program in ["pacto", "pacto-plugin-helm"] {
        std::fs::write(home.path().join("bin").join(program), format!("{program} 1.0.0")).unwrap();
    }
    home
}

fn texts(root: &Path) -> Vec<(String, String)> {
    let mut files: Vec<_> = std::fs::read_dir(root.join("bin"))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).unwrap_or_default())
        })
        .collect();
    files.sort();
    files
}

fn all(version: &str) -> Vec<(String, String)> {
    ["pacto", "pacto-plugin-helm"].map(|name| (name.to_owned(), format!("{name} {version}"))).to_vec()
}

const PROGRAMS: &[&str] =
    &["pacto", "pacto-plugin-helm", "pacto-plugin-openapi-infer", "pacto-plugin-schema-infer"];

#[test]
fn the_newest_or_a_named_release_takes_the_place() {
    let home = installed();
    let root = home.path();
    release(root, "1.1.0", PROGRAMS);
    release(root, "1.2.0", PROGRAMS);
    let outcome = run(&options(root)).unwrap();
    let replaced = vec!["pacto".to_owned(), "pacto-plugin-helm".to_owned()];
    assert_eq!(outcome, Outcome { from: "1.0.0".to_owned(), to: "1.2.0".to_owned(), replaced });
    assert_eq!(texts(root), all("1.2.0"));
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(root.join("bin/pacto")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o755);
    let older = Options { current: "1.2.0".to_owned(), wanted: Some("v1.1.0".to_owned()), ..options(root) };
    assert_eq!(run(&older).unwrap().to, "1.1.0");
    assert_eq!(texts(root), all("1.1.0"));
    // The newest is not always newer.
    let ahead = Options { current: "2.0.0-rc.1".to_owned(), ..options(root) };
    assert!(run(&ahead).unwrap().replaced.is_empty());
    let same = Options { current: "v1.1.0".to_owned(), wanted: Some("1.1.0".to_owned()), ..options(root) };
    assert!(run(&same).unwrap().replaced.is_empty());
    // Through a link the program is replaced, not the link.
    std::os::unix::fs::symlink(root.join("bin/pacto"), root.join("link")).unwrap();
    run(&Options { program: root.join("link"), ..options(root) }).unwrap();
    assert!(root.join("link").symlink_metadata().unwrap().is_symlink());
    assert_eq!(texts(root), all("1.2.0"));
}

#[test]
fn whatever_is_wrong_changes_nothing() {
    let home = installed();
    let root = home.path();
    release(root, "2.0.0", PROGRAMS);
    let file = |name: &str| root.join(format!("releases/v2.0.0/{name}"));
    let program = file(&format!("pacto-plugin-helm_{}", platform()));
    let refuse = |options: &Options, words: &str| {
        let error = run(options).unwrap_err().to_string();
        assert!(error.contains(words), "{words}: {error}");
        assert_eq!(texts(root), all("1.0.0"), "{words}");
    };
    refuse(&Options { current: "dev".to_owned(), ..options(root) }, "development build");
    refuse(&Options { wanted: Some("9.9.9".to_owned()), ..options(root) }, "release v9.9.9 not found");
    for version in ["../../x", "1.0.0/..", "latest", "", "1.0.0\n"] {
        refuse(&Options { wanted: Some(version.to_owned()), ..options(root) }, "is no version");
    }
    refuse(&Options { latest: root.join("none").display().to_string(), ..options(root) }, "is not there");
    refuse(
        &Options { releases: "http://example.com/x".to_owned(), ..options(root) },
        "not an https:// address",
    );
    std::fs::write(&program, "evil").unwrap();
    refuse(&options(root), "it is not what its checksum says");
    std::fs::remove_file(&program).unwrap();
    refuse(&options(root), "is not there");
    let sums = std::fs::read_to_string(file("checksums.txt")).unwrap();
    std::fs::write(file("checksums.txt"), sums.replace("pacto_", "other_")).unwrap();
    refuse(&options(root), "the release has no checksum for it");
}

#[test]
fn what_a_link_leads_to_is_left_alone() {
    let home = installed();
    let root = home.path();
    release(root, "2.0.0", PROGRAMS);
    let plugin = root.join("bin/pacto-plugin-helm");
    std::fs::remove_file(&plugin).unwrap();
    std::fs::write(root.join("elsewhere"), "x").unwrap();
    std::os::unix::fs::symlink(root.join("elsewhere"), &plugin).unwrap();
    let outcome = run(&options(root)).unwrap();
    assert_eq!(outcome.replaced.len(), 2);
    assert_eq!(std::fs::read_to_string(root.join("elsewhere")).unwrap(), "x");
}

/// Answers one request after the other with what it is given.
fn server(answers: Vec<String>) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let task = std::thread::spawn(move || {
        let mut asked = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
                request.push(byte[0]);
            }
            asked.push(String::from_utf8_lossy(&request).into_owned());
            let _ = stream.write_all(answer.as_bytes());
        }
        asked
    });
    (address, task)
}

fn answer(status: &str, more: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{more}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

#[test]
fn a_feed_on_the_web_is_asked_without_credentials() {
    let home = installed();
    let root = home.path();
    let text = "pacto 3.0.0";
    let helm = "helm 3.0.0";
    let sums = [("pacto", text), ("pacto-plugin-helm", helm)]
        .map(|(name, text)| {
            format!(
                "{}  {name}_{}\n",
                archive::digest(text.as_bytes()).trim_start_matches("sha256:"),
                platform()
            )
        })
        .concat();
    let (address, task) = server(vec![
        answer("200 OK", "", r#"{"tag_name": "v3.0.0"}"#),
        answer("200 OK", "", &sums),
        answer("302 Found", "location: /moved\r\n", ""),
        answer("200 OK", "", text),
        answer("200 OK", "", helm),
    ]);
    let options =
        Options { releases: format!("{address}/d"), latest: format!("{address}/latest"), ..options(root) };
    assert_eq!(run(&options).unwrap().to, "3.0.0");
    assert_eq!(texts(root)[0].1, text);
    let asked = task.join().unwrap();
    assert!(
        asked[1].starts_with("GET /d/v3.0.0/checksums.txt ") && asked[3].starts_with("GET /moved "),
        "{asked:?}"
    );
    assert!(asked.iter().all(|request| !request.to_lowercase().contains("authorization")), "{asked:?}");
    let (address, _task) = server(vec![answer("302 Found", "location: http://example.com/x\r\n", "")]);
    let error = run(&Options { latest: format!("{address}/latest"), ..options }).unwrap_err().to_string();
    assert!(error.contains("not an https:// address"), "{error}");
}

#[test]
fn a_newer_release_is_told_and_asked_for_once_a_day() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config/pacto/update-check.json");
    let latest = home.path().join("latest.json");
    let place = latest.display().to_string();
    let now = SystemTime::now();
    let ask = |current: &str, now: SystemTime| notice::newer(current, &file, &place, now);
    assert_eq!(ask("1.0.0", now), None, "nobody says");
    std::fs::write(&latest, r#"{"tag_name": "v1.1.0"}"#).unwrap();
    assert_eq!(ask("1.0.0", now), None, "it was asked for today");
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&latest, r#"{"tag_name": "v1.2.0"}"#).unwrap();
    assert_eq!(ask("dev", now), None);
    assert!(!file.exists());
    assert_eq!(ask("1.0.0", now).as_deref(), Some("1.2.0"));
    assert_eq!((ask("1.2.0", now), ask("v1.3.0", now)), (None, None));
    std::fs::write(&latest, r#"{"tag_name": "v1.4.0"}"#).unwrap();
    assert_eq!(ask("1.0.0", now + Duration::from_hours(23)).as_deref(), Some("1.2.0"));
    assert_eq!(ask("1.0.0", now + Duration::from_hours(25)).as_deref(), Some("1.4.0"));
    std::fs::write(&file, "no json").unwrap();
    assert_eq!(ask("1.0.0", now).as_deref(), Some("1.4.0"));
    std::fs::write(&latest, "{\"tag_name\": \"v9.0.0-\\u001b[31m\"}").unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(ask("1.0.0", now), None, "it would end up on a terminal");
}

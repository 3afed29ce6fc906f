//! A real OCI registry: Debian's `docker-registry`, on loopback, with storage of its own.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test without its registry must fail, and say why"
)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use fs_err as fs;

/// Parts that a test run leaves out on purpose: comma-separated names.
const WITHOUT: &str = "PACTO_TEST_WITHOUT";
const PROGRAM: &str = "docker-registry";
/// User of a registry that wants one.
pub const USER: &str = "tester";
/// Password of that user.
pub const PASSWORD: &str = "correct horse";
/// The two, as `htpasswd -B` writes them.
const HTPASSWD: &str = "tester:$2y$04$izJajDNFCsoBwAPUgftzteGqsNtwKHdFxfpra8S8c8mgg.vymAyyy\n";

/// A running registry; it ends with the value.
#[derive(Debug)]
pub struct Registry {
    child: Child,
    address: String,
    /// Its storage.
    directory: tempfile::TempDir,
}

/// Whether a part is left out on purpose, said so on standard output.
pub fn is_left_out(part: &str) -> bool {
    let left_out = std::env::var(WITHOUT).is_ok_and(|parts| parts.split(',').any(|name| name == part));
    if left_out {
        println!("left out: {part}");
    }
    left_out
}

impl Registry {
    /// A registry for everybody. `None` where registries are left out on purpose.
    ///
    /// # Panics
    /// When `docker-registry` is not installed or does not start.
    pub fn start() -> Option<Self> {
        Self::launch("")
    }

    /// A registry that wants [`USER`] and [`PASSWORD`].
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn start_with_login() -> Option<Self> {
        Self::launch("auth: {htpasswd: {realm: test, path: htpasswd}}\n")
    }

    fn launch(more: &str) -> Option<Self> {
        if is_left_out("registry") {
            return None;
        }
        let directory = tempfile::tempdir().expect("a directory for the registry");
        let place = directory.path();
        fs::write(place.join("htpasswd"), HTPASSWD).expect("a password file");
        let more = more.replace("path: htpasswd", &format!("path: {}", place.join("htpasswd").display()));
        let config = format!(
            "version: 0.1\nlog: {{level: info, formatter: text, accesslog: {{disabled: true}}}}\n\
             storage: {{filesystem: {{rootdirectory: {}}}, delete: {{enabled: true}}}}\n\
             http: {{addr: '127.0.0.1:0'}}\n{more}",
            place.join("data").display()
        );
        fs::write(place.join("config.yml"), config).expect("a configuration");
        let (child, address) = start(place);
        Some(Self { child, address, directory })
    }

    /// Ends it; what it stores stays.
    pub fn stop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again, at the same address and with what it stores.
    ///
    /// # Panics
    /// When it does not start, for example because somebody else took its port.
    pub fn restart(&mut self) {
        self.stop();
        let place = self.directory.path();
        let config = fs::read_to_string(place.join("config.yml")).expect("its configuration");
        let config = config.replace("'127.0.0.1:0'", &format!("'{}'", self.address));
        fs::write(place.join("config.yml"), config).expect("its configuration");
        (self.child, _) = start(place);
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }
}

fn start(place: &Path) -> (Child, String) {
    let mut child = Command::new(PROGRAM)
        .arg("serve")
        .arg(place.join("config.yml"))
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("{PROGRAM} cannot be started ({error}); install it (Debian: apt-get install docker-registry) or leave it out: cargo xtask test --without registry")
        });
    let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines();
    let mut said = String::new();
    let address = loop {
        let Some(Ok(line)) = lines.next() else { panic!("{PROGRAM} did not start:\n{said}") };
        if let Some((_, address)) = line.split_once("listening on ") {
            break address
                .trim_end_matches(|letter: char| !letter.is_ascii_digit())
                .split('"')
                .next()
                .unwrap_or_default()
                .to_owned();
        }
        said.push_str(&line);
        said.push('\n');
    };
    // A full pipe would stop it.
    std::thread::spawn(move || lines.for_each(drop));
    (child, address)
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.stop();
    }
}

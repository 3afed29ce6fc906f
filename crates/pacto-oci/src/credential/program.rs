//! Programs that know credentials.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use super::Secret;

/// Longest time that a program may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Most output that is read.
const MAX_OUTPUT_BYTES: u64 = 1024 * 1024;

/// Runs `program` with `input` on its standard input and gives its output, or nothing: no such program, a failure, too
/// much output, too slow. What it says is never shown, for it may be a secret.
pub(super) async fn run(
    program: &str,
    arguments: &[&str],
    input: &str,
    path: Option<&OsStr>,
) -> Option<Vec<u8>> {
    let program = find(program, path?)?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .ok()?;
    let (mut stdin, stdout) = (child.stdin.take()?, child.stdout.take()?);
    let talk = async {
        // A program that does not read its input is no failure.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        let mut output = Vec::new();
        let read = stdout.take(MAX_OUTPUT_BYTES + 1).read_to_end(&mut output).await.ok()?;
        let fits = read as u64 <= MAX_OUTPUT_BYTES;
        let succeeded = fits && child.wait().await.ok()?.success();
        succeeded.then_some(output)
    };
    tokio::time::timeout(TIMEOUT, talk).await.ok().flatten()
}

/// The program in the directories of `path`; never in the current one.
fn find(program: &str, path: &OsStr) -> Option<PathBuf> {
    let directories = std::env::split_paths(path).filter(|directory| directory.is_absolute());
    let mut name = OsString::from(program);
    name.push(std::env::consts::EXE_SUFFIX);
    directories.map(|directory| directory.join(&name)).find(|file| file.is_file())
}

/// The token that the GitHub command line is logged in with.
pub(super) async fn gh_token(path: Option<&OsStr>) -> Option<Secret> {
    let output = run("gh", &["auth", "token"], "", path).await?;
    let token = String::from_utf8(output).ok()?.trim().to_owned();
    (!token.is_empty()).then(|| Secret::new(token))
}

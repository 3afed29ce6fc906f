//! Programs that know credentials.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use super::Secret;

/// Longest time that a program may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Most output that is read.
const MAX_OUTPUT_BYTES: u64 = 1024 * 1024;

/// How long an answer is good for: a graph of a thousand repositories asks once, a server that runs for days again.
const KEPT: Duration = Duration::from_mins(1);

/// An answer, and since when it is there.
type Kept = Arc<tokio::sync::Mutex<Option<(Instant, Option<Vec<u8>>)>>>;

/// The programs, and what they answered.
#[derive(Default)]
pub(super) struct Programs {
    /// By program and input. Who asks holds the lock, so that others wait for the answer instead of asking too.
    answers: Mutex<HashMap<(String, String), Kept>>,
}

impl fmt::Debug for Programs {
    /// Answers are secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Programs")
    }
}

impl Programs {
    /// As [`run`], once a minute for the same question.
    pub async fn ask(
        &self,
        program: &str,
        arguments: &[&str],
        input: &str,
        path: Option<&OsStr>,
    ) -> Option<Vec<u8>> {
        let entry = {
            let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(answers.entry((program.to_owned(), input.to_owned())).or_default())
        };
        let mut kept = entry.lock().await;
        if let Some((_, answer)) = kept.as_ref().filter(|(since, _)| since.elapsed() < KEPT) {
            return answer.clone();
        }
        let answer = run(program, arguments, input, path).await;
        *kept = Some((Instant::now(), answer.clone()));
        answer
    }

    /// The token that the GitHub command line is logged in with.
    pub async fn gh_token(&self, path: Option<&OsStr>) -> Option<Secret> {
        let output = self.ask("gh", &["auth", "token"], "", path).await?;
        let token = String::from_utf8(output).ok()?.trim().to_owned();
        (!token.is_empty()).then(|| Secret::new(token))
    }
}

/// Runs `program` with `input` on its standard input and gives its output, or nothing: no such program, a failure, too
/// much output, too slow. What it says is never shown, for it may be a secret.
async fn run(program: &str, arguments: &[&str], input: &str, path: Option<&OsStr>) -> Option<Vec<u8>> {
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

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// A directory with a program that counts how often it ran.
    fn program(name: &str, script: &str) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join(name);
        let text = format!("#!/bin/sh\necho >> {}/runs\n{script}\n", directory.path().display());
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        directory
    }

    fn runs(directory: &tempfile::TempDir) -> usize {
        std::fs::read_to_string(directory.path().join("runs")).unwrap_or_default().lines().count()
    }

    #[tokio::test]
    async fn the_github_command_line_is_asked_once() {
        let directory = program("gh", "test \"$1 $2\" = 'auth token' && echo gho_secret");
        let (programs, path) = (Programs::default(), Some(directory.path().as_os_str()));
        let (first, second) = tokio::join!(programs.gh_token(path), programs.gh_token(path));
        assert_eq!(first.unwrap().expose(), "gho_secret");
        assert_eq!(second.unwrap().expose(), "gho_secret");
        assert_eq!(runs(&directory), 1);
        assert!(!format!("{programs:?}").contains("gho_secret"));
        // No program, one that fails, one that says nothing, and no path to look in.
        for script in ["exit 1", "true"] {
            let directory = program("gh", script);
            assert_eq!(Programs::default().gh_token(Some(directory.path().as_os_str())).await, None);
        }
        assert_eq!(Programs::default().gh_token(Some(OsStr::new("."))).await, None);
        assert_eq!(Programs::default().gh_token(None).await, None);
    }

    #[tokio::test]
    async fn a_program_may_not_flood() {
        let directory = program("gh", "head -c 2000000 /dev/zero");
        assert_eq!(Programs::default().gh_token(Some(directory.path().as_os_str())).await, None);
    }
}

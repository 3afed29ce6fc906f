//! One call of a plugin: what it is given, what it may use, and how it is stopped.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use pacto_contract::limits;
use pacto_plugin::{Request, Response};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};

use super::PluginError;

/// Longest line of standard error that is shown, in bytes; more of it is the next line.
const MAX_LINE: u64 = 8 * 1024;
/// Time after the end of a plugin within which what it left in the pipes is read. Something that it started may keep them open.
const AFTERWARDS: Duration = Duration::from_millis(500);

/// What the limits of a call are; only tests have others than [`Budget::default`].
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Longest time.
    pub time: Duration,
    /// Most bytes of the answer.
    pub bytes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(limits::MAX_PLUGIN_SECONDS as u64),
            bytes: limits::MAX_PLUGIN_OUTPUT_BYTES,
        }
    }
}

/// Starts a plugin, gives it `request` and takes its answer. Each line of its standard error goes to `said` as it comes.
///
/// # Errors
/// [`PluginError`]; whatever the plugin had started in its own process group is stopped.
pub fn call(
    name: &str,
    program: &Path,
    request: &Request,
    budget: Budget,
    said: &mut dyn FnMut(&str),
) -> Result<Response, PluginError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let start =
        |source| PluginError::Start { name: name.to_owned(), program: program.display().to_string(), source };
    runtime.map_err(start)?.block_on(async {
        let mut command = Command::new(program);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let child = command.spawn().map_err(start)?;
        let group = Group(child.id());
        let result = tokio::time::timeout(budget.time, exchange(name, child, request, budget, said)).await;
        drop(group);
        result.unwrap_or_else(|_| Err(PluginError::Late { name: name.to_owned() }))
    })
}

/// The processes that a plugin started and that stayed with it; they end with the value.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(id) = self.0.and_then(|id| i32::try_from(id).ok()) {
            // All of them may have ended by themselves.
            let _ =
                nix::sys::signal::killpg(nix::unistd::Pid::from_raw(id), nix::sys::signal::Signal::SIGKILL);
        }
    }
}

async fn exchange(
    name: &str,
    mut child: Child,
    request: &Request,
    budget: Budget,
    said: &mut dyn FnMut(&str),
) -> Result<Response, PluginError> {
    let failed = |cause: String| PluginError::Failed { name: name.to_owned(), cause };
    let text = serde_json::to_vec(request).map_err(|error| failed(error.to_string()))?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(mut stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
        return Err(failed("it has no pipes".to_owned()));
    };
    let write = async move {
        // A plugin need not read its request.
        let _ = stdin.write_all(&text).await;
        drop(stdin);
    };
    let mut answer = Vec::new();
    let mut last = None;
    let status = {
        let read = read(stdout, budget.bytes, &mut answer);
        let lines = lines(stderr, &mut last, said);
        let talk = async { tokio::join!(write, read, lines).1 };
        tokio::pin!(talk);
        let mut is_within = None;
        let ended = tokio::select! {
            within = &mut talk => {
                is_within = Some(within);
                None
            }
            ended = child.wait() => Some(ended),
        };
        if let Some(ended) = ended {
            // It is over; what is still in the pipes belongs to it.
            if let Ok(within) = tokio::time::timeout(AFTERWARDS, talk).await {
                is_within = Some(within);
            }
            if is_within == Some(false) {
                return Err(PluginError::Large { name: name.to_owned() });
            }
            ended
        } else {
            if is_within == Some(false) {
                return Err(PluginError::Large { name: name.to_owned() });
            }
            child.wait().await
        }
    };
    let status = status.map_err(|error| failed(error.to_string()))?;
    if !status.success() {
        // All of it was shown as it came; the last line says why.
        let cause = last.unwrap_or_else(|| status.to_string());
        let own = format!("pacto-plugin-{name}: ");
        // Plugins of ours begin with their name, which stands before it already.
        return Err(failed(cause.strip_prefix(&own).map_or(cause.clone(), str::to_owned)));
    }
    let invalid = |cause: String| PluginError::Invalid { name: name.to_owned(), cause };
    match answer.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => Err(invalid("it said nothing".to_owned())),
        // A list would be read as the fields in their order.
        Some(b'{') => serde_json::from_slice(&answer).map_err(|error| invalid(error.to_string())),
        Some(_) => Err(invalid("it is no JSON object".to_owned())),
    }
}

/// Reads to the end, or to one byte more than may come; whether it stayed within.
async fn read(from: impl AsyncRead + Unpin, most: usize, into: &mut Vec<u8>) -> bool {
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    // A broken pipe ends the answer.
    let _ = from.take(limit).read_to_end(into).await;
    into.len() <= most
}

async fn lines(from: impl AsyncRead + Unpin, last: &mut Option<String>, said: &mut dyn FnMut(&str)) {
    let mut reader = BufReader::new(from);
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        match (&mut reader).take(MAX_LINE).read_until(b'\n', &mut bytes).await {
            Ok(read) if read > 0 => {}
            _ => return,
        }
        let line = String::from_utf8_lossy(&bytes);
        let line = line.trim_end_matches(['\n', '\r']);
        said(line);
        if !line.trim().is_empty() {
            *last = Some(line.to_owned());
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::time::Instant;

    use super::*;

    fn ask(script: &str, budget: Budget) -> (Result<Response, PluginError>, Vec<String>) {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("plugin");
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let request = Request {
            protocol_version: pacto_plugin::PROTOCOL_VERSION.to_owned(),
            contract: serde_json::json!({"padding": "x".repeat(1_000_000)}),
            bundle_dir: "/".to_owned(),
            output_dir: "/".to_owned(),
            options: std::collections::BTreeMap::new(),
            schemas: std::collections::BTreeMap::new(),
        };
        let mut said = Vec::new();
        let response = call("test", &program, &request, budget, &mut |line| said.push(line.to_owned()));
        (response, said)
    }

    #[test]
    fn one_that_never_ends_is_stopped_with_all_it_started() {
        let budget = Budget { time: Duration::from_millis(300), ..Budget::default() };
        let marker = tempfile::tempdir().unwrap();
        let alive = marker.path().join("alive");
        // What it started would write after a second.
        let script =
            format!("#!/bin/sh\n(sleep 1; touch {}) &\necho begun >&2\nsleep 100\n", alive.display());
        let began = Instant::now();
        let (response, said) = ask(&script, budget);
        assert!(matches!(response, Err(PluginError::Late { .. })), "{response:?}");
        assert!(began.elapsed() < Duration::from_secs(30));
        assert_eq!(said, ["begun"]);
        // Nobody tells of what did not happen, so it is waited longer than it would have taken.
        std::thread::sleep(Duration::from_millis(1_500));
        assert!(!alive.exists(), "it was not stopped");
    }

    #[test]
    fn an_answer_may_be_as_long_as_the_limit_and_not_longer() {
        let answer = r#"{"files":[]}"#;
        let script = format!("#!/bin/sh\necho '{answer}'\n");
        let exact = Budget { bytes: answer.len() + 1, ..Budget::default() };
        assert!(ask(&script, exact).0.is_ok());
        let (response, _) = ask(&script, Budget { bytes: answer.len(), ..exact });
        assert!(matches!(response, Err(PluginError::Large { .. })), "{response:?}");
    }

    #[test]
    fn a_request_need_not_be_read_and_long_lines_are_cut() {
        let script = "#!/bin/sh\nhead -c 20000 /dev/zero | tr '\\0' x >&2\necho '{}'\n";
        let (response, said) = ask(script, Budget::default());
        assert!(response.unwrap().files.is_empty());
        assert_eq!(said.iter().map(String::len).collect::<Vec<_>>(), [8192, 8192, 3616]);
    }
}

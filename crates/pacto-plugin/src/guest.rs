//! The side of the plugin.

use std::io::{Read, Write};
use std::process::ExitCode;

use crate::{PROTOCOL_VERSION, Request, Response};

/// Exit code of a plugin that could not do its work.
const FAILED: u8 = 1;

/// Reads the request, calls `generate`, and answers. Whatever `generate` refuses goes to standard error, which the user
/// sees.
///
/// `--version` prints the name and the version; `--help` says how the program is called.
pub fn run(
    name: &str,
    version: &str,
    generate: impl FnOnce(&Request) -> Result<Response, String>,
) -> ExitCode {
    let mut output = std::io::stdout().lock();
    let asked = std::env::args().nth(1);
    let said = match asked.as_deref() {
        None => return answer(name, generate, &mut std::io::stdin().lock(), &mut output),
        Some("--version" | "-version") => writeln!(output, "{name} {version}"),
        Some(_) => writeln!(
            output,
            "{name} is a plugin of pacto and reads its request from standard input.\n\nUsage: pacto generate {} [CONTRACT] [-o DIR] [--option KEY=VALUE]",
            name.strip_prefix(crate::PREFIX).unwrap_or(name)
        ),
    };
    // Whoever asked may have gone away.
    let _ = said;
    ExitCode::SUCCESS
}

fn answer(
    name: &str,
    generate: impl FnOnce(&Request) -> Result<Response, String>,
    input: &mut impl Read,
    output: &mut impl Write,
) -> ExitCode {
    match respond(generate, input, output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "{name}: {message}");
            ExitCode::from(FAILED)
        }
    }
}

fn respond(
    generate: impl FnOnce(&Request) -> Result<Response, String>,
    input: &mut impl Read,
    output: &mut impl Write,
) -> Result<(), String> {
    let mut text = String::new();
    input.read_to_string(&mut text).map_err(|error| format!("the request cannot be read: {error}"))?;
    let request: Request = serde_json::from_str(&text)
        .map_err(|error| format!("this is no request ({error}); call it as `pacto generate`"))?;
    if request.protocol_version != PROTOCOL_VERSION {
        return Err(format!(
            "protocol {} is not known; this plugin speaks {PROTOCOL_VERSION}",
            request.protocol_version
        ));
    }
    let response = generate(&request)?;
    let text = serde_json::to_string(&response).map_err(|error| error.to_string())?;
    writeln!(output, "{text}").map_err(|error| format!("the answer cannot be written: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::File;

    fn ask(
        request: &str,
        generate: impl FnOnce(&Request) -> Result<Response, String>,
    ) -> Result<String, String> {
        let mut output = Vec::new();
        respond(generate, &mut request.as_bytes(), &mut output)?;
        Ok(String::from_utf8(output).unwrap())
    }

    #[test]
    fn a_request_is_answered_once() {
        let request =
            r#"{"protocolVersion": "1", "contract": {}, "bundleDir": "/b", "outputDir": "/o", "more": 1}"#;
        let answer = ask(request, |request| {
            Ok(Response { files: vec![File::text("a", request.bundle_dir.clone())], message: None })
        });
        assert_eq!(answer.unwrap(), "{\"files\":[{\"path\":\"a\",\"content\":\"/b\"}]}\n");
        assert_eq!(ask(request, |_| Err("no routes".to_owned())).unwrap_err(), "no routes");
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let never = |_: &Request| unreachable!();
        assert!(ask("[]", never).unwrap_err().starts_with("this is no request"));
        let of_another = r#"{"protocolVersion": "2", "contract": {}, "bundleDir": "", "outputDir": ""}"#;
        assert_eq!(ask(of_another, never).unwrap_err(), "protocol 2 is not known; this plugin speaks 1");
    }
}

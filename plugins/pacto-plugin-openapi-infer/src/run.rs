//! The document of an application that is really started: only when the user asks for it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::files;
use crate::python::scope::Program;

/// Folders above the sources in which an environment is looked for.
const MAX_FOLDERS: usize = 10;
/// Names of environments.
const ENVIRONMENTS: &[&str] = &[".venv", "venv", "env"];
/// Before and after the document, which other output may surround.
const MARK: &str = "----pacto-openapi----";

/// Imports the application and asks it.
///
/// # Errors
/// One line, with what Python said.
pub fn fastapi(source: &Path) -> Result<Value, String> {
    let sources = files::read(source, "py")?;
    let mut program = Program::new(&sources);
    let routers = crate::fastapi::routes::Routers::find(&mut program);
    let app =
        routers.app(&program).ok_or("no FastAPI application was found: nothing is assigned FastAPI(…)")?;
    let module = program.module(app.module).map(|module| module.name.clone()).unwrap_or_default();
    let script = "import importlib, json, sys\nsys.path.insert(0, '')\nmark, module, name = sys.argv[1:4]\n\
        app = getattr(importlib.import_module(module), name)\n\
        sys.stdout.write(mark + json.dumps(app.openapi()) + mark)\n";
    let mut command = interpreter(source);
    command.args(["-c", script, MARK, &module, &app.name]).current_dir(source);
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("Python cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("{module} could not be imported ({}); its words stand above", output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let document = text.split(MARK).nth(1).ok_or_else(|| format!("{module} printed no document"))?;
    serde_json::from_str(document).map_err(|error| format!("{module} printed no document: {error}"))
}

/// Python of the project: of its environment, else of `uv`, else of the system.
fn interpreter(source: &Path) -> Command {
    for folder in source.ancestors().take(MAX_FOLDERS) {
        for name in ENVIRONMENTS {
            let place = folder.join(name);
            let found: Option<PathBuf> = [place.join("bin/python"), place.join("Scripts/python.exe")]
                .into_iter()
                .find(|path| path.is_file());
            if let Some(python) = found {
                return Command::new(python);
            }
        }
    }
    let is_there = |name: &str| {
        std::env::var_os("PATH")
            .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
    };
    if source.join("pyproject.toml").is_file() && is_there("uv") {
        let mut command = Command::new("uv");
        command.args(["run", "python"]);
        return command;
    }
    Command::new(if is_there("python3") { "python3" } else { "python" })
}

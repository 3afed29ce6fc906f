//! Which framework a service uses, by what it says it needs.

use std::path::Path;

/// Frameworks that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framework {
    FastApi,
    Huma,
}

/// Files that name what a Python project needs.
const PYTHON: &[&str] = &["requirements.txt", "pyproject.toml", "Pipfile", "setup.py", "setup.cfg"];
/// What a file must name, by framework.
const KNOWN: &[(Framework, &[&str], &str)] =
    &[(Framework::FastApi, PYTHON, "fastapi"), (Framework::Huma, &["go.mod"], "danielgtaylor/huma")];

impl Framework {
    /// The framework of a name.
    ///
    /// # Errors
    /// Where there is none.
    pub fn named(name: &str) -> Result<Self, String> {
        match name {
            "fastapi" => Ok(Self::FastApi),
            "huma" => Ok(Self::Huma),
            other => Err(format!("--option framework is fastapi or huma, not {other:?}")),
        }
    }

    /// As people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::FastApi => "FastAPI",
            Self::Huma => "Huma",
        }
    }
}

/// The framework of a directory.
///
/// # Errors
/// One line that says what was looked for.
pub fn framework(source: &Path) -> Result<Framework, String> {
    for (framework, files, word) in KNOWN {
        let names = |file: &&&str| {
            std::fs::read_to_string(source.join(file)).is_ok_and(|text| text.to_lowercase().contains(word))
        };
        if files.iter().find(names).is_some() {
            return Ok(*framework);
        }
    }
    Err(format!(
        "no supported framework detected: FastAPI is looked for in {}, Huma in go.mod; name one with --option framework=NAME",
        PYTHON.join(", ")
    ))
}

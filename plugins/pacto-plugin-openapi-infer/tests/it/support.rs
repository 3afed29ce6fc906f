//! A bundle with sources, and the program that reads them.

use std::path::Path;
use std::process::{Command, Output};

/// The program beside the plugin, which finds the plugin beside itself.
pub fn pacto(directory: &Path, arguments: &[&str]) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_pacto-plugin-openapi-infer")).with_file_name("pacto");
    assert!(program.is_file(), "{} is missing: cargo build -p pacto-cli", program.display());
    let mut command = Command::new(program);
    command
        .args(["generate", "openapi-infer", ".", "-o", "."])
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .env("HOME", directory)
        .env("PATH", "/usr/bin:/bin");
    command.output().unwrap()
}

/// A directory with a contract and files of sources.
pub fn bundle(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let contract = "pactoVersion: '1.0'\nservice: {name: shop, version: 1.0.0}\n";
    for (path, text) in files.iter().copied().chain([("pacto.yaml", contract)]) {
        let file = directory.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    directory
}

pub fn words(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

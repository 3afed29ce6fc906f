//! Reading samples.

use std::path::{Component, Path};

use pacto_contract::Source;
use pacto_contract::yaml::{Budget, decode_utf8, load};
use serde_json::{Map, Value};

/// Largest sample, in bytes.
const MAX_SAMPLE_BYTES: u64 = 10 * 1024 * 1024;

/// Reads a sample inside of `directory`.
pub fn read(directory: &Path, file: &str) -> Result<Value, String> {
    let path = Path::new(file);
    if !path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err(format!("{file} is not inside of the directory of the contract"));
    }
    let whole = directory.join(path);
    let metadata = whole.metadata().map_err(|error| format!("{file}: {error}"))?;
    if !metadata.is_file() {
        return Err(format!("{file} is not a regular file"));
    }
    if metadata.len() > MAX_SAMPLE_BYTES {
        return Err(format!("{file} is larger than {MAX_SAMPLE_BYTES} bytes"));
    }
    let bytes = std::fs::read(&whole).map_err(|error| format!("{file}: {error}"))?;
    let text = decode_utf8(&bytes).map_err(|error| format!("{file}: {error}"))?;
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match ending {
        "json" | "yaml" | "yml" => yaml(file, text),
        "toml" => toml(file, text),
        // `.env`, `.env.production`, `settings.env`.
        _ if ending == "env" || name == ".env" || name.starts_with(".env.") => environment(file, text),
        _ => Err(format!("unsupported file extension: {file} is none of .json, .yaml, .yml, .toml, .env")),
    }
}

/// YAML, and JSON, which is YAML.
fn yaml(file: &str, text: &str) -> Result<Value, String> {
    let tree = load(text, Budget::INTERFACE).map_err(|error| {
        let place = Source::new(file, text).locate(error.span);
        format!("{file}:{}:{}: {error}", place.line, place.column)
    })?;
    tree.to_json().map_err(|error| format!("{file}: {error}"))
}

fn toml(file: &str, text: &str) -> Result<Value, String> {
    let table: toml::Table =
        text.parse().map_err(|error: toml::de::Error| format!("{file}: {}", error.message()))?;
    Ok(of_toml(toml::Value::Table(table)))
}

fn of_toml(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(is_on) => is_on.into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Array(items) => items.into_iter().map(of_toml).collect(),
        toml::Value::Table(table) => {
            Value::Object(table.into_iter().map(|(key, value)| (key, of_toml(value))).collect())
        }
    }
}

/// `KEY=value` lines, as shells and Docker read them; numbers and `true` and `false` are what they look like.
fn environment(file: &str, text: &str) -> Result<Value, String> {
    let mut keys = Map::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        let wrong = || format!("{file}:{}: this is not KEY=value", number + 1);
        let (key, value) = line.split_once('=').ok_or_else(wrong)?;
        let key = key.trim();
        if key.is_empty() || key.contains(char::is_whitespace) {
            return Err(wrong());
        }
        keys.insert(key.to_owned(), scalar(value.trim()));
    }
    Ok(Value::Object(keys))
}

fn scalar(value: &str) -> Value {
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inner.into();
        }
    }
    // A comment begins with a blank before the hash.
    let value = value.split(" #").next().unwrap_or(value).trim_end();
    match value {
        "true" => true.into(),
        "false" => false.into(),
        _ => {
            // What begins with a zero is a number of a telephone, a mode or a code.
            let is_number = value == "0" || !value.trim_start_matches('-').starts_with('0');
            value.parse::<i64>().ok().filter(|_| is_number).map_or_else(|| value.into(), Value::from)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn environment_files_are_read_as_shells_read_them() {
        let text = "# a\n\nexport PORT=8080\nNAME = \"a b\" \nDEBUG=false # off\nEMPTY=\nZIP=01234\nURL=http://x/#y\nNEG=-3\n";
        let read = environment(".env", text).unwrap();
        assert_eq!(
            read,
            json!({"PORT": 8080, "NAME": "a b", "DEBUG": false, "EMPTY": "", "ZIP": "01234", "URL": "http://x/#y", "NEG": -3})
        );
        assert_eq!(environment(".env", "A=1\nB").unwrap_err(), ".env:2: this is not KEY=value");
    }

    #[test]
    fn what_lies_outside_is_not_read() {
        let directory = tempfile::tempdir().unwrap();
        for file in ["../x.json", "/etc/passwd", "a/../../x.yaml"] {
            assert!(read(directory.path(), file).unwrap_err().contains("is not inside"), "{file}");
        }
        std::fs::write(directory.path().join("a.ini"), "").unwrap();
        assert!(read(directory.path(), "a.ini").unwrap_err().starts_with("unsupported file extension"));
        std::fs::write(directory.path().join("a.yaml"), "a: [").unwrap();
        assert!(read(directory.path(), "a.yaml").unwrap_err().starts_with("a.yaml:1:"));
    }
}

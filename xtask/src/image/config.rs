//! How the image runs, and what it says about itself.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Context, Result};
use pacto_oci::archive::digest;
use serde_json::{Value, json};

use super::{About, Platform, layer, output_of};

const NANOSECONDS: u64 = 1_000_000_000;
const SECONDS_OF_A_DAY: u64 = 86_400;

/// The configuration of one platform. `Healthcheck` is a key that the OCI specification leaves to Docker, so its types
/// do not have it.
pub fn config(platform: Platform, tars: &[Vec<u8>], about: &About) -> Value {
    let created = timestamp(about.created);
    let program = about.program;
    let variables: Vec<String> =
        program.environment().iter().map(|(name, value)| format!("{name}={value}")).collect();
    let ports: BTreeMap<String, Value> =
        program.ports().iter().map(|port| (format!("{port}/tcp"), json!({}))).collect();
    let layers: Vec<String> = tars.iter().map(|tar| digest(tar)).collect();
    let history: Vec<Value> = layer::NAMES
        .iter()
        .map(|name| json!({"created": created, "created_by": "cargo xtask image", "comment": name}))
        .collect();
    let mut inner = json!({
        "User": format!("{0}:{0}", layer::USER),
        "ExposedPorts": ports,
        "Env": variables,
        "Entrypoint": [program.binary()],
        "Cmd": program.command(),
        "WorkingDir": program.directory(),
        "Labels": labels(about),
        "StopSignal": "SIGTERM",
    });
    if let Some(check) = program.health_check() {
        let words: Vec<&str> = ["CMD"].iter().chain(check.command).copied().collect();
        inner["Healthcheck"] = json!({
            "Test": words,
            "Interval": check.interval_seconds * NANOSECONDS,
            "Timeout": check.timeout_seconds * NANOSECONDS,
            "Retries": check.retries,
        });
    }
    json!({
        "created": created,
        "architecture": platform.architecture(),
        "os": "linux",
        "config": inner,
        "rootfs": {"type": "layers", "diff_ids": layers},
        "history": history,
    })
}

/// Labels of the configuration, which are annotations of manifest and index too.
pub fn labels(about: &About) -> BTreeMap<&'static str, String> {
    let mut labels = BTreeMap::from([
        ("org.opencontainers.image.title", about.program.title().to_owned()),
        ("org.opencontainers.image.description", about.program.description().to_owned()),
        ("org.opencontainers.image.licenses", "MIT".to_owned()),
        ("org.opencontainers.image.version", about.version.clone()),
        ("org.opencontainers.image.revision", about.revision.clone()),
        ("org.opencontainers.image.created", timestamp(about.created)),
    ]);
    if let Some(source) = &about.source {
        labels.insert("org.opencontainers.image.source", source.clone());
    }
    labels
}

/// When the image was made, in seconds since 1970: `SOURCE_DATE_EPOCH`, else the time of the commit.
pub fn created() -> Result<u64> {
    let text = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => text,
        Err(_) => output_of(Command::new("git").args(["log", "-1", "--format=%ct"]))?,
    };
    text.parse().with_context(|| format!("{text:?} is no number of seconds since 1970"))
}

/// The commit. Changes that are not committed show, because nobody could build that image again.
pub fn revision() -> Result<String> {
    output_of(Command::new("git").args(["describe", "--always", "--abbrev=40", "--exclude=*", "--dirty"]))
}

/// Seconds since 1970 as RFC 3339.
pub fn timestamp(seconds: u64) -> String {
    let (mut days, rest) = (seconds / SECONDS_OF_A_DAY, seconds % SECONDS_OF_A_DAY);
    let is_leap =
        |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in lengths {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", days + 1)
}

//! How the image runs, and what it says about itself.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Context, Result};
use pacto_oci::archive::digest;
use serde_json::{Value, json};

use super::{About, Platform, layer, output_of};

/// Variables of the image. Those of Pacto are explained in `docs/container.md`.
pub const ENVIRONMENT: &[(&str, &str)] = &[
    ("PATH", "/usr/bin"),
    ("HOME", "/home/pacto"),
    ("PACTO_DASHBOARD_HOST", "0.0.0.0"),
    ("PACTO_DASHBOARD_PORT", "3000"),
    ("PACTO_CACHE_DIR", "/home/pacto/.cache/pacto/oci"),
    ("PACTO_NO_UPDATE_CHECK", "1"),
];
pub const PORT: u16 = 3000;
/// The program looks for contracts here, so that a volume needs no argument.
pub const DIRECTORY: &str = "/data";
/// There is no shell, so the program asks itself.
pub const HEALTH_CHECK: &[&str] = &["pacto", "dashboard", "--healthcheck"];
pub const HEALTH_INTERVAL_SECONDS: u64 = 10;
const HEALTH_TIMEOUT_SECONDS: u64 = 5;
const HEALTH_RETRIES: u64 = 3;
const NANOSECONDS: u64 = 1_000_000_000;
const SECONDS_OF_A_DAY: u64 = 86_400;

/// The configuration of one platform. `Healthcheck` is a key that the OCI specification leaves to Docker, so its types
/// do not have it.
pub fn config(platform: Platform, tars: &[Vec<u8>], about: &About) -> Value {
    let created = timestamp(about.created);
    let variables: Vec<String> = ENVIRONMENT.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let layers: Vec<String> = tars.iter().map(|tar| digest(tar)).collect();
    let history: Vec<Value> = layer::NAMES
        .iter()
        .map(|name| json!({"created": created, "created_by": "cargo xtask image", "comment": name}))
        .collect();
    let mut check = vec!["CMD"];
    check.extend(HEALTH_CHECK);
    json!({
        "created": created,
        "architecture": platform.architecture(),
        "os": "linux",
        "config": {
            "User": format!("{0}:{0}", layer::USER),
            "ExposedPorts": {format!("{PORT}/tcp"): {}},
            "Env": variables,
            "Entrypoint": ["pacto"],
            "Cmd": ["dashboard"],
            "WorkingDir": DIRECTORY,
            "Labels": labels(about),
            "StopSignal": "SIGTERM",
            "Healthcheck": {
                "Test": check,
                "Interval": HEALTH_INTERVAL_SECONDS * NANOSECONDS,
                "Timeout": HEALTH_TIMEOUT_SECONDS * NANOSECONDS,
                "Retries": HEALTH_RETRIES,
            },
        },
        "rootfs": {"type": "layers", "diff_ids": layers},
        "history": history,
    })
}

/// Labels of the configuration, which are annotations of manifest and index too.
pub fn labels(about: &About) -> BTreeMap<&'static str, String> {
    let mut labels = BTreeMap::from([
        ("org.opencontainers.image.title", "pacto-dashboard".to_owned()),
        (
            "org.opencontainers.image.description",
            "Dashboard of Pacto: contracts, dependencies and versions of services".to_owned(),
        ),
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

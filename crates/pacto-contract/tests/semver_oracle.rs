//! Every row of the Masterminds/semver test tables, as kept in `oracles/semver.json` beside the
//! checkout.

use std::cmp::Ordering;
use std::error::Error;
use std::io::Write;
use std::path::Path;

use pacto_contract::{LenientVersion, VersionRange};
use serde::Deserialize;

#[derive(Deserialize)]
struct Oracle {
    check: Vec<Check>,
    parse_constraint: Vec<ParseConstraint>,
    parse_version: Vec<ParseVersion>,
    compare: Vec<Compare>,
}

#[derive(Deserialize)]
struct Check {
    constraint: String,
    version: String,
    holds: bool,
}

#[derive(Deserialize)]
struct ParseConstraint {
    constraint: String,
    ok: bool,
}

#[derive(Deserialize)]
struct ParseVersion {
    version: String,
    ok: bool,
}

#[derive(Deserialize)]
struct Compare {
    a: String,
    b: String,
    order: i8,
}

#[test]
fn agrees_with_every_row() -> Result<(), Box<dyn Error>> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    if !shared.exists() {
        writeln!(std::io::stderr(), "skipped: {} does not exist", shared.display())?;
        return Ok(());
    }
    let text = std::fs::read_to_string(shared.join("oracles/semver.json"))?;
    let oracle: Oracle = serde_json::from_str(&text)?;
    assert!(!oracle.check.is_empty() && !oracle.compare.is_empty());
    assert!(!oracle.parse_constraint.is_empty() && !oracle.parse_version.is_empty());
    for row in oracle.check {
        let range = VersionRange::parse(&row.constraint)?;
        let version = LenientVersion::parse(&row.version)?;
        let holds = range.matches(&version);
        assert_eq!(holds, row.holds, "{:?} on {}", row.constraint, row.version);
    }
    for row in oracle.parse_constraint {
        let read = VersionRange::parse(&row.constraint);
        assert_eq!(read.is_ok(), row.ok, "{:?}: {read:?}", row.constraint);
    }
    for row in oracle.parse_version {
        let read = LenientVersion::parse(&row.version);
        assert_eq!(read.is_ok(), row.ok, "{:?}: {read:?}", row.version);
    }
    for row in oracle.compare {
        let (a, b) = (LenientVersion::parse(&row.a)?, LenientVersion::parse(&row.b)?);
        assert_eq!(a.precedence_cmp(&b), row.order.cmp(&0), "{a} and {b}");
        assert_eq!(a.cmp(&b) == Ordering::Greater, row.order == 1, "{a} and {b}");
    }
    Ok(())
}

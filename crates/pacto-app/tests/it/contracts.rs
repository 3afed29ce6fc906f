//! `tests/contracts`: one folder a case, every diagnostic code hit, every finding word for word.
//!
//! `UPDATE_EXPECTED=1 cargo test -p pacto-app --test it` writes what is said now; read the difference.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pacto_app::pack;
use pacto_contract::Code;
use pacto_contract::code::Stage;
use pacto_contract::overrides::Overrides;

use crate::support::{Case, HEAD, HTTP, REGISTRY, checkout, context, judge, lines};

/// Codes of the first four layers that `pacto validate` cannot raise, and where else they are tested.
const ELSEWHERE: &[(Code, &str)] =
    &[(Code::PolicyRefNotEnforced, "only pacto pack: packing_names_the_policies_that_it_does_not_fetch")];

/// More findings than this are shortened in the expectation.
const SHOWN: usize = 40;

fn cases(kind: &str) -> Vec<(String, PathBuf)> {
    let mut cases: Vec<_> = std::fs::read_dir(checkout().join("tests/contracts").join(kind))
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
        .collect();
    cases.sort();
    cases
}

/// The code that a folder is named after: the longest that the name is or begins with.
fn code_of(name: &str) -> Option<Code> {
    let kebab = |code: &Code| code.as_str().to_lowercase().replace('_', "-");
    let fits = |code: &&Code| {
        name.strip_prefix(&kebab(code)).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    Code::ALL.iter().filter(fits).max_by_key(|code| code.as_str().len()).copied()
}

fn said(case: &Path) -> String {
    let context = context(case, REGISTRY, &case.join("registry"));
    let said = lines(&judge(&context, "bundle", Overrides::default()).unwrap());
    let all: Vec<_> = said.lines().collect();
    match (all.get(..SHOWN / 2), all.get(all.len().saturating_sub(SHOWN / 2)..)) {
        (Some(first), Some(last)) if all.len() > SHOWN => {
            let left_out = all.len() - first.len() - last.len();
            format!("{}\n({left_out} more)\n{}\n", first.join("\n"), last.join("\n"))
        }
        _ => said,
    }
}

/// Compares with `expected.txt`, which a case without findings does not have; or writes it.
fn differs(case: &Path, said: &str) -> bool {
    let file = case.join("expected.txt");
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    if expected == said {
        return false;
    }
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        let written = if said.is_empty() { std::fs::remove_file(&file) } else { std::fs::write(&file, said) };
        written.unwrap();
        return false;
    }
    println!("{}\n--- expected\n{expected}--- said\n{said}", case.display());
    true
}

fn assert_as_expected(kind: &str) {
    let different: Vec<_> = cases(kind)
        .into_iter()
        .filter(|(_, path)| differs(path, &said(path)))
        .map(|(name, _)| name)
        .collect();
    assert!(different.is_empty(), "{different:?}; UPDATE_EXPECTED=1 writes what is said now");
}

#[test]
fn every_finding_about_an_invalid_contract_is_as_expected() {
    assert_as_expected("invalid");
}

#[test]
fn every_finding_about_a_valid_contract_is_as_expected() {
    assert_as_expected("valid");
}

#[test]
fn valid_contracts_have_no_error() {
    for (name, path) in cases("valid") {
        assert!(!said(&path).contains("ERROR"), "{name}");
    }
}

#[test]
fn every_folder_is_named_after_a_code_that_it_hits() {
    for (name, path) in cases("invalid") {
        let code = code_of(&name).unwrap_or_else(|| panic!("{name} begins with no code"));
        assert!(said(&path).contains(&format!(" {code} ")), "{name} does not hit {code}");
    }
}

#[test]
fn every_folder_holds_a_bundle_and_nothing_unknown() {
    for (name, path) in cases("invalid").into_iter().chain(cases("valid")) {
        assert!(path.join("bundle/pacto.yaml").is_file(), "{name}");
        for entry in std::fs::read_dir(&path).unwrap() {
            let entry = entry.unwrap().file_name();
            assert!(
                ["bundle", "registry", "expected.txt"].iter().any(|known| entry == *known),
                "{name}/{entry:?}"
            );
        }
    }
}

#[test]
fn every_code_of_the_four_layers_is_hit() {
    let hit: BTreeSet<Code> = cases("invalid").iter().filter_map(|(name, _)| code_of(name)).collect();
    let layers = [Stage::Load, Stage::Structural, Stage::CrossField, Stage::Semantic, Stage::Policy];
    for code in Code::ALL.iter().filter(|code| layers.contains(&code.stage())) {
        let elsewhere = ELSEWHERE.iter().any(|(known, _)| known == code);
        assert!(
            hit.contains(code) != elsewhere,
            "{code}: in tests/contracts/invalid or in ELSEWHERE, not both"
        );
    }
}

#[test]
fn packing_names_the_policies_that_it_does_not_fetch() {
    let adopts = "policies:\n  - name: platform\n    ref: oci://registry.example.com/test/rules\n";
    let case = Case::new(format!("{HEAD}{HTTP}{adopts}"));
    let options = pack::Options { directory: "bundle".into(), ..pack::Options::default() };
    let packed = pack::run(&case.context(), &options).unwrap();
    let said: Vec<_> =
        packed.warnings.iter().map(|warning| (warning.code, warning.message.as_str())).collect();
    let message = "policy oci://registry.example.com/test/rules is not in the bundle and was not enforced";
    assert_eq!(said, [(Code::PolicyRefNotEnforced, message)]);
}

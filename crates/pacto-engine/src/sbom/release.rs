//! One version of a package, and the order of versions.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::Package;
use super::diff::Row;
use super::license::Conjunction;

/// One version of a package; what its duplicates say is joined.
pub(super) struct Release<'a> {
    pub(super) version: Option<&'a str>,
    pub(super) license: Option<Cow<'a, str>>,
    pub(super) supplier: Option<Cow<'a, str>>,
}

/// The versions of one package in one document, in order.
pub(super) fn releases<'a>(rows: &[Row<'a>]) -> Vec<Release<'a>> {
    rows.chunk_by(|a, b| a.package.version == b.package.version)
        .map(|rows| Release {
            version: rows.first().and_then(|row| row.package.version.as_deref()),
            license: joined(
                rows,
                |package| package.license.as_deref(),
                |texts| {
                    let mut all = Conjunction::default();
                    for text in texts {
                        all.push(text);
                    }
                    all.into_text()
                },
            ),
            supplier: joined(
                rows,
                |package| package.supplier.as_deref(),
                |texts| Some(texts.iter().copied().collect::<Vec<_>>().join(", ")),
            ),
        })
        .collect()
}

/// The values of one field in `rows`: as it is where there is one, else by `join`.
fn joined<'a>(
    rows: &[Row<'a>],
    field: impl Fn(&'a Package) -> Option<&'a str>,
    join: impl Fn(&BTreeSet<&'a str>) -> Option<String>,
) -> Option<Cow<'a, str>> {
    if let [only] = rows {
        return field(only.package).map(Cow::Borrowed);
    }
    let values: BTreeSet<&str> = rows.iter().filter_map(|row| field(row.package)).collect();
    match values.len() {
        0 | 1 => values.first().map(|only| Cow::Borrowed(*only)),
        _ => join(&values).map(Cow::Owned),
    }
}

/// Orders versions as people do: 1.9 before 1.10. Only equal texts are equal.
pub(super) fn version_order(a: Option<&str>, b: Option<&str>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => runs(a).cmp(runs(b)).then_with(|| a.cmp(b)),
        (a, b) => a.cmp(&b),
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Run<'a> {
    /// Digits without leading zeros, behind their count, so that any length compares as a number.
    Number(usize, &'a [u8]),
    Text(&'a [u8]),
}

fn runs(version: &str) -> impl Iterator<Item = Run<'_>> {
    version.as_bytes().chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()).map(|run| {
        if !run.first().is_some_and(u8::is_ascii_digit) {
            return Run::Text(run);
        }
        let zeros = run.iter().take_while(|digit| **digit == b'0').count();
        Run::Number(run.len() - zeros, &run[zeros..])
    })
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use proptest::prelude::*;

    use super::version_order;

    #[test]
    fn versions_sort_as_numbers() {
        let sorted = ["", "1", "01", "1.0.0", "1.9", "1.10", "2", "99999999999999999999999", "v1"];
        for pair in sorted.windows(2) {
            // `01` and `1` are the same number, so the text decides.
            let expected = if pair == ["1", "01"] { Ordering::Greater } else { Ordering::Less };
            assert_eq!(version_order(Some(pair[0]), Some(pair[1])), expected, "{pair:?}");
        }
        assert_eq!(version_order(None, Some("")), Ordering::Less);
    }

    proptest! {
        #[test]
        fn versions_are_totally_ordered(a in "[a.01-]{0,4}", b in "[a.01-]{0,4}", c in "[a.01-]{0,4}") {
            let order = |a: &str, b: &str| version_order(Some(a), Some(b));
            prop_assert_eq!(order(&a, &b), order(&b, &a).reverse());
            prop_assert_eq!(order(&a, &b) == Ordering::Equal, a == b);
            if order(&a, &b).is_le() && order(&b, &c).is_le() {
                prop_assert!(order(&a, &c).is_le());
            }
        }
    }
}

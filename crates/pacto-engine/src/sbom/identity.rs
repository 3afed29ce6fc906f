//! What makes two packages the same package: the package URL without its version, else the name.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use super::Package;

/// The keys that packages without a package URL go by.
pub(super) struct Identities<'a> {
    by_name: HashMap<&'a str, Owner<'a>>,
}

/// Whose name a name is.
enum Owner<'a> {
    Unknown,
    One(Cow<'a, str>),
    Several,
}

impl<'a> Identities<'a> {
    pub(super) fn of(packages: impl Iterator<Item = &'a Package> + Clone) -> Self {
        let (mut some, mut none) = (false, false);
        for package in packages.clone() {
            let known = purl_key(package).is_some();
            (some, none) = (some || known, none || !known);
        }
        let mut by_name = HashMap::new();
        // Only where both kinds occur is there anything to match.
        if some && none {
            by_name.extend(
                packages
                    .clone()
                    .filter(|package| purl_key(package).is_none())
                    .map(|package| (package.name.as_str(), Owner::Unknown)),
            );
            for package in packages {
                if let Some(owner) = by_name.get_mut(package.name.as_str())
                    && let Some(key) = purl_key(package)
                {
                    owner.add(key);
                }
            }
        }
        Self { by_name }
    }

    pub(super) fn key(&self, package: &'a Package) -> Cow<'a, str> {
        purl_key(package).unwrap_or_else(|| match self.by_name.get(package.name.as_str()) {
            Some(Owner::One(key)) => key.clone(),
            _ => Cow::Borrowed(&package.name),
        })
    }
}

impl<'a> Owner<'a> {
    fn add(&mut self, key: Cow<'a, str>) {
        *self = match std::mem::replace(self, Self::Several) {
            Self::Unknown => Self::One(key),
            Self::One(own) if own == key => Self::One(own),
            Self::One(_) | Self::Several => Self::Several,
        };
    }
}

fn purl_key(package: &Package) -> Option<Cow<'_, str>> {
    of_purl(package.purl.as_deref()?)
}

/// The identity a package URL stands for: type, namespace, name and subpath, in one spelling.
///
/// `None` where `purl` is not a package URL. Tools differ in case and in percent-encoding (`%40angular`, `@angular`),
/// so visible characters are decoded; everything else, `%00` included, stays encoded.
fn of_purl(purl: &str) -> Option<Cow<'_, str>> {
    let scheme = purl.get(..4)?;
    if !scheme.eq_ignore_ascii_case("pkg:") {
        return None;
    }
    let (head, subpath) = purl.split_once('#').unwrap_or((purl, ""));
    let (head, _qualifiers) = head.split_once('?').unwrap_or((head, ""));
    let head = &head[..version_start(head)];
    let path = head[4..].trim_start_matches('/');
    let (kind, name) = path.split_once('/')?;
    if kind.is_empty() || name.is_empty() {
        return None;
    }
    let subpath = subpath.trim_matches('/');

    let canonical = scheme == "pkg:"
        && path.len() + 4 == head.len()
        && subpath.is_empty()
        && !name.contains('%')
        && !kind.bytes().any(|byte| byte.is_ascii_uppercase());
    if canonical {
        return Some(Cow::Borrowed(head));
    }
    let mut identity = String::with_capacity(purl.len());
    identity.push_str("pkg:");
    identity.push_str(&kind.to_ascii_lowercase());
    identity.push('/');
    push_decoded(&mut identity, name);
    if !subpath.is_empty() {
        identity.push('#');
        push_decoded(&mut identity, subpath);
    }
    Some(Cow::Owned(identity))
}

/// Where `@version` begins; an `@` at the start of a segment is an unencoded scope (`pkg:npm/@angular/core`).
fn version_start(head: &str) -> usize {
    head.match_indices('@').map(|(at, _)| at).find(|&at| !head[..at].ends_with('/')).unwrap_or(head.len())
}

fn push_decoded(out: &mut String, text: &str) {
    let mut parts = text.split('%');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let Some(byte) = escaped_byte(part) else {
            out.push('%');
            out.push_str(part);
            continue;
        };
        // A decoded `%`, `/`, `?` or `#` would read as syntax.
        if byte.is_ascii_graphic() && !b"%/?#".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out.push_str(&part[2..]);
    }
}

fn escaped_byte(part: &str) -> Option<u8> {
    let digits = part.get(..2)?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u8::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::of_purl;

    #[track_caller]
    fn check(purl: &str, identity: Option<&str>) {
        assert_eq!(of_purl(purl).as_deref(), identity, "{purl}");
    }

    #[test]
    fn version_and_qualifiers_do_not_identify() {
        check("pkg:cargo/serde@1.0.0", Some("pkg:cargo/serde"));
        check("pkg:cargo/serde", Some("pkg:cargo/serde"));
        check("pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jessie", Some("pkg:deb/debian/curl"));
        check("pkg:docker/cassandra@sha256:244fd47e07d1004f0aed9c", Some("pkg:docker/cassandra"));
        check("pkg:generic/x?download_url=https://a.example/x?y=1@2", Some("pkg:generic/x"));
        check("pkg:github/o/r@feature/x", Some("pkg:github/o/r"));
    }

    #[test]
    fn subpath_identifies() {
        check(
            "pkg:golang/google.golang.org/genproto@abc?x=y#googleapis/api/",
            Some("pkg:golang/google.golang.org/genproto#googleapis/api"),
        );
    }

    #[test]
    fn spellings_of_one_identity_agree() {
        for purl in [
            "pkg:npm/%40angular/core@1",
            "pkg:npm/@angular/core@1",
            "pkg:npm/@angular/core",
            "PKG:NPM/%40angular/core@2",
            "pkg://npm/@angular/core@1",
        ] {
            check(purl, Some("pkg:npm/@angular/core"));
        }
        check("pkg:deb/debian/libstdc%2b%2B6@1", Some("pkg:deb/debian/libstdc++6"));
    }

    #[test]
    fn hidden_characters_and_syntax_stay_encoded() {
        check("pkg:npm/a%00b@1", Some("pkg:npm/a%00b"));
        check("pkg:npm/a%2fb%3fc%23d%25e@1", Some("pkg:npm/a%2Fb%3Fc%23d%25e"));
        check("pkg:npm/caf%c3%a9@1", Some("pkg:npm/caf%C3%A9"));
        check("pkg:npm/a%zz%4@1", Some("pkg:npm/a%zz%4"));
        check("pkg:npm/a%+1b@1", Some("pkg:npm/a%+1b"));
        check("pkg:npm/a\u{0}\u{1b}[31m@1", Some("pkg:npm/a\u{0}\u{1b}[31m"));
    }

    #[test]
    fn what_is_not_a_purl_has_no_identity() {
        for text in ["", "pkg", "pkg:", "pkg:npm", "pkg:npm/", "pkg:///", "npm/left-pad", "päk:x"] {
            check(text, None);
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_is_idempotent(purl in "(pkg:)?[a-z%@/?#0-9é\u{0}]{0,30}") {
            if let Some(identity) = of_purl(&purl)
                && let Some(again) = of_purl(&identity)
                && !identity.contains('@')
            {
                prop_assert_eq!(&again, &identity);
            }
        }
    }
}

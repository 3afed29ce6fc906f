//! SPDX 2.x JSON: the `packages` array.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::package_list::{Each, PackageList};
use super::{Package, asserted, not_blank};

/// Reads the packages of an SPDX document into `list`.
pub(super) fn packages(bytes: &[u8], mut list: PackageList) -> Result<Vec<Package>, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    json.deserialize_map(Document { list: &mut list })?;
    json.end()?;
    Ok(list.into_packages())
}

struct Document<'a> {
    list: &'a mut PackageList,
}

#[derive(Deserialize)]
#[serde(field_identifier)]
enum DocumentField {
    #[serde(rename = "spdxVersion")]
    Version,
    #[serde(rename = "packages")]
    Packages,
    #[serde(other)]
    Other,
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an SPDX document (a JSON object)")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut versioned, mut listed) = (false, false);
        while let Some(field) = map.next_key()? {
            match field {
                DocumentField::Version => {
                    let version: String = map.next_value()?;
                    if !version.starts_with("SPDX-2.") {
                        return Err(A::Error::custom(format_args!(
                            "`spdxVersion` is {version:?}; only SPDX 2.x is read"
                        )));
                    }
                    versioned = true;
                }
                DocumentField::Packages => {
                    if std::mem::replace(&mut listed, true) {
                        return Err(A::Error::duplicate_field("packages"));
                    }
                    let list = &mut *self.list;
                    map.next_value_seed(Each::new("an array of packages", |package: SpdxPackage| {
                        list.push(package.into())
                    }))?;
                }
                DocumentField::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if versioned || listed {
            Ok(())
        } else {
            Err(A::Error::custom("not an SPDX 2.x document: it has neither `spdxVersion` nor `packages`"))
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a package (a JSON object)")]
struct SpdxPackage {
    name: String,
    version_info: Option<String>,
    license_concluded: Option<String>,
    license_declared: Option<String>,
    supplier: Option<String>,
    #[serde(default, rename = "externalRefs", deserialize_with = "purl_of_references")]
    purl: Option<String>,
}

impl From<SpdxPackage> for Package {
    fn from(package: SpdxPackage) -> Self {
        Self {
            name: package.name,
            version: not_blank(package.version_info),
            license: asserted(package.license_concluded).or_else(|| asserted(package.license_declared)),
            supplier: asserted(package.supplier)
                .map(|supplier| match supplier.split_once(": ") {
                    Some((_, name)) => name.to_owned(),
                    None => supplier,
                })
                .and_then(|name| not_blank(Some(name))),
            purl: package.purl,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an external reference (a JSON object)")]
struct ExternalReference {
    reference_type: Option<String>,
    reference_locator: Option<String>,
}

/// The first package URL among the external references of a package.
fn purl_of_references<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let mut purl = None;
    Each::new("an array of external references", |reference: ExternalReference| {
        // RDF-born documents spell the type as a URI.
        if purl.is_none()
            && matches!(
                reference.reference_type.as_deref(),
                Some("purl" | "http://spdx.org/rdf/references/purl")
            )
        {
            purl = not_blank(reference.reference_locator);
        }
        Ok(())
    })
    .deserialize(deserializer)?;
    Ok(purl)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Package, PackageList};

    fn read(document: &Value) -> Result<Vec<Package>, String> {
        super::packages(document.to_string().as_bytes(), PackageList::with_room(10))
            .map_err(|error| error.to_string())
    }

    /// Reads one package, whose name is added here.
    #[track_caller]
    fn one(mut package: Value) -> Package {
        package["name"] = "zlib".into();
        let mut packages = read(&json!({"spdxVersion": "SPDX-2.3", "packages": [package]})).unwrap();
        assert_eq!(packages.len(), 1);
        packages.remove(0)
    }

    #[track_caller]
    fn refused(document: &Value, message: &str) {
        let error = read(document).unwrap_err();
        assert!(error.starts_with(message), "{error}");
    }

    #[test]
    fn all_fields() {
        assert_eq!(
            one(json!({
                "SPDXID": "SPDXRef-1",
                "versionInfo": "1.3.1",
                "licenseConcluded": "Zlib",
                "licenseDeclared": "MIT",
                "supplier": "Organization: Acme: Inc (a@b.example)",
                "externalRefs": [
                    {"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a"},
                    {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:a/zlib@1"},
                    {"referenceType": "purl", "referenceLocator": "pkg:b/zlib@1"},
                ],
                "filesAnalyzed": "wrong type, not needed",
            })),
            Package {
                name: "zlib".to_owned(),
                version: Some("1.3.1".to_owned()),
                license: Some("Zlib".to_owned()),
                supplier: Some("Acme: Inc (a@b.example)".to_owned()),
                purl: Some("pkg:a/zlib@1".to_owned()),
            }
        );
    }

    #[test]
    fn only_a_name_is_required() {
        let bare =
            Package { name: "zlib".to_owned(), version: None, license: None, supplier: None, purl: None };
        assert_eq!(one(json!({})), bare);
        let nothing =
            json!({"versionInfo": null, "licenseConcluded": null, "supplier": null, "externalRefs": null});
        assert_eq!(one(nothing), bare);
        let blank =
            json!({"versionInfo": "", "licenseDeclared": " ", "supplier": "Person: ", "externalRefs": [{}]});
        assert_eq!(one(blank), bare);
        refused(&json!({"packages": [{"versionInfo": "1"}]}), "missing field `name`");
    }

    #[test]
    fn declared_licence_stands_in_for_a_concluded_one() {
        let license = |concluded: Value, declared: Value| {
            one(json!({"licenseConcluded": concluded, "licenseDeclared": declared})).license
        };
        assert_eq!(license("MIT".into(), "ISC".into()).as_deref(), Some("MIT"));
        assert_eq!(license("NONE".into(), "ISC".into()).as_deref(), Some("NONE"));
        for unknown in [json!("NOASSERTION"), json!(""), json!(null)] {
            assert_eq!(license(unknown.clone(), "ISC".into()).as_deref(), Some("ISC"));
            assert_eq!(license(unknown, "NOASSERTION".into()), None);
        }
    }

    #[test]
    fn supplier_without_prefix_and_without_assertion() {
        assert_eq!(one(json!({"supplier": "Acme"})).supplier.as_deref(), Some("Acme"));
        assert_eq!(one(json!({"supplier": "NOASSERTION"})).supplier, None);
    }

    #[test]
    fn rdf_spelling_of_the_purl_type() {
        let reference =
            json!({"referenceType": "http://spdx.org/rdf/references/purl", "referenceLocator": "pkg:a/b"});
        assert_eq!(one(json!({"externalRefs": [reference]})).purl.as_deref(), Some("pkg:a/b"));
    }

    #[test]
    fn what_is_an_spdx_document() {
        assert_eq!(read(&json!({"spdxVersion": "SPDX-2.2"})), Ok(Vec::new()));
        assert_eq!(read(&json!({"packages": []})), Ok(Vec::new()));
        assert_eq!(read(&json!({"spdxVersion": "SPDX-2.3", "packages": null})), Ok(Vec::new()));
        refused(&json!({}), "not an SPDX 2.x document");
        refused(&json!({"bomFormat": "CycloneDX", "components": []}), "not an SPDX 2.x document");
        refused(&json!({"spdxVersion": "SPDX-3.0"}), "`spdxVersion` is \"SPDX-3.0\"; only SPDX 2.x is read");
    }

    #[test]
    fn wrong_types_are_refused() {
        refused(&json!([]), "invalid type: sequence, expected an SPDX document");
        refused(&json!({"packages": {}}), "invalid type: map, expected an array of packages");
        refused(&json!({"packages": ["a"]}), "invalid type: string \"a\", expected a package");
        refused(&json!({"packages": [{"name": 1}]}), "invalid type: integer `1`, expected a string");
        refused(
            &json!({"packages": [{"name": "a", "externalRefs": "pkg:a/b"}]}),
            "invalid type: string \"pkg:a/b\", expected an array of external references",
        );
    }

    #[test]
    fn a_second_package_list_is_refused() {
        let error = super::packages(br#"{"packages": [], "packages": []}"#, PackageList::with_room(10));
        assert!(error.unwrap_err().to_string().starts_with("duplicate field `packages`"));
    }

    #[test]
    fn the_list_is_bounded() {
        let packages = |count: usize| json!({"packages": vec![json!({"name": "a"}); count]});
        assert_eq!(read(&packages(10)).unwrap().len(), 10);
        refused(&packages(11), "more than 500000 packages");
    }
}

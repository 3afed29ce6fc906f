//! `CycloneDX` 1.x JSON: the `components` array and the components nested in it.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::license::Conjunction;
use super::package_list::{Each, PackageList};
use super::{Package, asserted, not_blank};

/// Reads the components of a `CycloneDX` document, nested ones included, into `list`.
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
#[serde(field_identifier, rename_all = "camelCase")]
enum DocumentField {
    BomFormat,
    SpecVersion,
    Components,
    #[serde(other)]
    Other,
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a CycloneDX document (a JSON object)")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut named, mut listed) = (false, false);
        while let Some(field) = map.next_key()? {
            match field {
                DocumentField::BomFormat => {
                    let format: String = map.next_value()?;
                    if format != "CycloneDX" {
                        return Err(A::Error::custom(format_args!(
                            "`bomFormat` is {format:?}, expected \"CycloneDX\""
                        )));
                    }
                    named = true;
                }
                DocumentField::SpecVersion => {
                    let version: String = map.next_value()?;
                    if !version.starts_with("1.") {
                        return Err(A::Error::custom(format_args!(
                            "`specVersion` is {version:?}; only CycloneDX 1.x is read"
                        )));
                    }
                }
                DocumentField::Components => {
                    if std::mem::replace(&mut listed, true) {
                        return Err(A::Error::duplicate_field("components"));
                    }
                    map.next_value_seed(Components { list: &mut *self.list })?;
                }
                DocumentField::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if named || listed {
            Ok(())
        } else {
            Err(A::Error::custom("not a CycloneDX document: it has neither `bomFormat` nor `components`"))
        }
    }
}

/// An array of components; recursion through nested ones ends at `serde_json`'s depth limit of 128.
struct Components<'a> {
    list: &'a mut PackageList,
}

impl<'de> DeserializeSeed<'de> for Components<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Components<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of components")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(Component { list: &mut *self.list })?.is_some() {}
        Ok(())
    }
}

/// One component; its nested components go straight into the list, so that no tree is ever held.
struct Component<'a> {
    list: &'a mut PackageList,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum ComponentField {
    Group,
    Name,
    Version,
    Supplier,
    Licenses,
    Purl,
    Components,
    #[serde(other)]
    Other,
}

impl<'de> DeserializeSeed<'de> for Component<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Component<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a component (a JSON object)")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut name: Option<String> = None;
        let mut group: Option<Option<String>> = None;
        let mut version: Option<Option<String>> = None;
        let mut supplier: Option<Option<Supplier>> = None;
        let mut licenses: Option<Licenses> = None;
        let mut purl: Option<Option<String>> = None;
        let mut nested = false;
        while let Some(field) = map.next_key()? {
            match field {
                ComponentField::Group => once(&mut map, &mut group, "group")?,
                ComponentField::Name => once(&mut map, &mut name, "name")?,
                ComponentField::Version => once(&mut map, &mut version, "version")?,
                ComponentField::Supplier => once(&mut map, &mut supplier, "supplier")?,
                ComponentField::Licenses => once(&mut map, &mut licenses, "licenses")?,
                ComponentField::Purl => once(&mut map, &mut purl, "purl")?,
                ComponentField::Components => {
                    if std::mem::replace(&mut nested, true) {
                        return Err(A::Error::duplicate_field("components"));
                    }
                    map.next_value_seed(Components { list: &mut *self.list })?;
                }
                ComponentField::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let name = name.ok_or_else(|| A::Error::missing_field("name"))?;
        let package = Package {
            name: match not_blank(group.flatten()) {
                Some(group) => format!("{group}/{name}"),
                None => name,
            },
            version: not_blank(version.flatten()),
            license: licenses.and_then(|licenses| licenses.0),
            supplier: asserted(supplier.flatten().and_then(|supplier| supplier.name)),
            purl: not_blank(purl.flatten()),
        };
        self.list.push(package).map_err(A::Error::custom)
    }
}

/// Reads the value of `field`, which may stand only once in an object.
fn once<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
    map: &mut A,
    slot: &mut Option<T>,
    field: &'static str,
) -> Result<(), A::Error> {
    if slot.is_some() {
        return Err(A::Error::duplicate_field(field));
    }
    *slot = Some(map.next_value()?);
    Ok(())
}

#[derive(Deserialize)]
#[serde(expecting = "a supplier (a JSON object)")]
struct Supplier {
    name: Option<String>,
}

/// The `licenses` array as one expression.
struct Licenses(Option<String>);

#[derive(Deserialize)]
#[serde(expecting = "a licence choice (a JSON object)")]
struct LicenseChoice {
    expression: Option<String>,
    license: Option<License>,
}

#[derive(Deserialize)]
#[serde(expecting = "a licence (a JSON object)")]
struct License {
    id: Option<String>,
    name: Option<String>,
}

impl<'de> Deserialize<'de> for Licenses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut all = Conjunction::default();
        Each::new("an array of licences", |choice: LicenseChoice| {
            let named = || {
                let license = choice.license?;
                asserted(license.id).or_else(|| asserted(license.name))
            };
            if let Some(license) = asserted(choice.expression).or_else(named) {
                all.push(&license);
            }
            Ok(())
        })
        .deserialize(deserializer)?;
        Ok(Self(all.into_text()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Package, PackageList};

    fn read(document: &Value) -> Result<Vec<Package>, String> {
        read_text(&document.to_string())
    }

    fn read_text(document: &str) -> Result<Vec<Package>, String> {
        super::packages(document.as_bytes(), PackageList::with_room(10)).map_err(|error| error.to_string())
    }

    /// Reads one component, whose name is added here.
    #[track_caller]
    fn one(mut component: Value) -> Package {
        component["name"] = "core".into();
        let document = json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [component]});
        let mut packages = read(&document).unwrap();
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
                "type": "library",
                "bom-ref": 7,
                "group": "@angular",
                "version": "17.0.0",
                "supplier": {"name": "Google", "url": ["https://a.example"]},
                "licenses": [{"license": {"id": "MIT", "url": "https://b.example"}}],
                "purl": "pkg:npm/%40angular/core@17.0.0",
                "hashes": "wrong type, not needed",
            })),
            Package {
                name: "@angular/core".to_owned(),
                version: Some("17.0.0".to_owned()),
                license: Some("MIT".to_owned()),
                supplier: Some("Google".to_owned()),
                purl: Some("pkg:npm/%40angular/core@17.0.0".to_owned()),
            }
        );
    }

    #[test]
    fn only_a_name_is_required() {
        let bare =
            Package { name: "core".to_owned(), version: None, license: None, supplier: None, purl: None };
        assert_eq!(one(json!({})), bare);
        let nothing = json!({"group": null, "version": null, "supplier": null, "licenses": null, "purl": null, "components": null});
        assert_eq!(one(nothing), bare);
        let blank = json!({"group": "", "version": "", "supplier": {}, "licenses": [{}], "purl": ""});
        assert_eq!(one(blank), bare);
        refused(&json!({"components": [{"version": "1"}]}), "missing field `name`");
    }

    #[test]
    fn licences_are_joined() {
        let license = |licenses: Value| one(json!({"licenses": licenses})).license;
        assert_eq!(
            license(json!([{"expression": "MIT OR Apache-2.0"}])).as_deref(),
            Some("MIT OR Apache-2.0")
        );
        assert_eq!(
            license(json!([
                {"license": {"id": "MIT", "name": "not used"}},
                {"license": {"name": "Acme Public"}},
                {"license": {"id": "", "name": "NOASSERTION"}},
                {"expression": "ISC OR Zlib", "license": {"id": "0BSD"}},
            ]))
            .as_deref(),
            Some("MIT AND Acme Public AND (ISC OR Zlib)")
        );
        assert_eq!(license(json!([])), None);
    }

    #[test]
    fn nested_components_are_packages_too() {
        let document = json!({"components": [
            {"components": [{"name": "b", "components": [{"name": "c"}]}, {"name": "d"}], "name": "a"},
            {"name": "e", "components": []},
        ]});
        let mut names: Vec<_> = read(&document).unwrap().into_iter().map(|p| p.name).collect();
        names.sort();
        assert_eq!(names, ["a", "b", "c", "d", "e"]);
    }

    #[test]
    fn nesting_ends_at_the_parser_limit() {
        let nested = |depth: usize| {
            let open = r#"{"name":"a","components":["#.repeat(depth);
            format!(r#"{{"components":[{open}{}]}}"#, "]}".repeat(depth))
        };
        assert_eq!(read_text(&nested(10)).unwrap().len(), 10);
        for depth in [100, 10_000, 1_000_000] {
            let error = read_text(&nested(depth)).unwrap_err();
            assert!(error.starts_with("recursion limit exceeded"), "{error}");
        }
    }

    #[test]
    fn deep_or_cyclic_unneeded_parts_do_not_matter() {
        let deep = format!(
            r#"{{"x":{}{},"components":[{{"name":"a"}}],"dependencies":[{{"ref":"a","dependsOn":["b"]}},{{"ref":"b","dependsOn":["a"]}}]}}"#,
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        assert_eq!(read_text(&deep).unwrap().len(), 1);
    }

    #[test]
    fn what_is_a_cyclonedx_document() {
        for version in ["1.2", "1.4", "1.5", "1.6", "1.7"] {
            let document = json!({"bomFormat": "CycloneDX", "specVersion": version});
            assert_eq!(read(&document), Ok(Vec::new()));
        }
        assert_eq!(read(&json!({"components": null})), Ok(Vec::new()));
        refused(&json!({"spdxVersion": "SPDX-2.3"}), "not a CycloneDX document");
        refused(&json!({"bomFormat": "SPDX"}), "`bomFormat` is \"SPDX\"");
        refused(
            &json!({"bomFormat": "CycloneDX", "specVersion": "2.0"}),
            "`specVersion` is \"2.0\"; only CycloneDX 1.x is read",
        );
    }

    #[test]
    fn wrong_types_are_refused() {
        refused(&json!("x"), "invalid type: string \"x\", expected a CycloneDX document");
        refused(&json!({"components": {}}), "invalid type: map, expected an array of components");
        refused(&json!({"components": [[]]}), "invalid type: sequence, expected a component");
        refused(&json!({"components": [{"name": null}]}), "invalid type: null, expected a string");
        refused(
            &json!({"components": [{"name": "a", "supplier": "Acme"}]}),
            "invalid type: string \"Acme\", expected a supplier",
        );
        refused(
            &json!({"components": [{"name": "a", "licenses": ["MIT"]}]}),
            "invalid type: string \"MIT\", expected a licence choice",
        );
    }

    #[test]
    fn a_needed_field_stands_once() {
        for (document, field) in [
            (r#"{"components":[],"components":[]}"#, "components"),
            (r#"{"components":[{"name":"a","name":"b"}]}"#, "name"),
            (r#"{"components":[{"name":"a","purl":null,"purl":"x"}]}"#, "purl"),
            (r#"{"components":[{"name":"a","components":[],"components":[]}]}"#, "components"),
        ] {
            let error = read_text(document).unwrap_err();
            assert!(error.starts_with(&format!("duplicate field `{field}`")), "{error}");
        }
    }

    #[test]
    fn the_list_is_bounded_over_all_levels() {
        let nested = |count: usize| json!({"components": [{"name": "a", "components": vec![json!({"name": "b"}); count]}]});
        assert_eq!(read(&nested(9)).unwrap().len(), 10);
        refused(&nested(10), "more than 500000 packages");
    }
}

//! What samples have in common.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::secret::is_secret;

/// Kinds of values that stood in one place of all samples.
#[expect(clippy::struct_excessive_bools, reason = "each kind is there or not, and all of them may be")]
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shape {
    has_null: bool,
    has_boolean: bool,
    has_integer: bool,
    has_fraction: bool,
    text: Option<Text>,
    items: Option<Box<Shape>>,
    object: Option<Object>,
    /// The value, as long as all samples had the same.
    value: Option<Value>,
}

#[derive(Debug, Clone, PartialEq)]
struct Text {
    /// Formats that every text has.
    formats: BTreeSet<&'static str>,
    /// Whether one of them is a secret by what it looks like.
    samples: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Object {
    /// Objects that stood here.
    count: usize,
    /// Keys in the order in which they came up, with how often they were there.
    keys: Vec<(String, usize, Shape)>,
}

/// Texts that are remembered to know a secret by its value.
const MAX_SAMPLES: usize = 16;

impl Shape {
    /// The shape of one value.
    pub fn of(value: &Value) -> Self {
        let mut shape = Self::default();
        match value {
            Value::Null => shape.has_null = true,
            Value::Bool(_) => shape.has_boolean = true,
            Value::Number(number) => {
                let is_whole = number.is_i64()
                    || number.is_u64()
                    || number.as_f64().is_some_and(|number| number.fract() == 0.0);
                (shape.has_integer, shape.has_fraction) = (is_whole, !is_whole);
            }
            Value::String(text) => {
                shape.text = Some(Text { formats: formats(text), samples: vec![text.clone()] });
            }
            Value::Array(items) => {
                let items = items.iter().map(Self::of).reduce(Self::merge);
                shape.items = Some(Box::new(items.unwrap_or_default()));
            }
            Value::Object(map) => {
                let keys = map.iter().map(|(key, value)| (key.clone(), 1, Self::of(value))).collect();
                shape.object = Some(Object { count: 1, keys });
            }
        }
        if !value.is_object() && !value.is_array() {
            shape.value = Some(value.clone());
        }
        shape
    }

    /// What two shapes have in common.
    pub fn merge(mut self, other: Self) -> Self {
        self.has_null |= other.has_null;
        self.has_boolean |= other.has_boolean;
        self.has_integer |= other.has_integer;
        self.has_fraction |= other.has_fraction;
        self.text = match (self.text, other.text) {
            (Some(mut one), Some(two)) => {
                one.formats.retain(|format| two.formats.contains(format));
                one.samples.extend(two.samples);
                one.samples.truncate(MAX_SAMPLES);
                Some(one)
            }
            (one, two) => one.or(two),
        };
        self.items = match (self.items, other.items) {
            (Some(one), Some(two)) => Some(Box::new(one.merge(*two))),
            (one, two) => one.or(two),
        };
        self.object = match (self.object, other.object) {
            (Some(mut one), Some(two)) => {
                one.count += two.count;
                for (key, count, shape) in two.keys {
                    match one.keys.iter_mut().find(|(known, ..)| *known == key) {
                        Some((_, times, known)) => {
                            *times += count;
                            *known = std::mem::take(known).merge(shape);
                        }
                        None => one.keys.push((key, count, shape)),
                    }
                }
                Some(one)
            }
            (one, two) => one.or(two),
        };
        if self.value != other.value {
            self.value = None;
        }
        self
    }

    /// The schema that accepts every sample; `key` is where it stands. With `with_defaults` it names the value that all samples
    /// have, unless that is a secret.
    pub fn schema(&self, key: &str, with_defaults: bool) -> Value {
        let mut schema = Map::new();
        let mut types = Vec::new();
        let kinds = [
            (self.object.is_some(), "object"),
            (self.items.is_some(), "array"),
            (self.text.is_some(), "string"),
            (self.has_fraction, "number"),
            // A whole number is a number.
            (self.has_integer && !self.has_fraction, "integer"),
            (self.has_boolean, "boolean"),
            (self.has_null, "null"),
        ];
        types.extend(kinds.into_iter().filter(|(is_there, _)| *is_there).map(|(_, name)| name));
        match types.as_slice() {
            // Nothing was seen, as in an empty list; and of what was never there nobody knows what it will be.
            [] | ["null"] => return json!({}),
            [one] => drop(schema.insert("type".to_owned(), (*one).into())),
            many => drop(schema.insert("type".to_owned(), json!(many))),
        }
        let is_secret = self.text.as_ref().is_some_and(|text| {
            text.samples.iter().any(|sample| is_secret(key, sample)) || is_secret(key, "")
        });
        if let Some(text) = &self.text {
            if let Some(format) = text.formats.first() {
                schema.insert("format".to_owned(), (*format).into());
            }
            if is_secret {
                schema.insert("writeOnly".to_owned(), true.into());
            }
        }
        if let Some(items) = &self.items {
            schema.insert("items".to_owned(), items.schema(key, false));
        }
        if let Some(object) = &self.object {
            let mut properties = Map::new();
            for (name, _, shape) in &object.keys {
                // What stands below `credentials` is one, whatever it is called.
                let is_open = with_defaults && !is_secret_name(key);
                properties.insert(name.clone(), shape.schema(name, is_open));
            }
            let mut required: Vec<&String> = object
                .keys
                .iter()
                .filter(|(_, times, _)| *times == object.count)
                .map(|(name, ..)| name)
                .collect();
            required.sort();
            schema.insert("properties".to_owned(), properties.into());
            if !required.is_empty() {
                schema.insert("required".to_owned(), json!(required));
            }
        }
        if let Some(value) =
            self.value.as_ref().filter(|_| with_defaults && !is_secret && !is_secret_name(key))
        {
            schema.insert("default".to_owned(), value.clone());
        }
        schema.into()
    }
}

/// Numbers may be secrets too, such as a PIN.
fn is_secret_name(key: &str) -> bool {
    is_secret(key, "")
}

/// Formats that a text has, in the order of preference.
fn formats(text: &str) -> BTreeSet<&'static str> {
    let mut formats = BTreeSet::new();
    let digits =
        |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_date = |text: &str| {
        let parts: Vec<&str> = text.split('-').collect();
        matches!(parts.as_slice(), [year, month, day] if digits(year, 4) && digits(month, 2) && digits(day, 2)
            && ("01"..="12").contains(month) && ("01"..="31").contains(day))
    };
    let is_time = |text: &str| {
        let zone = text.ends_with('Z')
            || text
                .get(text.len().saturating_sub(6)..)
                .is_some_and(|zone| zone.starts_with(['+', '-']) && zone.as_bytes().get(3) == Some(&b':'));
        zone && text.len() >= 9
            && text.as_bytes().get(2) == Some(&b':')
            && text.as_bytes().get(5) == Some(&b':')
    };
    if is_date(text) {
        formats.insert("date");
    }
    if text.split_once('T').is_some_and(|(date, time)| is_date(date) && is_time(time)) {
        formats.insert("date-time");
    }
    if text.parse::<std::net::Ipv4Addr>().is_ok() {
        formats.insert("ipv4");
    }
    if text.parse::<std::net::Ipv6Addr>().is_ok() {
        formats.insert("ipv6");
    }
    let groups: Vec<&str> = text.split('-').collect();
    let is_hex = |text: &&str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]) && groups.iter().all(is_hex) {
        formats.insert("uuid");
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        let is_scheme = scheme.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        if is_scheme
            && !rest.is_empty()
            && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte))
        {
            formats.insert("uri");
        }
    }
    if let Some((user, host)) = text.split_once('@') {
        let is_word = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._%+-".contains(&byte))
        };
        if is_word(user)
            && is_word(host)
            && host.contains('.')
            && !host.starts_with('.')
            && !host.ends_with('.')
        {
            formats.insert("email");
        }
    }
    formats
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(samples: &[Value], with_defaults: bool) -> Value {
        samples.iter().map(Shape::of).reduce(Shape::merge).unwrap().schema("", with_defaults)
    }

    #[test]
    fn keys_that_are_not_everywhere_are_optional_and_types_are_united() {
        let schema = of(
            &[
                json!({"port": 8080, "ratio": 1, "url": "https://a.example", "tags": ["a"], "more": null}),
                json!({"port": 9090, "ratio": 0.5, "url": "https://b.example", "tags": [1], "debug": true, "more": "x"}),
            ],
            false,
        );
        assert_eq!(
            schema,
            json!({
                "type": "object",
                "properties": {
                    "port": {"type": "integer"},
                    "ratio": {"type": "number"},
                    "url": {"type": "string", "format": "uri"},
                    "tags": {"type": "array", "items": {"type": ["string", "integer"]}},
                    "more": {"type": ["string", "null"]},
                    "debug": {"type": "boolean"},
                },
                "required": ["more", "port", "ratio", "tags", "url"],
            })
        );
    }

    #[test]
    fn secrets_are_never_defaults() {
        let schema = of(
            &[
                json!({"PORT": 80, "DB_PASSWORD": "hunter2", "PIN_TOKEN": 1234, "DB": "postgres://a:hunter2@h/d"}),
            ],
            true,
        );
        assert_eq!(schema["properties"]["PORT"]["default"], 80);
        assert_eq!(schema["properties"]["DB_PASSWORD"]["writeOnly"], true);
        let text = schema.to_string();
        assert!(!text.contains("hunter2") && !text.contains("1234"), "{text}");
    }

    #[test]
    fn formats_are_those_that_every_text_has() {
        for (text, expected) in [
            ("2026-11-29", vec!["date"]),
            ("2026-11-29T10:00:00Z", vec!["date-time"]),
            ("10.0.0.1", vec!["ipv4"]),
            ("::1", vec!["ipv6"]),
            ("123e4567-e89b-12d3-a456-426614174000", vec!["uuid"]),
            ("amqp://h:1/v", vec!["uri"]),
            ("a.b@example.com", vec!["email"]),
            ("2026-13-29", vec![]),
            ("hello", vec![]),
        ] {
            assert_eq!(formats(text).into_iter().collect::<Vec<_>>(), expected, "{text}");
        }
        assert!(of(&[json!("10.0.0.1"), json!("host")], false).get("format").is_none());
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>()
                .prop_filter_map("finite", |number| serde_json::Number::from_f64(number).map(Value::Number)),
            "\\PC{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[a-c]", inner), 0..4)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_sample_is_accepted_in_any_order(samples in prop::collection::vec(any_value(), 1..4), with_defaults: bool) {
            let schema = of(&samples, with_defaults);
            let validator = jsonschema::validator_for(&schema).unwrap();
            for sample in &samples {
                prop_assert!(validator.is_valid(sample), "{sample} is not accepted by {schema}");
            }
            let reversed: Vec<Value> = samples.iter().rev().cloned().collect();
            let again = of(&reversed, with_defaults);
            prop_assert_eq!(again.get("required"), schema.get("required"));
        }
    }
}

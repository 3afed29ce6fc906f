//! Names of keys, without their values.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Keys of a map. Values are skipped while reading, so they never are in memory as values.
#[derive(Debug, Default)]
pub struct KeyNames(Vec<String>);

impl KeyNames {
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl<'de> Deserialize<'de> for KeyNames {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;

        impl<'de> Visitor<'de> for Keys {
            type Value = KeyNames;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a mapping")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<KeyNames, A::Error> {
                let mut names = Vec::new();
                while let Some(key) = map.next_key()? {
                    let _: IgnoredAny = map.next_value()?;
                    names.push(key);
                }
                Ok(KeyNames(names))
            }

            fn visit_unit<E>(self) -> Result<KeyNames, E> {
                Ok(KeyNames::default())
            }
        }

        deserializer.deserialize_any(Keys)
    }
}

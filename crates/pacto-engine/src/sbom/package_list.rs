//! What both readers stream into: a package list with a limit, and arrays that are never held whole.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};

use super::{MAX_PACKAGES, Package};

/// The packages read so far, and how many more fit.
pub(super) struct PackageList {
    packages: Vec<Package>,
    room: usize,
}

/// The refusal of a package past the limit.
pub(super) struct TooManyPackages;

impl fmt::Display for TooManyPackages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "more than {MAX_PACKAGES} packages in `sbom/`")
    }
}

impl PackageList {
    pub(super) fn with_room(room: usize) -> Self {
        Self { packages: Vec::new(), room }
    }

    pub(super) fn push(&mut self, package: Package) -> Result<(), TooManyPackages> {
        if self.packages.len() >= self.room {
            return Err(TooManyPackages);
        }
        self.packages.push(package);
        Ok(())
    }

    pub(super) fn into_packages(self) -> Vec<Package> {
        self.packages
    }
}

/// Hands each element of a JSON array to `take` as it is parsed; `null` counts as an empty array.
pub(super) struct Each<T, F> {
    expected: &'static str,
    take: F,
    element: PhantomData<fn() -> T>,
}

impl<T, F: FnMut(T) -> Result<(), TooManyPackages>> Each<T, F> {
    pub(super) fn new(expected: &'static str, take: F) -> Self {
        Self { expected, take, element: PhantomData }
    }
}

impl<'de, T, F> DeserializeSeed<'de> for Each<T, F>
where
    T: Deserialize<'de>,
    F: FnMut(T) -> Result<(), TooManyPackages>,
{
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T, F> Visitor<'de> for Each<T, F>
where
    T: Deserialize<'de>,
    F: FnMut(T) -> Result<(), TooManyPackages>,
{
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        while let Some(element) = seq.next_element()? {
            (self.take)(element).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

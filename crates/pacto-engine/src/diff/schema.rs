//! Two schemas compared, keyword by keyword, after everything that only looks different is made to look alike.
//!
//! [`normal`] merges `allOf`, follows `$ref` and folds the three spellings of null; [`compare`] emits facts, with the help
//! of [`properties`], of [`alternatives`] for `oneOf` and `anyOf`, of [`parts`] for schemas inside of other keywords, and of
//! [`keywords`] for what is compared as a whole; [`proof`] asks whether any of them matters, about the documents that [`gathered`] makes of the schemas.

mod alternatives;
mod compare;
mod gathered;
mod keywords;
mod normal;
mod parts;
mod proof;
mod properties;
mod types;

pub(super) use compare::{SchemaComparison, SchemaFact, compare, is_word, property_path};
pub(super) use normal::{Dialect, is_annotation};
pub(super) use proof::{Asked, Question};

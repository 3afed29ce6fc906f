//! Rules for `.proto` files. The ids are those of `buf breaking`; what only adds something has ids of our own.

use schemars::JsonSchema;
use serde::Serialize;

use super::FactRule;
use crate::diff::change::Classification;

use Classification::{NonBreaking, PotentialBreaking};

/// What has to stay as it was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProtoLevel {
    /// Generated code, with each declaration in its file.
    File,
    /// Generated code; declarations may move between files of a package.
    Package,
    /// Messages, as bytes and as JSON.
    #[default]
    WireJson,
    /// Messages, as bytes.
    Wire,
}

impl ProtoLevel {
    /// All of them, from the strictest.
    pub const ALL: [Self; 4] = [Self::File, Self::Package, Self::WireJson, Self::Wire];

    /// As it is written: `wire-json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Package => "package",
            Self::WireJson => "wire-json",
            Self::Wire => "wire",
        }
    }
}

/// A rule, by its place in [`PROTO_RULES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProtoRule(&'static str);

/// What several rules judge, each more strictly than the other. Of one thing the rules of the level are said, or
/// where none of them has anything to say the mildest other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// One rule alone.
    Alone,
    /// What may be gone.
    Gone,
    /// The type of a field.
    Type,
    /// How often a field may be there.
    Cardinality,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct ProtoRow {
    /// Stable id.
    pub id: &'static str,
    /// Levels at which it is breaking.
    pub levels: &'static [ProtoLevel],
    /// Class at other levels.
    pub otherwise: Classification,
    /// See [`Family`].
    pub family: Family,
    /// The fact in words, with `{subject}`, `{old}` and `{new}`.
    pub text: &'static str,
    /// What to do about it.
    pub hint: &'static str,
}

impl ProtoRule {
    /// By its id.
    pub fn named(id: &str) -> Option<Self> {
        PROTO_RULES.iter().find(|row| row.id == id).map(|row| Self(row.id))
    }

    /// Its row.
    pub fn row(self) -> Option<&'static ProtoRow> {
        PROTO_RULES.iter().find(|row| row.id == self.0)
    }

    /// Its id.
    pub fn id(self) -> &'static str {
        self.0
    }

    /// Whether it is breaking at a level.
    pub fn is_of(self, level: ProtoLevel) -> bool {
        self.row().is_some_and(|row| row.levels.contains(&level))
    }
}

/// The rule applied at a level.
pub(super) fn proto_rule(rule: ProtoRule, level: ProtoLevel) -> FactRule {
    let Some(row) = rule.row() else {
        // Only rows have a rule.
        return FactRule {
            id: rule.0.to_owned(),
            classification: PotentialBreaking,
            text: "{subject} changed",
            hint: "",
            is_undecided: true,
        };
    };
    let is_breaking = row.levels.contains(&level);
    FactRule {
        id: row.id.to_owned(),
        classification: if is_breaking { Classification::Breaking } else { row.otherwise },
        text: row.text,
        hint: row.hint,
        is_undecided: !is_breaking && row.otherwise == PotentialBreaking,
    }
}

const FILE: &[ProtoLevel] = &[ProtoLevel::File];
const PACKAGE: &[ProtoLevel] = &[ProtoLevel::Package];
const CODE: &[ProtoLevel] = &[ProtoLevel::File, ProtoLevel::Package];
const JSON: &[ProtoLevel] = &[ProtoLevel::WireJson];
const CODE_AND_JSON: &[ProtoLevel] = &[ProtoLevel::File, ProtoLevel::Package, ProtoLevel::WireJson];
const WIRE: &[ProtoLevel] = &[ProtoLevel::Wire];
const BOTH_WIRES: &[ProtoLevel] = &[ProtoLevel::WireJson, ProtoLevel::Wire];
/// Calls go to a method of a service of a package, so these break whoever calls, at every level but that of files.
const CALLS: &[ProtoLevel] = &[ProtoLevel::Package, ProtoLevel::WireJson, ProtoLevel::Wire];
const ALL: &[ProtoLevel] = &ProtoLevel::ALL;
const NONE: &[ProtoLevel] = &[];

const KEEP: &str = "keep it and mark it with `deprecated = true`";
const RESERVE: &str = "mark it with `deprecated = true`, or reserve its number and its name";
const ADD_BESIDE: &str = "add a new field beside it";
const ADD_PACKAGE: &str = "put the new form into a new version of the package beside the old one";
const BUILD: &str = "whoever builds against generated code has to adapt; nothing changes on the wire";
const LOOK: &str = "look whether anybody relies on it; bytes can still be read";

const fn row(
    id: &'static str,
    levels: &'static [ProtoLevel],
    otherwise: Classification,
    family: Family,
    text: &'static str,
    hint: &'static str,
) -> ProtoRow {
    ProtoRow { id, levels, otherwise, family, text, hint }
}

/// The table. Inside of a family the strictest rule comes first.
#[rustfmt::skip]
pub const PROTO_RULES: &[ProtoRow] = &[
    row("FILE_NO_DELETE", FILE, NonBreaking, Family::Alone, "{subject} was deleted", BUILD),
    row("FILE_SAME_PACKAGE", ALL, PotentialBreaking, Family::Alone, "{subject}: the package {old} became {new}", ADD_PACKAGE),
    row("FILE_SAME_SYNTAX", CODE, NonBreaking, Family::Alone, "{subject}: the syntax {old} became {new}", BUILD),
    row("FILE_SAME_CC_ENABLE_ARENAS", CODE, NonBreaking, Family::Alone, "{subject}: cc_enable_arenas {old} became {new}", BUILD),
    row("FILE_SAME_CC_GENERIC_SERVICES", CODE, NonBreaking, Family::Alone, "{subject}: cc_generic_services {old} became {new}", BUILD),
    row("FILE_SAME_CSHARP_NAMESPACE", CODE, NonBreaking, Family::Alone, "{subject}: csharp_namespace {old} became {new}", BUILD),
    row("FILE_SAME_GO_PACKAGE", CODE, NonBreaking, Family::Alone, "{subject}: go_package {old} became {new}", BUILD),
    row("FILE_SAME_JAVA_GENERIC_SERVICES", CODE, NonBreaking, Family::Alone, "{subject}: java_generic_services {old} became {new}", BUILD),
    row("FILE_SAME_JAVA_MULTIPLE_FILES", CODE, NonBreaking, Family::Alone, "{subject}: java_multiple_files {old} became {new}", BUILD),
    row("FILE_SAME_JAVA_OUTER_CLASSNAME", CODE, NonBreaking, Family::Alone, "{subject}: java_outer_classname {old} became {new}", BUILD),
    row("FILE_SAME_JAVA_PACKAGE", CODE, NonBreaking, Family::Alone, "{subject}: java_package {old} became {new}", BUILD),
    row("FILE_SAME_OBJC_CLASS_PREFIX", CODE, NonBreaking, Family::Alone, "{subject}: objc_class_prefix {old} became {new}", BUILD),
    row("FILE_SAME_OPTIMIZE_FOR", CODE, NonBreaking, Family::Alone, "{subject}: optimize_for {old} became {new}", BUILD),
    row("FILE_SAME_PHP_CLASS_PREFIX", CODE, NonBreaking, Family::Alone, "{subject}: php_class_prefix {old} became {new}", BUILD),
    row("FILE_SAME_PHP_METADATA_NAMESPACE", CODE, NonBreaking, Family::Alone, "{subject}: php_metadata_namespace {old} became {new}", BUILD),
    row("FILE_SAME_PHP_NAMESPACE", CODE, NonBreaking, Family::Alone, "{subject}: php_namespace {old} became {new}", BUILD),
    row("FILE_SAME_PY_GENERIC_SERVICES", CODE, NonBreaking, Family::Alone, "{subject}: py_generic_services {old} became {new}", BUILD),
    row("FILE_SAME_RUBY_PACKAGE", CODE, NonBreaking, Family::Alone, "{subject}: ruby_package {old} became {new}", BUILD),
    row("FILE_SAME_SWIFT_PREFIX", CODE, NonBreaking, Family::Alone, "{subject}: swift_prefix {old} became {new}", BUILD),
    row("PACKAGE_NO_DELETE", PACKAGE, NonBreaking, Family::Alone, "{subject} was deleted", ADD_PACKAGE),

    row("SERVICE_NO_DELETE", FILE, NonBreaking, Family::Gone, "{subject} is not in {old} any more", KEEP),
    row("PACKAGE_SERVICE_NO_DELETE", CALLS, PotentialBreaking, Family::Gone, "{subject} was deleted; calls to it fail", KEEP),
    row("RPC_NO_DELETE", ALL, PotentialBreaking, Family::Alone, "{subject} was deleted; calls to it fail", KEEP),
    row("RPC_SAME_REQUEST_TYPE", ALL, PotentialBreaking, Family::Alone, "{subject}: the request {old} became {new}", "add a new method beside it"),
    row("RPC_SAME_RESPONSE_TYPE", ALL, PotentialBreaking, Family::Alone, "{subject}: the response {old} became {new}", "add a new method beside it"),
    row("RPC_SAME_CLIENT_STREAMING", ALL, PotentialBreaking, Family::Alone, "{subject}: the request was {old} and is {new}", "add a new method beside it"),
    row("RPC_SAME_SERVER_STREAMING", ALL, PotentialBreaking, Family::Alone, "{subject}: the response was {old} and is {new}", "add a new method beside it"),
    row("RPC_SAME_IDEMPOTENCY_LEVEL", ALL, PotentialBreaking, Family::Alone, "{subject}: idempotency_level {old} became {new}, which can change the HTTP method", "keep the level"),

    row("MESSAGE_NO_DELETE", FILE, NonBreaking, Family::Gone, "{subject} is not in {old} any more", BUILD),
    row("PACKAGE_MESSAGE_NO_DELETE", PACKAGE, NonBreaking, Family::Gone, "{subject} was deleted", BUILD),
    row("MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR", CODE, NonBreaking, Family::Alone, "{subject}: no_standard_descriptor_accessor was set", BUILD),
    row("MESSAGE_SAME_JSON_FORMAT", CODE_AND_JSON, NonBreaking, Family::Alone, "{subject}: JSON was supported and is best effort now", "keep `features.json_format = ALLOW`"),
    row("MESSAGE_SAME_MESSAGE_SET_WIRE_FORMAT", ALL, PotentialBreaking, Family::Alone, "{subject}: message_set_wire_format {old} became {new}", "keep the option"),
    row("MESSAGE_SAME_REQUIRED_FIELDS", ALL, PotentialBreaking, Family::Alone, "{subject}", "required fields can neither be added nor taken away; make new fields optional"),
    row("EXTENSION_MESSAGE_NO_DELETE", CODE, NonBreaking, Family::Alone, "{subject}: the extension range {old} was deleted", "keep the range"),
    row("RESERVED_MESSAGE_NO_DELETE", ALL, PotentialBreaking, Family::Alone, "{subject}: {old} is not reserved any more", "keep it reserved: old messages may still hold it"),
    row("ONEOF_NO_DELETE", CODE, NonBreaking, Family::Alone, "{subject} was deleted", BUILD),

    row("FIELD_NO_DELETE", CODE, PotentialBreaking, Family::Gone, "{subject} was deleted", LOOK),
    row("FIELD_NO_DELETE_UNLESS_NAME_RESERVED", JSON, PotentialBreaking, Family::Gone, "{subject} was deleted and its name is not reserved", RESERVE),
    row("FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED", BOTH_WIRES, PotentialBreaking, Family::Gone, "{subject} was deleted and its number is not reserved", RESERVE),
    row("FIELD_SAME_NAME", CODE_AND_JSON, PotentialBreaking, Family::Alone, "{subject}: the name {old} became {new}", "keep the name, or keep the old one in JSON with `json_name`"),
    row("FIELD_SAME_JSON_NAME", CODE_AND_JSON, PotentialBreaking, Family::Alone, "{subject}: the name in JSON {old} became {new}", "keep the name with `json_name`"),
    row("FIELD_SAME_TYPE", CODE, PotentialBreaking, Family::Type, "{subject}: the type {old} became {new}", LOOK),
    row("FIELD_WIRE_JSON_COMPATIBLE_TYPE", JSON, PotentialBreaking, Family::Type, "{subject}: the type {old} became {new}, which is written differently", ADD_BESIDE),
    row("FIELD_WIRE_COMPATIBLE_TYPE", WIRE, PotentialBreaking, Family::Type, "{subject}: the type {old} became {new}, which is written differently", ADD_BESIDE),
    row("FIELD_SAME_CARDINALITY", CODE, PotentialBreaking, Family::Cardinality, "{subject} was {old} and is {new}", LOOK),
    row("FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY", JSON, PotentialBreaking, Family::Cardinality, "{subject} was {old} and is {new}", ADD_BESIDE),
    row("FIELD_WIRE_COMPATIBLE_CARDINALITY", WIRE, PotentialBreaking, Family::Cardinality, "{subject} was {old} and is {new}", ADD_BESIDE),
    row("FIELD_SAME_DEFAULT", ALL, PotentialBreaking, Family::Alone, "{subject}: the default {old} became {new}", "keep the default: it is not sent, so both sides have to know the same"),
    row("FIELD_SAME_ONEOF", ALL, PotentialBreaking, Family::Alone, "{subject} was in {old} and is in {new}", ADD_BESIDE),
    row("FIELD_SAME_UTF8_VALIDATION", CODE, PotentialBreaking, Family::Alone, "{subject}: utf8_validation {old} became {new}", LOOK),
    row("FIELD_SAME_JAVA_UTF8_VALIDATION", CODE, NonBreaking, Family::Alone, "{subject}: utf8_validation in Java {old} became {new}", BUILD),
    row("FIELD_SAME_CPP_STRING_TYPE", CODE, NonBreaking, Family::Alone, "{subject}: the string type in C++ {old} became {new}", BUILD),
    row("FIELD_SAME_JSTYPE", CODE, NonBreaking, Family::Alone, "{subject}: jstype {old} became {new}", BUILD),

    row("ENUM_NO_DELETE", FILE, NonBreaking, Family::Gone, "{subject} is not in {old} any more", BUILD),
    row("PACKAGE_ENUM_NO_DELETE", PACKAGE, NonBreaking, Family::Gone, "{subject} was deleted", BUILD),
    row("ENUM_SAME_TYPE", CODE, PotentialBreaking, Family::Alone, "{subject} was {old} and is {new}", LOOK),
    row("ENUM_SAME_JSON_FORMAT", CODE_AND_JSON, NonBreaking, Family::Alone, "{subject}: JSON was supported and is best effort now", "keep `features.json_format = ALLOW`"),
    row("ENUM_VALUE_NO_DELETE", CODE, PotentialBreaking, Family::Gone, "{subject} was deleted", LOOK),
    row("ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED", JSON, PotentialBreaking, Family::Gone, "{subject} was deleted and its name is not reserved", RESERVE),
    row("ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED", BOTH_WIRES, PotentialBreaking, Family::Gone, "{subject} was deleted and its number is not reserved", RESERVE),
    row("ENUM_VALUE_SAME_NAME", CODE_AND_JSON, PotentialBreaking, Family::Alone, "{subject}: the name {old} became {new}", "keep the name, or add the new one as an alias"),
    row("RESERVED_ENUM_NO_DELETE", ALL, PotentialBreaking, Family::Alone, "{subject}: {old} is not reserved any more", "keep it reserved: old messages may still hold it"),

    row("EXTENSION_NO_DELETE", FILE, NonBreaking, Family::Gone, "{subject} is not in {old} any more", BUILD),
    row("PACKAGE_EXTENSION_NO_DELETE", PACKAGE, PotentialBreaking, Family::Gone, "{subject} was deleted", LOOK),

    row("EXTENSION_MOVED", ALL, PotentialBreaking, Family::Alone, "{subject} was number {old} and is number {new}", "add a new extension beside it"),
    row("PAYLOAD_MESSAGE_NO_DELETE", NONE, PotentialBreaking, Family::Alone, "{subject} was deleted; no service is declared, so it may be one that is sent by itself", "keep it until nobody sends or reads it"),

    row("SERVICE_ADDED", NONE, NonBreaking, Family::Alone, "{subject} was added", ""),
    row("RPC_ADDED", NONE, NonBreaking, Family::Alone, "{subject} was added", ""),
    row("MESSAGE_ADDED", NONE, NonBreaking, Family::Alone, "{subject} was added", ""),
    row("FIELD_ADDED", NONE, NonBreaking, Family::Alone, "{subject} was added", ""),
    row("ENUM_ADDED", NONE, NonBreaking, Family::Alone, "{subject} was added", ""),
    row("ENUM_VALUE_ADDED", NONE, NonBreaking, Family::Alone, "{subject} was added", ""),
    row("CLOSED_ENUM_VALUE_ADDED", NONE, PotentialBreaking, Family::Alone, "{subject} was added to a closed enum; who does not know it reads the field as unset", "send it only to readers that know it"),
    row("EXTENSION_ADDED", NONE, NonBreaking, Family::Alone, "{subject} was added", ""),
    row("OPTION_CHANGED", NONE, PotentialBreaking, Family::Alone, "{subject}: {old} became {new}", "look what the option means to its reader, such as a gateway or a validator"),
    row("FILE_ADDED", NONE, NonBreaking, Family::Alone, "{subject} was added", ""),
    row("PACKAGE_ADDED", NONE, NonBreaking, Family::Alone, "{subject} was added", ""),
    row("ONEOF_ADDED", NONE, NonBreaking, Family::Alone, "{subject} was added", ""),
    row("EXTENSION_RANGE_ADDED", NONE, NonBreaking, Family::Alone, "{subject}: the extension range {new} was added", ""),
    row("RESERVED_ADDED", NONE, NonBreaking, Family::Alone, "{subject}: {new} is reserved", ""),
    row("JSON_FORMAT_ALLOWED", NONE, NonBreaking, Family::Alone, "{subject}: JSON is supported", ""),
    row("STANDARD_DESCRIPTOR_ACCESSOR_RESTORED", NONE, NonBreaking, Family::Alone, "{subject}: no_standard_descriptor_accessor was taken away", ""),
    row("UNDEPRECATED", NONE, NonBreaking, Family::Alone, "{subject} is not deprecated any more", ""),
    row("DEPRECATED", NONE, NonBreaking, Family::Alone, "{subject} is deprecated", ""),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_hold_what_buf_says() {
        let count = |level| PROTO_RULES.iter().filter(|row| row.levels.contains(&level)).count();
        // Three more on the wire than `buf` has: services and methods that are gone, extensions by other numbers.
        assert_eq!(ProtoLevel::ALL.map(count), [53, 53, 26, 19]);
        let of = |id: &str| ProtoRule::named(id).unwrap();
        assert!(of("FIELD_SAME_TYPE").is_of(ProtoLevel::Package));
        assert!(!of("FIELD_SAME_TYPE").is_of(ProtoLevel::WireJson));
        assert_eq!(proto_rule(of("FIELD_SAME_TYPE"), ProtoLevel::WireJson).classification, PotentialBreaking);
    }
}

//! The methods of a protobuf file, with the fields of what they take and answer.

use std::collections::BTreeMap;

use pacto_contract::Bundle;
use prost_types::field_descriptor_proto::Label;
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto};

use super::described::{Field, Method, MethodMessage};
use super::markdown::{Table, cell, cell_code, note, prose};
use super::specification::NOT_THERE;
use crate::protobuf::{self, Parsed, Unreadable, qualified, scalar};

/// Most methods of one file that are listed.
const MAX_METHODS: usize = 2_000;
/// Most fields that are listed for one message.
const MAX_FIELDS: usize = 500;
/// Most fields that are listed for all methods together: many methods can take the same large message.
const MAX_FIELDS_OF_FILE: usize = 50_000;

/// Numbers of fields of descriptors, as they stand in the path of a comment.
mod number {
    pub(super) const FILE_MESSAGE: i32 = 4;
    pub(super) const FILE_SERVICE: i32 = 6;
    pub(super) const SERVICE_METHOD: i32 = 2;
    pub(super) const MESSAGE_FIELD: i32 = 2;
    pub(super) const MESSAGE_NESTED: i32 = 3;
}

/// The methods of the services of `path`, in the order of the file; or in Markdown why it cannot be read.
pub(super) fn methods(bundle: &Bundle, path: &str) -> Result<Vec<Method>, String> {
    let file = read(bundle, path)?;
    let files = protobuf::with_imports(bundle, file).files;
    let mut messages = BTreeMap::new();
    for file in files.iter().map(|file| &file.descriptor) {
        let comments = comments(file);
        let package = file.package();
        for (position, message) in (0..).zip(&file.message_type) {
            collect(&mut messages, package, message, &[number::FILE_MESSAGE, position], &comments);
        }
    }
    let Some(file) = files.first().map(|file| &file.descriptor) else { return Ok(Vec::new()) };
    let comments = comments(file);
    let mut left = MAX_FIELDS_OF_FILE;
    let mut found = Vec::new();
    for (position, service) in (0..).zip(&file.service) {
        let service_name = qualified(file.package(), service.name());
        for (nth, method) in (0..).zip(&service.method) {
            if found.len() == MAX_METHODS {
                return Ok(found);
            }
            let place = [number::FILE_SERVICE, position, number::SERVICE_METHOD, nth];
            let mut message = |name: &str, is_stream: bool| {
                let fields = resolve(&messages, &service_name, name).map(|message| {
                    let shown = message.fields.len().min(MAX_FIELDS).min(left);
                    left -= shown;
                    message.fields.iter().take(shown).cloned().collect()
                });
                MethodMessage {
                    name: name.trim_start_matches('.').to_owned(),
                    stream: is_stream,
                    fields: fields.unwrap_or_default(),
                }
            };
            found.push(Method {
                request: message(method.input_type(), method.client_streaming()),
                response: message(method.output_type(), method.server_streaming()),
                name: method.name().to_owned(),
                service: service_name.clone(),
                summary: comments.get(place.as_slice()).and_then(|comment| first_line(comment)),
                deprecated: is_deprecated(
                    method.options.as_ref().map(|options| &options.uninterpreted_option),
                ),
            });
        }
    }
    Ok(found)
}

/// The table of methods.
pub(super) fn write(out: &mut String, bundle: &Bundle, path: &str) {
    let methods = match methods(bundle, path) {
        Ok(methods) => methods,
        Err(reason) => return note(out, &reason),
    };
    let mut table = Table::new(out, &["Method", "Request", "Response", "Summary"]);
    for method in methods {
        let message = |message: &MethodMessage| {
            let stream = if message.stream { "stream of " } else { "" };
            format!("{stream}{}", cell_code(&message.name))
        };
        let mut summary = cell(method.summary.as_deref());
        if method.deprecated {
            summary.push_str(" (deprecated)");
        }
        let name = cell_code(&format!("{}/{}", method.service, method.name));
        table.row(&[&name, &message(&method.request), &message(&method.response), &summary]);
    }
    if !table.finish() {
        note(out, "The file lists no methods.");
    }
}

fn read(bundle: &Bundle, path: &str) -> Result<Parsed, String> {
    let unreadable = |why: &str| format!("The file cannot be read: {}.", prose(why));
    protobuf::read(bundle, path).map_err(|why| match why {
        Unreadable::Missing => NOT_THERE.to_owned(),
        Unreadable::TooLarge => unreadable("it is larger than 4 MiB"),
        Unreadable::Broken { message, .. } => unreadable(&message),
    })
}

/// Comments in front of declarations, by their paths.
fn comments(file: &FileDescriptorProto) -> BTreeMap<&[i32], &str> {
    let locations = file.source_code_info.as_ref().map(|info| info.location.as_slice()).unwrap_or_default();
    let comment = locations
        .iter()
        .filter_map(|location| Some((&*location.path, location.leading_comments.as_deref()?)));
    comment.collect()
}

fn first_line(comment: &str) -> Option<String> {
    comment.lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
}

/// `option deprecated = true`; options are not interpreted without the files that declare them.
fn is_deprecated(options: Option<&Vec<prost_types::UninterpretedOption>>) -> bool {
    options.into_iter().flatten().any(|option| {
        matches!(option.name.as_slice(), [part] if part.name_part == "deprecated" && !part.is_extension)
            && option.identifier_value() == "true"
    })
}

/// What is listed of a message.
struct Message {
    fields: Vec<Field>,
}

/// Adds a message and those inside of it by their full names. The parser bounds how deep they nest.
fn collect(
    messages: &mut BTreeMap<String, Message>,
    scope: &str,
    message: &DescriptorProto,
    place: &[i32],
    comments: &BTreeMap<&[i32], &str>,
) {
    let name = qualified(scope, message.name());
    let within = |kind: i32, position: i32| [place, &[kind, position]].concat();
    let fields = (0..).zip(&message.field).take(MAX_FIELDS).map(|(position, field)| {
        let path = within(number::MESSAGE_FIELD, position);
        Field {
            name: field.name().to_owned(),
            kind: type_in_words(message, field),
            required: field.label() == Label::Required,
            description: comments.get(path.as_slice()).and_then(|comment| first_line(comment)),
            default: field.default_value.clone(),
        }
    });
    let listed = Message { fields: fields.collect() };
    for (position, nested) in (0..).zip(&message.nested_type) {
        collect(messages, &name, nested, &within(number::MESSAGE_NESTED, position), comments);
    }
    // The first of a name counts, which is the one in the file itself.
    messages.entry(name).or_insert(listed);
}

/// The type as it is written in the file.
fn type_in_words(message: &DescriptorProto, field: &FieldDescriptorProto) -> String {
    let entry = message.nested_type.iter().find(|nested| {
        nested.name() == field.type_name()
            && nested.options.as_ref().is_some_and(prost_types::MessageOptions::map_entry)
    });
    if let Some([key, value]) = entry.map(|entry| entry.field.as_slice()) {
        return format!("map<{}, {}>", plain_type(key), plain_type(value));
    }
    let kind = plain_type(field);
    if field.label() == Label::Repeated { format!("repeated {kind}") } else { kind }
}

fn plain_type(field: &FieldDescriptorProto) -> String {
    match &field.type_name {
        Some(name) => name.trim_start_matches('.').to_owned(),
        None => scalar(field.r#type()).to_owned(),
    }
}

/// The message that `name` means where it is written inside of `scope`: the innermost scope that has it counts.
fn resolve<'m>(messages: &'m BTreeMap<String, Message>, scope: &str, name: &str) -> Option<&'m Message> {
    if let Some(full) = name.strip_prefix('.') {
        return messages.get(full);
    }
    let mut scope = scope;
    loop {
        if let Some(message) = messages.get(&qualified(scope, name)) {
            return Some(message);
        }
        if scope.is_empty() {
            return None;
        }
        scope = scope.rsplit_once('.').map_or("", |(outer, _)| outer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(files: &[(&str, &str)]) -> Bundle {
        let mut bundle = Bundle::default();
        for (path, text) in files {
            bundle.insert(path, text.as_bytes()).unwrap();
        }
        bundle
    }

    const PRICES: &str = r#"
syntax = "proto3";
package shop.prices.v1;
import "shop/common.proto";
import "google/api/annotations.proto";

service Prices {
  // One price,
  // as of now.
  rpc Get(GetRequest) returns (common.Price) { option (google.api.http) = { get: "/v1" }; }
  rpc Watch(stream GetRequest) returns (stream .shop.common.Price) { option deprecated = true; }
  rpc Other(unknown.Thing) returns (GetRequest.Inner);
}

message GetRequest {
  // What is priced.
  string sku = 1;
  repeated Inner inners = 2;
  map<string, Inner> named = 3;
  message Inner { optional int32 size = 1; }
}
"#;

    #[test]
    fn methods_are_values() {
        let common = "syntax = \"proto3\"; package shop.common; message Price { int64 cents = 1; }";
        let bundle = bundle(&[("interfaces/prices.proto", PRICES), ("interfaces/shop/common.proto", common)]);
        let found = methods(&bundle, "interfaces/prices.proto").unwrap();
        let fields = |message: &MethodMessage| {
            let shown = message.fields.iter().map(|field| format!("{} {}", field.name, field.kind));
            shown.collect::<Vec<_>>()
        };
        let [get, watch, other] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((get.service.as_str(), get.name.as_str()), ("shop.prices.v1.Prices", "Get"));
        assert_eq!((get.summary.as_deref(), get.deprecated), (Some("One price,"), false));
        assert_eq!(fields(&get.request), ["sku string", "inners repeated Inner", "named map<string, Inner>"]);
        assert_eq!(get.request.fields[0].description.as_deref(), Some("What is priced."));
        assert_eq!(fields(&get.response), ["cents int64"]);
        assert!(watch.request.stream && watch.response.stream && watch.deprecated);
        assert_eq!(
            (watch.response.name.as_str(), fields(&watch.response)),
            ("shop.common.Price", vec!["cents int64".to_owned()])
        );
        assert_eq!(
            (fields(&other.request), fields(&other.response)),
            (vec![], vec!["size int32".to_owned()])
        );
    }

    #[test]
    fn imports_that_go_round_end() {
        let a = "syntax = \"proto3\"; import \"b.proto\"; service S { rpc M(B) returns (B); }";
        let b = "syntax = \"proto3\"; import \"a.proto\"; message B { bool on = 1; }";
        let found = methods(&bundle(&[("x/a.proto", a), ("b.proto", b)]), "x/a.proto").unwrap();
        assert_eq!(found[0].request.fields.len(), 1);
    }

    #[test]
    fn files_made_to_hurt_are_refused_or_cut() {
        let nested = format!("{}{}", "message A {".repeat(50_000), "}".repeat(50_000));
        let options = format!("option (a) = {}{};", "{ a: ".repeat(50_000), "}".repeat(50_000));
        let types = format!("message A {{ map<string, {}int32> a = 1; }}", "map<string, ".repeat(50_000));
        for text in
            [nested.as_str(), types.as_str(), "message", "\u{0}", "service S { rpc A(B) returns (", "/*"]
        {
            let refused = methods(&bundle(&[("a.proto", text)]), "a.proto").unwrap_err();
            assert!(refused.starts_with("The file cannot be read: "), "{refused}");
            assert!(refused.len() < 2_000 && !refused.contains('\n'), "{refused}");
        }
        // What the parser makes of it does not matter, as long as it comes back.
        let _ = methods(&bundle(&[("a.proto", &options)]), "a.proto");

        let lines =
            |count: usize, line: fn(usize) -> String| (1..=count).map(line).collect::<Vec<_>>().concat();
        let fields = lines(2_000, |number| format!("int32 f{number} = {number};"));
        let rpcs = lines(3_000, |number| format!("rpc R{number}(A) returns (A);"));
        let wide = format!("syntax = \"proto3\"; message A {{ {fields} }} service S {{ {rpcs} }}");
        let found = methods(&bundle(&[("a.proto", &wide)]), "a.proto").unwrap();
        let listed: usize =
            found.iter().map(|method| method.request.fields.len() + method.response.fields.len()).sum();
        assert_eq!((found.len(), listed), (MAX_METHODS, MAX_FIELDS_OF_FILE));
    }
}

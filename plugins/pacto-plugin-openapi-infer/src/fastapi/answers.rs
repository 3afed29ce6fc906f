//! What an operation answers: codes, media types, schemas.

use serde_json::{Map, Value, json};

use super::models::Mode;
use super::types::{Type, flat};
use super::words::title_case;
use super::{Around, Writer, merge};
use crate::python::scope::{Meaning, ModuleId, Program};
use crate::python::syntax::{self, Call, Expr, Function, Stmt};
use crate::status;

/// Longest chain of base classes.
const MAX_BASES: usize = 40;
/// Annotations of functions that yield.
const STREAMS: &[&str] =
    &["AsyncGenerator", "AsyncIterable", "AsyncIterator", "Generator", "Iterable", "Iterator"];

/// What a class of responses says about itself.
#[derive(Debug, Clone, PartialEq)]
struct Class {
    media: Option<String>,
    /// Whether its content has the schema of what the function returns.
    is_json: bool,
    is_events: bool,
    /// Status code where the operation names none.
    code: u64,
}

impl Class {
    fn json() -> Self {
        Self { media: Some("application/json".to_owned()), is_json: true, is_events: false, code: 200 }
    }

    /// The classes of the framework.
    fn of(name: &str) -> Option<Self> {
        let plain = |media: Option<&str>| Self {
            media: media.map(str::to_owned),
            is_json: false,
            is_events: false,
            code: 200,
        };
        Some(match name {
            "JSONResponse" | "ORJSONResponse" | "UJSONResponse" => Self::json(),
            "HTMLResponse" => plain(Some("text/html")),
            "PlainTextResponse" => plain(Some("text/plain")),
            "EventSourceResponse" => Self { is_events: true, ..plain(Some("text/event-stream")) },
            "RedirectResponse" => Self { code: 307, ..plain(None) },
            "Response" | "FileResponse" | "StreamingResponse" => plain(None),
            _ => return None,
        })
    }
}

fn is_of_framework(name: &str) -> bool {
    name.starts_with("fastapi") || name.starts_with("starlette")
}

/// One event of a stream, with the schema of its data.
fn event(data: Option<Value>) -> Value {
    let mut event = json!({"type": "object", "properties": {
        "data": {"type": "string"}, "event": {"type": "string"}, "id": {"type": "string"},
        "retry": {"type": "integer", "minimum": 0},
    }});
    if let Some(schema) = data {
        event["required"] = json!(["data"]);
        event["properties"]["data"] =
            json!({"type": "string", "contentMediaType": "application/json", "contentSchema": schema});
    }
    event
}

impl Writer<'_> {
    /// What the operation answers.
    pub(super) fn answers(
        &mut self,
        around: &Around,
        module: ModuleId,
        call: &Call,
        (of, function): (ModuleId, &Function),
        unique: &str,
    ) -> Map<String, Value> {
        let named = call
            .named("response_class")
            .map(|class| (module, class.clone()))
            .or(around.response_class.clone());
        let is_named = named.is_some();
        let class = named.map_or_else(Class::json, |(module, class)| self.class(module, &class, call.line));
        let code = call.named("status_code").and_then(|code| self.program.value(module, code));
        let code = code.and_then(|code| code.as_u64()).unwrap_or(class.code);
        let description = call.named("response_description").and_then(|text| self.program.text(module, text));
        let mut main = json!({"description": description.as_deref().unwrap_or("Successful Response")});
        let has_body = !(code < 200 || matches!(code, 204 | 205 | 304));
        let is_stream = function.is_generator && (!is_named || class.is_events);
        if has_body && is_stream {
            let item = self.item(call, (of, function), unique);
            let (media, schema) = if class.is_events {
                ("text/event-stream", event(item))
            } else {
                ("application/jsonl", item.unwrap_or_else(|| json!({})))
            };
            main["content"] = json!({media: {"itemSchema": schema}});
        } else if let Some(media) = class.media.as_deref().filter(|_| has_body) {
            let schema = if class.is_json {
                self.answer_schema(module, call, (of, function), unique)
            } else {
                json!({"type": "string"})
            };
            main["content"] = json!({media: {"schema": schema}});
        }
        let mut answers = Map::from_iter([(code.to_string(), main)]);
        for (code, module, entry) in &around.responses {
            let answer =
                self.further(*module, entry, code, unique, class.media.as_deref(), answers.get(code));
            answers.insert(code.clone(), answer);
        }
        answers
    }

    /// What a class of responses says about itself, its bases for what it leaves open.
    fn class(&self, module: ModuleId, class: &Expr, line: usize) -> Class {
        let (mut at, mut expr, mut own) = (module, class.clone(), (None, None));
        for _ in 0..MAX_BASES {
            match self.program.final_meaning(at, &expr) {
                Some(Meaning::Class(id, found)) => {
                    own.0 = own.0.or_else(|| self.media_type(id, &found));
                    own.1 = own.1.or_else(|| self.code_of(id, &found));
                    let Some(base) = found.bases.first() else { break };
                    (at, expr) = (id, base.clone());
                }
                Some(Meaning::External(name)) => {
                    let last = name.rsplit('.').next().unwrap_or_default();
                    let known = Class::of(last).filter(|_| is_of_framework(&name));
                    if known.is_none() && own.0.is_none() {
                        let text = format!("{last} is not among the sources; its media type was left out");
                        self.note(module, line, &text);
                    }
                    let known = known.unwrap_or(Class { media: None, is_json: false, ..Class::json() });
                    return Class {
                        media: match own.0 {
                            Some(named) => named.as_str().map(str::to_owned),
                            None => known.media,
                        },
                        code: own.1.unwrap_or(known.code),
                        ..known
                    };
                }
                _ => break,
            }
        }
        self.note(
            module,
            line,
            "the class of the response is computed while the program runs; taken as JSON",
        );
        Class::json()
    }

    /// `media_type = "…"`; one that is computed is null.
    fn media_type(&self, module: ModuleId, class: &syntax::Class) -> Option<Value> {
        class.body.iter().find_map(|stmt| match stmt {
            Stmt::Assign { target: Expr::Name(name), value: Some(value), line, .. }
                if name == "media_type" =>
            {
                let known = self.program.value(module, value);
                if known.is_none() {
                    self.note(
                        module,
                        *line,
                        "media_type is computed while the program runs and was left out",
                    );
                }
                Some(known.unwrap_or_default())
            }
            _ => None,
        })
    }

    /// `def __init__(self, content, status_code=201)`.
    fn code_of(&self, module: ModuleId, class: &syntax::Class) -> Option<u64> {
        class.body.iter().find_map(|stmt| match stmt {
            Stmt::Function(function) if function.name == "__init__" => {
                let mut parameters = function.parameters.iter();
                let default =
                    parameters.find(|parameter| parameter.name == "status_code")?.default.as_ref()?;
                self.program.value(module, default)?.as_u64()
            }
            _ => None,
        })
    }

    /// What a function yields, one at a time, where it says so.
    fn item(&mut self, call: &Call, (of, function): (ModuleId, &Function), unique: &str) -> Option<Value> {
        if call.named("response_model").is_some() {
            return None;
        }
        let (owner, item) = match function.returns.as_ref()? {
            Expr::Subscript(owner, arguments) => (&**owner, flat(arguments).into_iter().next()?),
            _ => return None,
        };
        if !self.models.is_external(of, owner, STREAMS)
            || self.models.is_external(of, &item, &["ServerSentEvent"])
        {
            return None;
        }
        Some(self.titled(of, &item, &format!("StreamItem_{unique}")))
    }

    fn answer_schema(
        &mut self,
        module: ModuleId,
        call: &Call,
        (of, function): (ModuleId, &Function),
        unique: &str,
    ) -> Value {
        let (module, kind) = match call.named("response_model") {
            Some(model) => (module, Some(model.clone())),
            None => (of, function.returns.clone().filter(|kind| !self.is_response(of, kind))),
        };
        match kind {
            None | Some(Expr::None) => json!({}),
            Some(kind) => self.titled(module, &kind, &format!("Response_{unique}")),
        }
    }

    /// The schema of what goes out; it gets a title where it has no name.
    fn titled(&mut self, module: ModuleId, kind: &Expr, name: &str) -> Value {
        let mut schema = self.models.schema(&Type::new(module, kind), Mode::Serialization);
        if !schema.members.contains_key("$ref") {
            schema.members.insert("title".to_owned(), json!(title_case(name).replace('_', " ")));
        }
        schema.value()
    }

    /// Whether an annotation is a class of responses: such a function answers by itself.
    fn is_response(&self, module: ModuleId, kind: &Expr) -> bool {
        let (mut at, mut expr) = (module, kind.clone());
        for _ in 0..MAX_BASES {
            match self.program.final_meaning(at, &expr) {
                Some(Meaning::External(name)) => return name.ends_with("Response"),
                Some(Meaning::Class(id, class)) => match class.bases.first() {
                    Some(base) => (at, expr) = (id, base.clone()),
                    None => return false,
                },
                _ => return false,
            }
        }
        false
    }

    /// An entry of `responses={…}`, over what is known for the same code.
    fn further(
        &mut self,
        module: ModuleId,
        entry: &Expr,
        code: &str,
        unique: &str,
        media: Option<&str>,
        known: Option<&Value>,
    ) -> Value {
        let pairs = match entry {
            Expr::Dict(pairs) => pairs.clone(),
            _ => Vec::new(),
        };
        let mut answer = Map::new();
        let mut model = None;
        for (key, value) in &pairs {
            match key.as_str() {
                Some("model") => model = Some(value.clone()),
                Some(key) => {
                    answer.extend(self.program.value(module, value).map(|value| (key.to_owned(), value)));
                }
                None => {}
            }
        }
        let mut merged = known.and_then(Value::as_object).cloned().unwrap_or_default();
        if let Some(model) = model {
            let schema = self.titled(module, &model, &format!("Response_{code}_{unique}"));
            let media = media.unwrap_or("application/json");
            merge(&mut merged, Map::from_iter([("content".to_owned(), json!({media: {"schema": schema}}))]));
        }
        merge(&mut merged, answer);
        merged.entry("description").or_insert_with(|| json!(described(code)));
        Value::Object(merged)
    }
}

/// What an answer is called that nobody described.
fn described(code: &str) -> String {
    match code {
        "default" => return "Default Response".to_owned(),
        "1XX" => return "Information".to_owned(),
        "2XX" => return "Success".to_owned(),
        "3XX" => return "Redirection".to_owned(),
        "4XX" => return "Client Error".to_owned(),
        "5XX" => return "Server Error".to_owned(),
        _ => {}
    }
    let phrase = code.parse().ok().and_then(status::phrase);
    match phrase {
        Some("I'm a teapot") => "I'm a Teapot".to_owned(),
        phrase => phrase.unwrap_or("Additional Response").to_owned(),
    }
}

/// The entries of `responses={…}`, by code.
pub(super) fn responses(program: &Program, module: ModuleId, call: &Call) -> Vec<(String, ModuleId, Expr)> {
    let Some(given) = call.named("responses") else { return Vec::new() };
    let (module, given) = match program.meaning(module, given) {
        Some(Meaning::Value(module, _, value)) => (module, (*value).clone()),
        _ => (module, given.clone()),
    };
    let Expr::Dict(pairs) = given else { return Vec::new() };
    let code = |key: &Expr| match program.value(module, key)? {
        Value::String(text) if text == "default" => Some(text),
        Value::String(text) => Some(text.to_uppercase()),
        value => Some(value.to_string()),
    };
    pairs.iter().filter_map(|(key, value)| Some((code(key)?, module, value.clone()))).collect()
}

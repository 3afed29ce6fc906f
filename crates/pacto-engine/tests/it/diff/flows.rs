//! The places where a schema can stand, with the way its data flows.

use pacto_engine::diff::{Area, Direction};
use serde_json::{Value, json};

use super::fixture::Version;

/// A place for a schema.
#[derive(Debug, Clone, Copy)]
pub struct Flow {
    pub name: &'static str,
    pub area: Area,
    pub direction: Direction,
    /// The schema is that of a property.
    pub is_property: bool,
    /// The place where the same data flows the other way.
    pub mirror: Option<&'static str>,
    build: fn(&Value) -> Version,
}

impl Flow {
    /// A version with `schema` in this place.
    pub fn version(&self, schema: &Value) -> Version {
        (self.build)(schema)
    }
}

pub const FLOWS: &[Flow] = &[
    Flow {
        name: "query parameter",
        area: Area::Parameter,
        direction: Direction::Received,
        is_property: false,
        mirror: Some("response header"),
        build: |schema| operation(&json!({"parameters": [{"name": "q", "in": "query", "schema": schema}]})),
    },
    Flow {
        name: "request body",
        area: Area::RequestBody,
        direction: Direction::Received,
        is_property: false,
        mirror: Some("response body"),
        build: |schema| {
            operation(&json!({"requestBody": {"content": {"application/json": {"schema": schema}}}}))
        },
    },
    Flow {
        name: "request property",
        area: Area::RequestBody,
        direction: Direction::Received,
        is_property: true,
        mirror: Some("response property"),
        build: |schema| {
            let content = json!({"application/json": {"schema": property(schema)}});
            operation(&json!({"requestBody": {"content": content}}))
        },
    },
    Flow {
        name: "response body",
        area: Area::ResponseBody,
        direction: Direction::Produced,
        is_property: false,
        mirror: Some("request body"),
        build: |schema| response(&json!({"content": {"application/json": {"schema": schema}}})),
    },
    Flow {
        name: "response property",
        area: Area::ResponseBody,
        direction: Direction::Produced,
        is_property: true,
        mirror: Some("request property"),
        build: |schema| response(&json!({"content": {"application/json": {"schema": property(schema)}}})),
    },
    Flow {
        name: "response header",
        area: Area::ResponseHeader,
        direction: Direction::Produced,
        is_property: false,
        mirror: Some("query parameter"),
        build: |schema| response(&json!({"headers": {"X-Count": {"schema": schema}}})),
    },
    Flow {
        name: "configuration property",
        area: Area::Configuration,
        direction: Direction::Received,
        is_property: true,
        mirror: Some("offered configuration property"),
        build: |schema| Version::configured(&property(schema)),
    },
    Flow {
        name: "offered configuration property",
        area: Area::OfferedConfiguration,
        direction: Direction::Produced,
        is_property: true,
        mirror: Some("configuration property"),
        build: |schema| Version::offering(&property(schema)),
    },
    Flow {
        name: "received message property",
        area: Area::ReceivedMessage,
        direction: Direction::Received,
        is_property: true,
        mirror: Some("sent message property"),
        build: |schema| Version::event("receive", &property(schema)),
    },
    Flow {
        name: "sent message property",
        area: Area::SentMessage,
        direction: Direction::Produced,
        is_property: true,
        mirror: Some("received message property"),
        build: |schema| Version::event("send", &property(schema)),
    },
    Flow {
        name: "policy property",
        area: Area::Policy,
        direction: Direction::Received,
        is_property: true,
        mirror: None,
        build: |schema| Version::ruling(&property(schema)),
    },
    Flow {
        name: "query parameter property",
        area: Area::Parameter,
        direction: Direction::Received,
        is_property: true,
        mirror: Some("response header property"),
        build: |schema| {
            operation(&json!({"parameters": [{"name": "q", "in": "query", "schema": property(schema)}]}))
        },
    },
    Flow {
        name: "response header property",
        area: Area::ResponseHeader,
        direction: Direction::Produced,
        is_property: true,
        mirror: Some("query parameter property"),
        build: |schema| response(&json!({"headers": {"X-Count": {"schema": property(schema)}}})),
    },
    Flow {
        name: "configuration",
        area: Area::Configuration,
        direction: Direction::Received,
        is_property: false,
        mirror: Some("offered configuration"),
        build: Version::configured,
    },
    Flow {
        name: "offered configuration",
        area: Area::OfferedConfiguration,
        direction: Direction::Produced,
        is_property: false,
        mirror: Some("configuration"),
        build: Version::offering,
    },
    Flow {
        name: "received message",
        area: Area::ReceivedMessage,
        direction: Direction::Received,
        is_property: false,
        mirror: Some("sent message"),
        build: |schema| Version::event("receive", schema),
    },
    Flow {
        name: "sent message",
        area: Area::SentMessage,
        direction: Direction::Produced,
        is_property: false,
        mirror: Some("received message"),
        build: |schema| Version::event("send", schema),
    },
    Flow {
        name: "policy",
        area: Area::Policy,
        direction: Direction::Received,
        is_property: false,
        mirror: None,
        build: Version::ruling,
    },
];

fn property(schema: &Value) -> Value {
    json!({"type": "object", "properties": {"it": schema}})
}

fn response(response: &Value) -> Version {
    operation(&json!({"responses": {"200": response}}))
}

fn operation(operation: &Value) -> Version {
    let document = json!({"openapi": "3.1.0", "paths": {"/it": {"post": operation}}});
    Version::http(&document)
}

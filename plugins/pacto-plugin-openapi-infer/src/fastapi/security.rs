//! Ways to say who one is: the classes of `fastapi.security`.

use serde_json::{Value, json};

use super::dependant::{Input, Place};
use super::field::Field;
use super::models::Models;
use super::types::Type;
use crate::python::scope::{Meaning, ModuleId};
use crate::python::syntax::Expr;

/// The name and the description of a scheme, where a value is one.
pub fn scheme(models: &Models<'_>, module: ModuleId, value: &Expr) -> Option<(String, Value)> {
    let call = value.as_call()?;
    let (name, class) = match models.program.final_meaning(module, &call.function)? {
        Meaning::External(whole) => {
            let class = whole.rsplit('.').next()?.to_owned();
            (class.clone(), class)
        }
        Meaning::Class(id, class) => {
            let base = class.bases.iter().find_map(|base| models.external(id, base))?;
            (class.name.clone(), base.rsplit('.').next()?.to_owned())
        }
        _ => return None,
    };
    let get = |place: usize, word: &str| {
        call.argument(place, word)
            .and_then(|value| models.program.value(module, value))
            .filter(|value| !value.is_null())
    };
    let only = |word: &str| {
        call.named(word)
            .and_then(|value| models.program.value(module, value))
            .filter(|value| !value.is_null())
    };
    let name = only("scheme_name").and_then(|value| value.as_str().map(str::to_owned)).unwrap_or(name);
    let mut scheme = match class.as_str() {
        "OAuth2PasswordBearer" => {
            let mut flow = json!({"scopes": only("scopes").unwrap_or_else(|| json!({}))});
            flow["tokenUrl"] = get(0, "tokenUrl").unwrap_or_default();
            if let Some(refresh) = only("refreshUrl") {
                flow["refreshUrl"] = refresh;
            }
            json!({"type": "oauth2", "flows": {"password": flow}})
        }
        "OAuth2AuthorizationCodeBearer" => {
            let mut flow = json!({"scopes": only("scopes").unwrap_or_else(|| json!({}))});
            flow["authorizationUrl"] = get(0, "authorizationUrl").unwrap_or_default();
            flow["tokenUrl"] = get(1, "tokenUrl").unwrap_or_default();
            if let Some(refresh) = only("refreshUrl") {
                flow["refreshUrl"] = refresh;
            }
            json!({"type": "oauth2", "flows": {"authorizationCode": flow}})
        }
        "OAuth2" => json!({"type": "oauth2", "flows": only("flows").unwrap_or_else(|| json!({}))}),
        "HTTPBearer" => {
            let mut scheme = json!({"type": "http", "scheme": "bearer"});
            if let Some(format) = only("bearerFormat") {
                scheme["bearerFormat"] = format;
            }
            scheme
        }
        "HTTPBasic" => json!({"type": "http", "scheme": "basic"}),
        "HTTPDigest" => json!({"type": "http", "scheme": "digest"}),
        "APIKeyHeader" | "APIKeyQuery" | "APIKeyCookie" => {
            let place = class.trim_start_matches("APIKey").to_lowercase();
            json!({"type": "apiKey", "in": place, "name": only("name").unwrap_or_default()})
        }
        "OpenIdConnect" => {
            json!({"type": "openIdConnect", "openIdConnectUrl": only("openIdConnectUrl").unwrap_or_default()})
        }
        _ => return None,
    };
    if let Some(description) = only("description") {
        scheme["description"] = description;
    }
    Some((name, scheme))
}

/// The fields of `OAuth2PasswordRequestForm`.
pub fn password_form(is_strict: bool) -> Vec<Input> {
    let grant = if is_strict {
        json!({"type": "string", "pattern": "^password$", "title": "Grant Type"})
    } else {
        json!({"anyOf": [{"type": "string", "pattern": "^password$"}, {"type": "null"}], "title": "Grant Type"})
    };
    let optional = |title: &str| json!({"anyOf": [{"type": "string"}, {"type": "null"}], "title": title});
    let mut secret = optional("Client Secret");
    let mut password = json!({"type": "string", "title": "Password"});
    if !is_strict {
        secret["format"] = json!("password");
        password["format"] = json!("password");
    }
    let fields = [
        ("grant_type", grant, is_strict),
        ("username", json!({"type": "string", "title": "Username"}), true),
        ("password", password, true),
        ("scope", json!({"type": "string", "title": "Scope", "default": ""}), false),
        ("client_id", optional("Client Id"), false),
        ("client_secret", secret, false),
    ];
    let input = |(name, schema, is_required): (&str, Value, bool)| Input {
        place: Place::Form,
        name: name.to_owned(),
        kind: Type::new(0, &Expr::None),
        field: Field::default(),
        is_required,
        fixed: Some(schema),
    };
    fields.into_iter().map(input).collect()
}

//! Services and their methods.

use std::collections::BTreeMap;

use super::annotation::{Element, Walk};
use crate::protobuf::{Method, Service};

pub(super) fn compare(walk: &mut Walk<'_>) {
    let (old, new) = (walk.old, walk.new);
    for (name, before) in &old.services {
        let Some(after) = new.services.get(name) else { continue };
        walk.options(&Element::service(name, (true, true)), &before.declared, &after.declared);
        let (known, present) = (by_name(before), by_name(after));
        for method in &before.methods {
            match present.get(method.name.as_str()) {
                Some(now) => compare_methods(walk, name, method, now),
                None => {
                    let element = Element::method(name, &method.name, (true, false));
                    let at = (Some(&method.declared.at), Some(&after.declared.at));
                    walk.note("RPC_NO_DELETE", &element, (None, None), at);
                }
            }
        }
        let is_new = |method: &&Method| !known.contains_key(method.name.as_str());
        for method in after.methods.iter().filter(is_new) {
            let element = Element::method(name, &method.name, (false, true));
            walk.note("RPC_ADDED", &element, (None, None), (None, Some(&method.declared.at)));
        }
    }
}

fn by_name(service: &Service) -> BTreeMap<&str, &Method> {
    service.methods.iter().map(|method| (method.name.as_str(), method)).collect()
}

fn compare_methods(walk: &mut Walk<'_>, service: &str, before: &Method, after: &Method) {
    const LEVEL: &str = "idempotency_level";
    let mut element = Element::method(service, &before.name, (true, true));
    element.old = Some(in_words(before));
    element.new = Some(in_words(after));
    let (old_at, new_at) = (&before.declared.at, &after.declared.at);
    let types = (before.request.as_str(), after.request.as_str());
    walk.changed("RPC_SAME_REQUEST_TYPE", &element, types, (&before.request_at, &after.request_at));
    let types = (before.response.as_str(), after.response.as_str());
    walk.changed("RPC_SAME_RESPONSE_TYPE", &element, types, (&before.response_at, &after.response_at));
    let shown = |is_stream: bool| if is_stream { "a stream" } else { "one message" };
    let streams = (shown(before.is_client_stream), shown(after.is_client_stream));
    walk.changed("RPC_SAME_CLIENT_STREAMING", &element, streams, (old_at, new_at));
    let streams = (shown(before.is_server_stream), shown(after.is_server_stream));
    walk.changed("RPC_SAME_SERVER_STREAMING", &element, streams, (old_at, new_at));
    let level = |method: &Method| {
        let setting = method.declared.setting(LEVEL);
        setting.map_or("IDEMPOTENCY_UNKNOWN", |setting| setting.value.as_str()).to_owned()
    };
    let places = (&before.declared.place_of(LEVEL), &after.declared.place_of(LEVEL));
    walk.changed("RPC_SAME_IDEMPOTENCY_LEVEL", &element, (&level(before), &level(after)), places);
    walk.options(&element, &before.declared, &after.declared);
}

fn in_words(method: &Method) -> String {
    let stream = |is_stream: bool| if is_stream { "stream " } else { "" };
    format!(
        "rpc {}({}{}) returns ({}{})",
        method.name,
        stream(method.is_client_stream),
        method.request,
        stream(method.is_server_stream),
        method.response
    )
}

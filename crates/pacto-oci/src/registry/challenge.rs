//! `WWW-Authenticate`: what a registry wants to see.

use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

/// How a registry wants to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User and password with every request.
    Basic,
    /// A token from `realm`.
    Bearer {
        /// Address of the token service.
        realm: String,
        /// What the token service calls the registry.
        service: Option<String>,
    },
}

/// The challenge of an answer: Bearer before Basic. `None` when it has neither.
pub(super) fn challenge(headers: &HeaderMap) -> Option<Challenge> {
    let values = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    let mut challenges: Vec<Challenge> = values.flat_map(parse).collect();
    let bearer = challenges.iter().position(|challenge| matches!(challenge, Challenge::Bearer { .. }));
    let best = bearer.unwrap_or_default();
    (best < challenges.len()).then(|| challenges.swap_remove(best))
}

/// Challenges of one header: `Scheme key="value", key=value, Scheme …`.
fn parse(header: &str) -> Vec<Challenge> {
    let mut challenges: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for part in split(header) {
        let (head, value) = match part.split_once('=') {
            Some((head, value)) => (head.trim(), Some(unquoted(value.trim()))),
            None => (part.trim(), None),
        };
        // A scheme stands before the first key: `Bearer realm`.
        let key = match head.rsplit_once(' ') {
            Some((scheme, key)) => {
                challenges.push((scheme.trim().to_ascii_lowercase(), Vec::new()));
                key
            }
            None if value.is_none() => {
                challenges.push((head.to_ascii_lowercase(), Vec::new()));
                continue;
            }
            None => head,
        };
        if let (Some((_, keys)), Some(value)) = (challenges.last_mut(), value) {
            keys.push((key.to_ascii_lowercase(), value));
        }
    }
    let challenge = |(scheme, keys): (String, Vec<(String, String)>)| {
        let get = |name: &str| keys.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        match scheme.as_str() {
            "basic" => Some(Challenge::Basic),
            "bearer" => Some(Challenge::Bearer { realm: get("realm")?, service: get("service") }),
            _ => None,
        }
    };
    challenges.into_iter().filter_map(challenge).collect()
}

/// Splits at commas outside of quotes.
fn split(header: &str) -> Vec<String> {
    let (mut parts, mut part, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    for character in header.chars() {
        match character {
            ',' if !quoted => parts.push(std::mem::take(&mut part)),
            _ => {
                quoted ^= character == '"' && !escaped;
                escaped = quoted && character == '\\' && !escaped;
                part.push(character);
            }
        }
    }
    parts.push(part);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"') else { return value.to_owned() };
    let mut text = String::new();
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => text.extend(characters.next()),
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> Option<Challenge> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(WWW_AUTHENTICATE, value.parse().unwrap());
        }
        challenge(&headers)
    }

    fn bearer(realm: &str, service: Option<&str>) -> Challenge {
        Challenge::Bearer { realm: realm.to_owned(), service: service.map(str::to_owned) }
    }

    #[test]
    fn reads_what_registries_send() {
        let hub = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a,b:pull""#;
        assert_eq!(of(&[hub]), Some(bearer("https://auth.docker.io/token", Some("registry.docker.io"))));
        assert_eq!(of(&[r#"Basic realm="x, y""#]), Some(Challenge::Basic));
        assert_eq!(of(&["basic"]), Some(Challenge::Basic));
        assert_eq!(of(&[r#"Basic realm="a", Bearer realm="https://b/""#]), Some(bearer("https://b/", None)));
        assert_eq!(
            of(&["Basic realm=a", "bearer realm=https://b/ , service = c"]),
            Some(bearer("https://b/", Some("c")))
        );
        assert_eq!(of(&[r#"Bearer service="no realm""#]), None);
        assert_eq!(of(&["Negotiate"]), None);
        assert_eq!(of(&[r#"Bearer realm="a\"b""#]), Some(bearer("a\"b", None)));
        assert_eq!(of(&[]), None);
    }
}

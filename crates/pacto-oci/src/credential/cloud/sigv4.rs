//! Signature version 4: how a request to AWS shows who sends it, without the secret key.

use std::fmt::Write as _;
use std::time::SystemTime;

use aws_lc_rs::hmac::{HMAC_SHA256, Key, Tag, sign as hmac};
use reqwest::Url;
use sha2::{Digest, Sha256};

use super::time::compact;
use crate::credential::Secret;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Who signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keys {
    /// The id of the access key.
    pub id: String,
    /// The secret of the access key.
    pub secret: Secret,
    /// Belongs to keys that end.
    pub session: Option<Secret>,
}

/// What a signature counts for.
pub(super) struct Scope<'a> {
    pub region: &'a str,
    pub service: &'a str,
    pub time: SystemTime,
}

/// The request that is signed. Names of headers are in lower case.
pub(super) struct Request<'a> {
    pub method: &'a str,
    pub url: &'a Url,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: &'a [u8],
}

/// The headers that sign a request: it is sent with them and with its own.
pub(super) fn sign(request: &Request<'_>, keys: &Keys, scope: &Scope<'_>) -> Vec<(&'static str, Secret)> {
    let time = compact(scope.time);
    let date = time.get(..8).unwrap_or_default();
    let host = host(request.url);
    let mut headers = vec![("host", host.as_str()), ("x-amz-date", &time)];
    headers.extend(keys.session.as_ref().map(|token| ("x-amz-security-token", token.expose())));
    headers.extend(request.headers);
    headers.sort_unstable();

    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let credential_scope = format!("{date}/{}/{}/aws4_request", scope.region, scope.service);
    let canonical = hex(Sha256::digest(canonical(request, &headers, &names)).as_slice());
    let to_sign = format!("{ALGORITHM}\n{time}\n{credential_scope}\n{canonical}");
    let signature = hex(extend(&key(keys, date, scope), &to_sign).as_ref());
    let authorization = format!(
        "{ALGORITHM} Credential={}/{credential_scope}, SignedHeaders={names}, Signature={signature}",
        keys.id
    );

    let mut signed = vec![("x-amz-date", Secret::new(&time)), ("authorization", Secret::new(authorization))];
    signed.extend(keys.session.clone().map(|token| ("x-amz-security-token", token)));
    signed
}

/// The request in the one spelling that both sides sign.
fn canonical(request: &Request<'_>, headers: &[(&str, &str)], names: &str) -> String {
    let mut pairs: Vec<_> = request
        .url
        .query_pairs()
        .map(|(name, value)| format!("{}={}", escaped(&name, false), escaped(&value, false)))
        .collect();
    pairs.sort_unstable();
    let path = escaped(request.url.path(), true);
    let mut text = format!("{}\n{path}\n{}\n", request.method, pairs.join("&"));
    for (name, value) in headers {
        let value = value.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        let _ = writeln!(text, "{name}:{value}");
    }
    let _ = write!(text, "\n{names}\n{}", hex(Sha256::digest(request.body).as_slice()));
    text
}

/// The secret key is never used itself, but one for the day, the region and the service.
fn key(keys: &Keys, date: &str, scope: &Scope<'_>) -> Tag {
    let start = format!("AWS4{}", keys.secret.expose());
    let mut tag = hmac(&Key::new(HMAC_SHA256, start.as_bytes()), date.as_bytes());
    for part in [scope.region, scope.service, "aws4_request"] {
        tag = extend(&tag, part);
    }
    tag
}

fn extend(tag: &Tag, text: &str) -> Tag {
    hmac(&Key::new(HMAC_SHA256, tag.as_ref()), text.as_bytes())
}

/// Host as it is sent: with the port where it is not the usual one.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn escaped(text: &str, keeps_slashes: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let is_plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        if is_plain || keeps_slashes && byte == b'/' {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::time::at;
    use super::*;

    /// 2015-08-30T12:36:00Z, the time of the published examples.
    const TIME: u64 = 1_440_938_160;

    fn keys() -> Keys {
        let secret = Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        Keys { id: "AKIDEXAMPLE".to_owned(), secret, session: None }
    }

    /// The headers that sign a request to `service`, at the time of the examples.
    fn signed(
        (method, url): (&str, &str),
        headers: &[(&str, &str)],
        body: &str,
        service: &str,
        keys: &Keys,
    ) -> Vec<(&'static str, Secret)> {
        aws_lc_rs::init();
        let url = Url::parse(url).unwrap();
        let request = Request { method, url: &url, headers, body: body.as_bytes() };
        sign(&request, keys, &Scope { region: "us-east-1", service, time: at(TIME).unwrap() })
    }

    fn authorization(signed: &[(&'static str, Secret)]) -> String {
        let found = signed.iter().find(|(name, _)| *name == "authorization").unwrap();
        found.1.expose().to_owned()
    }

    #[test]
    fn the_example_of_the_documentation() {
        let kind = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
        let url = "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08";
        assert_eq!(
            authorization(&signed(("GET", url), &kind, "", "iam", &keys())),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date, \
             Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
        );
    }

    #[test]
    fn the_derived_key_of_the_documentation() {
        aws_lc_rs::init();
        let scope = Scope { region: "us-east-1", service: "iam", time: at(TIME).unwrap() };
        assert_eq!(
            hex(key(&keys(), "20150830", &scope).as_ref()),
            "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"
        );
    }

    /// The address that the test suite of AWS asks.
    const SUITE: &str = "https://example.amazonaws.com/";

    #[test]
    fn requests_of_the_test_suite() {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        for (method, headers, body, signature) in [
            ("GET", &[][..], "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            ("POST", &[], "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
            (
                "POST",
                &form,
                "Param1=value1",
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            ),
        ] {
            let found = authorization(&signed((method, SUITE), headers, body, "service", &keys()));
            assert!(found.ends_with(&format!("Signature={signature}")), "{found}");
        }
    }

    #[test]
    fn a_session_token_is_signed_and_sent() {
        let token = concat!(
            "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRq",
            "TflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75Y",
            "U9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9K",
            "SYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==",
        );
        let keys = Keys { session: Some(Secret::new(token)), ..keys() };
        let signed = signed(("POST", SUITE), &[], "", "service", &keys);
        assert_eq!(
            authorization(&signed),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date;x-amz-security-token, \
             Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"
        );
        assert!(signed.contains(&("x-amz-security-token", Secret::new(token))));
        let shown = format!("{keys:?}{signed:?}");
        assert!(!shown.contains("AQoDYX") && !shown.contains("wJalr"), "{shown}");
    }

    #[test]
    fn ports_paths_and_queries_have_one_spelling() {
        assert_eq!(host(&Url::parse("http://127.0.0.1:4566/x").unwrap()), "127.0.0.1:4566");
        assert_eq!(host(&Url::parse("https://a.test:443/x").unwrap()), "a.test");
        let url = Url::parse("https://a.test/b%20c/?z=1&a=x+y&a=%2F").unwrap();
        let request = Request { method: "GET", url: &url, headers: &[], body: b"" };
        let text = canonical(&request, &[("host", "a.test"), ("odd", " a   b ")], "host;odd");
        let start = "GET\n/b%2520c/\na=%2F&a=x%20y&z=1\nhost:a.test\nodd:a b\n\nhost;odd\n";
        assert!(text.starts_with(start), "{text}");
    }
}

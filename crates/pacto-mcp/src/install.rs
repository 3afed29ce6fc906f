//! The configuration of clients that are known, so that they start this server.

use serde_json::{Map, Value, json};

/// Name under which clients know the server.
const NAME: &str = "pacto";

/// A client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// Claude Code and Claude Desktop.
    Claude,
    /// Cursor.
    Cursor,
    /// Visual Studio Code.
    Vscode,
}

impl Client {
    /// The file of a project that the client reads, from the directory of the project.
    pub fn file(self) -> &'static str {
        match self {
            Self::Claude => ".mcp.json",
            Self::Cursor => ".cursor/mcp.json",
            Self::Vscode => ".vscode/mcp.json",
        }
    }

    /// The key under which servers stand in it.
    fn key(self) -> &'static str {
        match self {
            Self::Claude | Self::Cursor => "mcpServers",
            Self::Vscode => "servers",
        }
    }

    fn entry(self, program: &str, arguments: &[String]) -> Value {
        let mut entry = Map::new();
        if self == Self::Vscode {
            entry.insert("type".to_owned(), json!("stdio"));
        }
        entry.insert("command".to_owned(), json!(program));
        entry.insert("args".to_owned(), json!(arguments));
        Value::Object(entry)
    }

    /// The file with our server in it: a new one, or `before` with everything else as it is.
    ///
    /// ```
    /// use pacto_mcp::install::Client;
    /// let text = Client::Claude.configuration(None, "pacto", &["mcp".to_owned()]).unwrap();
    /// assert!(text.contains("\"command\": \"pacto\""));
    /// ```
    ///
    /// # Errors
    /// When `before` is no JSON object, or something else than an object stands where servers do.
    pub fn configuration(
        self,
        before: Option<&str>,
        program: &str,
        arguments: &[String],
    ) -> Result<String, String> {
        let mut file = match before.map(str::trim).filter(|text| !text.is_empty()) {
            None => Value::Object(Map::new()),
            Some(text) => serde_json::from_str(text).map_err(|error| {
                format!("{} is no JSON (comments are none): {error}; add the server by hand", self.file())
            })?,
        };
        let wrong =
            || format!("{} does not look as this client writes it; add the server by hand", self.file());
        let servers = file.as_object_mut().ok_or_else(wrong)?.entry(self.key()).or_insert_with(|| json!({}));
        let servers = servers.as_object_mut().ok_or_else(wrong)?;
        servers.insert(NAME.to_owned(), self.entry(program, arguments));
        Ok(format!("{file:#}\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_servers_stay() {
        let before = r#"{"mcpServers": {"other": {"command": "x"}}, "theme": "dark"}"#;
        let arguments = ["mcp".to_owned()];
        let text = Client::Cursor.configuration(Some(before), "/opt/pacto", &arguments).unwrap();
        let file: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&file["theme"], &file["mcpServers"]["other"]["command"]), (&json!("dark"), &json!("x")));
        assert_eq!(file["mcpServers"]["pacto"], json!({"command": "/opt/pacto", "args": ["mcp"]}));
        assert_eq!(
            Client::Cursor.configuration(Some(&text), "/opt/pacto", &arguments).unwrap(),
            text,
            "twice is once"
        );
        let code: Value =
            serde_json::from_str(&Client::Vscode.configuration(None, "pacto", &arguments).unwrap()).unwrap();
        assert_eq!(code["servers"]["pacto"]["type"], "stdio");
        for wrong in ["{", "[]", r#"{"mcpServers": []}"#, "// x\n{}"] {
            assert!(Client::Claude.configuration(Some(wrong), "pacto", &arguments).is_err(), "{wrong}");
        }
    }
}

//! A document as one page for a browser: no script, nothing from elsewhere.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use comrak::nodes::{NodeHtmlBlock, NodeValue};
use comrak::{Arena, Node, format_html, parse_document};
use pacto_engine::doc::{DocSubject, diagram};
use sha2::{Digest as _, Sha256};

use super::documents;

/// How a page looks, in light and dark.
pub const STYLE: &str = concat!(include_str!("page.css"), include_str!("scheme.css"));

/// The parts of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Name and version of the service.
    pub title: String,
    /// What stands in `<body>`.
    pub body: String,
}

impl Page {
    /// The page of a contract, with its Markdown, which was written of the same subject.
    pub fn new(subject: DocSubject<'_>, text: &str) -> Self {
        let service = &subject.document.contract.service;
        let (contents, main) = rendered(text, subject);
        let mut notes = Vec::new();
        let mut further = String::new();
        let mut links = String::new();
        for (index, page) in documents::render(subject.bundle, &mut notes).into_iter().enumerate() {
            let (title, path) = (escaped(&page.title), escaped(&page.path));
            let _ = writeln!(links, "<li><a href=\"#document-{index}\">{title}</a></li>");
            let _ = writeln!(
                further,
                "<article class=\"document\" id=\"document-{index}\"><p class=\"path\">{path}</p>\n{}</article>",
                page.html
            );
        }
        for note in notes {
            let _ = writeln!(further, "<p><em>{}</em></p>", escaped(&note));
        }
        let links = if links.is_empty() { links } else { format!("<p>Documents</p>\n<ul>\n{links}</ul>\n") };
        Self {
            title: format!("{} {}", service.name, service.version),
            body: format!(
                "<nav aria-label=\"Contents\">\n<p>Contents</p>\n{contents}{links}</nav>\n<main>\n{main}{further}</main>\n"
            ),
        }
    }

    /// The page as one file that needs no other, and may load none.
    pub fn alone(&self) -> String {
        let style = style();
        let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
        self.around(&format!(
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{hash}'; \
             base-uri 'none'; form-action 'none'\">\n<style>{style}</style>"
        ))
    }

    /// The page, with `head` in its head.
    pub fn around(&self, head: &str) -> String {
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n{head}\n<title>{}</title>\n</head>\n\
             <body>\n{}</body>\n</html>\n",
            escaped(&self.title),
            self.body
        )
    }
}

/// Everything that makes pages look as they do.
pub fn style() -> String {
    format!("{STYLE}{}", diagram::STYLE)
}

/// The list of contents, and the rest.
fn rendered(text: &str, subject: DocSubject<'_>) -> (String, String) {
    let arena = Arena::new();
    let mut options = documents::options();
    options.extension.header_id_prefix = Some(String::new());
    // The only raw HTML is that of `pacto_engine::doc`, which escapes whatever a contract says.
    options.render.r#unsafe = true;
    let root = parse_document(&arena, text, &options);
    let mut contents = None;
    for node in root.children() {
        let is_diagram = matches!(&node.data().value, NodeValue::CodeBlock(code) if code.info == "mermaid");
        if is_diagram {
            let (svg, _) = diagram::svg(subject);
            node.data_mut().value = NodeValue::HtmlBlock(NodeHtmlBlock {
                block_type: 6,
                literal: format!("<figure class=\"scroll\">{svg}</figure>\n"),
            });
        }
        if contents.is_none() && is_contents(node) {
            contents = Some(node);
        }
    }
    let mut list = String::new();
    if let Some(heading) = contents {
        if let Some(next) = heading.next_sibling() {
            next.detach();
            // Writing into a text does not fail.
            let _ = format_html(next, &options, &mut list);
        }
        heading.detach();
    }
    let mut main = String::new();
    let _ = format_html(root, &options, &mut main);
    (list, main)
}

fn is_contents(node: Node<'_>) -> bool {
    let is_heading = matches!(node.data().value, NodeValue::Heading(_));
    let text = |child: Node<'_>| matches!(&child.data().value, NodeValue::Text(text) if text == pacto_engine::doc::CONTENTS_TITLE);
    is_heading && node.first_child().is_some_and(text)
}

/// Foreign text between two tags or in a quoted attribute.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ if character.is_control() => out.push(' '),
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use pacto_contract::{Bundle, ContractDocument};
    use pacto_engine::doc::markdown;

    use super::*;

    fn page(text: &str, documents: &[(&str, &str)]) -> Page {
        let document = ContractDocument::parse("pacto.yaml", text.as_bytes()).unwrap();
        let mut bundle = Bundle::default();
        for (path, content) in documents {
            bundle.insert(path, content.as_bytes().to_vec()).unwrap();
        }
        let subject = DocSubject { document: &document, bundle: &bundle, graph: None };
        Page::new(subject, &markdown(subject))
    }

    #[test]
    fn every_link_of_the_contents_leads_somewhere() {
        let page = page(
            "pactoVersion: '1.0'\nservice: {name: cart, version: 1.0.0}\n\
             interfaces: [{name: api, type: http, port: 80}]\n\
             dependencies: [{ref: 'oci://x/pay', required: true, compatibility: '^1.0.0'}]\n",
            &[("docs/README.md", "# How to run it\n\ntext")],
        );
        let links: Vec<&str> =
            page.body.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(links.len() >= 6, "{links:?}");
        for link in links {
            assert!(page.body.contains(&format!("id=\"{link}\"")), "{link} in {}", page.body);
        }
        assert!(
            page.body.contains("<svg class=\"diagram\"") && !page.body.contains("mermaid"),
            "{}",
            page.body
        );
        assert!(page.body.contains("How to run it</a></li>"), "{}", page.body);
    }

    #[test]
    fn nothing_that_a_contract_says_becomes_a_tag() {
        let evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
        let text = serde_json::json!({
            "pactoVersion": "1.0",
            "service": {"name": evil, "version": evil, "owner": evil},
            "interfaces": [{"name": evil, "type": evil, "port": 80, "visibility": evil}],
            "dependencies": [{"ref": evil, "name": evil, "required": true, "compatibility": evil}],
            "metadata": {evil: evil},
        });
        let page = page(&text.to_string(), &[("docs/a.md", &format!("# {evil}\n\n{evil}"))]);
        let whole = page.alone();
        for bad in ["<script", "<img", "'><"] {
            assert!(!whole.contains(bad), "{bad} in {whole}");
        }
        assert_eq!(whole.matches("<svg").count(), 1);
    }

    #[test]
    fn a_page_alone_names_nothing_elsewhere() {
        let page = page("pactoVersion: '1.0'\nservice: {name: cart, version: 1.0.0}\n", &[]).alone();
        assert!(page.starts_with("<!doctype html>") && page.contains("style-src 'sha256-"), "{page}");
        for bad in ["<script", "<link", " src=", "@import", "url(http", "href=\"http"] {
            assert!(!page.contains(bad), "{bad}");
        }
    }
}

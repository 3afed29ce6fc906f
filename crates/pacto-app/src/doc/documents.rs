//! Pages of a bundle, rendered so that nothing of them can run: no raw HTML, no scripts, no foreign schemes.

use std::path::Path;

use comrak::{Options, markdown_to_html};
use pacto_contract::Bundle;

/// A page of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Path in the bundle.
    pub path: String,
    /// First heading, else the name of the file.
    pub title: String,
    /// HTML without scripts, styles and raw HTML of the author.
    pub html: String,
}

/// Most pages of one bundle.
pub const MAX_DOCUMENTS: usize = 50;
/// Largest page, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 256 * 1024;
/// Most bytes of all pages of one bundle.
pub const MAX_TOTAL_BYTES: usize = 1024 * 1024;

/// The pages below `docs/`, `README.md` first, then by path; what is too large or too much is noted.
pub fn render(bundle: &Bundle, notes: &mut Vec<String>) -> Vec<Page> {
    let mut pages: Vec<(&str, &[u8])> = bundle
        .iter()
        .filter(|(path, _)| path.starts_with("docs/") && has_extension(path, &["md", "markdown", "txt"]))
        .collect();
    let is_first = |path: &str| path.eq_ignore_ascii_case("docs/readme.md");
    pages.sort_by_key(|(path, _)| (!is_first(path), *path));
    let (mut documents, mut total) = (Vec::new(), 0);
    for (path, content) in pages {
        if content.len() > MAX_DOCUMENT_BYTES {
            notes.push(format!("{path} is larger than {MAX_DOCUMENT_BYTES} bytes and is not shown."));
            continue;
        }
        if documents.len() == MAX_DOCUMENTS || total + content.len() > MAX_TOTAL_BYTES {
            notes.push(format!("Only the first {} documents are shown.", documents.len()));
            break;
        }
        total += content.len();
        let text = String::from_utf8_lossy(content);
        let html = if has_extension(path, &["txt"]) {
            markdown_to_html(&fenced(&text), &options())
        } else {
            markdown_to_html(&text, &options())
        };
        documents.push(Page { path: path.to_owned(), title: title(path, &text), html });
    }
    documents
}

fn has_extension(path: &str, wanted: &[&str]) -> bool {
    let extension = Path::new(path).extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| wanted.iter().any(|wanted| extension.eq_ignore_ascii_case(wanted)))
}

/// Plain text as a code block, with a fence that the text does not have.
fn fenced(text: &str) -> String {
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    format!("{fence}\n{text}\n{fence}\n")
}

/// How Markdown is read: as on GitHub, and with no raw HTML and no foreign schemes in what comes out.
pub(super) fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.tasklist = true;
    options.render.r#unsafe = false;
    options
}

fn title(path: &str, text: &str) -> String {
    let heading = text.lines().take(50).find_map(|line| line.strip_prefix("# ")).map(str::trim);
    let name = Path::new(path).file_stem().and_then(|name| name.to_str()).unwrap_or(path);
    heading.filter(|heading| !heading.is_empty()).unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str) -> String {
        let mut bundle = Bundle::default();
        bundle.insert("docs/a.md", text.as_bytes().to_vec()).unwrap();
        render(&bundle, &mut Vec::new()).remove(0).html
    }

    #[test]
    fn nothing_of_a_page_can_run() {
        for text in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "a <b onclick=x>b</b>",
            "[a](javascript:alert(1))",
            "[a](vbscript:x) ![a](data:text/html;base64,AAAA)",
            "<iframe src='https://evil.example'></iframe>",
        ] {
            let html = rendered(text);
            for bad in
                ["<script", "<img src=x", "onclick", "javascript:", "vbscript:", "data:text", "<iframe"]
            {
                assert!(!html.contains(bad), "{text} became {html}");
            }
        }
    }

    #[test]
    fn pages_are_bounded_and_ordered() {
        let mut bundle = Bundle::default();
        for name in ["docs/b.md", "docs/README.md", "docs/a.txt", "docs/image.png", "readme.md"] {
            bundle.insert(name, format!("# Of {name}\n```\n").into_bytes()).unwrap();
        }
        bundle.insert("docs/large.md", vec![b'a'; MAX_DOCUMENT_BYTES + 1]).unwrap();
        let mut notes = Vec::new();
        let pages = render(&bundle, &mut notes);
        let paths: Vec<_> = pages.iter().map(|page| page.path.as_str()).collect();
        assert_eq!(paths, ["docs/README.md", "docs/a.txt", "docs/b.md"]);
        assert_eq!(pages[0].title, "Of docs/README.md");
        assert!(pages[1].html.starts_with("<pre><code># Of"), "{}", pages[1].html);
        assert_eq!(notes, ["docs/large.md is larger than 262144 bytes and is not shown."]);
    }
}

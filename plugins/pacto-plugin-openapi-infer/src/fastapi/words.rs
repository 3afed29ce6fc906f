//! Texts as `FastAPI` and Pydantic make them.

/// `str.title()` of Python: a letter after anything that is none is large, every other one small.
pub fn title_case(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut after_letter = false;
    for character in text.chars() {
        if after_letter {
            out.extend(character.to_lowercase());
        } else {
            out.extend(character.to_uppercase());
        }
        after_letter = character.is_alphabetic();
    }
    out
}

/// The title of a field or parameter.
pub fn title_of(name: &str) -> String {
    title_case(name).replace('_', " ")
}

/// `inspect.cleandoc`: without the indent that the lines share, and without blank lines around.
pub fn clean_doc(text: &str) -> String {
    let expanded = text.replace('\t', "        ");
    let lines: Vec<&str> = expanded.split('\n').collect();
    let rest = lines.get(1..).unwrap_or_default();
    let indent_of = |line: &&&str| !line.trim().is_empty();
    let indent =
        rest.iter().filter(indent_of).map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let mut cleaned: Vec<&str> = vec![lines.first().copied().unwrap_or_default().trim_start()];
    cleaned.extend(rest.iter().map(|line| line.get(indent..).unwrap_or_default()));
    while cleaned.last().is_some_and(|line| line.is_empty()) {
        cleaned.pop();
    }
    while cleaned.first().is_some_and(|line| line.is_empty()) {
        cleaned.remove(0);
    }
    cleaned.join("\n")
}

/// Whatever is no letter, digit or `_` as `_`.
pub fn identifier(text: &str) -> String {
    text.chars().map(|character| if character.is_alphanumeric() { character } else { '_' }).collect()
}

/// The path of the document: without the converters of placeholders.
pub fn plain_path(path: &str) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some(start) = rest.find('{') {
        let (before, after) = rest.split_at(start);
        out.push_str(before);
        let Some(end) = after.find('}') else { break };
        let inside = after.get(1..end).unwrap_or_default();
        out.push('{');
        out.push_str(inside.split(':').next().unwrap_or_default());
        out.push('}');
        rest = after.get(end + 1..).unwrap_or_default();
    }
    out + rest
}

/// The names of the placeholders of a path.
pub fn placeholders(path: &str) -> Vec<String> {
    let parts = path.split('{').skip(1).filter_map(|part| part.split('}').next());
    parts.map(|part| part.split(':').next().unwrap_or_default().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_python() {
        assert_eq!(title_of("user2fa_x"), "User2Fa X");
        assert_eq!(title_of("r204b"), "R204B");
        assert_eq!(title_of("someField"), "Somefield");
        assert_eq!(clean_doc("\n    Title.\n\n      more\n    end\n    "), "Title.\n\n  more\nend");
        assert_eq!(identifier("list_items/items/{a-b}"), "list_items_items__a_b_");
        assert_eq!(plain_path("/p/{item_id}/{f:path}"), "/p/{item_id}/{f}");
        assert_eq!(placeholders("/p/{item_id}/{f:path}"), ["item_id", "f"]);
    }
}

//! Paths of two documents, matched. The names of path parameters are no part of a request, so a path whose parameters
//! are called otherwise is the same path.

use std::collections::BTreeMap;

use crate::diff::documents::Located;

type Entry<'a> = (&'a str, Located<'a>);

/// What became of the paths.
pub(super) struct Matched<'a> {
    /// Each old path with its counterpart, in document order.
    pub old: Vec<(&'a str, Located<'a>, Option<Entry<'a>>)>,
    /// New paths without a counterpart, in document order.
    pub added: Vec<Entry<'a>>,
}

/// Matches paths by their text, and those that are left by their template, where only one path of each side has it.
pub(super) fn matched<'a>(old: &[Entry<'a>], new: &[Entry<'a>]) -> Matched<'a> {
    let paths = |entries: &[Entry<'a>]| -> BTreeMap<&'a str, Entry<'a>> {
        entries.iter().filter(|(path, _)| !path.starts_with("x-")).map(|entry| (entry.0, *entry)).collect()
    };
    let (before, after) = (paths(old), paths(new));
    let alone = |here: &BTreeMap<&'a str, Entry<'a>>, there: &BTreeMap<&'a str, Entry<'a>>| {
        let mut by_template: BTreeMap<String, Option<Entry<'a>>> = BTreeMap::new();
        for (path, entry) in here.iter().filter(|(path, _)| !there.contains_key(*path)) {
            let is_first = |known: &mut Option<Entry<'a>>| *known = None;
            by_template.entry(template(path)).and_modify(is_first).or_insert(Some(*entry));
        }
        by_template
    };
    let (gone, fresh) = (alone(&before, &after), alone(&after, &before));
    let other = |path: &str, here: &BTreeMap<String, Option<Entry<'a>>>, there: &BTreeMap<_, _>| {
        let template = template(path);
        here.get(&template).copied().flatten()?;
        there.get(&template).copied().flatten()
    };
    let counterpart = |path: &str| after.get(path).copied().or_else(|| other(path, &gone, &fresh));
    let is_added = |path: &str| !before.contains_key(path) && other(path, &fresh, &gone).is_none();
    let known = |entries: &[Entry<'a>], of: &BTreeMap<&'a str, Entry<'a>>| -> Vec<Entry<'a>> {
        entries.iter().copied().filter(|(path, _)| of.contains_key(path)).collect()
    };
    Matched {
        old: known(old, &before).into_iter().map(|(path, item)| (path, item, counterpart(path))).collect(),
        added: known(new, &after).into_iter().filter(|(path, _)| is_added(path)).collect(),
    }
}

/// Names of parameters that stand at the same place of two paths and differ.
pub(super) fn renamed<'a>(old: &'a str, new: &'a str) -> Vec<(&'a str, &'a str)> {
    parameters(old).zip(parameters(new)).filter(|(old, new)| old != new).collect()
}

/// The path without the names of its parameters.
fn template(path: &str) -> String {
    let mut template = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, name)) = rest.split_once('{') {
        let Some((_, after)) = name.split_once('}') else { break };
        template.push_str(before);
        template.push_str("{}");
        rest = after;
    }
    template + rest
}

fn parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_parameters_are_no_part_of_a_template() {
        assert_eq!(template("/a/{id}/b/{key}.json"), "/a/{}/b/{}.json");
        assert_eq!(template("/a/{id"), "/a/{id");
        assert_eq!(template("/a}{"), "/a}{");
        assert_eq!(renamed("/a/{id}/{b}", "/a/{key}/{b}"), [("id", "key")]);
    }
}

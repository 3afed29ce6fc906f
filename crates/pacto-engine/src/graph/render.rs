//! The tree as text.

use std::fmt::Write;

use super::{Edge, EdgeKind, Graph, GraphChangeKind, GraphDifferenceNode, ServiceId, short_reference};

/// The tree, then cycles and conflicts where there are any. Ends with a line feed.
///
/// Every piece of text from a contract passes through `show`, which keeps it on its line and takes away what the
/// reader of the output would obey.
pub fn render(graph: &Graph, show: fn(&str) -> String) -> String {
    let mut out = String::new();
    let Some(root) = graph.root() else { return out };
    let _ = writeln!(out, "{}", show(&format!("{}@{}", root.name, root.version())));
    let mut stack: Vec<(ServiceId, usize, String)> = vec![(0, 0, String::new())];
    while let Some((id, next, prefix)) = stack.pop() {
        let Some(service) = graph.services.get(id) else { continue };
        let Some(edge) = service.edges.get(next) else { continue };
        let last = next + 1 == service.edges.len();
        stack.push((id, next + 1, prefix.clone()));
        let connector = if last { "└─ " } else { "├─ " };
        let _ = writeln!(out, "{prefix}{connector}{}", show(&label(graph, edge)));
        if let (Ok(target), false) = (&edge.target, edge.shared) {
            stack.push((*target, 0, format!("{prefix}{}", if last { "   " } else { "│  " })));
        }
    }
    if !graph.cycles.is_empty() {
        let _ = writeln!(out, "\nCycles ({}):", graph.cycles.len());
        for cycle in &graph.cycles {
            let _ = writeln!(out, "  {}", show(&cycle.join(" -> ")));
        }
    }
    if !graph.conflicts.is_empty() {
        let _ = writeln!(out, "\nConflicts ({}):", graph.conflicts.len());
        for conflict in &graph.conflicts {
            let mut line = format!("{}:", conflict.name);
            if !conflict.versions.is_empty() {
                let _ = write!(line, " [{}]", conflict.versions.join(" "));
            }
            if !conflict.constraints.is_empty() {
                let _ = write!(line, " no version satisfies {}", conflict.constraints.join(" and "));
            }
            let _ = writeln!(out, "  {}", show(&line));
        }
    }
    out
}

fn label(graph: &Graph, edge: &Edge) -> String {
    let mut label = match edge.target.as_ref().ok().and_then(|id| graph.services.get(*id)) {
        Some(service) => format!("{}@{}", service.name, service.version()),
        None => short_reference(&edge.need.reference),
    };
    if edge.kind == EdgeKind::Reference {
        label.push_str(" [ref]");
    }
    if edge.local {
        label.push_str(" [local]");
    }
    if edge.shared {
        label.push_str(" (shared)");
    }
    if let Err(error) = &edge.target {
        let _ = write!(label, " (error: {error})");
    }
    label
}

/// Columns that a name is padded to before its versions.
const NAME_COLUMNS: usize = 14;

/// The changed part of a graph, the root's name first; empty when nothing changed. `show` as in [`render`].
pub fn render_difference(root: &GraphDifferenceNode, show: fn(&str) -> String) -> String {
    let mut out = String::new();
    if !root.is_changed() {
        return out;
    }
    let _ = writeln!(out, "{}", show(&root.name));
    render_children(&mut out, root, "", show);
    out
}

fn render_children(out: &mut String, node: &GraphDifferenceNode, prefix: &str, show: fn(&str) -> String) {
    let shown: Vec<_> = node.children.iter().filter(|child| child.is_changed()).collect();
    for (position, child) in shown.iter().enumerate() {
        let last = position + 1 == shown.len();
        let _ = write!(out, "{prefix}{}", if last { "└─ " } else { "├─ " });
        match &child.change {
            None => out.push_str(&show(&child.name)),
            Some(change) => {
                let name = show(&child.name);
                let version = |version: &Option<String>| version.as_deref().map(show).unwrap_or_default();
                let detail = match change.change_type {
                    GraphChangeKind::VersionChanged => {
                        format!("{} → {}", version(&change.old_version), version(&change.new_version))
                    }
                    GraphChangeKind::Added => format!("+{}", version(&change.new_version)),
                    GraphChangeKind::Removed => format!("-{}", version(&change.old_version)),
                };
                let padding = NAME_COLUMNS.saturating_sub(name.chars().count()).max(1);
                let _ = write!(out, "{name}{}{detail}", " ".repeat(padding));
            }
        }
        out.push('\n');
        render_children(out, child, &format!("{prefix}{}", if last { "   " } else { "│  " }), show);
    }
}

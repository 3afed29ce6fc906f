//! The service, what it exposes and what it needs, as a Mermaid diagram.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use pacto_contract::model::{Contract, Dependency};

use super::dependencies;
use super::markdown::{note, one_line};
use super::summary::replicas;
use super::{DocSubject, Graph};
use crate::graph::{EdgeKind, ServiceId};

/// Mermaid refuses longer texts.
const MAX_CHARS: usize = 50_000;
/// Kept free for the lines around what is drawn.
const RESERVED_CHARS: usize = 200;
/// Mermaid refuses more edges.
const MAX_EDGES: usize = 500;
/// Most interfaces that are drawn for one service.
const MAX_INTERFACES: usize = 30;
/// Most characters of one foreign text.
const MAX_LABEL_CHARS: usize = 60;

/// The diagram, and a note when it does not show everything.
pub(super) fn write(out: &mut String, subject: DocSubject<'_>) {
    let contract = &subject.document.contract;
    let mut diagram = Diagram::default();
    diagram.add(service("s0", contract));
    match subject.resolved_graph() {
        Some(graph) => draw_graph(&mut diagram, graph),
        None => {
            for (index, dependency) in contract.dependencies.iter().enumerate() {
                diagram.add(declared("s0", &format!("d{index}"), dependency.name(), dependency, ""));
            }
        }
    }
    diagram.write(out);
}

/// Something that is drawn as a whole or not at all.
#[derive(Debug, Default)]
struct Drawing {
    nodes: String,
    edges: String,
    edge_count: usize,
    public: bool,
}

impl Drawing {
    fn edge(&mut self, from: &str, to: &str, required: bool) {
        let arrow = if required { "-->" } else { "-.->" };
        let _ = writeln!(self.edges, "    {from} {arrow} {to}");
        self.edge_count += 1;
    }
}

/// What is drawn so far, within the limits of the renderer.
#[derive(Debug, Default)]
struct Diagram {
    content: Drawing,
    left_out: usize,
}

impl Diagram {
    /// Adds a drawing if there is room; nothing is added after something did not fit.
    fn add(&mut self, drawing: Drawing) -> bool {
        let Drawing { nodes, edges, edge_count, public } = drawing;
        let content = &mut self.content;
        let chars = content.nodes.len() + content.edges.len() + nodes.len() + edges.len();
        if self.left_out > 0
            || chars > MAX_CHARS - RESERVED_CHARS
            || content.edge_count + edge_count > MAX_EDGES
        {
            self.left_out += 1;
            return false;
        }
        content.nodes.push_str(&nodes);
        content.edges.push_str(&edges);
        content.edge_count += edge_count;
        content.public |= public;
        true
    }

    fn write(&self, out: &mut String) {
        out.push_str("```mermaid\ngraph TB\n");
        if self.content.public {
            out.push_str("    external([\"External users\"])\n");
        }
        let _ = writeln!(out, "{}{}```\n", self.content.nodes, self.content.edges);
        if self.left_out > 0 {
            note(out, &format!("{} more services are not drawn.", self.left_out));
        }
    }
}

/// A service with its state and its interfaces; `id` is one of ours.
fn service(id: &str, contract: &Contract) -> Drawing {
    let mut drawing = Drawing::default();
    let title = format!("{} {}", label(&contract.service.name), label(&contract.service.version));
    if contract.runtime.is_none() && contract.interfaces.is_empty() {
        let _ = writeln!(drawing.nodes, "    {id}[\"{title}\"]");
        return drawing;
    }
    let _ = writeln!(drawing.nodes, "    subgraph {id}[\"{title}\"]");
    if let Some(runtime) = &contract.runtime {
        let state = &runtime.state;
        let _ = write!(
            drawing.nodes,
            "        {id}_state[(\"{}<br/>{}, {}<br/>data criticality {}",
            label(&state.kind),
            label(&state.scope),
            label(&state.durability),
            label(&state.data_criticality),
        );
        if let Some(scaling) = contract.scaling {
            let _ = write!(drawing.nodes, "<br/>{}", replicas(scaling));
        }
        drawing.nodes.push_str("\")]\n");
    }
    let health = contract.runtime.as_ref().and_then(|runtime| runtime.health.as_ref());
    for (index, interface) in contract.interfaces.iter().take(MAX_INTERFACES).enumerate() {
        let mark = if health.is_some_and(|health| health.interface == interface.name) { " ♥" } else { "" };
        let name = format!("{id}_i{index}");
        let _ = write!(drawing.nodes, "        {name}[\"{}{mark}", label(&interface.name));
        let _ = write!(drawing.nodes, "<br/>{}", label(&interface.kind));
        if let Some(port) = interface.port {
            let _ = write!(drawing.nodes, ", port {port}");
        }
        if let Some(visibility) = &interface.visibility {
            let _ = write!(drawing.nodes, "<br/>{}", label(visibility));
        }
        drawing.nodes.push_str("\"]\n");
        if interface.visibility.as_deref() == Some("public") {
            drawing.public = true;
            drawing.edge("external", &name, true);
        }
    }
    if let Some(more) = contract.interfaces.len().checked_sub(MAX_INTERFACES).filter(|more| *more > 0) {
        let _ = writeln!(drawing.nodes, "        {id}_more[\"{more} more interfaces\"]");
    }
    drawing.nodes.push_str("    end\n");
    drawing
}

/// A dependency that is known only by its declaration.
fn declared(from: &str, id: &str, name: &str, dependency: &Dependency, remark: &str) -> Drawing {
    let mut drawing = Drawing::default();
    let _ = writeln!(drawing.nodes, "    {id}[\"{}{remark}\"]", label(name));
    declared_edge(&mut drawing, from, id, dependency.required, &dependency.compatibility);
    drawing
}

fn declared_edge(drawing: &mut Drawing, from: &str, id: &str, required: bool, compatibility: &str) {
    let (arrow, word) = if required { ("-->", "required") } else { ("-.->", "optional") };
    let _ = writeln!(drawing.edges, "    {from} {arrow}|\"{word} {}\"| {id}", label(compatibility));
    drawing.edge_count += 1;
}

/// All services below the root, nearest first, then what could not be resolved.
fn draw_graph(diagram: &mut Diagram, graph: &Graph) {
    let reachable: BTreeSet<ServiceId> = dependencies::depth_first(graph).into_iter().collect();
    let mut ways: BTreeMap<ServiceId, BTreeMap<(ServiceId, ServiceId), bool>> = BTreeMap::new();
    for &id in std::iter::once(&0).chain(&reachable) {
        for edge in graph.services.get(id).map(|service| service.edges.as_slice()).unwrap_or_default() {
            // A service that needs itself cannot be drawn as an arrow from a box into the same box.
            if let (EdgeKind::Dependency, Some(target)) = (edge.kind, edge.leads_to())
                && target != id
            {
                *ways.entry(target.max(id)).or_default().entry((id, target)).or_default() |= edge.required;
            }
        }
    }
    let mut drawn = BTreeSet::from([0]);
    for id in reachable {
        let Some(node) = graph.services.get(id) else { continue };
        let mut drawing = service(&format!("s{id}"), &node.resolved.document.contract);
        for (&(from, to), &required) in ways.get(&id).into_iter().flatten() {
            drawing.edge(&format!("s{from}"), &format!("s{to}"), required);
        }
        if diagram.add(drawing) {
            drawn.insert(id);
        }
    }
    let mut unresolved: BTreeMap<&str, String> = BTreeMap::new();
    for id in drawn {
        for edge in graph.services.get(id).map(|service| service.edges.as_slice()).unwrap_or_default() {
            if edge.kind != EdgeKind::Dependency || edge.leads_to().is_some() {
                continue;
            }
            let mut drawing = Drawing::default();
            let next = format!("u{}", unresolved.len());
            let known = unresolved.get(&*edge.need.reference);
            if known.is_none() {
                let _ =
                    writeln!(drawing.nodes, "    {next}[\"{}<br/>not resolved\"]", label(edge.need.name()));
            }
            let node = known.unwrap_or(&next);
            declared_edge(&mut drawing, &format!("s{id}"), node, edge.required, &edge.constraint);
            if diagram.add(drawing) {
                unresolved.entry(&edge.need.reference).or_insert(next);
            }
        }
    }
}

/// Foreign text inside of a quoted label. Whatever means something to Mermaid, to the Markdown in its labels or to
/// HTML becomes an entity; so no text can end the label, start a directive or add a node.
fn label(text: &str) -> String {
    let line = one_line(text, MAX_LABEL_CHARS);
    let mut label = String::with_capacity(line.len());
    let mut previous = ' ';
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let inner =
            previous.is_alphanumeric() && characters.peek().is_some_and(|next| next.is_alphanumeric());
        match character {
            '"' => label.push_str("#quot;"),
            '<' => label.push_str("#lt;"),
            '>' => label.push_str("#gt;"),
            '&' => label.push_str("#amp;"),
            '-' | '.' | '_' if inner => label.push(character),
            ' ' | '/' | '@' | '^' | ',' | '=' => label.push(character),
            _ if character.is_ascii_punctuation() => {
                let _ = write!(label, "#{};", u32::from(character));
            }
            _ => label.push(character),
        }
        previous = character;
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_inert() {
        assert_eq!(label("cart-service 1.2.0, ^1.0 a_b"), "cart-service 1.2.0, ^1.0 a_b");
        assert_eq!(label("a\"]\nclick x"), "a#quot;#93; click x");
        assert_eq!(label("%%{init: {}}%%"), "#37;#37;#123;init#58; #123;#125;#125;#37;#37;");
        assert_eq!(label("<b>&lt;#quot;"), "#lt;b#gt;#amp;lt#59;#35;quot#59;");
        assert_eq!(label("- 1. `x` *y* _z_"), "#45; 1#46; #96;x#96; #42;y#42; #95;z#95;");
        assert_eq!(label(&"x".repeat(1_000)).chars().count(), MAX_LABEL_CHARS + 1);
    }

    #[test]
    fn diagrams_stay_within_the_renderer() {
        let mut diagram = Diagram::default();
        for _ in 0..=MAX_EDGES {
            let mut drawing = Drawing::default();
            drawing.edge("a", "b", true);
            diagram.add(drawing);
        }
        assert_eq!((diagram.content.edge_count, diagram.left_out), (MAX_EDGES, 1));
        let mut diagram = Diagram::default();
        for _ in 0..100 {
            diagram.add(Drawing { nodes: "x".repeat(1_000), ..Drawing::default() });
        }
        let mut out = String::new();
        diagram.write(&mut out);
        assert!(out.len() < MAX_CHARS && diagram.left_out > 0, "{}", out.len());
    }
}

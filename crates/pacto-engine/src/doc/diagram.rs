//! The service, what it exposes and what it needs, as a picture: SVG that needs no script, no font and no network.
//!
//! Cards stand in the layers of [`crate::graph::layout`], consumers left; a card is as high as it has interfaces.
//! Colours come from the page by the classes that are used here, see [`STYLE`]. The same subject gives the same bytes.

use std::collections::BTreeMap;
use std::fmt::Write;

use pacto_contract::model::Contract;

use super::DocSubject;
use super::dependencies::depth_first;
use super::markdown::{html, one_line};
use super::summary::replicas;
use crate::graph::{EdgeKind, Graph, ServiceId, layout};

/// How the picture looks; part of the page that shows it.
pub const STYLE: &str = include_str!("diagram.css");

/// Most services that are drawn; the others are counted.
pub const MAX_SERVICES: usize = 120;
/// Most interfaces that are drawn for one service.
pub const MAX_INTERFACES: usize = 12;
/// Most edges that are drawn.
pub const MAX_EDGES: usize = 500;

/// Width of a card, in CSS pixels.
const WIDTH: usize = 232;
/// Between two layers; edges turn here.
const LAYER_GAP: usize = 112;
/// Between two cards of a layer.
const ROW_GAP: usize = 24;
/// Height of the title of a card.
const TITLE: usize = 36;
/// Height of one line below the title.
const LINE: usize = 20;
/// Around the picture.
const MARGIN: usize = 12;
/// Most characters of the lines of a card, of which there is room for so many.
const TITLE_CHARS: usize = 28;
const LINE_CHARS: usize = 34;

/// One box.
#[derive(Debug, Default)]
struct Card {
    class: &'static str,
    title: String,
    lines: Vec<(&'static str, String)>,
    x: usize,
    y: usize,
}

impl Card {
    fn height(&self) -> usize {
        TITLE + self.lines.len() * LINE + if self.lines.is_empty() { 0 } else { 8 }
    }
}

/// One arrow between two cards.
#[derive(Debug)]
struct Arrow {
    from: usize,
    to: usize,
    required: bool,
    label: String,
}

/// The picture, and how many services it does not show.
///
/// ```
/// use pacto_contract::{Bundle, ContractDocument};
/// use pacto_engine::doc::{DocSubject, diagram};
///
/// let text = b"pactoVersion: '1.0'\nservice: {name: cart, version: 1.2.0}\n";
/// let document = ContractDocument::parse("pacto.yaml", text).map_err(|_| "no contract")?;
/// let (svg, left_out) = diagram::svg(DocSubject { document: &document, bundle: &Bundle::default(), graph: None });
/// assert!(svg.starts_with("<svg ") && svg.contains(">cart</tspan>") && left_out == 0);
/// # Ok::<(), &str>(())
/// ```
pub fn svg(subject: DocSubject<'_>) -> (String, usize) {
    let contract = &subject.document.contract;
    let (mut cards, mut arrows, mut left_out) = (Vec::new(), Vec::new(), 0);
    let mut public = Vec::new();
    let mut add = |cards: &mut Vec<Card>, class, contract: &Contract| {
        if contract.interfaces.iter().any(|interface| interface.visibility.as_deref() == Some("public")) {
            public.push(cards.len());
        }
        cards.push(card(class, contract));
    };
    add(&mut cards, "root", contract);
    match subject.resolved_graph() {
        None => {
            for dependency in &contract.dependencies {
                let label = dependency.compatibility.clone();
                arrows.push(Arrow { from: 0, to: cards.len(), required: dependency.required, label });
                cards.push(unknown(dependency.name(), "not resolved"));
            }
        }
        Some(graph) => {
            let mut places: BTreeMap<ServiceId, usize> = BTreeMap::from([(0, 0)]);
            for id in depth_first(graph) {
                let Some(service) = graph.services.get(id) else { continue };
                if cards.len() >= MAX_SERVICES {
                    left_out += 1;
                    continue;
                }
                places.insert(id, cards.len());
                add(&mut cards, "service", &service.resolved.document.contract);
            }
            connect(graph, &places, &mut cards, &mut arrows);
        }
    }
    if !public.is_empty() {
        let outside = cards.len();
        cards.push(Card { class: "outside", title: "External users".to_owned(), ..Card::default() });
        let to = public.into_iter().filter(|place| *place < outside);
        arrows.extend(to.map(|to| Arrow { from: outside, to, required: true, label: String::new() }));
    }
    arrows.truncate(MAX_EDGES);
    let size = place(&mut cards, &arrows);
    (draw(&contract.service.name, &cards, &arrows, size), left_out)
}

fn card(class: &'static str, contract: &Contract) -> Card {
    let service = &contract.service;
    let mut lines = Vec::new();
    if let Some(runtime) = &contract.runtime {
        let mut text = format!("{}, {}", runtime.state.kind, runtime.workload);
        if let Some(scaling) = contract.scaling {
            let _ = write!(text, ", {}", replicas(scaling));
        }
        lines.push(("state", text));
    }
    let health = contract.runtime.as_ref().and_then(|runtime| runtime.health.as_ref());
    for interface in contract.interfaces.iter().take(MAX_INTERFACES) {
        let mut text = format!("{} · {}", interface.name, interface.kind);
        if let Some(port) = interface.port {
            let _ = write!(text, " :{port}");
        }
        if health.is_some_and(|health| health.interface == interface.name) {
            text.push_str(" ♥");
        }
        let is_public = interface.visibility.as_deref() == Some("public");
        lines.push((if is_public { "public" } else { "interface" }, text));
    }
    if let Some(more @ 1..) = contract.interfaces.len().checked_sub(MAX_INTERFACES) {
        lines.push(("state", format!("{more} more interfaces")));
    }
    let title = format!("{}\n{}", service.name, service.version);
    Card { class, title, lines, ..Card::default() }
}

/// Something of which only the need is known.
fn unknown(name: &str, why: &str) -> Card {
    Card {
        class: "unknown",
        title: name.to_owned(),
        lines: vec![("state", why.to_owned())],
        ..Card::default()
    }
}

/// The edges between what is drawn, and boxes for what could not be resolved.
fn connect(
    graph: &Graph,
    places: &BTreeMap<ServiceId, usize>,
    cards: &mut Vec<Card>,
    arrows: &mut Vec<Arrow>,
) {
    let mut unresolved: BTreeMap<&str, usize> = BTreeMap::new();
    for (id, from) in places {
        let edges = graph.services.get(*id).map(|service| service.edges.as_slice()).unwrap_or_default();
        for edge in edges.iter().filter(|edge| edge.kind == EdgeKind::Dependency) {
            let to = match edge.leads_to() {
                Some(target) => match places.get(&target) {
                    Some(place) if place != from => *place,
                    _ => continue,
                },
                None => *unresolved.entry(&*edge.need.reference).or_insert_with(|| {
                    cards.push(unknown(edge.need.name(), "not resolved"));
                    cards.len() - 1
                }),
            };
            let known = arrows.iter_mut().find(|arrow: &&mut Arrow| arrow.from == *from && arrow.to == to);
            match known {
                Some(arrow) => arrow.required |= edge.required,
                None => arrows.push(Arrow {
                    from: *from,
                    to,
                    required: edge.required,
                    label: edge.constraint.to_string(),
                }),
            }
        }
    }
}

/// Gives every card its place; the size of the picture.
fn place(cards: &mut [Card], arrows: &[Arrow]) -> (usize, usize) {
    let names: Vec<&str> = cards.iter().map(|card| card.title.as_str()).collect();
    let edges: Vec<_> = arrows.iter().map(|arrow| (arrow.from, arrow.to)).collect();
    let positions = layout(&names, &edges).nodes;
    let mut layers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, position) in positions.iter().enumerate() {
        layers.entry(position.layer).or_default().push(index);
    }
    let height_of = |layer: &[usize], cards: &[Card]| {
        let heights = layer.iter().filter_map(|index| cards.get(*index)).map(Card::height);
        heights.sum::<usize>() + layer.len().saturating_sub(1) * ROW_GAP
    };
    let tallest = layers.values().map(|layer| height_of(layer, cards)).max().unwrap_or_default();
    for (column, layer) in layers.values_mut().enumerate() {
        layer.sort_by_key(|index| positions.get(*index).map(|position| (position.y, position.x)));
        let mut y = MARGIN + (tallest - height_of(layer, cards)) / 2;
        for index in layer {
            if let Some(card) = cards.get_mut(*index) {
                (card.x, card.y) = (MARGIN + column * (WIDTH + LAYER_GAP), y);
                y += card.height() + ROW_GAP;
            }
        }
    }
    let columns = layers.len();
    (columns * WIDTH + columns.saturating_sub(1) * LAYER_GAP + 2 * MARGIN, tallest + 2 * MARGIN)
}

fn draw(name: &str, cards: &[Card], arrows: &[Arrow], (width, height): (usize, usize)) -> String {
    let mut out = String::new();
    let _ = write!(
        out,
        "<svg class=\"diagram\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\"><title>{} and what it needs</title>\
         <defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto\"><path class=\"head\" d=\"M0 0 8 4 0 8z\"/></marker></defs>",
        text(name, TITLE_CHARS)
    );
    for arrow in arrows {
        if let (Some(from), Some(to)) = (cards.get(arrow.from), cards.get(arrow.to)) {
            draw_arrow(&mut out, arrow, from, to);
        }
    }
    for card in cards {
        draw_card(&mut out, card);
    }
    out.push_str("</svg>");
    out
}

fn draw_arrow(out: &mut String, arrow: &Arrow, from: &Card, to: &Card) {
    let (y1, y2) = (from.y + TITLE / 2, to.y + TITLE / 2);
    let class = if arrow.required { "edge" } else { "edge optional" };
    if from.x >= to.x {
        // Closes a cycle: leaves and enters at the bottom, below both cards.
        let (x1, x2) = (from.x + WIDTH / 2, to.x + WIDTH / 2);
        let (y1, y2) = (from.y + from.height(), to.y + to.height());
        let deep = y1.max(y2) + ROW_GAP;
        let _ = write!(
            out,
            "<path class=\"{class}\" marker-end=\"url(#arrow)\" d=\"M{x1} {y1}C{x1} {deep} {x2} {deep} {x2} {y2}\"/>"
        );
        return;
    }
    let (x1, x2) = (from.x + WIDTH, to.x);
    let middle = usize::midpoint(x1, x2);
    let _ = write!(
        out,
        "<path class=\"{class}\" marker-end=\"url(#arrow)\" d=\"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}\"/>"
    );
    if !arrow.label.is_empty() {
        // Beside the end, where arrows to one card are apart from those to others.
        let _ = write!(
            out,
            "<text class=\"range\" text-anchor=\"end\" x=\"{}\" y=\"{}\">{}</text>",
            x2 - 10,
            y2 - 5,
            text(&arrow.label, 14)
        );
    }
}

fn draw_card(out: &mut String, card: &Card) {
    let Card { class, x, y, .. } = card;
    let (title, version) = card.title.split_once('\n').unwrap_or((&card.title, ""));
    let _ = write!(
        out,
        "<g class=\"{class}\"><rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{}\" rx=\"8\"/>\
         <text x=\"{}\" y=\"{}\"><tspan class=\"name\">{}</tspan>",
        card.height(),
        x + 12,
        y + 23,
        text(title, TITLE_CHARS)
    );
    if !version.is_empty() {
        let _ = write!(out, "<tspan class=\"version\" dx=\"6\">{}</tspan>", text(version, 14));
    }
    out.push_str("</text>");
    for (index, (class, line)) in card.lines.iter().enumerate() {
        let middle = y + TITLE + index * LINE + 8;
        if *class != "state" {
            let _ = write!(out, "<circle class=\"{class}\" cx=\"{}\" cy=\"{}\" r=\"3\"/>", x + 16, middle);
        }
        let left = if *class == "state" { x + 12 } else { x + 26 };
        let _ = write!(
            out,
            "<text class=\"line\" x=\"{left}\" y=\"{}\">{}</text>",
            middle + 4,
            text(line, LINE_CHARS)
        );
    }
    out.push_str("</g>");
}

/// Foreign text as it may stand between two tags.
fn text(text: &str, max: usize) -> String {
    html(&one_line(text, max))
}

//! Where the services of a fleet stand when it is drawn: in layers, consumers left, what they need to the right.
//!
//! The steps are those of Sugiyama, each in its own module: edges that close cycles are set aside ([`acyclic`]), every
//! node gets a layer ([`layers`]), nodes of a layer an order with few crossings ([`order`]), then places near what
//! they are linked with ([`place`]); groups that nothing links are packed beside each other ([`pack`]).
//!
//! Whole numbers only, and every tie is broken by name: the same fleet gives the same picture on every machine, in
//! whatever order it was listed.

mod acyclic;
mod layers;
mod order;
mod pack;
mod place;

use schemars::JsonSchema;
use serde::Serialize;

/// Width of the card of a service, in CSS pixels.
pub const CARD_WIDTH: u32 = 200;
/// Height of the card of a service, in CSS pixels.
pub const CARD_HEIGHT: u32 = 56;
/// Between the cards of two layers; edges turn here.
pub const LAYER_GAP: u32 = 96;
/// Between two columns of one layer that had too many cards for one.
pub const COLUMN_GAP: u32 = 32;
/// Between two cards of one column.
pub const ROW_GAP: u32 = 24;
/// Between groups of services that nothing links.
pub const GROUP_GAP: u32 = 96;

/// A fleet, laid out. The upper left corner is 0, 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Layout {
    /// One for each node, in the order they were given.
    pub nodes: Vec<Position>,
    /// Edges that lead back, to a layer that is not further right: each closes a cycle. Sorted.
    pub feedback: Vec<(usize, usize)>,
    /// From the left of the first card to the right of the last, in CSS pixels.
    pub width: u32,
    /// From the top of the first card to the bottom of the last, in CSS pixels.
    pub height: u32,
}

/// Where one card stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Position {
    /// Centre of the card from the left, in CSS pixels.
    pub x: u32,
    /// Centre of the card from the top, in CSS pixels.
    pub y: u32,
    /// How many layers of its group are left of it.
    pub layer: usize,
}

/// Places `names.len()` cards. An edge `(from, to)` says that `from` needs `to`, by position in `names`; edges that
/// name no node are ignored.
///
/// Names decide ties, so they should be unique: among nodes of one name the order in which they are given counts.
///
/// ```
/// use pacto_engine::graph::layout;
/// let fleet = layout(&["cart", "shop"], &[(1, 0)]);
/// assert!(fleet.nodes[1].x < fleet.nodes[0].x, "the shop needs the cart, so the cart is right of it");
/// ```
pub fn layout(names: &[&str], edges: &[(usize, usize)]) -> Layout {
    // From here on a node is known by its rank among the names, so that the order of the input is forgotten.
    let mut by_name: Vec<usize> = (0..names.len()).collect();
    by_name.sort_by_key(|node| names.get(*node));
    let mut rank = vec![0; names.len()];
    for (position, node) in by_name.iter().enumerate() {
        set(&mut rank, *node, position);
    }
    let mut needs = vec![Vec::new(); names.len()];
    let mut feedback = Vec::new();
    for (from, to) in edges.iter().filter(|(from, to)| *from.max(to) < names.len()) {
        if from == to {
            feedback.push((*from, *to));
        } else if let Some(list) = needs.get_mut(at(&rank, *from)) {
            list.push(at(&rank, *to));
        }
    }
    for list in &mut needs {
        list.sort_unstable();
        list.dedup();
    }
    for (from, to) in acyclic::break_cycles(&mut needs) {
        feedback.push((at(&by_name, from), at(&by_name, to)));
    }
    feedback.sort_unstable();
    feedback.dedup();

    let links = Links::new(needs);
    let (placed, width, height) = arrange(&links);
    let nodes = rank.iter().map(|rank| at(&placed, *rank)).collect();
    Layout { nodes, feedback, width, height }
}

/// Edges without cycles, from both ends; lists are sorted.
struct Links {
    /// What each node needs: always in a later layer.
    needs: Vec<Vec<usize>>,
    /// What needs each node.
    needed_by: Vec<Vec<usize>>,
}

impl Links {
    fn new(needs: Vec<Vec<usize>>) -> Self {
        let needed_by = reversed(&needs);
        Self { needs, needed_by }
    }

    fn len(&self) -> usize {
        self.needs.len()
    }

    /// Groups that no edge links with each other, those with most nodes first; each sorted.
    fn groups(&self) -> Vec<Vec<usize>> {
        let mut is_seen = vec![false; self.len()];
        let mut groups = Vec::new();
        for start in 0..self.len() {
            if at(&is_seen, start) {
                continue;
            }
            set(&mut is_seen, start, true);
            let (mut group, mut next) = (vec![start], 0);
            while let Some(node) = group.get(next).copied() {
                next += 1;
                for other in of(&self.needs, node).iter().chain(of(&self.needed_by, node)) {
                    if !at(&is_seen, *other) {
                        set(&mut is_seen, *other, true);
                        group.push(*other);
                    }
                }
            }
            group.sort_unstable();
            groups.push(group);
        }
        groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
        groups
    }
}

/// Positions by rank, and the size of it all.
fn arrange(links: &Links) -> (Vec<Position>, u32, u32) {
    let mut layers = layers::assign(links);
    let (linked, alone): (Vec<_>, Vec<_>) = links.groups().into_iter().partition(|group| group.len() > 1);
    let alone: Vec<usize> = alone.into_iter().flatten().collect();
    let mut local = vec![0; links.len()];
    let mut drawings: Vec<Drawing> = Vec::new();
    for group in linked {
        layers::close_ranks(&group, &mut layers);
        for (position, node) in group.iter().enumerate() {
            set(&mut local, *node, position);
        }
        let inside = Links::new(
            group
                .iter()
                .map(|node| of(&links.needs, *node).iter().map(|other| at(&local, *other)).collect())
                .collect(),
        );
        let inner_layers: Vec<usize> = group.iter().map(|node| at(&layers, *node)).collect();
        let columns = order::order(&inside, &inner_layers);
        drawings.push(place::place(&inside, &columns, group));
    }
    let offsets = pack::pack(&mut drawings, alone);
    let mut placed = vec![Position::default(); links.len()];
    let (mut width, mut height) = (0, 0);
    for (drawing, (left, top)) in drawings.iter().zip(offsets) {
        for (node, (x, y)) in drawing.nodes.iter().zip(&drawing.corners) {
            let position = Position {
                x: left + x + CARD_WIDTH / 2,
                y: top + y + CARD_HEIGHT / 2,
                layer: at(&layers, *node),
            };
            set(&mut placed, *node, position);
        }
        width = width.max(left + drawing.width);
        height = height.max(top + drawing.height);
    }
    (placed, width, height)
}

/// One group, laid out by itself.
struct Drawing {
    nodes: Vec<usize>,
    /// Upper left corners of the cards of `nodes`.
    corners: Vec<(u32, u32)>,
    width: u32,
    height: u32,
}

/// `needs` from the other end.
fn reversed(needs: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut needed_by = vec![Vec::new(); needs.len()];
    for (from, targets) in needs.iter().enumerate() {
        for to in targets {
            if let Some(list) = needed_by.get_mut(*to) {
                list.push(from);
            }
        }
    }
    needed_by
}

/// Most rows of a layer in a drawing of `nodes` cards before it folds into several columns: about a square. A power
/// of two, because every layer moves when it changes.
fn most_rows(nodes: usize) -> usize {
    const FEWEST: usize = 32;
    let pitch_x = (CARD_WIDTH + LAYER_GAP) as usize;
    let pitch_y = (CARD_HEIGHT + ROW_GAP) as usize;
    (nodes * pitch_x / pitch_y).isqrt().next_power_of_two().max(FEWEST)
}

fn of(lists: &[Vec<usize>], position: usize) -> &[usize] {
    lists.get(position).map(Vec::as_slice).unwrap_or_default()
}

fn at<T: Copy + Default>(values: &[T], position: usize) -> T {
    values.get(position).copied().unwrap_or_default()
}

fn set<T>(values: &mut [T], position: usize, to: T) {
    if let Some(slot) = values.get_mut(position) {
        *slot = to;
    }
}

/// Counts one less, and answers with what is left.
fn count_down(counts: &mut [usize], position: usize) -> usize {
    let Some(slot) = counts.get_mut(position) else { return 0 };
    *slot = slot.saturating_sub(1);
    *slot
}

/// A count of cards as pixels can hold it.
fn count(cards: usize) -> u32 {
    u32::try_from(cards).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;

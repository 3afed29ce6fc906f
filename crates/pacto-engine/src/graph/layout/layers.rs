//! Which layer each node is in.

use super::{Links, at, count_down, of, set};

/// Rounds that pull nodes; more seldom change anything.
const ROUNDS: usize = 4;

/// A layer for each node, so that every edge leads to a later one: first as far left as can be, then pulled to where
/// the edges of each node are shortest in sum.
pub(super) fn assign(links: &Links) -> Vec<usize> {
    let sequence = topological(links);
    let mut layers = vec![0; links.len()];
    for node in &sequence {
        let layer = after(&layers, of(&links.needed_by, *node)).unwrap_or(0);
        set(&mut layers, *node, layer);
    }
    for _ in 0..ROUNDS {
        let mut is_changed = false;
        for node in sequence.iter().rev().chain(&sequence) {
            let (needs, needed_by) = (of(&links.needs, *node), of(&links.needed_by, *node));
            let now = at(&layers, *node);
            let wanted = match needs.len().cmp(&needed_by.len()) {
                std::cmp::Ordering::Greater => before(&layers, needs).unwrap_or(now),
                std::cmp::Ordering::Less => after(&layers, needed_by).unwrap_or(now),
                std::cmp::Ordering::Equal => now,
            };
            if wanted != now {
                set(&mut layers, *node, wanted);
                is_changed = true;
            }
        }
        if !is_changed {
            break;
        }
    }
    layers
}

/// Numbers the layers of a group anew, from 0 and without empty ones.
pub(super) fn close_ranks(group: &[usize], layers: &mut [usize]) {
    let mut used: Vec<usize> = group.iter().map(|node| at(layers, *node)).collect();
    used.sort_unstable();
    used.dedup();
    for node in group {
        let layer = used.binary_search(&at(layers, *node)).unwrap_or_default();
        set(layers, *node, layer);
    }
}

/// The first layer after all of `nodes`.
fn after(layers: &[usize], nodes: &[usize]) -> Option<usize> {
    Some(nodes.iter().map(|node| at(layers, *node)).max()? + 1)
}

/// The last layer before all of `nodes`. They are in layers after another node, so there is one.
fn before(layers: &[usize], nodes: &[usize]) -> Option<usize> {
    nodes.iter().map(|node| at(layers, *node)).min()?.checked_sub(1)
}

/// Every node after all that need it.
fn topological(links: &Links) -> Vec<usize> {
    let mut waits_for: Vec<usize> = links.needed_by.iter().map(Vec::len).collect();
    let mut sequence: Vec<usize> = (0..links.len()).filter(|node| at(&waits_for, *node) == 0).collect();
    let mut next = 0;
    while let Some(node) = sequence.get(next).copied() {
        next += 1;
        for to in of(&links.needs, node) {
            if count_down(&mut waits_for, *to) == 0 {
                sequence.push(*to);
            }
        }
    }
    sequence
}

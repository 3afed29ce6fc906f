//! In which order the nodes of a layer stand.

use super::{Links, at, of, set};

/// Most steps of long edges that are followed from layer to layer. Longer edges take part in the order only while
/// the sum stays below; there are always shorter ones at both of their ends.
const MOST_STEPS: usize = 20_000;
/// Edges that all sweeps together may look at: thousands of services get fewer sweeps.
const WORK: usize = 250_000;
const SWEEPS: std::ops::RangeInclusive<usize> = 4..=24;
/// Sweeps without fewer crossings after which no better order is looked for.
const PATIENCE: usize = 3;

/// The nodes of each layer from top to bottom, with few crossings.
///
/// Sweeps from left to right and back move every node to the mean height of its neighbours in the layer that the
/// sweep comes from; the order with the fewest crossings stays.
pub(super) fn order(links: &Links, layers: &[usize]) -> Vec<Vec<usize>> {
    let ladder = Ladder::new(links, layers);
    let mut columns = ladder.first_order();
    let mut best = columns.clone();
    let mut fewest = ladder.crossings(&columns);
    let rounds = (WORK / ladder.edges.max(1)).clamp(*SWEEPS.start(), *SWEEPS.end());
    let mut stale = 0;
    for round in 0..rounds {
        if fewest == 0 || stale == PATIENCE {
            break;
        }
        ladder.sweep(&mut columns, round % 2 == 0);
        let crossings = ladder.crossings(&columns);
        if crossings < fewest {
            fewest = crossings;
            best.clone_from(&columns);
            stale = 0;
        } else {
            stale += 1;
        }
    }
    for column in &mut best {
        column.retain(|vertex| *vertex < links.len());
    }
    best
}

/// The graph with a vertex in every layer that a long edge passes, so that every edge leads to the next layer.
/// Vertices above the number of nodes are such steps.
struct Ladder {
    links: Links,
    layers: Vec<usize>,
    columns: usize,
    edges: usize,
}

impl Ladder {
    fn new(links: &Links, layers: &[usize]) -> Self {
        let longest = longest_followed(links, layers);
        let mut needs: Vec<Vec<usize>> = vec![Vec::new(); links.len()];
        let mut all_layers = layers.to_vec();
        let mut edges = 0;
        for (from, targets) in links.needs.iter().enumerate() {
            for to in targets {
                let (start, end) = (at(layers, from), at(layers, *to));
                if end.saturating_sub(start) > longest {
                    continue;
                }
                let mut vertex = from;
                for layer in start + 1..end {
                    let step = needs.len();
                    needs.push(Vec::new());
                    all_layers.push(layer);
                    link(&mut needs, vertex, step);
                    vertex = step;
                }
                link(&mut needs, vertex, *to);
                edges += end.saturating_sub(start);
            }
        }
        let columns = layers.iter().max().map_or(0, |last| last + 1);
        Self { links: Links::new(needs), layers: all_layers, columns, edges }
    }

    /// As a walk meets them that follows each edge as far as it leads: trees come out without any crossing.
    fn first_order(&self) -> Vec<Vec<usize>> {
        let mut columns = vec![Vec::new(); self.columns];
        let mut is_seen = vec![false; self.links.len()];
        let mut starts: Vec<usize> = (0..self.links.len()).collect();
        starts.sort_by_key(|vertex| at(&self.layers, *vertex));
        for start in starts {
            let mut stack = vec![start];
            while let Some(vertex) = stack.pop() {
                if at(&is_seen, vertex) {
                    continue;
                }
                set(&mut is_seen, vertex, true);
                if let Some(column) = columns.get_mut(at(&self.layers, vertex)) {
                    column.push(vertex);
                }
                stack.extend(of(&self.links.needs, vertex).iter().rev());
            }
        }
        columns
    }

    fn sweep(&self, columns: &mut [Vec<usize>], is_rightward: bool) {
        let neighbours = if is_rightward { &self.links.needed_by } else { &self.links.needs };
        let mut heights = vec![0; self.links.len()];
        let mut keyed = Vec::new();
        let mut settle = |column: &mut Vec<usize>| {
            keyed.clear();
            // A vertex without neighbours on that side stays where it is.
            keyed.extend(column.iter().enumerate().map(|(position, vertex)| {
                let around = of(neighbours, *vertex);
                let sum: u64 = around.iter().map(|other| at(&heights, *other)).sum();
                let mean = sum.checked_div(around.len() as u64);
                (mean.unwrap_or_else(|| height(position, column.len())), position, *vertex)
            }));
            keyed.sort_unstable();
            column.clear();
            column.extend(keyed.iter().map(|(.., vertex)| *vertex));
            for (position, vertex) in column.iter().enumerate() {
                set(&mut heights, *vertex, height(position, column.len()));
            }
        };
        if is_rightward {
            columns.iter_mut().for_each(&mut settle);
        } else {
            columns.iter_mut().rev().for_each(&mut settle);
        }
    }

    /// How often two edges between the same layers cross.
    fn crossings(&self, columns: &[Vec<usize>]) -> u64 {
        let mut positions = vec![0; self.links.len()];
        for column in columns {
            for (position, vertex) in column.iter().enumerate() {
                set(&mut positions, *vertex, position);
            }
        }
        let (mut total, mut ends, mut tree) = (0, Vec::new(), Vec::new());
        for pair in columns.windows(2) {
            let [column, next] = pair else { continue };
            tree.clear();
            tree.resize(next.len() + 1, 0);
            let mut passed = 0;
            for vertex in column {
                ends.clear();
                ends.extend(of(&self.links.needs, *vertex).iter().map(|to| at(&positions, *to)));
                // Edges from above that end below; those of one vertex do not cross each other.
                total += ends.iter().map(|end| passed - counted_up_to(&tree, *end)).sum::<u64>();
                for end in &ends {
                    count_in(&mut tree, *end);
                }
                passed += ends.len() as u64;
            }
        }
        total
    }
}

fn link(needs: &mut [Vec<usize>], from: usize, to: usize) {
    if let Some(list) = needs.get_mut(from) {
        list.push(to);
    }
}

/// The longest edges, in layers, that are followed.
fn longest_followed(links: &Links, layers: &[usize]) -> usize {
    let mut lengths: Vec<usize> = links
        .needs
        .iter()
        .enumerate()
        .flat_map(|(from, targets)| {
            targets.iter().map(move |to| at(layers, *to).saturating_sub(at(layers, from)))
        })
        .collect();
    lengths.sort_unstable();
    let mut steps = 0;
    for length in lengths {
        steps += length.saturating_sub(1);
        if steps > MOST_STEPS {
            return length.saturating_sub(1).max(1);
        }
    }
    usize::MAX
}

/// Relative height in a column, so that columns of different lengths can be compared.
fn height(position: usize, length: usize) -> u64 {
    const SCALE: u64 = 1 << 32;
    (2 * position as u64 + 1) * SCALE / (2 * length.max(1) as u64)
}

/// Fenwick tree: how many edges ended at `position` or above it.
fn counted_up_to(tree: &[u64], position: usize) -> u64 {
    let (mut slot, mut sum) = (position + 1, 0);
    while slot > 0 {
        sum += at(tree, slot);
        slot &= slot - 1;
    }
    sum
}

fn count_in(tree: &mut [u64], position: usize) {
    let mut slot = position + 1;
    while let Some(counted) = tree.get_mut(slot) {
        *counted += 1;
        slot += slot & slot.wrapping_neg();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn crossings_are_counted_as_pairs(edges in proptest::collection::btree_set((0_usize..8, 8_usize..16), 0..30)) {
            let mut needs = vec![Vec::new(); 16];
            for (from, to) in &edges { needs[*from].push(*to); }
            let layers: Vec<usize> = (0..16).map(|node| node / 8).collect();
            let ladder = Ladder::new(&Links::new(needs), &layers);
            let columns = [(0..8).collect(), (8..16).collect()];
            let pairs = edges.iter().flat_map(|one| edges.iter().map(move |other| (one, other)));
            let expected = pairs.filter(|(one, other)| one.0 < other.0 && one.1 > other.1).count() as u64;
            prop_assert_eq!(ladder.crossings(&columns), expected);
        }
    }
}

//! Blast radius: how many services stop working when one does.

use super::{EdgeKind, Graph};

/// Services whose sets are computed together: few enough that the sets of ten thousand services stay near the
/// processor.
const BLOCK_BITS: usize = BLOCK_WORDS * WORD_BITS;
const BLOCK_WORDS: usize = 16;
const WORD_BITS: usize = 64;

/// Which services of one block reach a component.
type Set = [u64; BLOCK_WORDS];

/// For every service of the graph, how many others need it, directly or not, through required dependencies.
/// Same order as [`Graph::services`].
pub fn blast_radius(graph: &Graph) -> Vec<usize> {
    let needs: Vec<Vec<usize>> = graph
        .services
        .iter()
        .map(|service| {
            let required =
                service.edges.iter().filter(|edge| edge.required && edge.kind == EdgeKind::Dependency);
            required.filter_map(|edge| edge.target.as_ref().ok().copied()).collect()
        })
        .collect();
    dependents(&needs)
}

/// `needs[a]` lists what `a` needs; the answer counts, for each, who needs it transitively (itself excluded).
///
/// Services that need each other form one component; sets of dependents travel along the components in
/// topological order as bit sets, in blocks so that memory stays bounded.
pub fn dependents(needs: &[Vec<usize>]) -> Vec<usize> {
    let (component, count) = components(needs);
    // Tarjan numbers components so that a component comes after everything it needs; walk from needers down.
    let mut edges: Vec<(usize, usize)> = Vec::new();
    for (service, targets) in needs.iter().enumerate() {
        let from = at(&component, service);
        edges.extend(
            targets.iter().map(|target| (from, at(&component, *target))).filter(|(from, to)| to < from),
        );
    }
    edges.sort_unstable_by(|left, right| right.cmp(left));
    edges.dedup();
    let (mut sets, mut totals) = (vec![[0; BLOCK_WORDS]; count], vec![0; count]);
    for block in (0..needs.len()).step_by(BLOCK_BITS) {
        let members = component.iter().enumerate().skip(block).take(BLOCK_BITS);
        add_block(members, &edges, &mut sets, &mut totals);
    }
    component.iter().map(|component| at(&totals, *component).saturating_sub(1)).collect()
}

/// Adds, for every component, how many services of the block reach it; `members` are these, with their components.
fn add_block<'a>(
    members: impl Iterator<Item = (usize, &'a usize)>,
    edges: &[(usize, usize)],
    sets: &mut [Set],
    totals: &mut [usize],
) {
    sets.fill([0; BLOCK_WORDS]);
    let mut is_reached = vec![false; sets.len()];
    for (service, component) in members {
        let bit = service % BLOCK_BITS;
        if let Some(word) = sets.get_mut(*component).and_then(|set| set.get_mut(bit / WORD_BITS)) {
            *word |= 1 << (bit % WORD_BITS);
        }
        if let Some(reached) = is_reached.get_mut(*component) {
            *reached = true;
        }
    }
    for (from, to) in edges {
        if is_reached.get(*from) != Some(&true) {
            continue;
        }
        let (lower, upper) = sets.split_at_mut(*from);
        if let (Some(target), Some(source), Some(reached)) =
            (lower.get_mut(*to), upper.first(), is_reached.get_mut(*to))
        {
            *reached = true;
            for (target, source) in target.iter_mut().zip(source) {
                *target |= source;
            }
        }
    }
    for ((set, total), _) in sets.iter().zip(totals).zip(is_reached).filter(|(_, reached)| *reached) {
        *total += set.iter().map(|word| word.count_ones() as usize).sum::<usize>();
    }
}

/// Strongly connected components by Tarjan, without recursion: the component of each service and their number.
pub fn components(needs: &[Vec<usize>]) -> (Vec<usize>, usize) {
    const NEW: usize = usize::MAX;
    let size = needs.len();
    let (mut index, mut low, mut component) = (vec![NEW; size], vec![0; size], vec![NEW; size]);
    let (mut open, mut next_index, mut count) = (Vec::new(), 0, 0);
    for root in 0..size {
        if index.get(root).copied() != Some(NEW) {
            continue;
        }
        let mut stack = vec![(root, 0)];
        while let Some((service, edge)) = stack.pop() {
            if edge == 0 {
                set(&mut index, service, next_index);
                set(&mut low, service, next_index);
                next_index += 1;
                open.push(service);
            }
            let targets = needs.get(service).map(Vec::as_slice).unwrap_or_default();
            if let Some(&target) = targets.get(edge) {
                stack.push((service, edge + 1));
                if at(&index, target) == NEW {
                    stack.push((target, 0));
                } else if at(&component, target) == NEW {
                    let lowest = at(&low, service).min(at(&index, target));
                    set(&mut low, service, lowest);
                }
                continue;
            }
            if at(&low, service) == at(&index, service) {
                while let Some(member) = open.pop() {
                    set(&mut component, member, count);
                    if member == service {
                        break;
                    }
                }
                count += 1;
            }
            if let Some(&(parent, _)) = stack.last() {
                let lowest = at(&low, parent).min(at(&low, service));
                set(&mut low, parent, lowest);
            }
        }
    }
    (component, count)
}

fn at(values: &[usize], position: usize) -> usize {
    values.get(position).copied().unwrap_or_default()
}

fn set(values: &mut [usize], position: usize, to: usize) {
    if let Some(slot) = values.get_mut(position) {
        *slot = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn counts_each_dependent_once() {
        // 0 -> 1 -> 3, 0 -> 2 -> 3, and 3 <-> 4.
        let needs = vec![vec![1, 2], vec![3], vec![3], vec![4], vec![3], vec![]];
        assert_eq!(dependents(&needs), [0, 1, 1, 4, 4, 0]);
    }

    proptest! {
        #[test]
        fn agrees_with_a_search_from_everywhere(
            edges in proptest::collection::vec((0_usize..30, 0_usize..30), 0..80)
        ) {
            let mut needs = vec![Vec::new(); 30];
            let mut graph = petgraph::graphmap::DiGraphMap::<usize, ()>::new();
            for service in 0..30 { graph.add_node(service); }
            for (from, to) in edges { needs[from].push(to); graph.add_edge(to, from, ()); }
            let expected: Vec<usize> = (0..30).map(|service| {
                let mut walk = petgraph::visit::Dfs::new(&graph, service);
                std::iter::from_fn(|| walk.next(&graph)).count() - 1
            }).collect();
            prop_assert_eq!(dependents(&needs), expected);
        }
    }
}

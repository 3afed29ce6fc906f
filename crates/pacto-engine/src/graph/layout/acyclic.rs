//! Which edges lead back.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::super::impact::components;
use super::{at, count_down, of, reversed, set};

/// Takes edges out of `needs` until no cycle is left, and answers with them.
///
/// Only edges among services that need each other are looked at. These are put in a row by the greedy rule of Eades,
/// Lin and Smyth (who needs nobody goes last, whom nobody needs first, else who needs most more than it is needed; of
/// equals the one that others come in by); what leads back in that row is taken out. At most half of the edges,
/// usually one a cycle.
pub(super) fn break_cycles(needs: &mut [Vec<usize>]) -> Vec<(usize, usize)> {
    let (component, components) = components(needs);
    if components == needs.len() {
        return Vec::new();
    }
    let within: Vec<Vec<usize>> = needs
        .iter()
        .enumerate()
        .map(|(from, targets)| {
            let own = at(&component, from);
            targets.iter().copied().filter(|to| at(&component, *to) == own).collect()
        })
        .collect();
    let mut entry = vec![0; needs.len()];
    for (from, targets) in needs.iter().enumerate() {
        for to in targets.iter().filter(|to| at(&component, **to) != at(&component, from)) {
            add(&mut entry, from, -1);
            add(&mut entry, *to, 1);
        }
    }
    let place = row(&within, &entry);
    let mut taken = Vec::new();
    for (from, targets) in needs.iter_mut().enumerate() {
        targets.retain(|to| {
            let leads_back =
                at(&component, *to) == at(&component, from) && at(&place, *to) < at(&place, from);
            if leads_back {
                taken.push((from, *to));
            }
            !leads_back
        });
    }
    taken
}

/// The place of each node in the row. `entry` says how much more others come in by it than go out.
fn row(needs: &[Vec<usize>], entry: &[isize]) -> Vec<usize> {
    let needed_by = reversed(needs);
    let mut rest = Rest {
        entry,
        out: needs.iter().map(Vec::len).collect(),
        into: needed_by.iter().map(Vec::len).collect(),
        is_gone: vec![false; needs.len()],
        ends: Vec::new(),
        starts: Vec::new(),
        others: BinaryHeap::new(),
    };
    for node in (0..needs.len()).rev() {
        rest.sort_in(node);
    }
    let (mut first, mut last) = (Vec::new(), Vec::new());
    while let Some((node, goes_last)) = rest.next() {
        if goes_last {
            last.push(node);
        } else {
            first.push(node);
        }
        for to in of(needs, node) {
            count_down(&mut rest.into, *to);
            rest.sort_in(*to);
        }
        for from in of(&needed_by, node) {
            count_down(&mut rest.out, *from);
            rest.sort_in(*from);
        }
    }
    let mut place = vec![0; needs.len()];
    for (position, node) in first.into_iter().chain(last.into_iter().rev()).enumerate() {
        set(&mut place, node, position);
    }
    place
}

/// Nodes that are not in the row yet.
struct Rest<'a> {
    entry: &'a [isize],
    /// How many of the rest each needs.
    out: Vec<usize>,
    /// How many of the rest need each.
    into: Vec<usize>,
    is_gone: Vec<bool>,
    ends: Vec<usize>,
    starts: Vec<usize>,
    /// By how much more they need than they are needed; entries that are no longer true are passed over.
    others: BinaryHeap<(isize, isize, Reverse<usize>)>,
}

impl Rest<'_> {
    fn sort_in(&mut self, node: usize) {
        if at(&self.is_gone, node) {
            return;
        }
        if at(&self.out, node) == 0 {
            self.ends.push(node);
        } else if at(&self.into, node) == 0 {
            self.starts.push(node);
        } else {
            self.others.push((self.surplus(node), at(self.entry, node), Reverse(node)));
        }
    }

    fn surplus(&self, node: usize) -> isize {
        at(&self.out, node).cast_signed() - at(&self.into, node).cast_signed()
    }

    /// The node to take next, and whether it goes to the end of the row.
    fn next(&mut self) -> Option<(usize, bool)> {
        loop {
            let (node, goes_last) = if let Some(node) = self.ends.pop() {
                (node, true)
            } else if let Some(node) = self.starts.pop() {
                (node, false)
            } else {
                let (surplus, _, Reverse(node)) = self.others.pop()?;
                if surplus != self.surplus(node) {
                    continue;
                }
                (node, false)
            };
            if !at(&self.is_gone, node) {
                set(&mut self.is_gone, node, true);
                return Some((node, goes_last));
            }
        }
    }
}

fn add(values: &mut [isize], position: usize, more: isize) {
    if let Some(slot) = values.get_mut(position) {
        *slot += more;
    }
}

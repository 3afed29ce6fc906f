//! Cycles among dependencies.

use super::{EdgeKind, GraphService, ServiceId};

/// Every way back that a depth-first walk finds, at least one per group of services that depend on each other:
/// the root's name, then the references down to the one that closes the loop. Sorted.
pub(super) fn find(services: &[GraphService]) -> Vec<Vec<String>> {
    let Some(root) = services.first() else { return Vec::new() };
    let mut state = vec![State::New; services.len()];
    let mut cycles = Vec::new();
    let mut path: Vec<String> = vec![root.name.clone()];
    let mut stack: Vec<(ServiceId, usize)> = vec![(0, 0)];
    mark(&mut state, 0, State::Open);
    while let Some((id, next)) = stack.pop() {
        let edge = services.get(id).and_then(|service| service.edges.get(next));
        let Some(edge) = edge else {
            mark(&mut state, id, State::Closed);
            path.pop();
            continue;
        };
        stack.push((id, next + 1));
        if edge.kind == EdgeKind::Reference {
            continue;
        }
        let Some(target) = edge.leads_to() else { continue };
        match state.get(target) {
            Some(State::Open) => {
                let mut cycle = path.clone();
                cycle.push(edge.reference.to_string());
                cycles.push(cycle);
            }
            Some(State::New) => {
                mark(&mut state, target, State::Open);
                path.push(edge.reference.to_string());
                stack.push((target, 0));
            }
            _ => {}
        }
    }
    cycles.sort();
    cycles.dedup();
    cycles
}

#[derive(Clone, Copy)]
enum State {
    New,
    Open,
    Closed,
}

fn mark(state: &mut [State], id: ServiceId, to: State) {
    if let Some(slot) = state.get_mut(id) {
        *slot = to;
    }
}

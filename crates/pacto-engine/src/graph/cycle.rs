//! Cycles among dependencies.

use super::{EdgeKind, GraphService, ServiceId};

/// Every way back that a depth-first walk finds, at least one per group of services that depend on each other:
/// the root's name, then the references down to the one that closes the loop. A group that only configurations and
/// policies lead to begins with the name of the first of its services that was found. Sorted.
pub(super) fn find(services: &[GraphService]) -> Vec<Vec<String>> {
    let mut state = vec![State::New; services.len()];
    let mut cycles = Vec::new();
    for (start, service) in services.iter().enumerate() {
        if let Some(State::New) = state.get(start) {
            walk(services, start, &service.name, &mut state, &mut cycles);
        }
    }
    cycles.sort();
    cycles.dedup();
    cycles
}

fn walk<'a>(
    services: &'a [GraphService],
    start: ServiceId,
    name: &'a str,
    state: &mut [State],
    cycles: &mut Vec<Vec<String>>,
) {
    let mut path = vec![name];
    let mut stack: Vec<(ServiceId, usize)> = vec![(start, 0)];
    mark(state, start, State::Open);
    while let Some((id, next)) = stack.pop() {
        let edge = services.get(id).and_then(|service| service.edges.get(next));
        let Some(edge) = edge else {
            mark(state, id, State::Closed);
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
                let steps = path.iter().copied().chain([edge.need.reference.as_str()]);
                cycles.push(steps.map(str::to_owned).collect());
            }
            Some(State::New) => {
                mark(state, target, State::Open);
                path.push(&edge.need.reference);
                stack.push((target, 0));
            }
            _ => {}
        }
    }
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

// The graph as flat arrays: one pass over them draws a frame, whatever the number of services.
import type { ContractStatus, GraphNode } from '../api/schema';

export const CARD_W = 200;
export const CARD_H = 56;

export const REQUIRED = 0;
export const OPTIONAL = 1;
export const REFERENCE = 2;
export type EdgeKind = typeof REQUIRED | typeof OPTIONAL | typeof REFERENCE;

export interface Bounds {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/** A node on the canvas: a service, something external, or a group of services drawn as one. */
export interface Item {
  id: string;
  label: string;
  sub: string;
  status: ContractStatus | 'external';
  layer: number;
  members?: readonly string[];
  owner?: string;
  node?: GraphNode;
}

export interface GraphModel {
  items: readonly Item[];
  index: ReadonlyMap<string, number>;
  x: Float32Array;
  y: Float32Array;
  layer: Int32Array;
  edgeFrom: Uint32Array;
  edgeTo: Uint32Array;
  edgeKind: Uint8Array;
  edgeCycle: Uint8Array;
  /** Edges of node i leave at outStart[i]..outStart[i+1] in outEdges; the same for arriving ones. */
  outStart: Uint32Array;
  outEdges: Uint32Array;
  inStart: Uint32Array;
  inEdges: Uint32Array;
  bounds: Bounds;
}

export interface RawEdge {
  from: number;
  to: number;
  kind: EdgeKind;
  cycle: boolean;
}

function adjacency(count: number, edges: Uint32Array): { start: Uint32Array; list: Uint32Array } {
  const start = new Uint32Array(count + 1);
  for (const node of edges) start[node + 1]!++;
  for (let i = 0; i < count; i++) start[i + 1]! += start[i]!;
  const fill = start.slice(0, count);
  const list = new Uint32Array(edges.length);
  edges.forEach((node, edge) => {
    list[fill[node]!++] = edge;
  });
  return { start, list };
}

export function boundsOf(x: Float32Array, y: Float32Array): Bounds {
  if (x.length === 0) return { x0: 0, y0: 0, x1: CARD_W, y1: CARD_H };
  const bounds = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
  for (let i = 0; i < x.length; i++) {
    bounds.x0 = Math.min(bounds.x0, x[i]! - CARD_W / 2);
    bounds.x1 = Math.max(bounds.x1, x[i]! + CARD_W / 2);
    bounds.y0 = Math.min(bounds.y0, y[i]! - CARD_H / 2);
    bounds.y1 = Math.max(bounds.y1, y[i]! + CARD_H / 2);
  }
  return bounds;
}

export function assemble(items: readonly Item[], positions: readonly { x: number; y: number }[], edges: readonly RawEdge[]): GraphModel {
  const x = Float32Array.from(positions, (position) => position.x);
  const y = Float32Array.from(positions, (position) => position.y);
  const edgeFrom = Uint32Array.from(edges, (edge) => edge.from);
  const edgeTo = Uint32Array.from(edges, (edge) => edge.to);
  const out = adjacency(items.length, edgeFrom);
  const into = adjacency(items.length, edgeTo);
  return {
    items,
    index: new Map(items.map((item, i) => [item.id, i])),
    x,
    y,
    layer: Int32Array.from(items, (item) => item.layer),
    edgeFrom,
    edgeTo,
    edgeKind: Uint8Array.from(edges, (edge) => edge.kind),
    edgeCycle: Uint8Array.from(edges, (edge) => Number(edge.cycle)),
    outStart: out.start,
    outEdges: out.list,
    inStart: into.start,
    inEdges: into.list,
    bounds: boundsOf(x, y),
  };
}

export function buildModel(nodes: readonly GraphNode[]): GraphModel {
  const index = new Map(nodes.map((node, i) => [node.id, i]));
  const edges: RawEdge[] = [];
  nodes.forEach((node, from) => {
    for (const edge of node.edges ?? []) {
      const to = index.get(edge.targetId);
      if (to === undefined || to === from) continue;
      edges.push({ from, to, kind: edge.type === 'reference' ? REFERENCE : edge.required ? REQUIRED : OPTIONAL, cycle: edge.inCycle ?? false });
    }
  });
  const items = nodes.map((node): Item => ({ id: node.id, label: node.serviceName, sub: node.version ?? '', status: node.status, layer: node.layer, node, ...(node.ownerKey ? { owner: node.ownerKey } : {}) }));
  return assemble(items, nodes, edges);
}

export function* targets(model: GraphModel, node: number): Generator<{ node: number; edge: number }> {
  for (let i = model.outStart[node]!; i < model.outStart[node + 1]!; i++) {
    const edge = model.outEdges[i]!;
    yield { node: model.edgeTo[edge]!, edge };
  }
}

export function* consumers(model: GraphModel, node: number): Generator<{ node: number; edge: number }> {
  for (let i = model.inStart[node]!; i < model.inStart[node + 1]!; i++) {
    const edge = model.inEdges[i]!;
    yield { node: model.edgeFrom[edge]!, edge };
  }
}

export interface Impact {
  start: number;
  /** Everything to keep in sight: the node, who stops with it, and what it needs itself. */
  nodes: Set<number>;
  edges: Set<number>;
  /** Services that stop when this one stops: along required dependencies only. */
  affected: number;
}

export function impactOf(model: GraphModel, start: number): Impact {
  const nodes = new Set([start]);
  const edges = new Set<number>();
  const queue = [start];
  while (queue.length > 0) {
    const node = queue.pop()!;
    for (const next of consumers(model, node)) {
      if (model.edgeKind[next.edge] !== REQUIRED) continue;
      edges.add(next.edge);
      if (nodes.has(next.node)) continue;
      nodes.add(next.node);
      queue.push(next.node);
    }
  }
  const affected = nodes.size - 1;
  // Direct neighbours by any edge stay too: they answer "what is this line?".
  for (const next of targets(model, start)) {
    nodes.add(next.node);
    edges.add(next.edge);
  }
  for (const next of consumers(model, start)) {
    nodes.add(next.node);
    edges.add(next.edge);
  }
  return { start, nodes, edges, affected };
}

export type Step = 'left' | 'right' | 'up' | 'down';

/** Where an arrow key leads: right and left along edges, up and down within the rank. */
export function stepFrom(model: GraphModel, node: number, step: Step): number {
  let best = -1;
  let distance = Infinity;
  const consider = (other: number, cost: number): void => {
    if (other !== node && cost < distance) {
      best = other;
      distance = cost;
    }
  };
  const y = model.y[node]!;
  if (step === 'right') {
    for (const next of targets(model, node)) consider(next.node, Math.abs(model.y[next.node]! - y) + Math.abs(model.x[next.node]! - model.x[node]!) / 4);
  } else if (step === 'left') {
    for (const next of consumers(model, node)) consider(next.node, Math.abs(model.y[next.node]! - y) + Math.abs(model.x[next.node]! - model.x[node]!) / 4);
  } else {
    const sign = step === 'down' ? 1 : -1;
    for (let other = 0; other < model.items.length; other++) {
      const offset = sign * (model.y[other]! - y);
      if (model.layer[other] === model.layer[node] && offset > 0) consider(other, offset);
    }
  }
  return best < 0 ? node : best;
}

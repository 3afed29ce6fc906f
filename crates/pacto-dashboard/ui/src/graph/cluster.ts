// Groups of services drawn as one card each, with the edges between groups.
import type { ContractStatus, GraphNode } from '../api/schema';
import { UNOWNED } from '../logic/format';
import { assemble, OPTIONAL, REFERENCE, REQUIRED, type EdgeKind, type GraphModel, type Item, type RawEdge } from './model';

export type Grouping = 'owner' | 'namespace';

const WORST: readonly ContractStatus[] = ['NonCompliant', 'Warning', 'Unknown', 'Compliant', 'Reference'];

const RANK_GAP = 320;
const ROW_GAP = 80;

function groupKey(node: GraphNode, by: Grouping): string {
  if (node.status === 'external') return '(external)';
  if (by === 'owner') return node.ownerKey || UNOWNED;
  return node.namespace || '(no namespace)';
}

/** Longest paths along the edges that go the way the services go; what goes against it closes a cycle and is drawn around. */
export function rankGroups(depths: readonly number[], edges: readonly RawEdge[]): number[] {
  const order = depths.map((_, index) => index).sort((a, b) => depths[a]! - depths[b]! || a - b);
  const place = new Map(order.map((group, index) => [group, index]));
  const ranks = depths.map(() => 0);
  for (const group of order) {
    for (const edge of edges) {
      if (edge.from === group && place.get(edge.to)! > place.get(group)!) ranks[edge.to] = Math.max(ranks[edge.to]!, ranks[group]! + 1);
    }
  }
  return ranks;
}

/** Where everybody depends on everybody the longest path is a line of all groups: such a line is folded into a block. */
export function foldRanks(ranks: readonly number[], depths: readonly number[]): number[] {
  const columns = Math.ceil(Math.sqrt(ranks.length));
  if (new Set(ranks).size <= Math.max(8, 2 * columns)) return [...ranks];
  const order = ranks.map((_, index) => index).sort((a, b) => ranks[a]! - ranks[b]! || depths[a]! - depths[b]! || a - b);
  const folded = ranks.map(() => 0);
  order.forEach((group, index) => {
    folded[group] = Math.floor((index * columns) / order.length);
  });
  return folded;
}

export function clusterModel(nodes: readonly GraphNode[], by: Grouping): GraphModel {
  const groups = new Map<string, GraphNode[]>();
  const groupOf = new Map<string, string>();
  for (const node of nodes) {
    const key = groupKey(node, by);
    const members = groups.get(key);
    if (members) members.push(node);
    else groups.set(key, [node]);
    groupOf.set(node.id, key);
  }
  const keys = [...groups.keys()].sort();
  const at = new Map(keys.map((key, index) => [key, index]));
  const edges = new Map<string, RawEdge>();
  for (const node of nodes) {
    const from = at.get(groupOf.get(node.id) ?? '');
    for (const edge of node.edges ?? []) {
      const to = at.get(groupOf.get(edge.targetId) ?? '');
      if (from === undefined || to === undefined || from === to) continue;
      const kind: EdgeKind = edge.type === 'reference' ? REFERENCE : edge.required ? REQUIRED : OPTIONAL;
      const id = `${from} ${to}`;
      const old = edges.get(id);
      // The strongest tie between two groups is the one drawn.
      if (!old || kind < old.kind) edges.set(id, { from, to, kind, cycle: false });
    }
  }
  // A group sits at the mean rank of its services, in the order of their mean height: near where they were.
  const mean = (members: readonly GraphNode[], value: (node: GraphNode) => number): number =>
    members.reduce((sum, node) => sum + value(node), 0) / members.length;
  const depths = keys.map((key) => mean(groups.get(key) ?? [], (node) => node.layer));
  const ranks = foldRanks(rankGroups(depths, [...edges.values()]), depths);
  const heights = keys.map((key) => mean(groups.get(key) ?? [], (node) => node.y));
  const used = [...new Set(ranks)].sort((a, b) => a - b);
  const positions = keys.map(() => ({ x: 0, y: 0 }));
  used.forEach((rank, column) => {
    const members = keys.map((_, index) => index).filter((index) => ranks[index] === rank);
    members.sort((a, b) => heights[a]! - heights[b]!);
    members.forEach((index, row) => {
      positions[index] = { x: column * RANK_GAP, y: (row - (members.length - 1) / 2) * ROW_GAP };
    });
  });
  const items = keys.map((key, index): Item => {
    const members = groups.get(key) ?? [];
    const known = members.filter((node) => node.status !== 'external').map((node) => node.status);
    return {
      id: `group ${key}`,
      label: key,
      sub: `${members.length} ${members.length === 1 ? 'service' : 'services'}`,
      status: WORST.find((status) => known.includes(status)) ?? 'external',
      layer: used.indexOf(ranks[index] ?? 0),
      members: members.map((node) => node.id),
      ...(by === 'owner' && known.length > 0 ? { owner: key } : {}),
    };
  });
  return assemble(items, positions, [...edges.values()]);
}

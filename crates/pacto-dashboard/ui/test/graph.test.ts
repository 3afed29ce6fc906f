import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GraphEdge, GraphNode } from '../src/api/schema';
import { clusterModel, foldRanks, rankGroups } from '../src/graph/cluster';
import { centredOn, cut, edgePath, firstView, fit, focusView, onCard, revealed, toWorld, trunkOf, visibleWorld } from '../src/graph/geometry';
import { matchesOf } from '../src/graph/matches';
import { ownerHues } from '../src/graph/owner-hues';
import { emptyFilter } from '../src/logic/filter';
import type { ServiceEntry } from '../src/api/schema';
import { buildModel, impactOf, OPTIONAL, REFERENCE, REQUIRED, stepFrom } from '../src/graph/model';
import { treeRows } from '../src/graph/tree-table';

function edge(targetId: string, more: Partial<GraphEdge> = {}): GraphEdge {
  return { targetId, targetName: targetId, required: true, resolved: true, type: 'dependency', ...more };
}

function node(id: string, layer: number, row: number, edges: GraphEdge[] = [], ownerKey = 'team'): GraphNode {
  return { id, serviceName: id, status: 'Compliant', x: layer * 320, y: row * 80, layer, ownerKey, blastRadius: 0, edges };
}

// web -> api -> db, web ~> cache (optional), api -> db, job -> db, db refers to policy
const nodes = [
  node('web', 0, 0, [edge('api'), edge('cache', { required: false }), edge('missing')]),
  node('job', 0, 1, [edge('db')], 'data'),
  node('api', 1, 0, [edge('db')]),
  node('cache', 1, 1),
  node('db', 2, 0, [edge('policy', { type: 'reference', required: false })], 'data'),
  node('policy', 3, 0, [], ''),
];

test('edges keep their kind, and unknown targets are left out', () => {
  const model = buildModel(nodes);
  assert.equal(model.edgeFrom.length, 5);
  assert.deepEqual([...model.edgeKind], [REQUIRED, OPTIONAL, REQUIRED, REQUIRED, REFERENCE]);
  assert.deepEqual({ ...model.bounds }, { x0: -100, x1: 1060, y0: -28, y1: 108 });
});

test('the impact follows required edges to the consumers', () => {
  const model = buildModel(nodes);
  const impact = impactOf(model, model.index.get('db')!);
  assert.equal(impact.affected, 3);
  assert.deepEqual([...impact.nodes].map((index) => model.items[index]?.id).sort(), ['api', 'db', 'job', 'policy', 'web']);
  assert.equal(impactOf(model, model.index.get('cache')!).affected, 0);
});

test('a cycle ends', () => {
  const model = buildModel([node('a', 0, 0, [edge('b')]), node('b', 1, 0, [edge('a')])]);
  assert.equal(impactOf(model, 0).affected, 1);
  const rows = treeRows(model, [0], new Set(['/0', '/0/1', '/0/1/0']));
  assert.deepEqual(
    rows.map((row) => [row.node, row.level, row.repeats]),
    [
      [0, 1, false],
      [1, 2, false],
      [0, 3, true],
    ],
  );
});

test('arrow keys go along edges and within a rank', () => {
  const model = buildModel(nodes);
  const at = (id: string): number => model.index.get(id)!;
  assert.equal(stepFrom(model, at('web'), 'right'), at('api'));
  assert.equal(stepFrom(model, at('db'), 'left'), at('api'));
  assert.equal(stepFrom(model, at('web'), 'down'), at('job'));
  assert.equal(stepFrom(model, at('job'), 'up'), at('web'));
  assert.equal(stepFrom(model, at('web'), 'left'), at('web'));
});

test('groups hold their services and the edges between them', () => {
  const model = clusterModel(nodes, 'owner');
  assert.deepEqual(
    model.items.map((item) => [item.label, item.sub]),
    [
      ['(unowned)', '1 service'],
      ['data', '2 services'],
      ['team', '3 services'],
    ],
  );
  assert.equal(model.edgeFrom.length, 2);
  const x = (label: string): number => model.x[model.items.findIndex((item) => item.label === label)]!;
  assert.ok(x('team') < x('data') && x('data') < x('(unowned)'));
  assert.deepEqual(
    rankGroups(
      [0, 1, 2],
      [
        { from: 0, to: 1, kind: REQUIRED, cycle: false },
        { from: 1, to: 0, kind: REQUIRED, cycle: false },
      ],
    ),
    [0, 1, 0],
  );
});

test('a line of groups is folded into a block, a real hierarchy is not', () => {
  const line = Array.from({ length: 100 }, (_, index) => index);
  const folded = foldRanks(line, line);
  assert.equal(new Set(folded).size, 10);
  assert.ok(folded.every((rank, index) => index === 0 || rank >= folded[index - 1]!));
  assert.deepEqual(foldRanks([0, 1, 2, 1, 0], [0, 1, 2, 1, 0]), [0, 1, 2, 1, 0]);
});

test('views fit, focus, centre and reveal', () => {
  const bounds = { x0: 0, y0: 0, x1: 1000, y1: 500 };
  const whole = fit(bounds, 1096, 700);
  assert.equal(whole.k, 1);
  const small = fit(bounds, 596, 300);
  const box = visibleWorld(small, 596, 300);
  assert.ok(box.x0 <= 0 && box.x1 >= 1000 && box.y0 <= 0 && box.y1 >= 500);
  assert.ok(firstView(bounds, 600, 400).k >= 0.7);
  assert.ok(firstView({ x0: 0, y0: 0, x1: 90_000, y1: 90_000 }, 600, 400).k < 0.1);
  const focus = focusView({ x0: 0, y0: 0, x1: 9000, y1: 400 }, 4500, 200, 800, 600);
  assert.deepEqual({ x: Math.round(toWorld(focus, 400, 300).x), y: Math.round(toWorld(focus, 400, 300).y) }, { x: 4500, y: 200 });
  const view = centredOn(100, 100, 2, 400, 400);
  assert.deepEqual(toWorld(view, 200, 200), { x: 100, y: 100 });
  const moved = revealed(view, 900, 100, 800, 400);
  assert.ok(moved.x + moved.k * 1000 <= 800);
  assert.ok(onCard(99, 27) && !onCard(101, 0) && !onCard(0, 29));
});

test('an edge starts at its card and ends at the other', () => {
  for (const [fromX, fromY, toX, toY] of [
    [0, 0, 320, 0],
    [0, 0, 320, 160],
    [0, 160, 320, 0],
    [0, 0, 1280, 400],
    [320, 0, 0, 80],
    [0, 0, 0, 80],
  ] as const) {
    const points: number[][] = [];
    const push = (...numbers: number[]): void => void points.push(numbers.slice(-2));
    edgePath({ moveTo: push, lineTo: push, quadraticCurveTo: push, bezierCurveTo: push }, fromX, fromY, toX, toY, trunkOf(toY / 80));
    assert.deepEqual(points[0], [fromX + 100, fromY]);
    assert.deepEqual(points.at(-1), [toX - 100, toY]);
    assert.ok(points.flat().every(Number.isFinite));
  }
  for (let row = -50; row < 50; row++) assert.ok(trunkOf(row) >= 0.28 && trunkOf(row) <= 0.78);
});

test('a name is cut to its card', () => {
  const measure = (text: string): number => text.length * 10;
  assert.equal(cut('short', 100, measure), 'short');
  assert.equal(cut('a-name-that-is-too-long', 100, measure), 'a-name-th…');
  assert.equal(cut('x'.repeat(5000), 100, measure), `${'x'.repeat(9)}…`);
  assert.equal(cut('abc', 5, measure), '');
});

function entry(name: string, more: Partial<ServiceEntry> = {}): ServiceEntry {
  return { name, version: '1.0.0', contractStatus: 'Compliant', ownerKey: 'team', source: 'local', sources: ['local'], ...more } as ServiceEntry;
}

test('a filter means the same services in the graph as in the table', () => {
  const model = buildModel([...nodes, { ...node('stripe', 3, 1), status: 'external' }]);
  const entries = new Map(nodes.map(({ id, ownerKey }) => [id, entry(id, { ownerKey: ownerKey ?? '' })]));
  entries.set('api', entry('api', { lastChange: 'BREAKING', updateAvailable: true, version: '7.1.0' }));
  const labels = (filter: Partial<ReturnType<typeof emptyFilter>>, asked = false): string[] | null => {
    const found = matchesOf(model, { ...emptyFilter(), ...filter }, entries, asked);
    return found && [...found].map((index) => model.items[index]!.id);
  };
  assert.equal(labels({}), null);
  assert.deepEqual(labels({ q: '7.1' }), ['api']);
  assert.deepEqual(labels({ changes: new Set(['BREAKING']) }), ['api']);
  assert.deepEqual(labels({ updates: true }), ['api']);
  assert.deepEqual(labels({ owners: new Set(['data']) }), ['job', 'db']);
  assert.deepEqual(labels({ owners: new Set(['(unowned)', 'data']) }), ['job', 'db', 'policy']);
  // The server was asked for this owner, with its neighbours.
  assert.equal(labels({ owners: new Set(['data']) }, true), null);
  // What is outside has a name, and nothing else.
  assert.deepEqual(labels({ q: 'stri' }), ['stripe']);
  assert.deepEqual(labels({ q: 'stri', sources: new Set(['local']) }), []);
  const groups = clusterModel(nodes, 'owner');
  const found = matchesOf(groups, { ...emptyFilter(), q: 'job' }, entries, false);
  assert.deepEqual([...(found ?? [])].map((index) => groups.items[index]!.label), ['data']);
});

test('every owner has a colour of its own, and nobody has none', () => {
  const hues = ownerHues(buildModel(nodes));
  assert.deepEqual([...hues.keys()], ['team', 'data']);
  assert.equal(new Set([...hues.values()].map((hue) => hue.toFixed(1))).size, 2);
});

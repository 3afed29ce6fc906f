import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceEntry } from '../src/api/schema';
import { applyChanges, changedCells } from '../src/logic/delta';
import { countStatuses, emptyFilter, isEmpty, matcher, parseFilter, toggled, writeFilter } from '../src/logic/filter';
import { formatSort, keepOrder, nextSort, parseSort, sortEntries } from '../src/logic/sort';
import { compareVersions } from '../src/logic/version';
import { visibleRange } from '../src/logic/window';

function entry(name: string, more: Partial<ServiceEntry> = {}): ServiceEntry {
  return {
    name,
    version: '1.0.0',
    ownerKey: 'team',
    contractStatus: 'Compliant',
    source: 'local',
    sources: ['local'],
    checksPassed: 0,
    checksTotal: 0,
    checksFailed: 0,
    complianceStatus: 'OK',
    complianceScore: null,
    complianceErrors: 0,
    complianceWarnings: 0,
    ...more,
  };
}

const names = (entries: readonly ServiceEntry[]): string => entries.map((one) => one.name).join(' ');

test('a filter survives the address', () => {
  const query = new URLSearchParams('q=a b&status=Warning,Unknown&owner=x, y&owner=z&source=oci&updates=1&sort=-blast');
  const filter = parseFilter(query);
  assert.deepEqual([...filter.statuses], ['Warning', 'Unknown']);
  assert.deepEqual([...filter.owners], ['x, y', 'z']);
  const written = writeFilter(query, filter);
  assert.equal(written.get('sort'), '-blast');
  const again = parseFilter(written);
  assert.deepEqual([...again.owners], ['x, y', 'z']);
  assert.deepEqual(again, filter);
  assert.ok(isEmpty(emptyFilter()));
  assert.ok(!isEmpty(filter));
  assert.equal(writeFilter(query, emptyFilter()).toString(), 'sort=-blast');
});

test('the parts of a filter combine', () => {
  const list = [
    entry('cart', {
      contractStatus: 'Warning',
      sources: ['k8s', 'oci'],
      owner: { team: 'shop', dri: 'Ada', contacts: [{ type: 'chat', value: '#carts' }] },
      ownerKey: 'shop',
    }),
    entry('card', { updateAvailable: true }),
    entry('ledger', { ownerKey: '' }),
  ];
  const run = (query: string): string => names(list.filter(matcher(parseFilter(new URLSearchParams(query)))));
  assert.equal(run('q=CAR'), 'cart card');
  assert.equal(run('q=car shop'), 'cart');
  assert.equal(run('q=%23carts'), 'cart');
  assert.equal(run('q=ada'), 'cart');
  assert.equal(run('status=Warning,Reference'), 'cart');
  assert.equal(run('source=oci'), 'cart');
  assert.equal(run('source=local&q=car'), 'card');
  assert.equal(run('updates=1'), 'card');
  assert.equal(run('owner=(unowned)'), 'ledger');
  const counts = countStatuses(list.filter(matcher(parseFilter(new URLSearchParams('status=Warning')), 'status')));
  assert.deepEqual([counts.total, counts.byStatus.Warning, counts.byStatus.Compliant, counts.updates], [3, 1, 2, 1]);
  assert.deepEqual([...toggled(new Set(['a']), 'a', 'b')], ['a', 'b']);
  assert.deepEqual([...toggled(new Set(['a', 'b']), 'a', 'b')], []);
});

test('every column sorts, and what is not known stays at the end', () => {
  const list = [
    entry('a', { complianceScore: 50, version: '1.10.0', blastRadius: 2, lastChange: 'BREAKING', contractStatus: 'Compliant' }),
    entry('b', { complianceScore: null, version: '', contractStatus: 'NonCompliant' }),
    entry('c', { complianceScore: 90, version: '1.9.0', blastRadius: 7, contractStatus: 'Warning' }),
  ];
  const run = (sort: string): string => names(sortEntries(list, parseSort(sort)));
  assert.equal(run('compliance'), 'a c b');
  assert.equal(run('-compliance'), 'c a b');
  assert.equal(run('version'), 'c a b');
  assert.equal(run('-version'), 'a c b');
  assert.equal(run('-blast'), 'c a b');
  assert.equal(run('status'), 'b c a');
  assert.equal(run('change'), 'a b c');
  assert.equal(run('-name'), 'c b a');
  assert.equal(formatSort(parseSort('nonsense')), 'name');
  assert.deepEqual(nextSort({ key: 'name', descending: false }, 'blast'), { key: 'blast', descending: true });
  assert.deepEqual(nextSort({ key: 'blast', descending: true }, 'blast'), { key: 'blast', descending: false });
});

test('live data moves no row that is on the screen', () => {
  const kept = keepOrder(['c', 'a', 'gone'], [entry('a', { version: '2' }), entry('b'), entry('c')]);
  assert.equal(names(kept), 'c a b');
  assert.equal(kept[1]?.version, '2');
});

test('a delta names the cells that changed', () => {
  const before = [entry('a'), entry('b'), entry('c')];
  const applied = applyChanges(before, [entry('b', { contractStatus: 'Warning', checksFailed: 1, checksTotal: 2 }), entry('aa'), entry('c')], ['a']);
  assert.equal(names(applied.entries), 'aa b c');
  assert.deepEqual([...(applied.flashes.get('b') ?? [])].sort(), ['compliance', 'status']);
  assert.deepEqual([...(applied.flashes.get('aa') ?? [])], ['name']);
  assert.ok(!applied.flashes.has('c'));
  assert.equal(changedCells(entry('a'), entry('a')).size, 0);
});

test('versions are ordered as releases are', () => {
  const list = ['1.0.0', '2.0.0-rc.2', '10.0.0', '2.0.0-rc.10', '2.0.0', 'v1.5', '2.0.0-alpha', '1.0'];
  assert.deepEqual([...list].sort(compareVersions), ['1.0', '1.0.0', 'v1.5', '2.0.0-alpha', '2.0.0-rc.2', '2.0.0-rc.10', '2.0.0', '10.0.0']);
});

test('only rows near the screen are drawn', () => {
  const top = visibleRange(0, 900, 10_000, 36);
  assert.equal(top.start, 0);
  assert.ok(top.end >= 25 && top.end < 80);
  const middle = visibleRange(180_000, 900, 10_000, 36);
  assert.ok(middle.start <= 5000 && middle.end >= 5026 && middle.end - middle.start < 80);
  const end = visibleRange(10_000_000, 900, 100, 36);
  assert.ok(end.start < end.end && end.end === 100);
  assert.deepEqual(visibleRange(0, 900, 0, 36), { start: 0, end: 0 });
});

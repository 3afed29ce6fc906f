import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change, DiffResult } from '../src/api/schema';
import { ago, percent, plural, visible } from '../src/logic/format';
import { healthOf, healthWords } from '../src/logic/health';
import { exampleOf, operationsOf, requestPath, typeText, type JsonObject } from '../src/logic/openapi';
import { matchesOwner, sortOwners } from '../src/logic/owners';
import { diffMarkdown, groupChanges, missingKeys, witnessLines } from '../src/logic/report';
import { best, score } from '../src/logic/search';
import { EventParser } from '../src/logic/sse';

test('ages in words', () => {
  assert.equal(ago(400), 'just now');
  assert.equal(ago(12_400), '12 s ago');
  assert.equal(ago(5 * 60_000), '5 min ago');
  assert.equal(ago(3 * 3_600_000), '3 h ago');
  assert.equal(ago(5 * 86_400_000), '5 days ago');
  assert.equal(ago(-5000), 'just now');
});

test('shares are not rounded to nothing or to all', () => {
  assert.equal(percent(0, 10), '0%');
  assert.equal(percent(1, 1000), '<1%');
  assert.equal(percent(999, 1000), '>99%');
  assert.equal(percent(0, 0), '–');
  assert.equal(plural(1, 'service'), '1 service');
  assert.equal(plural(2, 'dependency', 'dependencies'), '2 dependencies');
});

test('what cannot be seen is made visible', () => {
  assert.equal(visible('a\u001b[31mb'), 'a\u241b[31mb');
  assert.equal(visible('safe\u202egnp.exe'), 'safe\ufffdgnp.exe');
  assert.equal(visible('a\u200bb'), 'a\ufffdb');
  assert.equal(visible('خدمة 🚲 naïve'), 'خدمة 🚲 naïve');
});

test('search puts the closest first', () => {
  assert.ok(score('trip-service', 'trip') > score('round-trip', 'trip'));
  assert.ok(score('round-trip', 'trip') > score('stripes', 'trip'));
  assert.ok(score('trip-service', 'tripsv') > 0);
  assert.equal(score('trip-service', 'xyz'), 0);
  assert.deepEqual(
    best(['stripe', 'trip', 'round-trip'], (text) => text, 'trip', 2),
    ['trip', 'round-trip'],
  );
  assert.deepEqual(
    best(['a', 'b', 'c'], (text) => text, '', 2),
    ['a', 'b'],
  );
});

const diff: DiffResult = {
  from: { name: 'cart', version: '1.0.0' },
  to: { name: 'cart', version: '2.0.0' },
  classification: 'BREAKING',
  counts: { breaking: 1, potential: 0, nonBreaking: 1 },
  diagnostics: [],
  changes: [
    { path: 'service.version', type: 'modified', oldValue: '1', newValue: '2', classification: 'NON_BREAKING', reason: 'a|b\nc', section: 'contract', findings: [] },
    { path: 'openapi.paths[/`x`]', type: 'removed', classification: 'BREAKING', reason: '<img src=x>', section: 'openapi', findings: [] },
  ],
};

test('changes are grouped, the worst section first', () => {
  const groups = groupChanges(diff.changes);
  assert.deepEqual(
    groups.map((group) => group.title),
    ['HTTP operations', 'Contract'],
  );
  const bare: Change = { path: 'schema.required[X]', type: 'added', classification: 'BREAKING', reason: '', section: '', findings: [] };
  assert.equal(groupChanges([bare])[0]?.title, 'Configuration');
});

test('markdown keeps its table whatever a contract says', () => {
  const text = diffMarkdown(diff, undefined, 'http://localhost/');
  assert.match(text, /1 breaking, 0 potential, 1 non-breaking/);
  assert.match(text, /\| a\\\|b c \|/);
  assert.match(text, /`` openapi\.paths\[\/`x`\] ``/);
  assert.match(text, /\\<img src=x\\>/);
});

test('a witness shows what fails in it', () => {
  const marked = witnessLines({ a: 1, riderId: null }, 'riderId must not be null', 'x').filter((line) => line.marked);
  assert.deepEqual(
    marked.map((line) => line.text.trim()),
    ['"riderId": null'],
  );
  assert.deepEqual(missingKeys({ a: 1 }, 'riderId became required', 'x'), ['riderId']);
  assert.deepEqual(missingKeys({}, 'must now be set', 'schema.required[CITY_TIMEZONE]'), ['CITY_TIMEZONE']);
  assert.deepEqual(missingKeys([1], 'riderId became required', ''), []);
});

test('events come whole, however the stream is cut', () => {
  const stream = ': beat\n\nevent: hello\r\ndata: {"a":\r\ndata: 1}\r\n\r\ndata: two\n\nevent: cut\ndata: no';
  const found: string[] = [];
  const parser = new EventParser();
  for (const letter of stream) for (const event of parser.push(letter)) found.push(`${event.event} ${event.data}`);
  assert.deepEqual(found, ['hello {"a":\n1}', 'message two']);
  assert.equal(new EventParser().push(stream).length, 2);
});

const api: JsonObject = {
  paths: {
    '/api/services/{name}': {
      parameters: [{ name: 'name', in: 'path', required: true, schema: { type: 'string' } }],
      get: {
        operationId: 'get-service',
        tags: ['Services'],
        parameters: [{ name: 'q', in: 'query', schema: { $ref: '#/components/schemas/S' } }],
        responses: { 200: { description: 'ok' } },
      },
    },
    '/api/resolve': { post: { requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/R' } } } }, responses: {} } },
    '/odd': 'not an object',
  },
  components: {
    schemas: {
      S: { type: 'string', enum: ['a', 'b'] },
      R: { type: 'object', required: ['ref'], properties: { ref: { type: 'string' }, fetch: { type: 'boolean' } } },
      Loop: { $ref: '#/components/schemas/Loop' },
    },
  },
};

test('the API description is read', () => {
  const operations = operationsOf(api);
  assert.deepEqual(
    operations.map((operation) => operation.id),
    ['get-service', 'post /api/resolve'],
  );
  assert.deepEqual(
    operations[0]?.parameters.map((parameter) => parameter.name),
    ['name', 'q'],
  );
  assert.deepEqual(operations[0]?.parameters[1]?.choices, ['a', 'b']);
  assert.equal(operations[1]?.body?.example, '{\n  "ref": ""\n}');
  assert.equal(requestPath(operations[0]!, { 'path name': 'a/b', 'query q': 'a' }), 'api/services/a%2Fb?q=a');
  assert.equal(typeText({ type: 'array', items: { $ref: '#/components/schemas/S' } }), 'S[]');
  assert.equal(typeText({ type: ['string', 'null'] }), 'string | null');
  assert.equal(exampleOf(api, { $ref: '#/components/schemas/Loop' }), null);
});

test('owners with nothing measured come last', () => {
  const owner = (key: string, compliancePercent: number) => ({
    key,
    contacts: [{ type: 'chat', value: `#${key}` }],
    services: 1,
    compliant: 0,
    warning: 0,
    nonCompliant: 0,
    reference: 0,
    unknown: 0,
    totalBlast: 0,
    compliancePercent,
  });
  const list = [owner('a', -1), owner('b', 50), owner('c', 100)];
  assert.deepEqual(
    sortOwners(list, 'compliance', false).map((one) => one.key),
    ['b', 'c', 'a'],
  );
  assert.deepEqual(
    sortOwners(list, 'compliance', true).map((one) => one.key),
    ['c', 'b', 'a'],
  );
  assert.ok(matchesOwner(list[0]!, '#A'));
  assert.ok(!matchesOwner(list[0]!, 'b'));
});

test('a source that misses a part is not live', () => {
  const live = { state: 'live', failed: 0, polled: false } as const;
  assert.equal(healthWords(live), 'live');
  assert.equal(healthWords({ ...live, failed: 1200, polled: true }), 'partial, 1,200 failed');
  assert.equal(healthWords({ ...live, lastError: { message: 'revisions: forbidden', at: '' } }), 'partial');
  assert.equal(healthOf({ ...live, polled: true }), 'polled');
  assert.equal(healthWords({ ...live, state: 'stale', failed: 3 }), 'stale');
});

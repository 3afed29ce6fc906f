import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameOfDots, paths } from '../src/api/paths';
import { GO } from '../src/logic/keys';
import { siblingOf } from '../src/logic/documents';
import { link, parseRoute, routeHash, samePage, withFilter } from '../src/logic/route';

test('every route of the dashboard is read', () => {
  assert.equal(parseRoute('').page, 'services');
  assert.equal(parseRoute('#/').page, 'services');
  assert.equal(parseRoute('#/nowhere/else').page, 'services');
  const service = parseRoute('#/services/a%2Fb%20c');
  assert.deepEqual([service.page, service.name, service.version], ['service', 'a/b c', '']);
  const version = parseRoute('#/services/cart/versions/1.0.0%2Bbuild');
  assert.deepEqual([version.page, version.name, version.version], ['service', 'cart', '1.0.0+build']);
  assert.equal(parseRoute('#/owners').page, 'owners');
  assert.equal(parseRoute('#/owners/(unowned)').name, '(unowned)');
  assert.equal(parseRoute('#/graph?focus=a').query.get('focus'), 'a');
  assert.equal(parseRoute('#/sources').page, 'sources');
  assert.equal(parseRoute('#/docs').page, 'docs');
});

test('the older forms still open', () => {
  const older = parseRoute('#/services/cart/diff?from=1.0.0&to=2.0.0');
  assert.equal(older.page, 'compare');
  assert.equal(older.query.toString(), 'from_name=cart&to_name=cart&from_ver=1.0.0&to_ver=2.0.0');
  assert.equal(parseRoute('#service/cart').name, 'cart');
  assert.equal(parseRoute('#graph').page, 'graph');
});

test('a broken escape is part of the name', () => {
  assert.equal(parseRoute('#/services/100%25%').name, '100%25%');
  assert.equal(parseRoute('#/services/50%').name, '50%');
});

test('addresses survive the round trip', () => {
  const names = ['cart', '<script>alert(1)</script>', 'خدمة', 'a/b?c=d&e#f', '(unowned)', 'x'.repeat(300), 'esc\u001b[31m'];
  for (const name of names) {
    assert.equal(parseRoute(link.service(name)).name, name);
    assert.equal(parseRoute(link.owner(name)).name, name);
    assert.equal(parseRoute(link.service(name, '1.0.0')).version, '1.0.0');
    assert.equal(parseRoute(link.graphOf(name)).query.get('focus'), name);
    assert.equal(parseRoute(link.compare(name, '1', name, '2')).query.get('from_name'), name);
  }
  for (const hash of [
    '#/?status=Warning',
    '#/services/a',
    '#/services/a/versions/1',
    '#/diff?from_name=a',
    '#/graph?depth=3',
    '#/owners/x?sort=name',
    '#/docs',
  ]) {
    assert.equal(routeHash(parseRoute(hash)), hash);
  }
});

test('a name of dots leads nowhere else', () => {
  assert.equal(nameOfDots(paths.service('..')), '..');
  assert.equal(nameOfDots(paths.version('cart', '.')), '.');
  for (const name of ['cart', '...', 'a/../b', '%2e%2e', '..?']) assert.equal(nameOfDots(paths.service(name)), undefined, name);
  assert.equal(nameOfDots(paths.graph({ focus: '..' })), undefined);
});

test('each key of a place leads to another one', () => {
  assert.equal(new Set(GO.map((place) => place.key)).size, GO.length);
  assert.deepEqual(
    GO.map((place) => parseRoute(place.to).page),
    ['services', 'graph', 'compare', 'owners', 'sources', 'docs'],
  );
});

test('a query is not another page', () => {
  assert.ok(samePage(parseRoute('#/?q=a'), parseRoute('#/?q=b')));
  assert.ok(!samePage(parseRoute('#/services/a'), parseRoute('#/services/b')));
  assert.ok(!samePage(parseRoute('#/services/a'), parseRoute('#/services/a/versions/1')));
});

test('the list and the graph hand their filter to each other', () => {
  const list = parseRoute('#/?status=Warning&owner=a%2C%20b&sort=-blast');
  assert.equal(withFilter(link.graph(), list), '#/graph?status=Warning&owner=a%2C+b');
  assert.equal(withFilter(link.services(), list), '#/');
  assert.equal(withFilter(link.owners(), list), '#/owners');
  const graph = parseRoute('#/graph?q=cart&focus=x&depth=3');
  assert.equal(withFilter(link.services(), graph), '#/?q=cart');
  assert.equal(withFilter(link.graph(), parseRoute('#/services/cart')), '#/graph');
});

test('links between documents are found', () => {
  const documents = [{ path: 'docs/index.md' }, { path: 'docs/guides/run book.md' }];
  assert.equal(siblingOf('docs/index.md', 'guides/run%20book.md#start', documents), 'docs/guides/run book.md');
  assert.equal(siblingOf('docs/guides/run book.md', '../index.md', documents), 'docs/index.md');
  for (const href of ['', '#here', '/docs/index.md', 'https://example.com/docs/index.md', 'other.md', '%zz.md', '../../../etc/passwd']) {
    assert.equal(siblingOf('docs/index.md', href, documents), undefined, href);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { api, audit, close, open, settled, subjects, useBrowser } from '../harness.mjs';

useBrowser();

const host = (page) => page.getByRole('application');
const announced = (page) => page.evaluate(() => document.querySelector('[role=status][aria-live]')?.textContent ?? '');

async function ready(page) {
  await settled(page);
  await host(page).waitFor();
  await page.waitForFunction(() => document.querySelectorAll('.graph-host canvas').length === 2);
}

test('the whole path by keyboard: along an edge, focus, open, back', async () => {
  const page = await open('#/graph');
  await ready(page);
  await host(page).focus();
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction(() => /needs \d+, used by \d+/.test(document.querySelector('[role=status][aria-live]')?.textContent ?? ''));
  const first = await announced(page);
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction((before) => document.querySelector('[role=status][aria-live]')?.textContent !== before, first);
  await page.keyboard.press('Space');
  await page.waitForFunction(() => location.hash.includes('focus='));
  const panel = page.getByRole('complementary');
  await panel.waitFor();
  await audit(page, 'the panel of a node');
  await panel.getByRole('button', { name: '3', exact: true }).click();
  await page.waitForFunction(() => location.hash.includes('depth=3'));
  await panel.getByRole('button', { name: 'Used by', exact: true }).click();
  await page.waitForFunction(() => location.hash.includes('direction=dependents'));
  await ready(page);
  await host(page).focus();
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !location.hash.includes('focus='));
  await ready(page);
  await host(page).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.hash.startsWith('#/services/'));
  await close(page);
});

test('a filter is carried into the graph, changed there and carried back', async () => {
  const { services } = await subjects();
  const wanted = services[0].name;
  const page = await open('#/');
  await settled(page);
  await page.getByLabel('Filter by name, owner, version, namespace or source').fill(wanted);
  await page.waitForFunction(() => location.hash.includes('q='));
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Graph' }).click();
  await ready(page);
  const field = page.getByLabel('Filter by name, owner, version, namespace or source');
  assert.equal(await field.inputValue(), wanted);
  await page.getByRole('button', { name: 'Status', exact: true }).click();
  await page.getByRole('checkbox').first().check();
  await page.waitForFunction(() => location.hash.includes('status='));
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Colour by owner' }).click();
  await page.waitForFunction(() => location.hash.includes('colour=owner'));
  await page.getByRole('button', { name: 'Legend' }).click();
  await page.getByRole('list', { name: 'Owners' }).waitFor();
  await audit(page, 'a filtered and coloured graph');
  await page.keyboard.press('g');
  await page.keyboard.press('s');
  await page.waitForFunction(() => location.hash.startsWith('#/?') && location.hash.includes('status=') && location.hash.includes('q='));
  await close(page);
});

test('the table holds every node and edge of the canvas', async () => {
  const graph = await api('api/graph');
  const page = await open('#/graph?view=table');
  await settled(page);
  const grid = page.getByRole('treegrid');
  await grid.waitFor();
  const targets = new Set(graph.nodes.flatMap((node) => (node.edges ?? []).map((edge) => edge.targetId)));
  const roots = graph.nodes.filter((node) => !targets.has(node.id));
  assert.equal(await grid.locator('tbody tr[aria-level="1"]').count(), Math.min(100, roots.length || graph.nodes.length));
  const parent = grid.locator('tbody tr[aria-expanded]').first();
  await parent.focus();
  // A single root is open from the start.
  if ((await parent.getAttribute('aria-expanded')) === 'false') await page.keyboard.press('ArrowRight');
  await grid.locator('tbody tr[aria-level="2"]').first().waitFor();
  await audit(page, 'an open tree');
  await page.keyboard.press('ArrowDown');
  await page.waitForFunction(() => document.activeElement?.getAttribute('aria-level') === '2');
  await page.keyboard.press('ArrowLeft');
  await page.waitForFunction(() => document.activeElement?.getAttribute('aria-level') === '1');
  await close(page);
});

test('the pointer picks out what an outage would reach, and a click focuses', async () => {
  const { services, used } = await subjects();
  const page = await open('#/graph');
  await ready(page);
  const { nodes } = await api('api/graph');
  const node = nodes.find((one) => one.id === used);
  // The whole graph fitted: where its nodes are on the screen follows from their positions (cards are 200 x 56).
  await host(page).focus();
  await page.keyboard.press('0');
  const box = await host(page).boundingBox();
  const xs = nodes.map((one) => one.x);
  const ys = nodes.map((one) => one.y);
  const [x0, x1, y0, y1] = [Math.min(...xs) - 100, Math.max(...xs) + 100, Math.min(...ys) - 28, Math.max(...ys) + 28];
  const scale = Math.min(1, (box.width - 96) / (x1 - x0), (box.height - 96) / (y1 - y0));
  const [x, y] = [box.x + box.width / 2 + scale * (node.x - (x0 + x1) / 2), box.y + box.height / 2 + scale * (node.y - (y0 + y1) / 2)];
  await page.mouse.move(x, y);
  await page.locator('.graph-impact .name').getByText(used, { exact: true }).waitFor();
  const blast = services.find((one) => one.name === used).blastRadius ?? 0;
  assert.equal(await page.locator('.graph-impact strong').innerText(), String(blast));
  await page.waitForFunction(() => document.querySelector('.graph-base').style.opacity === '0.15');
  await page.mouse.move(box.x + 4, box.y + 4);
  await page.waitForFunction(() => document.querySelector('.graph-base').style.opacity === '1');
  await page.mouse.click(x, y);
  await page.waitForFunction((name) => location.hash.includes(`focus=${encodeURIComponent(name)}`), used);
  const panel = page.getByRole('complementary');
  await panel.getByRole('heading', { name: used }).waitFor();
  // The node in focus is part of its own graph: the panel knows its facts.
  await panel.getByText('Blast radius').waitFor();
  await close(page);
});

test('groups, force and the jump field', async () => {
  const { used } = await subjects();
  const page = await open('#/graph');
  await ready(page);
  await page.getByRole('button', { name: 'Owners', exact: true }).click();
  await page.waitForFunction(() => location.hash.includes('group=owner'));
  await page.getByRole('button', { name: 'Services', exact: true }).click();
  await page.getByRole('button', { name: 'Force' }).click();
  await page.waitForFunction(() => location.hash.includes('mode=force'));
  await page.getByRole('button', { name: 'Layers' }).click();
  const jump = page.getByRole('combobox', { name: 'Jump to a service in the graph' });
  await jump.click();
  await jump.pressSequentially(used);
  await page.keyboard.press('Enter');
  await page.locator('.graph-impact').getByText(used).waitFor();
  await close(page);
});

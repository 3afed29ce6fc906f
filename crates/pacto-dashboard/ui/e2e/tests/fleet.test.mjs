// Ten thousand services, answered by the test: what is drawn stays small, whatever the number.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { close, noOverflow, open, settled, useBrowser } from '../harness.mjs';

useBrowser();

const COUNT = 10_000;
const STATUSES = ['Compliant', 'Compliant', 'Warning', 'NonCompliant', 'Reference', 'Unknown'];
const name = (index) => `service-${String(index).padStart(5, '0')}`;

const services = Array.from({ length: COUNT }, (_, index) => ({
  name: name(index),
  version: `1.${index % 10}.0`,
  ownerKey: `team-${index % 100}`,
  owner: `team-${index % 100}`,
  contractStatus: STATUSES[index % STATUSES.length],
  source: 'oci',
  sources: ['oci'],
  blastRadius: index % 50,
  dependencyCount: 4,
  dependentCount: 4,
  checksPassed: 0,
  checksTotal: 0,
  checksFailed: 0,
  complianceStatus: '',
  complianceScore: null,
  complianceErrors: 0,
  complianceWarnings: 0,
}));

const graph = {
  nodes: services.map((service, index) => ({
    id: service.name,
    serviceName: service.name,
    status: service.contractStatus,
    version: service.version,
    ownerKey: service.ownerKey,
    blastRadius: service.blastRadius,
    layer: Math.floor(index / 500),
    x: 100 + Math.floor(index / 500) * 296,
    y: 28 + (index % 500) * 80,
    edges: [1, 17, 301, 500]
      .filter((step) => index + step < COUNT)
      .map((step) => ({ targetId: name(index + step), targetName: name(index + step), required: step !== 17, resolved: true, type: 'dependency' })),
  })),
  width: 6000,
  height: 40_000,
  layers: 20,
  cycles: [],
  snapshot: 'fleet',
};

const routes = [
  [/\/api\/services$/, services],
  [/\/api\/graph/, graph],
  ['**/api/events', (route) => route.abort()],
];

test('the list draws a screen of rows, finds by typing and reaches the end', async () => {
  const page = await open('#/', { routes });
  await settled(page);
  const drawn = () => page.locator('.services-body .services-row').count();
  assert.ok((await drawn()) < 100);
  assert.equal(await page.getByRole('table', { name: 'Services' }).getAttribute('aria-rowcount'), String(COUNT + 1));
  await page.getByLabel('Filter by name, owner, version, namespace or source').pressSequentially('service-0999');
  await page.waitForFunction(() => document.querySelectorAll('.services-body .services-row').length === 10);
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await page.waitForFunction(() => document.querySelectorAll('.services-body .services-row').length > 20);
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  await page.getByRole('link', { name: name(COUNT - 1) }).waitFor();
  assert.ok((await drawn()) < 100);
  await page.keyboard.press('j');
  await page.keyboard.press('Home');
  await page.waitForFunction((first) => document.activeElement?.textContent === first, name(0));
  await noOverflow(page, 'the list');
  await close(page);
});

test('the graph draws, zooms, jumps and opens its table', async () => {
  const page = await open('#/graph', { routes });
  await settled(page);
  await page.getByText(/^Far view/).waitFor();
  const jump = page.getByRole('combobox', { name: 'Jump to a service in the graph' });
  await jump.click();
  await jump.pressSequentially(name(4321));
  await page.keyboard.press('Enter');
  await page.locator('.graph-impact').getByText(name(4321)).waitFor();
  await page.getByText(/^Far view/).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Table', exact: true }).click();
  await page.getByRole('treegrid').waitFor();
  assert.ok((await page.locator('.tree-table tbody tr').count()) <= 100);
  await close(page);
});

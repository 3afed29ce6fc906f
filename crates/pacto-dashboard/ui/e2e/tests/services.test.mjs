import assert from 'node:assert/strict';
import { test } from 'node:test';
import { audit, close, open, settled, subjects, useBrowser } from '../harness.mjs';

useBrowser();

const rows = (page) => page.locator('.services-body .row-link').allInnerTexts();
const query = (page) => new URLSearchParams(new URL(page.url()).hash.split('?')[1] ?? '');

test('typing filters, lives in the address and fills no history', async () => {
  const { services, versioned } = await subjects();
  const page = await open('#/');
  await settled(page);
  const before = await page.evaluate(() => history.length);
  await page.getByLabel('Filter by name, owner, version, namespace or source').pressSequentially(versioned.name);
  await page.waitForFunction(
    (name) => [...document.querySelectorAll('.services-body .row-link')].every((row) => row.textContent?.includes(name)),
    versioned.name,
  );
  assert.equal(query(page).get('q'), versioned.name);
  assert.equal(await page.evaluate(() => history.length), before);
  const shown = await rows(page);
  assert.ok(shown.includes(versioned.name));
  // The same address shows the same rows to somebody else.
  const other = await open(new URL(page.url()).hash);
  await settled(other);
  assert.deepEqual(await rows(other), shown);
  await close(other);
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await page.waitForFunction((count) => document.querySelector('.filter-count')?.textContent?.startsWith(String(count)), services.length);
  assert.equal(query(page).get('q'), null);
  await close(page);
});

test('the cards toggle statuses, combine with chips, and back undoes a step', async () => {
  const page = await open('#/');
  await settled(page);
  const card = page.getByRole('button', { name: /^Compliant/ });
  await card.click();
  await page.waitForFunction(() => location.hash.includes('status=Compliant'));
  assert.equal(await card.getAttribute('aria-pressed'), 'true');
  await page.getByRole('group', { name: 'Filters' }).getByRole('button', { name: 'Owner', exact: true }).click();
  const first = page.getByRole('dialog', { name: 'Filter by owner' }).getByRole('checkbox').first();
  await first.waitFor();
  await audit(page, 'the open list of owners');
  await first.check();
  await page.waitForFunction(() => location.hash.includes('owner='));
  await page.keyboard.press('Escape');
  assert.equal(await page.getByRole('button', { name: /^Remove the filter/ }).count(), 2);
  await page.goBack();
  await page.waitForFunction(() => !location.hash.includes('owner=') && location.hash.includes('status='));
  await page.goBack();
  await page.waitForFunction(() => !location.hash.includes('status='));
  assert.equal(await card.getAttribute('aria-pressed'), 'false');
  await close(page);
});

test('every column sorts, said to assistive technology too', async () => {
  const page = await open('#/');
  await settled(page);
  const headers = page.getByRole('columnheader');
  for (let index = 0; index < (await headers.count()); index++) {
    const header = headers.nth(index);
    await header.getByRole('button').click();
    await page.waitForFunction((at) => document.querySelectorAll('[role=columnheader]')[at]?.getAttribute('aria-sort') !== 'none', index);
  }
  await headers.filter({ hasText: 'Service' }).getByRole('button').click();
  await page.waitForFunction(() => location.hash.includes('sort=name'));
  const up = await rows(page);
  await headers.filter({ hasText: 'Service' }).getByRole('button').click();
  await page.waitForFunction(() => location.hash.includes('sort=-name'));
  const down = await rows(page);
  assert.deepEqual(down, [...up].reverse());
  await close(page);
});

test('j, k and Enter walk the list and open a service', async () => {
  const page = await open('#/');
  await settled(page);
  const shown = await rows(page);
  await page.keyboard.press('j');
  await page.waitForFunction((name) => document.activeElement?.textContent === name, shown[0]);
  await page.keyboard.press('j');
  await page.waitForFunction((name) => document.activeElement?.textContent === name, shown[1]);
  await page.keyboard.press('k');
  await page.waitForFunction((name) => document.activeElement?.textContent === name, shown[0]);
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.hash.startsWith('#/services/'));
  assert.equal(await page.locator('h1').innerText(), shown[0]);
  await close(page);
});

test('the slash finds, the palette runs, and neither steals what is typed', async () => {
  const { versioned } = await subjects();
  const page = await open('#/owners');
  await settled(page);
  await page.keyboard.press('/');
  const field = page.getByRole('combobox', { name: 'Search services and owners' });
  await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'combobox');
  await field.pressSequentially(versioned.name);
  await page.getByRole('option').first().waitFor();
  await audit(page, 'the results of the search');
  await page.keyboard.press('Enter');
  await page.waitForFunction((name) => location.hash === `#/services/${encodeURIComponent(name)}`, versioned.name);
  await settled(page);
  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog', { name: 'Command palette' });
  await palette.waitFor();
  await audit(page, 'the palette');
  await page.keyboard.type('sources');
  await palette.getByRole('option', { name: /^Sources/ }).waitFor();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.hash === '#/sources');
  await page.keyboard.press('Control+k');
  await palette.waitFor();
  await page.keyboard.press('Escape');
  await palette.waitFor({ state: 'detached' });
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await audit(page, 'the shortcuts');
  await close(page);
});

test('the details of a service: sections, versions, operations', async () => {
  const { versioned } = await subjects();
  const page = await open(`#/services/${encodeURIComponent(versioned.name)}`);
  await settled(page);
  const list = page.getByRole('navigation', { name: 'Sections of this page' });
  await list.getByRole('button', { name: /^Versions/ }).click();
  await page.waitForFunction(() => document.activeElement?.id === 'versions-title');
  await page.getByLabel('Version', { exact: true }).selectOption(versioned.versions[1].version);
  await page.waitForFunction((version) => location.hash.endsWith(`/versions/${encodeURIComponent(version)}`), versioned.versions[1].version);
  await settled(page);
  await page.getByText(/^You look at version/).waitFor();
  await page.getByRole('link', { name: 'Go to current' }).click();
  await page.waitForFunction(() => !location.hash.includes('/versions/'));
  await close(page);
});

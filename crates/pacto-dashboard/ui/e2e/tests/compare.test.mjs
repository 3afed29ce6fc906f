import assert from 'node:assert/strict';
import { test } from 'node:test';
import { api, audit, close, open, settled, subjects, useBrowser } from '../harness.mjs';

useBrowser();

async function pair() {
  const { versioned } = await subjects();
  // The pair with the most to show.
  let found;
  for (let at = 0; at + 1 < versioned.versions.length; at++) {
    const [to, from] = [versioned.versions[at].version, versioned.versions[at + 1].version];
    const diff = await api(`api/diff?${new URLSearchParams({ from_name: versioned.name, from_version: from, to_name: versioned.name, to_version: to })}`);
    if (!found || diff.changes.length > found.diff.changes.length) found = { name: versioned.name, from, to, diff };
  }
  return found;
}

const hashOf = ({ name, from, to }) => `#/diff?${new URLSearchParams({ from_name: name, from_ver: from, to_name: name, to_ver: to })}`;

test('the verdict, who breaks, every change with its findings', async () => {
  const subject = await pair();
  const page = await open(hashOf(subject));
  await settled(page);
  await page.getByRole('heading', { name: 'Changes' }).waitFor();
  assert.equal(await page.locator('.change').count(), subject.diff.changes.length);
  const banner = page.getByRole('region', { name: 'Verdict' });
  for (const count of [subject.diff.counts.breaking, subject.diff.counts.potential, subject.diff.counts.nonBreaking]) {
    assert.ok((await banner.locator('dd').allInnerTexts()).includes(String(count)));
  }
  for (const change of await page.locator('.change > summary').all()) await change.click();
  await page.waitForFunction((count) => document.querySelectorAll('.change-body').length === count, subject.diff.changes.length);
  await audit(page, 'all changes open');
  await page.getByRole('heading', { name: 'Who breaks' }).waitFor();
  await close(page);
});

test('copied as markdown', async () => {
  const subject = await pair();
  const page = await open(hashOf(subject));
  await settled(page);
  await page.getByRole('button', { name: 'Copy as markdown' }).click();
  await page.getByText('Copied', { exact: true }).first().waitFor();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(text, /^## /);
  assert.equal(text.split('\n').filter((line) => /^\| (Breaking|Potential|Non-breaking) \|/.test(line)).length, subject.diff.changes.length);
  await close(page);
});

test('swapped, and back again', async () => {
  const subject = await pair();
  const page = await open(hashOf(subject));
  await settled(page);
  await page.getByRole('button', { name: 'Swap the sides' }).click();
  await page.waitForFunction((from) => new URLSearchParams(location.hash.split('?')[1]).get('to_ver') === from, subject.from);
  await page.goBack();
  await page.waitForFunction((to) => new URLSearchParams(location.hash.split('?')[1]).get('to_ver') === to, subject.to);
  await close(page);
});

test('choosing a service compares its newest step; the older address still opens', async () => {
  const { versioned } = await subjects();
  const page = await open('#/diff');
  await settled(page);
  const picker = page.getByRole('combobox', { name: 'From: service' });
  await picker.click();
  await picker.pressSequentially(versioned.name);
  await page.getByRole('option', { name: versioned.name }).first().waitFor();
  await audit(page, 'the open picker');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => {
    const query = new URLSearchParams(location.hash.split('?')[1]);
    return query.get('from_ver') !== null && query.get('to_ver') !== null && query.get('to_ver') !== '';
  });
  await close(page);
  const [newest, older] = versioned.versions;
  const old = await open(`#/services/${encodeURIComponent(versioned.name)}/diff?from=${older.version}&to=${newest.version}`);
  await settled(old);
  await old.getByRole('region', { name: 'Verdict' }).waitFor();
  assert.equal(await old.getByLabel('From: version').inputValue(), older.version);
  await close(old);
});

test('what is folded on the screen is open on paper', async () => {
  const subject = await pair();
  const page = await open(hashOf(subject));
  await settled(page);
  await page.locator('.change').first().waitFor();
  await page.emulateMedia({ media: 'print' });
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  assert.equal(await page.locator('.change[open]').count(), subject.diff.changes.length);
  assert.equal(await page.locator('.rail').isVisible(), false);
  await page.evaluate(() => dispatchEvent(new Event('afterprint')));
  await close(page);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { audit, close, noOverflow, open, settled, subjects, useBrowser, visit } from '../harness.mjs';

useBrowser();

async function routes() {
  const { versioned, used, owner } = await subjects();
  const [newest, older] = versioned.versions;
  const name = encodeURIComponent(versioned.name);
  return {
    services: '#/',
    'services, filtered': '#/?status=Compliant&sort=-blast',
    'services, none matches': '#/?q=there-is-no-such-service',
    service: `#/services/${name}`,
    'service, another version': `#/services/${name}/versions/${encodeURIComponent(older.version)}`,
    'service, unknown': '#/services/there-is-no-such-service',
    compare: `#/diff?from_name=${name}&from_ver=${older.version}&to_name=${name}&to_ver=${newest.version}`,
    'compare, empty': '#/diff',
    graph: '#/graph',
    'graph, focused': `#/graph?focus=${encodeURIComponent(used)}`,
    'graph, by owner': '#/graph?group=owner',
    'graph, table': '#/graph?view=table',
    'graph, unknown': '#/graph?focus=there-is-no-such-service',
    owners: '#/owners',
    owner: `#/owners/${encodeURIComponent(owner ?? '(unowned)')}`,
    sources: '#/sources',
    api: '#/docs',
  };
}

for (const theme of ['light', 'dark']) {
  test(`every page has a heading, a title and no axe finding (${theme})`, async () => {
    const page = await open('#/', { theme });
    for (const [what, hash] of Object.entries(await routes())) {
      await visit(page, hash);
      assert.equal(await page.locator('html').getAttribute('data-theme'), theme);
      assert.equal(await page.locator('h1').count(), 1, what);
      assert.match(await page.title(), /Pacto$/, what);
      await audit(page, `${what}, ${theme}`);
    }
    await close(page);
  });
}

for (const width of [320, 720, 1100]) {
  test(`no page is wider than ${width} px, and none has an axe finding there`, async () => {
    const page = await open('#/', { theme: width === 720 ? 'dark' : 'light', width });
    for (const [what, hash] of Object.entries(await routes())) {
      await visit(page, hash);
      await noOverflow(page, `${what} at ${width}`);
      await audit(page, `${what} at ${width}`);
    }
    await close(page);
  });
}

test('a deep link opens what it names, in a new browser too', async () => {
  const { versioned } = await subjects();
  const older = versioned.versions[1].version;
  const page = await open(`#/services/${encodeURIComponent(versioned.name)}/versions/${encodeURIComponent(older)}`);
  await settled(page);
  assert.equal(await page.locator('h1').innerText(), versioned.name);
  assert.equal(await page.getByLabel('Version', { exact: true }).inputValue(), older);
  await close(page);
});

test('/docs opens the API page', async () => {
  const page = await open('docs');
  await settled(page);
  assert.equal(await page.locator('h1').innerText(), 'API');
  await page.locator('details.operation summary', { hasText: '/health' }).first().click();
  await page.getByRole('button', { name: 'Send' }).click();
  await page.locator('.try-answer').getByText('200').waitFor();
  assert.match(await page.locator('.try-answer pre').innerText(), /"status": "ok"/);
  await audit(page, 'an open operation');
  await close(page);
});

test('the keyboard reaches the content first, and a turn of the page lands on its heading', async () => {
  const page = await open('#/');
  await settled(page);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to the content');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'main');
  assert.equal(new URL(page.url()).hash, '#/');
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Owners' }).click();
  await page.waitForFunction(() => document.activeElement?.tagName === 'H1' && document.activeElement.textContent === 'Owners');
  await page.waitForFunction(() => document.title.startsWith('Owners'));
  await close(page);
});

test('the theme is chosen before the first paint, kept, and changed by one button', async () => {
  const page = await open('#/', { theme: 'dark' });
  await settled(page);
  await page.getByRole('button', { name: 'Use the light theme' }).click();
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
  assert.equal(await page.evaluate(() => localStorage.getItem('pacto-theme')), 'light');
  await close(page);
});

test('the drawer of a small screen opens, closes and gives the focus back', async () => {
  const page = await open('#/', { width: 320 });
  await settled(page);
  await page.getByRole('button', { name: 'Open the menu' }).click();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Graph' }).waitFor();
  await audit(page, 'the open drawer');
  await noOverflow(page, 'the open drawer');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Open the menu');
  await page.getByRole('button', { name: 'Open the menu' }).click();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Sources' }).click();
  await page.waitForFunction(() => location.hash === '#/sources');
  await close(page);
});

test('each key of the list of keys leads where it says', async () => {
  const page = await open('#/');
  await settled(page);
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await sheet.waitFor();
  const listed = await sheet.locator('dt').allInnerTexts();
  await audit(page, 'the list of keys');
  await page.keyboard.press('Escape');
  const places = listed.filter((keys) => /^g \w$/.test(keys));
  assert.deepEqual(places, ['g s', 'g g', 'g c', 'g o', 'g d', 'g a']);
  const pages = { s: 'services', g: 'graph', c: 'compare', o: 'owners', d: 'sources', a: 'docs' };
  // Services are open already.
  for (const keys of [...places.slice(1), 'g s']) {
    await page.keyboard.press('g');
    await page.keyboard.press(keys.at(-1));
    await page.locator(`[data-page="${pages[keys.at(-1)]}"]`).waitFor();
  }
  await close(page);
});

test('channels are shown with their messages', async () => {
  const page = await open('#/services/telemetry-ingest');
  await settled(page);
  const row = page.locator('.operations li', { hasText: 'stations.dock.changed' });
  assert.match(await row.innerText(), /SEND[^]*DockChanged[^]*A dock was taken/);
  await row.locator('summary').click();
  await row.getByText('sendDockChanged').waitFor();
  assert.ok((await row.locator('table tbody tr').count()) > 0);
  await audit(page, 'channels');
  await close(page);
});

// A contract file changes while a person works: the page follows and disturbs nothing.
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { close, FIXTURE, open, settled, subjects, useBrowser } from '../harness.mjs';

useBrowser();

const NAME = 'live-e2e-service';
const directory = join(FIXTURE, NAME);
const skip = FIXTURE === '' ? 'PACTO_FIXTURE is not set' : false;

const contract = (version, team) => `pactoVersion: "1.0"
service:
  name: ${NAME}
  version: ${version}
  owner: ${team}
interfaces:
  - name: api
    type: http
    port: 8080
runtime:
  workload: service
  state:
    type: stateless
    persistence:
      scope: local
      durability: ephemeral
    dataCriticality: low
`;

async function write(version, team) {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'pacto.yaml'), contract(version, team));
}

after(async () => {
  if (!skip) await rm(directory, { recursive: true, force: true });
});

test('a new and a changed contract arrive while somebody types', { skip }, async () => {
  await rm(directory, { recursive: true, force: true });
  const page = await open('#/', { reducedMotion: 'no-preference' });
  await settled(page);
  await page.waitForFunction(() => document.querySelector('.live-text.l-live') !== null);
  const field = page.getByLabel('Filter by name, owner, version, namespace or source');
  await field.pressSequentially('live-e2e');
  await page.getByText('No service matches these filters').waitFor();
  await write('1.0.0', 'first-team');
  await page.getByRole('link', { name: NAME }).waitFor();
  assert.equal(await field.inputValue(), 'live-e2e');
  assert.equal(await field.evaluate((input) => input === document.activeElement), true);

  const flashed = page.evaluate(
    () =>
      new Promise((resolve) => {
        const look = () => (document.querySelector('.services-body .k-owner.flash') ? resolve(true) : requestAnimationFrame(look));
        look();
      }),
  );
  await write('1.0.0', 'second-team');
  await page.locator('.services-body .k-owner', { hasText: 'second-team' }).waitFor();
  assert.equal(await flashed, true);
  assert.equal(await field.inputValue(), 'live-e2e');
  assert.equal(await field.evaluate((input) => input === document.activeElement), true);

  await rm(directory, { recursive: true, force: true });
  await page.getByText('No service matches these filters').waitFor();
  await close(page);
});

test('a change leaves scroll, open details and the history alone', { skip }, async () => {
  const { versioned } = await subjects();
  const page = await open(`#/services/${encodeURIComponent(versioned.name)}`, { height: 500 });
  await settled(page);
  await page.waitForFunction(() => document.querySelector('.live-text.l-live') !== null);
  const details = page.locator('details').first();
  if ((await details.count()) > 0) {
    await details.locator('summary').first().click();
    // What it holds is drawn after it opened, and would move the page below the place that is scrolled to.
    await details.locator('> :not(summary)').first().waitFor();
    await settled(page);
  }
  await page.evaluate(() => scrollTo(0, 300));
  await page.waitForFunction(() => scrollY === 300);
  const before = await page.evaluate(() => ({ length: history.length, hash: location.hash }));
  const answered = page.waitForResponse((response) => response.url().endsWith(`/api/services/${encodeURIComponent(versioned.name)}`));
  await write('1.0.0', 'third-team');
  await answered;
  await page.waitForFunction((text) => document.querySelector('.rail-count')?.textContent !== text, String((await subjects()).services.length + 1000));
  assert.equal(await page.evaluate(() => scrollY), 300);
  assert.deepEqual(await page.evaluate(() => ({ length: history.length, hash: location.hash })), before);
  if ((await details.count()) > 0) assert.equal(await details.evaluate((element) => element.open), true);
  await rm(directory, { recursive: true, force: true });
  await close(page);
});

test('rows stay under the pointer', { skip }, async () => {
  await rm(directory, { recursive: true, force: true });
  const page = await open('#/?sort=-name');
  await settled(page);
  await page.waitForFunction(() => document.querySelector('.live-text.l-live') !== null);
  await page.waitForFunction((name) => ![...document.querySelectorAll('.row-link')].some((row) => row.textContent === name), NAME);
  const rows = page.locator('.services-body .row-link');
  const before = await rows.allInnerTexts();
  await rows.nth(2).hover();
  await write('1.0.0', 'fourth-team');
  await page.getByRole('link', { name: NAME }).waitFor();
  assert.deepEqual((await rows.allInnerTexts()).slice(0, before.length), before);
  await page.mouse.move(5, 5);
  await page.waitForFunction((count) => {
    const names = [...document.querySelectorAll('.services-body .services-row')]
      .sort((a, b) => Number(a.getAttribute('aria-rowindex')) - Number(b.getAttribute('aria-rowindex')))
      .map((row) => row.querySelector('.row-link')?.textContent ?? '');
    return names.length === count && names.every((name, index) => index === 0 || names[index - 1] >= name);
  }, before.length + 1);
  await rm(directory, { recursive: true, force: true });
  await close(page);
});

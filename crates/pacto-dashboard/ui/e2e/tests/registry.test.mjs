// What only a registry knows is fetched when somebody asks for it; and what helps when something is missing.
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { audit, close, FIXTURE, open, settled, useBrowser } from '../harness.mjs';

useBrowser();

/** A repository `<ELSEWHERE>/ledger` with versions 1.0.0 and 1.1.0, which no directory holds. */
const ELSEWHERE = process.env.PACTO_ELSEWHERE ?? '';
const NAME = 'needs-the-registry';
const directory = join(FIXTURE, NAME);
const skip = FIXTURE === '' || ELSEWHERE === '' ? 'PACTO_FIXTURE or PACTO_ELSEWHERE is not set' : false;

const contract = `pactoVersion: "1.0"
service:
  name: ${NAME}
  version: 1.0.0
  owner: registry-team
dependencies:
  - ref: oci://${ELSEWHERE}/ledger
    required: true
    compatibility: ^1.0.0
  - ref: oci://${ELSEWHERE}/nothing
    required: true
    compatibility: ^1.0.0
`;

after(async () => {
  if (!skip) await rm(directory, { recursive: true, force: true });
});

test('a dependency is resolved, its versions fetched, and a failure said', { skip }, async () => {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'pacto.yaml'), contract);
  const page = await open('#/');
  await page.getByRole('link', { name: NAME }).waitFor();
  await page.goto(page.url().replace(/#.*/, `#/services/${NAME}`));
  await settled(page);
  const rows = page.locator('.link-row');
  const ledger = rows.filter({ hasText: 'ledger' });
  await ledger.getByText(/^Unresolved: /).waitFor();

  const other = rows.filter({ hasText: 'nothing' });
  await other.getByRole('button', { name: 'Resolve nothing' }).click();
  await other.getByRole('alert').waitFor();
  assert.match(await other.getByRole('alert').innerText(), /nothing/);
  assert.equal(await other.getByRole('button', { name: 'Resolve nothing' }).isEnabled(), true);
  await audit(page, 'a dependency that cannot be resolved');

  await ledger.getByRole('button', { name: 'Resolve ledger' }).click();
  await ledger.getByRole('link', { name: 'ledger' }).waitFor();
  assert.equal(await ledger.getByText(/^Unresolved: /).count(), 0);
  assert.match(await ledger.innerText(), /1\.1\.0/);

  await ledger.getByRole('link', { name: 'ledger' }).click();
  await page.getByRole('heading', { level: 1, name: 'ledger' }).waitFor();
  await settled(page);
  const fetching = page.waitForResponse((response) => response.url().endsWith('/api/versions'));
  await page.getByRole('button', { name: 'Fetch all versions' }).click();
  const answer = await fetching;
  assert.equal(answer.status(), 200);
  assert.deepEqual([...(await answer.json()).versions].sort(), ['1.0.0', '1.1.0']);
  const steps = page.locator('.timeline-row');
  await steps.nth(1).waitFor();
  await page.waitForFunction(() => !/not fetched/.test(document.querySelector('.timeline')?.textContent ?? 'not fetched'));
  // The older one has one interface less.
  await steps.first().getByText('Non-breaking').waitFor();
  await audit(page, 'versions of a registry');
  await close(page);
});

test('the diagnostics say what each source has', async () => {
  const page = await open('#/sources');
  await settled(page);
  await page.locator('summary', { hasText: 'Diagnostics' }).click();
  const local = page.getByRole('region', { name: 'Local directory' });
  await local.waitFor();
  assert.match(await local.innerText(), /pactoYamlFound\s+true/);
  await audit(page, 'the diagnostics');
  await close(page);
});

test('documents are drawn as text, with headings below those of the page', async () => {
  const page = await open('#/services/telemetry-ingest');
  await settled(page);
  const documents = page.locator('.documents');
  await documents.scrollIntoViewIfNeeded();
  assert.match(await documents.locator('.document-path').innerText(), /docs\/overview\.md/);
  assert.ok((await documents.locator('h3, h4').count()) > 0, 'headings stand below those of the page');
  assert.ok((await documents.locator('p').count()) > 0);
  assert.equal(await documents.locator('script, img, iframe, [style], [onclick]').count(), 0);
  await audit(page, 'documents');
  await close(page);
});

test('methods of a protobuf service are listed with their messages', async () => {
  const page = await open('#/services/identity-service');
  await settled(page);
  const row = page.locator('.operations li', { hasText: 'RPC' }).first();
  await row.locator('summary').click();
  await row.getByRole('heading', { name: /^Request / }).waitFor();
  await row.getByRole('heading', { name: /^Response / }).waitFor();
  assert.ok((await row.locator('table tbody tr').count()) > 0);
  await audit(page, 'methods');
  await close(page);
});

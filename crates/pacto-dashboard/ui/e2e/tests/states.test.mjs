// States that a healthy server does not show: its answers are replaced.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { api, audit, close, noOverflow, open, settled, useBrowser, visit } from '../harness.mjs';

useBrowser();

const problem = (status, detail) => (route) =>
  route.fulfill({ status, contentType: 'application/problem+json', body: JSON.stringify({ title: 'Error', status, detail }) });
const silent = () => undefined;
const noEvents = ['**/api/events', (route) => route.abort()];

async function sourcesWith(change) {
  const report = await api('api/sources');
  return { ...report, sources: report.sources.map((source, index) => (index === 0 ? { ...source, enabled: true, ...change } : source)) };
}

test('loading: skeletons, said once, of the final size', async () => {
  const page = await open('#/', { routes: [['**/api/services', silent], noEvents] });
  await page.locator('[aria-busy="true"]').waitFor();
  await audit(page, 'the skeleton of the services');
  const height = await page
    .locator('.kpi')
    .first()
    .evaluate((card) => card.getBoundingClientRect().height);
  await close(page);
  const loaded = await open('#/');
  await settled(loaded);
  assert.equal(
    await loaded
      .locator('.kpi')
      .first()
      .evaluate((card) => card.getBoundingClientRect().height),
    height,
  );
  await close(loaded);
});

for (const theme of ['light', 'dark']) {
  test(`nothing found: what was looked for and one command (${theme})`, async () => {
    const page = await open('#/', { theme, routes: [['**/api/services', []], noEvents] });
    await page.getByText('No contracts found').waitFor();
    await page.getByRole('button', { name: /^Copy the command/ }).click();
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^pacto dashboard/);
    await audit(page, 'no services');
    await close(page);
  });

  test(`a failing source is a slim banner above the old data (${theme})`, async () => {
    const report = await sourcesWith({
      state: 'failing',
      lastSuccess: new Date(Date.now() - 300_000).toISOString(),
      lastError: { message: 'registry answered 401', at: new Date().toISOString(), hint: 'Run `pacto login`.' },
    });
    const page = await open('#/', { theme, routes: [['**/api/sources', report], noEvents] });
    await page.getByText(/Its data is from 5 min ago/).waitFor();
    await settled(page);
    assert.ok((await page.locator('.services-body .row-link').count()) > 0);
    await audit(page, 'a failing source');
    await page.getByRole('link', { name: 'What to do' }).click();
    await page.getByText('registry answered 401').last().waitFor();
    await audit(page, 'the sources with an error');
    await close(page);
  });

  test(`the server fails: its words and what to do (${theme})`, async () => {
    const page = await open('#/', { theme, routes: [['**/api/services', problem(503, 'the index is not ready')], noEvents] });
    await page.getByText('the index is not ready').waitFor();
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    await audit(page, 'a failed list');
    await close(page);
  });
}

test('partial data says how much is missing', async () => {
  const report = { ...(await sourcesWith({ state: 'discovering' })), discovering: true, progress: { known: 15, loaded: 12 } };
  const page = await open('#/', { routes: [['**/api/sources', report], noEvents] });
  await page.getByText('3 of 15 services still loading').waitFor();
  await audit(page, 'a discovery');
  await close(page);
});

for (const theme of ['light', 'dark']) {
  test(`a source that misses a part says how much, and does not look live (${theme})`, async () => {
    const place = (ref) => ({ ref, state: 'failing', error: 'pacto.yaml: a mapping is wanted' });
    const report = await sourcesWith({
      state: 'live',
      failed: 250,
      polled: true,
      notes: ['Changes are looked for every 30 seconds: the system watches no more directories.'],
      locations: [place('services/cart'), place('services/shop'), { ref: 'services', state: 'live' }],
    });
    const page = await open('#/', { theme, routes: [['**/api/sources', report], noEvents] });
    await page.getByRole('button', { name: /partial, 250 failed/ }).waitFor();
    await settled(page);
    await audit(page, 'a partial source');
    await visit(page, '#/sources');
    await page.locator('.source-note', { hasText: 'Changes are looked for every 30 seconds' }).waitFor();
    await page.getByText('248 more places could not be read and are not listed.').waitFor();
    assert.match(await page.locator('.source-card .source-state').first().innerText(), /partial, 250 failed/);
    await noOverflow(page, 'the sources');
    await audit(page, 'the sources with a part missing');
    await close(page);
    const polled = await sourcesWith({ state: 'live', failed: 0, polled: true, locations: [] });
    const other = await open('#/', { theme, routes: [['**/api/sources', polled], noEvents] });
    await other.getByRole('button', { name: /polled/ }).waitFor();
    await close(other);
  });
}

test('a name of dots is explained, and nothing else is asked for', async () => {
  const page = await open('#/services/..');
  await page.getByText('takes it for a step in the path').waitFor();
  await audit(page, 'a name of dots');
  await close(page);
});

test('unknown is a dash, never a zero', async () => {
  const entry = {
    name: 'mystery',
    version: '',
    ownerKey: '',
    contractStatus: 'Unknown',
    source: 'k8s',
    sources: ['k8s'],
    checksPassed: 0,
    checksTotal: 0,
    checksFailed: 0,
    complianceStatus: '',
    complianceScore: null,
    complianceErrors: 0,
    complianceWarnings: 0,
  };
  const page = await open('#/', { routes: [['**/api/services', [entry]], noEvents] });
  await page.getByRole('link', { name: 'mystery' }).waitFor();
  for (const column of ['version', 'owner', 'compliance', 'dependencies', 'change']) {
    assert.match(await page.locator(`.services-body .k-${column}`).innerText(), /–/, column);
  }
  await close(page);
});

test('a token is asked for, sent, and asked for again when it is wrong', async () => {
  const guard = async (route) => {
    if (route.request().headers().authorization === 'Bearer right') return route.continue();
    return problem(401, 'a token is needed')(route);
  };
  const page = await open('#/', { routes: [['**/api/**', guard]] });
  await page.getByRole('heading', { name: 'This dashboard asks for a token' }).waitFor();
  await audit(page, 'the prompt for the token');
  await page.getByLabel('Token').fill('wrong');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByText('The server does not accept this token.').waitFor();
  await page.getByLabel('Token').fill('right');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.locator('.services-body .row-link').first().waitFor();
  await close(page);
});

const NAMES = {
  script: '<script>window.hacked = true</script>',
  image: '"><img src=x onerror="window.hacked = true">',
  long: `very-long-${'x'.repeat(290)}`,
  turned: 'safe\u202egnp.exe',
  arabic: 'خدمة-الدفع',
  escape: 'esc\u001b[31mred\u0007',
};

test('hostile names are text, on every page, and break no layout', async () => {
  const entry = (name) => ({
    name,
    version: name.slice(0, 60),
    owner: { team: name, dri: name, contacts: [{ type: 'mail', value: `javascript:alert('${name}')`, purpose: name }] },
    ownerKey: name,
    namespace: name,
    contractStatus: 'NonCompliant',
    source: 'oci',
    sources: ['oci'],
    blastRadius: 3,
    dependencyCount: 1,
    dependentCount: 1,
    checksPassed: 0,
    checksTotal: 1,
    checksFailed: 1,
    complianceStatus: 'ERROR',
    complianceScore: 0,
    complianceErrors: 1,
    complianceWarnings: 0,
    updateAvailable: true,
    latestAvailable: name.slice(0, 60),
    topInsight: name,
  });
  const entries = Object.values(NAMES).map(entry);
  const details = (name) => ({
    ...entry(name),
    interfaces: [
      {
        name,
        type: 'http',
        contractContent: name,
        hasContractFile: true,
        contractFile: name,
        endpoints: [
          {
            method: 'GET',
            path: `/${name}`,
            summary: name,
            parameters: [{ name, in: name, type: name, required: true, description: name }],
            responses: [{ status: '200', description: name, fields: [] }],
          },
        ],
      },
      {
        name: `${name} events`,
        type: 'event',
        hasContractFile: true,
        contractFile: name,
        channels: [
          {
            channel: name,
            direction: 'produced',
            operationId: name,
            summary: name,
            messageCount: 9,
            messages: [{ name, fields: [{ name, type: name, required: true, description: name }] }],
          },
        ],
      },
    ],
    dependencies: [{ name, ref: `oci://${name}`, required: true, compatibility: name, resolved: false, reason: name }],
    configurations: [{ name, hasSchema: true, schema: name, values: [{ key: name, value: name, type: name, default: name, description: name }] }],
    policies: [{ name, hasSchema: false, title: name, description: name, ref: name, satisfied: false }],
    validation: {
      valid: false,
      errors: [
        {
          code: name,
          path: name,
          message: name,
          help: name,
          file: name,
          line: 1,
          column: 1,
          excerpt: { file: name, firstLine: 1, lines: [name], line: 1, column: 1, length: 5 },
        },
      ],
      warnings: [],
      notes: [name],
    },
    metadata: { [name]: name },
    insights: [{ severity: 'critical', title: name, description: name }],
    conditions: [{ type: name, status: 'False', message: name }],
    notes: [name],
  });
  const routes = [
    [/\/api\/services$/, entries],
    [/\/api\/services\/[^/]+$/, (route) => route.fulfill({ json: details(decodeURIComponent(new URL(route.request().url()).pathname.split('/').at(-1))) })],
    [
      /\/api\/services\/[^/]+\/versions$/,
      (route) =>
        route.fulfill({ json: Object.values(NAMES).map((name, index) => ({ version: name.slice(0, 60), ref: name, source: 'oci', isCurrent: index === 0 })) }),
    ],
    [
      /\/api\/services\/[^/]+\/dependents$/,
      (route) => route.fulfill({ json: entries.map((one) => ({ name: one.name, ownerKey: one.ownerKey, required: true, compatibility: one.name })) }),
    ],
    [/\/api\/services\/[^/]+\/refs$/, { references: [], referencedBy: [] }],
    [/\/api\/services\/[^/]+\/sources$/, (route) => route.fulfill({ json: { name: 'x', sources: [], merged: details('x') } })],
    [
      /\/api\/graph/,
      {
        nodes: entries.map((one, index) => ({
          id: one.name,
          serviceName: one.name,
          status: one.contractStatus,
          version: one.version,
          ownerKey: one.ownerKey,
          layer: index,
          x: index * 320,
          y: index * 80,
          edges:
            index > 0 ? [{ targetId: entries[index - 1].name, targetName: entries[index - 1].name, required: true, resolved: true, type: 'dependency' }] : [],
        })),
        width: 2000,
        height: 600,
        layers: 6,
        cycles: [],
        snapshot: 'x',
      },
    ],
    [
      /\/api\/owners$/,
      entries.map((one) => ({
        key: one.ownerKey,
        team: one.ownerKey,
        dri: one.ownerKey,
        contacts: one.owner.contacts,
        services: 1,
        compliant: 0,
        warning: 0,
        nonCompliant: 1,
        reference: 0,
        unknown: 0,
        totalBlast: 3,
        compliancePercent: 0,
      })),
    ],
    [
      /\/api\/owners\/.+$/,
      {
        key: NAMES.script,
        contacts: entries[0].owner.contacts,
        services: 1,
        compliant: 0,
        warning: 0,
        nonCompliant: 1,
        reference: 0,
        unknown: 0,
        totalBlast: 3,
        compliancePercent: 0,
        dris: Object.values(NAMES),
        driConflict: true,
        entries,
      },
    ],
    noEvents,
  ];
  for (const width of [1440, 320]) {
    const page = await open('#/', { width, routes });
    for (const hash of [
      '#/',
      ...Object.values(NAMES).map((name) => `#/services/${encodeURIComponent(name)}`),
      '#/graph',
      '#/graph?view=table',
      `#/graph?focus=${encodeURIComponent(NAMES.long)}`,
      '#/owners',
      `#/owners/${encodeURIComponent(NAMES.script)}`,
      `#/diff?from_name=${encodeURIComponent(NAMES.image)}`,
    ]) {
      await visit(page, hash);
      assert.equal(await page.evaluate(() => 'hacked' in window), false, hash);
      assert.equal(await page.evaluate(() => document.querySelectorAll('#app script, #app img, #app a[href^="javascript:"]').length), 0, hash);
      assert.doesNotMatch(await page.evaluate(() => document.body.innerText), /[\u001b\u0007\u202e]/, hash);
      await noOverflow(page, `${hash} at ${width}`);
      if (width === 1440) await audit(page, `hostile ${hash.slice(0, 40)}`);
    }
    await close(page);
  }
});

test('when the server goes away the page says so, keeps its rows, and comes back by itself', async () => {
  let down = false;
  const maybe = (route) => (down ? route.abort() : route.continue());
  const page = await open('#/', { routes: [['**/api/services', maybe], ['**/api/sources', maybe], noEvents] });
  await settled(page);
  const count = await page.locator('.services-body .row-link').count();
  down = true;
  await page.getByRole('button', { name: 'Read all sources again' }).first().click();
  await page.getByText('The dashboard’s server does not answer.').first().waitFor();
  assert.equal(await page.locator('.services-body .row-link').count(), count);
  await audit(page, 'a server that went away');
  down = false;
  await page.waitForFunction(() => document.querySelector('.live-text.l-polling') !== null);
  await close(page);
});

// `pacto doc --serve` and `pacto doc --ui`, each a server of its own.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { audit, close, FIXTURE, noOverflow, open, useBrowser } from '../harness.mjs';

useBrowser();

let folder;
const children = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pacto-docs-'));
  await cp(join(FIXTURE, 'trip-service/v2.0.0'), join(folder, 'trip'), { recursive: true });
});

after(async () => {
  for (const child of children) child.kill();
  await rm(folder, { recursive: true, force: true });
});

/** Starts the program, and waits until it says where it is. */
async function serve(...parameters) {
  const child = spawn(process.env.PACTO_BIN, ['doc', join(folder, 'trip'), '--port', '0', ...parameters], {
    env: { PATH: process.env.PATH, HOME: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  const said = [];
  for await (const line of createInterface({ input: child.stderr })) {
    said.push(line);
    const url = / at (http:\/\/\S+)$/.exec(line)?.[1];
    if (url) {
      child.stderr.resume();
      return url;
    }
  }
  throw new Error(`nothing is served: ${said.join(' ')}`);
}

test('the document follows its files and stays where it was', async () => {
  const url = await serve('--serve');
  const page = await open('', { base: url });
  await page.getByRole('heading', { level: 1, name: /^trip-service/ }).waitFor();
  await page.getByRole('img', { name: /trip-service/ }).waitFor();
  await audit(page, 'a document');
  for (const link of await page.locator('nav a').all()) {
    assert.equal(await page.locator(`[id="${(await link.getAttribute('href')).slice(1)}"]`).count(), 1);
  }
  await page.evaluate(() => {
    window.untouched = true;
    window.scrollTo(0, 400);
  });
  const file = join(folder, 'trip/pacto.yaml');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('version: 2.0.0', 'version: 2.0.9'));
  await page.getByText('2.0.9').first().waitFor();
  assert.deepEqual(await page.evaluate(() => [window.untouched, window.scrollY, document.title]), [true, 400, 'trip-service 2.0.9']);
  // What cannot be read is said, and what could be read is still there.
  await writeFile(file, 'service: [');
  await page.getByRole('status').filter({ hasText: /pacto\.yaml:\d+:\d+/ }).waitFor();
  await page.getByText('2.0.9').first().waitFor();
  await writeFile(file, text);
  await page.waitForFunction(() => document.querySelector('.live').textContent === '' && document.title === 'trip-service 2.0.0');
  // A directory that was not there.
  await writeFile(join(folder, 'trip/docs/new.md'), '# A page that is new\n');
  await page.getByRole('link', { name: 'A page that is new' }).waitFor();
  for (const width of [720, 320]) {
    await page.setViewportSize({ width, height: 800 });
    await noOverflow(page, `a document of ${width} px`);
  }
  await close(page);
});

test('the page that is written needs nothing', async () => {
  const html = join(folder, 'trip.html');
  const child = spawn(process.env.PACTO_BIN, ['doc', join(folder, 'trip'), '-o', html], { env: { PATH: process.env.PATH, HOME: folder } });
  assert.equal(await new Promise((resolve) => child.on('close', resolve)), 0);
  const page = await open('', { base: `file://${html}`, theme: 'dark' });
  await page.getByRole('heading', { level: 1, name: /^trip-service/ }).waitFor();
  // Its style is let in by the policy.
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).display), 'grid');
  await audit(page, 'a page by itself');
  await close(page);
});

test('operations are tried through the server, and nowhere else', async () => {
  const asked = [];
  const target = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''} ${request.headers.cookie ?? ''}`);
    if (request.url.startsWith('/base/v1/trips')) {
      response.writeHead(200, { 'content-type': 'application/json', 'set-cookie': 'a=b', 'access-control-allow-origin': '*' });
      response.end('{"trips": ["first"]}');
    } else {
      response.writeHead(302, { location: 'https://elsewhere.example/' }).end();
    }
  });
  await new Promise((resolve) => target.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${target.address().port}`;
  try {
    const url = await serve('--ui', 'swagger', '--target', `${base}/base`);
    const page = await open('', { base: url });
    await page.getByRole('heading', { level: 1 }).waitFor();
    assert.match(page.url(), /\/ui\/rest$/);
    await audit(page, 'the explorer');
    await page.getByLabel('Authorization').fill('Bearer one');
    const operation = page.locator('details.operation').filter({ hasText: 'Trips of one rider' });
    await operation.locator('summary').first().click();
    const fields = operation.locator('.try-field input[required]');
    // They are drawn once the operation is open; `all` does not wait for that.
    await fields.first().waitFor();
    for (const field of await fields.all()) await field.fill('7');
    await operation.getByRole('button', { name: 'Send' }).click();
    await operation.getByText('"first"').waitFor();
    assert.match(asked.at(-1), /^GET \/base\/v1\/trips\S* Bearer one $/);
    await audit(page, 'the explorer with an answer');
    // Cookies of the target are none of ours, and a redirect is shown, not followed.
    assert.equal(await page.evaluate(() => document.cookie), '');
    const through = (query, headers = { 'x-pacto-explorer': '1' }) =>
      page.evaluate(
        async ([query, headers]) => {
          const answer = await fetch(`/proxy${query}`, { headers });
          return [answer.status, answer.headers.get('x-pacto-status'), answer.headers.get('access-control-allow-origin')];
        },
        [query, headers],
      );
    const to = (address) => `?${new URLSearchParams({ url: address })}`;
    assert.deepEqual(await through(to(`${base}/base/v1/trips`)), [200, '200', null]);
    assert.deepEqual(await through(to(`${base}/base/elsewhere`)), [200, '302', null]);
    assert.deepEqual(await through(`?scalar_url=${base}/base/v1/trips`), [200, '200', null]);
    const count = asked.length;
    assert.equal((await through(to(`${base}/other`)))[0], 403);
    assert.equal((await through(to(`${base}/base/../other`)))[0], 403);
    assert.equal((await through(to('http://169.254.169.254/')))[0], 403);
    assert.equal((await through(to('no address')))[0], 400);
    assert.equal((await through(''))[0], 400);
    assert.equal((await through(to(`${base}/base/v1/trips`), {}))[0], 403);
    assert.equal(asked.length, count);
    const spec = await page.evaluate(async () => (await fetch('/spec/rest')).json());
    assert.deepEqual(spec.servers, [{ url: `${base}/base` }]);
    await new Promise((resolve) => target.close(resolve).closeAllConnections());
    assert.equal((await through(to(`${base}/base/v1/trips`)))[0], 502);
    for (const width of [720, 320]) {
      await page.setViewportSize({ width, height: 800 });
      await noOverflow(page, `the explorer at ${width} px`);
    }
    await close(page);
  } finally {
    target.close();
  }
});

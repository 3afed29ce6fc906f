// One browser for a test file; every page is watched for what must never happen.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before } from 'node:test';
import { chromium } from 'playwright-core';

const require = createRequire(import.meta.url);

export const BASE = (process.env.PACTO_URL ?? '').replace(/\/$/, '');
export const FIXTURE = process.env.PACTO_FIXTURE ?? '';

if (BASE === '') throw new Error('PACTO_URL names the running dashboard, such as http://127.0.0.1:3000');

const AXE = await readFile(require.resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** The one answer that never ends. */
const EVENTS = '/api/events';
const ANSWERED = ['requestfinished', 'requestfailed'];

let browser;
const contexts = new Set();

export function useBrowser() {
  before(async () => {
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-background-networking'],
    });
  });
  after(async () => {
    await Promise.all([...contexts].map((context) => context.close()));
    await browser?.close();
  });
}

/**
 * Opens a route. `routes` answers paths of the API instead of the server: [[pattern, handler or JSON value], …].
 * @returns the page with `problems`, what went wrong in it so far
 */
export async function open(hash, { theme = 'light', width = 1440, height = 900, routes = [], reducedMotion = 'reduce', base = BASE } = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  contexts.add(context);
  const page = await context.newPage();
  page.problems = [];
  page.unanswered = new Set();
  page.on('request', (request) => {
    if (!request.url().endsWith(EVENTS)) page.unanswered.add(request);
  });
  for (const end of ANSWERED) page.on(end, (request) => page.unanswered.delete(request));
  page.on('pageerror', (error) => page.problems.push(`error: ${error.message}`));
  page.on('console', (message) => {
    // A status that the test itself provokes is no fault of the page.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) page.problems.push(`console: ${message.text()}`);
  });
  await page.exposeFunction('reportViolation', (text) => page.problems.push(`policy: ${text}`));
  await page.addInitScript((chosen) => {
    // A page of a file has no storage.
    if (location.protocol !== 'file:') localStorage.setItem('pacto-theme', chosen);
    document.addEventListener('securitypolicyviolation', (event) => window.reportViolation(`${event.violatedDirective} ${event.blockedURI}`));
  }, theme);
  for (const [pattern, answer] of routes) {
    await page.route(pattern, async (route) => {
      if (typeof answer === 'function') return answer(route);
      return route.fulfill({ status: 200, contentType: 'application/json', body: JSON.stringify(answer) });
    });
  }
  await page.goto(base.startsWith('file:') ? base : `${base}/${hash}`);
  return page;
}

export async function close(page) {
  assert.deepEqual(page.problems, []);
  contexts.delete(page.context());
  await page.context().close();
}

/**
 * The page has its content: a heading says what it is, no skeleton is left, and nothing that it asked for is still to come: a part that
 * arrives later would move what a test looks at.
 */
export async function settled(page) {
  await page.locator('h1').first().waitFor();
  do {
    await answered(page);
    await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
    // What an answer makes the page ask for, it asks for when that answer is drawn.
    await drawn(page);
  } while (page.unanswered.size > 0);
}

async function answered(page) {
  while (page.unanswered.size > 0) await Promise.race(ANSWERED.map((end) => page.waitForEvent(end)));
}

function drawn(page) {
  return page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

/** Another route in the same page, as a click on a link would open it. */
export async function visit(page, hash) {
  await page.goto(`${BASE}/${hash}`);
  // The route is read in the event; what it draws is there in the next frame.
  await drawn(page);
  await settled(page);
}

export async function audit(page, what) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  const violations = await page.evaluate(async (tags) => {
    const result = await window.axe.run(document, { runOnly: tags });
    return result.violations.map(
      (violation) =>
        `${violation.id}: ${violation.nodes
          .slice(0, 3)
          .map((node) => `${node.target.join(' ')} (${node.failureSummary})`)
          .join('; ')}`,
    );
  }, TAGS);
  assert.deepEqual(violations, [], `axe on ${what}`);
}

export async function noOverflow(page, what) {
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wider <= 0, `${what} is ${wider} px wider than its window`);
}

export async function api(path) {
  const response = await fetch(`${BASE}/${path}`);
  assert.equal(response.status, 200, path);
  return response.json();
}

/** A service with at least two versions, and one that others depend on, out of whatever the fixture holds. */
export async function subjects() {
  const services = await api('api/services');
  assert.ok(services.length >= 2, 'the fixture has services');
  let versioned;
  for (const service of services) {
    const versions = await api(`api/services/${encodeURIComponent(service.name)}/versions`);
    if (versions.length >= 2 && (!versioned || versions.length > versioned.versions.length)) versioned = { name: service.name, versions };
  }
  assert.ok(versioned, 'the fixture has a service with two versions');
  const used =
    services.find((service) => (service.dependentCount ?? 0) > 0 && (service.dependencyCount ?? 0) > 0) ??
    services.find((service) => (service.dependentCount ?? 0) > 0);
  assert.ok(used, 'the fixture has a dependency');
  const owner = services.find((service) => service.ownerKey)?.ownerKey;
  return { services, versioned, used: used.name, owner };
}

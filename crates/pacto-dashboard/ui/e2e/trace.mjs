// How the page feels over a whole fleet: PACTO_URL=… node trace.mjs prints one JSON object, times in milliseconds.
// `cargo xtask bench dashboard` runs it against ten thousand services.
import { chromium } from 'playwright-core';

const base = (process.env.PACTO_URL ?? '').replace(/\/$/, '');
if (base === '') throw new Error('PACTO_URL names the running dashboard');

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-background-networking'],
});
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });

/** Times between frames while `action` goes on. */
async function frames(page, action) {
  await page.evaluate(() => {
    window.traced = [];
    let last = performance.now();
    const step = (now) => {
      window.traced.push(now - last);
      last = now;
      window.tracing = requestAnimationFrame(step);
    };
    window.tracing = requestAnimationFrame(step);
  });
  await action();
  const all = await page.evaluate(() => {
    cancelAnimationFrame(window.tracing);
    return window.traced;
  });
  // The first one waited for the recording to begin.
  const times = all.slice(1).sort((a, b) => a - b);
  const mean = times.reduce((sum, time) => sum + time, 0) / Math.max(1, times.length);
  return { count: times.length, mean, p95: times[Math.floor(times.length * 0.95)] ?? 0, longest: times.at(-1) ?? 0 };
}

const list = await context.newPage();
// When the first rows are in the document, counted from the start of the navigation.
await list.addInitScript(() => {
  const look = () => {
    if (document.querySelector('.services-body .services-row')) window.firstRows = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
});
await list.goto(`${base}/#/`);
await list.waitForFunction(() => window.firstRows !== undefined);
const firstRows = await list.evaluate(() => window.firstRows);
const field = list.getByLabel('Filter by name, owner, version, namespace or source');
await field.click();
const typing = await frames(list, () => field.pressSequentially('svc-0999', { delay: 60 }));
await field.fill('');
const scrolling = await frames(list, async () => {
  for (let step = 0; step < 40; step++) await list.mouse.wheel(0, 2_000);
});
await list.close();

const graph = await context.newPage();
await graph.goto(`${base}/#/graph`);
await graph.waitForFunction(() => document.querySelectorAll('.graph-host canvas').length === 2);
const box = await graph.getByRole('application').boundingBox();
const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
await graph.mouse.move(middle.x, middle.y);
await graph.mouse.down();
const pan = await frames(graph, async () => {
  for (let step = 1; step <= 60; step++) await graph.mouse.move(middle.x + 4 * step, middle.y + 2 * step);
});
await graph.mouse.up();
const hover = await frames(graph, async () => {
  for (let step = 0; step < 60; step++) await graph.mouse.move(middle.x - 300 + 10 * step, middle.y - 150 + 5 * step);
});
const zoom = await frames(graph, async () => {
  for (let step = 0; step < 20; step++) await graph.mouse.wheel(0, step < 10 ? -200 : 200);
});
await browser.close();
console.log(JSON.stringify({ firstRows, typing, scrolling, pan, hover, zoom }));

// Keeps the store fresh: server-sent events, with a slower poll when they do not come through.
import { ApiError, getIfChanged, getJson, postJson } from '../api/client';
import { readEvents } from '../api/events';
import { paths } from '../api/paths';
import type { Health, HelloEvent, ServiceEntry, SnapshotEvent, SourcesReport } from '../api/schema';
import { applyChanges } from '../logic/delta';
import { plural } from '../logic/format';
import type { ServerEvent } from '../logic/sse';
import { refreshResources } from './resource';
import * as store from './store';

const POLL_MS = 10_000;
const DISCOVERING_POLL_MS = 2_000;
const BACKOFF_MS = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];
/** As long as the flash itself; see `flash` in styles/table.css. */
const FLASH_MS = 1_600;

let etag: string | null = null;
let snapshot = '';
let failures = 0;
let reconnect: ReturnType<typeof setTimeout> | undefined;
let polling = false;
let pollTimer: ReturnType<typeof setTimeout> | undefined;

function setSources(report: SourcesReport): void {
  store.sources.value = report.sources;
  store.discovering.value = report.discovering;
  store.progress.value = report.progress;
}

function confirmed(asOf?: string): void {
  const time = asOf ? Date.parse(asOf) : Number.NaN;
  store.updatedAt.value = Number.isNaN(time) ? Date.now() : Math.min(time, Date.now());
}

let flashTimer: ReturnType<typeof setTimeout> | undefined;
function flash(cells: typeof store.flashes.value): void {
  store.flashes.value = cells;
  clearTimeout(flashTimer);
  flashTimer = setTimeout(() => (store.flashes.value = new Map()), FLASH_MS);
}

function replaceList(list: ServiceEntry[]): void {
  const before = store.services.peek();
  const first = before === undefined;
  if (!first) {
    const names = new Set(list.map((entry) => entry.name));
    const removed = before.filter((entry) => !names.has(entry.name)).map((entry) => entry.name);
    flash(applyChanges(before, list, removed).flashes);
  }
  store.services.value = list;
  store.servicesError.value = undefined;
}

export async function loadServices(): Promise<void> {
  try {
    const answer = await getIfChanged<ServiceEntry[]>(paths.services, etag);
    if (answer) {
      etag = answer.etag;
      replaceList(answer.data);
    }
    store.servicesError.value = undefined;
    confirmed();
  } catch (error) {
    // Old rows are better than none: the live mark says how old they are.
    store.servicesError.value = error instanceof ApiError ? error : new ApiError(0, String(error));
  }
}

async function loadSources(): Promise<void> {
  try {
    setSources(await getJson<SourcesReport>(paths.sources));
  } catch {
    // The list itself reports the failure.
  }
}

async function loadHealth(): Promise<void> {
  try {
    store.serverVersion.value = (await getJson<Health>(paths.health)).version ?? '';
  } catch {
    // Only a label is missing.
  }
}

function onSnapshot(event: SnapshotEvent): void {
  snapshot = event.snapshot;
  setSources(event);
  const current = store.services.peek();
  if (event.reset || current === undefined) {
    void loadServices();
  } else if (event.changed.length > 0 || event.removed.length > 0) {
    const applied = applyChanges(current, event.changed, event.removed);
    store.services.value = applied.entries;
    // The list no longer is what the tag names.
    etag = null;
    flash(applied.flashes);
    const count = applied.flashes.size + event.removed.length;
    if (count > 0) store.announce(`${plural(count, 'service')} updated`);
  }
  confirmed(event.asOf);
  store.snapshots.value++;
  if (event.structure || event.reset) store.structures.value++;
  refreshResources(event.reset ? undefined : new Set([...event.changed.map((entry) => entry.name), ...event.removed]));
}

function parse<T>(event: ServerEvent): T | undefined {
  try {
    return JSON.parse(event.data) as T;
  } catch {
    return undefined;
  }
}

function onHello(hello: HelloEvent): void {
  failures = 0;
  polling = false;
  clearTimeout(pollTimer);
  store.connection.value = 'live';
  if (hello.version) store.serverVersion.value = hello.version;
  const missed = snapshot !== '' && hello.snapshot !== snapshot;
  snapshot = hello.snapshot;
  confirmed(hello.asOf);
  if (!missed) return;
  // Something happened while the line was down.
  void loadServices();
  void loadSources();
  store.structures.value++;
  refreshResources(undefined);
}

function onEvent(event: ServerEvent): void {
  if (event.event === 'hello') {
    const hello = parse<HelloEvent>(event);
    if (hello) onHello(hello);
  } else if (event.event === 'snapshot') {
    const data = parse<SnapshotEvent>(event);
    if (data) onSnapshot(data);
  } else if (event.event === 'sources') {
    const data = parse<SourcesReport>(event);
    if (data) {
      setSources(data);
      // How fresh each part of a service is, is part of its page.
      refreshResources(undefined, isServiceDetails);
    }
  }
}

function isServiceDetails(path: string): boolean {
  return /^api\/services\/[^/?]+$/.test(path);
}

async function connect(): Promise<void> {
  try {
    await readEvents(paths.events, onEvent);
  } catch {
    // An ended line and a failed one are the same: try again, later each time.
  }
  failures++;
  if (failures >= 2) startPolling();
  else store.connection.value = 'connecting';
  const wait = BACKOFF_MS[Math.min(failures - 1, BACKOFF_MS.length - 1)] ?? 30_000;
  // Many open dashboards must not all come back in the same instant.
  reconnect = setTimeout(() => void connect(), wait * (0.75 + Math.random() / 2));
}

/** One loop, however often the line breaks; it ends when events arrive again. */
function startPolling(): void {
  if (polling) return;
  polling = true;
  const tick = async (): Promise<void> => {
    if (!document.hidden) {
      const before = store.services.peek();
      await Promise.all([loadServices(), loadSources()]);
      if (!polling) return;
      store.connection.value = store.servicesError.peek() ? 'offline' : 'polling';
      if (store.services.peek() !== before) {
        store.structures.value++;
        refreshResources(undefined);
      }
    }
    if (polling) pollTimer = setTimeout(() => void tick(), store.discovering.peek() ? DISCOVERING_POLL_MS : POLL_MS);
  };
  void tick();
}

export async function refreshNow(): Promise<void> {
  await postJson(paths.refresh, {});
  await Promise.all([loadServices(), loadSources()]);
  refreshResources(undefined);
}

/** After a token was given: everything that was refused is asked for again. */
export function restart(): void {
  void loadServices();
  void loadSources();
  void loadHealth();
  refreshResources(undefined);
  if (store.connection.peek() !== 'live') {
    clearTimeout(reconnect);
    void connect();
  }
}

export function startLive(): void {
  void loadServices();
  void loadSources();
  void loadHealth();
  void connect();
}

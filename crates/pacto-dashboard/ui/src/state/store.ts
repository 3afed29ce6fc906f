// What the pages share: the list of services, the sources, and how fresh they are.
import { computed, signal } from '@preact/signals';
import { ApiError } from '../api/client';
import type { Progress, ServiceEntry, SourceInfo } from '../api/schema';
import type { SortKey } from '../logic/sort';

/** `undefined` until the first answer: "not known yet" is not "none". */
export const services = signal<readonly ServiceEntry[] | undefined>(undefined);
export const servicesError = signal<ApiError | undefined>(undefined);
export const byName = computed(() => new Map((services.value ?? []).map((entry) => [entry.name, entry])));

export const sources = signal<readonly SourceInfo[] | undefined>(undefined);
export const enabledSources = computed(() => (sources.value ?? []).filter((source) => source.enabled));
export const discovering = signal(false);
export const progress = signal<Progress | undefined>(undefined);

export const serverVersion = signal('');

export type Connection = 'connecting' | 'live' | 'polling' | 'offline';
export const connection = signal<Connection>('connecting');
/** When the data at hand was last confirmed by the server. */
export const updatedAt = signal(0);
/** Grows with each snapshot; pages with their own data ask again. */
export const snapshots = signal(0);
/** Grows when services or edges came or went: the graph has a new layout. */
export const structures = signal(0);

export const flashes = signal<ReadonlyMap<string, ReadonlySet<SortKey>>>(new Map());

/** Text for the polite live region. */
export const announcement = signal('');
export function announce(text: string): void {
  // The same words twice are not read again unless the region changed.
  announcement.value = announcement.peek() === text ? `${text}\u00a0` : text;
}

/** One clock for all relative times, so that they move together. */
export const now = signal(Date.now());
export function startClock(): void {
  setInterval(() => {
    if (!document.hidden) now.value = Date.now();
  }, 1000);
}

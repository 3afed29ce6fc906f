// Which services a page shows. The filter lives in the address, so a link shows the same rows to a colleague.
import type { ContractStatus, ServiceEntry } from '../api/schema';
import { ownerLabel, UNOWNED } from './format';

export interface ServiceFilter {
  q: string;
  statuses: ReadonlySet<string>;
  owners: ReadonlySet<string>;
  sources: ReadonlySet<string>;
  changes: ReadonlySet<string>;
  updates: boolean;
}

export const STATUSES: readonly ContractStatus[] = ['NonCompliant', 'Warning', 'Compliant', 'Reference', 'Unknown'];

export function emptyFilter(): ServiceFilter {
  return { q: '', statuses: new Set(), owners: new Set(), sources: new Set(), changes: new Set(), updates: false };
}

export function parseFilter(query: URLSearchParams): ServiceFilter {
  // Commas are accepted for the short lists; an owner may itself contain one.
  const list = (key: string) =>
    new Set(
      query
        .getAll(key)
        .flatMap((value) => value.split(','))
        .filter(Boolean),
    );
  return {
    q: query.get('q') ?? '',
    statuses: list('status'),
    owners: new Set(query.getAll('owner').filter(Boolean)),
    sources: list('source'),
    changes: list('change'),
    updates: query.get('updates') === '1',
  };
}

/** Writes the filter into a copy of the query and leaves the other keys (sort, view) alone. */
export function writeFilter(query: URLSearchParams, filter: ServiceFilter): URLSearchParams {
  const next = new URLSearchParams(query);
  for (const key of ['q', 'status', 'owner', 'source', 'change', 'updates']) next.delete(key);
  if (filter.q) next.set('q', filter.q);
  if (filter.statuses.size > 0) next.set('status', [...filter.statuses].join(','));
  for (const owner of filter.owners) next.append('owner', owner);
  if (filter.sources.size > 0) next.set('source', [...filter.sources].join(','));
  if (filter.changes.size > 0) next.set('change', [...filter.changes].join(','));
  if (filter.updates) next.set('updates', '1');
  return next;
}

export function isEmpty(filter: ServiceFilter): boolean {
  return filter.q === '' && filter.statuses.size === 0 && filter.owners.size === 0 && filter.sources.size === 0 && filter.changes.size === 0 && !filter.updates;
}

/** The filter alone, for the other page that shows the same services. */
export function filterOf(query: URLSearchParams): URLSearchParams {
  return writeFilter(new URLSearchParams(), parseFilter(query));
}

export function toggled<T>(set: ReadonlySet<T>, ...values: T[]): Set<T> {
  const next = new Set(set);
  const on = values.every((value) => next.has(value));
  for (const value of values) {
    if (on) next.delete(value);
    else next.add(value);
  }
  return next;
}

// Lower-casing 10,000 names on each key stroke would be felt; each entry is done once and forgotten with it.
const haystacks = new WeakMap<ServiceEntry, string>();

export function haystack(entry: ServiceEntry): string {
  let text = haystacks.get(entry);
  if (text === undefined) {
    const owner = entry.owner;
    const people = typeof owner === 'object' ? [owner.team, owner.dri, ...(owner.contacts ?? []).map((c) => c.value)].join('\n') : owner;
    text = [entry.name, people ?? '', entry.namespace ?? '', entry.version, ownerLabel(owner, entry.ownerKey), ...entrySources(entry)].join('\n').toLowerCase();
    haystacks.set(entry, text);
  }
  return text;
}

export function entryOwner(entry: ServiceEntry): string {
  return entry.ownerKey || ownerLabel(entry.owner) || UNOWNED;
}

export function entrySources(entry: ServiceEntry): readonly string[] {
  return entry.sources && entry.sources.length > 0 ? entry.sources : entry.source ? [entry.source] : [];
}

type Part = 'q' | 'status' | 'owner' | 'source' | 'change' | 'updates';

/** `except` leaves one part out: the counts on a filter's own buttons must not react to that filter. */
export function matcher(filter: ServiceFilter, except?: Part): (entry: ServiceEntry) => boolean {
  const words = except === 'q' ? [] : filter.q.toLowerCase().split(/\s+/).filter(Boolean);
  const statuses = except === 'status' || filter.statuses.size === 0 ? null : filter.statuses;
  const owners = except === 'owner' || filter.owners.size === 0 ? null : filter.owners;
  const sources = except === 'source' || filter.sources.size === 0 ? null : filter.sources;
  const changes = except === 'change' || filter.changes.size === 0 ? null : filter.changes;
  const updates = except !== 'updates' && filter.updates;
  return (entry) => {
    if (statuses && !statuses.has(entry.contractStatus)) return false;
    if (owners && !owners.has(entryOwner(entry))) return false;
    if (sources && !entrySources(entry).some((source) => sources.has(source))) return false;
    if (changes && !changes.has(entry.lastChange ?? '')) return false;
    if (updates && !entry.updateAvailable) return false;
    if (words.length > 0) {
      const text = haystack(entry);
      for (const word of words) if (!text.includes(word)) return false;
    }
    return true;
  };
}

export interface Counts {
  total: number;
  byStatus: Record<ContractStatus, number>;
  updates: number;
}

export function countStatuses(entries: Iterable<ServiceEntry>): Counts {
  const counts: Counts = {
    total: 0,
    byStatus: { Compliant: 0, Warning: 0, NonCompliant: 0, Unknown: 0, Reference: 0 },
    updates: 0,
  };
  for (const entry of entries) {
    counts.total++;
    counts.byStatus[entry.contractStatus in counts.byStatus ? entry.contractStatus : 'Unknown']++;
    if (entry.updateAvailable) counts.updates++;
  }
  return counts;
}

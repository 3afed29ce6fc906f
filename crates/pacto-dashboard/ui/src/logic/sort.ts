import type { Classification, ContractStatus, ServiceEntry } from '../api/schema';
import { entryOwner, entrySources } from './filter';
import { compareVersions } from './version';

export type SortKey = 'name' | 'version' | 'status' | 'owner' | 'compliance' | 'dependencies' | 'dependents' | 'blast' | 'change' | 'sources';

export interface Sort {
  key: SortKey;
  descending: boolean;
}

const KEYS: readonly SortKey[] = ['name', 'version', 'status', 'owner', 'compliance', 'dependencies', 'dependents', 'blast', 'change', 'sources'];

/** Worst first is what a person means by "sort by status". */
const STATUS_ORDER: Record<ContractStatus, number> = { NonCompliant: 0, Warning: 1, Unknown: 2, Reference: 3, Compliant: 4 };
const CHANGE_ORDER: Record<Classification, number> = { BREAKING: 0, POTENTIAL_BREAKING: 1, NON_BREAKING: 2 };

/** The first click on these columns shows the large numbers. */
const LARGE_FIRST: ReadonlySet<SortKey> = new Set(['dependencies', 'dependents', 'blast']);

export function parseSort(text: string | null): Sort {
  const descending = text?.startsWith('-') ?? false;
  const key = (descending ? text?.slice(1) : text) as SortKey;
  return KEYS.includes(key) ? { key, descending } : { key: 'name', descending: false };
}

export function formatSort(sort: Sort): string {
  return `${sort.descending ? '-' : ''}${sort.key}`;
}

export function nextSort(current: Sort, key: SortKey): Sort {
  if (current.key === key) return { key, descending: !current.descending };
  return { key, descending: LARGE_FIRST.has(key) };
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `undefined` = not known: such rows stay at the end in both directions. */
function value(entry: ServiceEntry, key: SortKey): string | number | undefined {
  switch (key) {
    case 'name':
      return entry.name;
    case 'version':
      return entry.version || undefined;
    case 'status':
      return STATUS_ORDER[entry.contractStatus] ?? 2;
    case 'owner':
      return entry.ownerKey ? entryOwner(entry).toLowerCase() : undefined;
    case 'compliance':
      return entry.complianceScore ?? undefined;
    case 'dependencies':
      return entry.dependencyCount ?? 0;
    case 'dependents':
      return entry.dependentCount ?? 0;
    case 'blast':
      return entry.blastRadius ?? 0;
    case 'change':
      return entry.lastChange ? CHANGE_ORDER[entry.lastChange] : undefined;
    case 'sources':
      return entrySources(entry).join() || undefined;
  }
}

export function sortEntries(entries: readonly ServiceEntry[], sort: Sort): ServiceEntry[] {
  const sign = sort.descending ? -1 : 1;
  const keyed = entries.map((entry) => ({ entry, value: value(entry, sort.key) }));
  keyed.sort((a, b) => {
    let order = 0;
    if (a.value === undefined || b.value === undefined) {
      order = Number(a.value === undefined) - Number(b.value === undefined);
    } else if (sort.key === 'version') {
      order = sign * compareVersions(String(a.value), String(b.value));
    } else if (typeof a.value === 'number' && typeof b.value === 'number') {
      order = sign * (a.value - b.value);
    } else {
      order = sign * byText(String(a.value), String(b.value));
    }
    return order || byText(a.entry.name, b.entry.name);
  });
  return keyed.map((item) => item.entry);
}

/**
 * Live data must not move rows under a pointer: what was shown stays where it was with its new contents,
 * what is new comes at the end, what is gone leaves.
 */
export function keepOrder(shown: readonly string[], next: readonly ServiceEntry[]): ServiceEntry[] {
  const byName = new Map(next.map((entry) => [entry.name, entry]));
  const kept: ServiceEntry[] = [];
  for (const name of shown) {
    const entry = byName.get(name);
    if (entry) {
      kept.push(entry);
      byName.delete(name);
    }
  }
  for (const entry of next) if (byName.has(entry.name)) kept.push(entry);
  return kept;
}

// What a live update changed: which rows, and which cells of them.
import type { ServiceEntry } from '../api/schema';
import type { SortKey } from './sort';

const CELLS: Record<SortKey, (entry: ServiceEntry) => string> = {
  name: (entry) => `${entry.name}\n${entry.namespace ?? ''}`,
  version: (entry) => `${entry.version}\n${entry.updateAvailable ? entry.latestAvailable : ''}`,
  status: (entry) => entry.contractStatus,
  owner: (entry) => entry.ownerKey,
  compliance: (entry) => `${entry.complianceScore}\n${entry.checksFailed}/${entry.checksTotal}`,
  dependencies: (entry) => String(entry.dependencyCount ?? 0),
  dependents: (entry) => String(entry.dependentCount ?? 0),
  blast: (entry) => String(entry.blastRadius ?? 0),
  change: (entry) => entry.lastChange ?? '',
  sources: (entry) => (entry.sources ?? [entry.source]).join(),
};

export function changedCells(before: ServiceEntry, after: ServiceEntry): Set<SortKey> {
  const cells = new Set<SortKey>();
  for (const [key, text] of Object.entries(CELLS) as [SortKey, (entry: ServiceEntry) => string][]) {
    if (text(before) !== text(after)) cells.add(key);
  }
  return cells;
}

export interface Applied {
  entries: ServiceEntry[];
  flashes: Map<string, Set<SortKey>>;
}

/** The list with the changes in it, still in order of name, and the cells to flash. */
export function applyChanges(current: readonly ServiceEntry[], changed: readonly ServiceEntry[], removed: readonly string[]): Applied {
  const flashes = new Map<string, Set<SortKey>>();
  const news = new Map(changed.map((entry) => [entry.name, entry]));
  const gone = new Set(removed);
  const entries: ServiceEntry[] = [];
  for (const entry of current) {
    if (gone.has(entry.name)) continue;
    const next = news.get(entry.name);
    if (!next) {
      entries.push(entry);
      continue;
    }
    news.delete(entry.name);
    entries.push(next);
    const cells = changedCells(entry, next);
    if (cells.size > 0) flashes.set(entry.name, cells);
  }
  if (news.size > 0) {
    for (const entry of news.values()) {
      if (gone.has(entry.name)) continue;
      entries.push(entry);
      flashes.set(entry.name, new Set<SortKey>(['name']));
    }
    entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  }
  return { entries, flashes };
}

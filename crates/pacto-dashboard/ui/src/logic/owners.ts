import type { OwnerEntry } from '../api/schema';

export type OwnerSort = 'key' | 'services' | 'compliance' | 'warning' | 'nonCompliant' | 'blast';

export const OWNER_SORTS: readonly OwnerSort[] = ['key', 'services', 'compliance', 'warning', 'nonCompliant', 'blast'];

function value(owner: OwnerEntry, sort: OwnerSort): number {
  switch (sort) {
    case 'services':
      return owner.services;
    case 'compliance':
      return owner.compliancePercent;
    case 'warning':
      return owner.warning;
    case 'nonCompliant':
      return owner.nonCompliant;
    case 'blast':
      return owner.totalBlast;
    case 'key':
      return 0;
  }
}

/** Owners with nothing measured stay at the end when sorted by compliance. */
export function sortOwners(owners: readonly OwnerEntry[], sort: OwnerSort, descending: boolean): OwnerEntry[] {
  const sign = descending ? -1 : 1;
  return [...owners].sort((a, b) => {
    const byKey = a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
    if (sort === 'key') return sign * byKey;
    const left = value(a, sort);
    const right = value(b, sort);
    if (sort === 'compliance' && (left < 0 || right < 0)) return Number(left < 0) - Number(right < 0) || byKey;
    return sign * (left - right) || byKey;
  });
}

export function matchesOwner(owner: OwnerEntry, query: string): boolean {
  const text = [owner.key, owner.team, owner.dri, ...(owner.contacts ?? []).map((contact) => contact.value)].join('\n').toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

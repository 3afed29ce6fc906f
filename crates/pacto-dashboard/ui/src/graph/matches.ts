// Which nodes of the graph a filter means: the same as in the table of services.
import type { ServiceEntry } from '../api/schema';
import { isEmpty, matcher, type ServiceFilter } from '../logic/filter';
import type { GraphModel, Item } from './model';

/** Nodes that match; `null` without a filter. A group matches when one of its services does. */
export function matchesOf(
  model: GraphModel,
  filter: ServiceFilter,
  entries: ReadonlyMap<string, ServiceEntry>,
  ownerIsAsked: boolean,
): ReadonlySet<number> | null {
  const wanted = ownerIsAsked ? { ...filter, owners: new Set<string>() } : filter;
  if (isEmpty(wanted)) return null;
  const matches = matcher(wanted);
  const words = wanted.q.toLowerCase().split(/\s+/).filter(Boolean);
  // What is outside of the fleet has a name and nothing else that could be filtered by.
  const byNameAlone = isEmpty({ ...wanted, q: '' });
  const is = (id: string, label: string): boolean => {
    const entry = entries.get(id);
    if (entry) return matches(entry);
    return byNameAlone && words.every((word) => label.toLowerCase().includes(word));
  };
  const found = new Set<number>();
  model.items.forEach((item: Item, index) => {
    if (item.members ? item.members.some((id) => is(id, id)) : is(item.id, item.label)) found.add(index);
  });
  return found;
}

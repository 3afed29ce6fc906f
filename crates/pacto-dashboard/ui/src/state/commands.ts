// What the search field and the palette can find.
import { signal } from '@preact/signals';
import type { ServiceEntry } from '../api/schema';
import { entryOwner } from '../logic/filter';
import { UNOWNED } from '../logic/format';
import { link, withFilter } from '../logic/route';
import { best } from '../logic/search';
import type { IconName } from '../components/icons';
import { refreshNow } from './live';
import { navigate, route } from './router';
import { announce, services } from './store';
import { theme, toggleTheme } from './theme';

export interface Command {
  id: string;
  group: 'Services' | 'Owners' | 'Go to' | 'Actions';
  label: string;
  hint?: string;
  icon?: IconName;
  entry?: ServiceEntry;
  run: () => void;
}

export const paletteOpen = signal(false);
export const shortcutsOpen = signal(false);

function pages(): Command[] {
  const to = (label: string, icon: IconName, address: string, hint?: string): Command => ({
    id: `go ${label}`,
    group: 'Go to',
    label,
    icon,
    ...(hint ? { hint } : {}),
    run: () => navigate(withFilter(address, route.peek())),
  });
  const list = [
    to('Services', 'services', '#/', 'g s'),
    to('Graph', 'graph', '#/graph', 'g g'),
    to('Compare', 'compare', '#/diff', 'g c'),
    to('Owners', 'owners', '#/owners', 'g o'),
    to('Sources', 'sources', '#/sources', 'g d'),
    to('API documentation', 'docs', '#/docs', 'g a'),
    to('Non-compliant services', 'services', '#/?status=NonCompliant'),
    to('Services with an update', 'services', '#/?updates=1'),
  ];
  const here = route.peek();
  if (here.page === 'service') {
    list.unshift(
      to(`Show ${here.name} in the graph`, 'graph', link.graphOf(here.name)),
      to(`Compare versions of ${here.name}`, 'compare', link.compare(here.name)),
    );
  }
  return list;
}

function actions(): Command[] {
  const act = (label: string, icon: IconName, run: () => void, hint?: string): Command => ({
    id: `do ${label}`,
    group: 'Actions',
    label,
    icon,
    ...(hint ? { hint } : {}),
    run,
  });
  return [
    act(theme.peek() === 'dark' ? 'Use the light theme' : 'Use the dark theme', theme.peek() === 'dark' ? 'sun' : 'moon', toggleTheme),
    act('Read all sources again', 'refresh', () => {
      announce('Reading all sources again');
      refreshNow().catch((error: unknown) => announce(error instanceof Error ? error.message : String(error)));
    }),
    act('Copy a link to this page', 'link', () => void navigator.clipboard?.writeText(location.href).then(() => announce('Copied'))),
    act('Keyboard shortcuts', 'keyboard', () => (shortcutsOpen.value = true), '?'),
  ];
}

function owners(list: readonly ServiceEntry[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const entry of list) {
    const key = entryOwner(entry);
    if (key !== UNOWNED) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

export function findCommands(query: string, everything: boolean): Command[] {
  const list = services.value ?? [];
  const found: Command[] = [];
  const q = query.trim();
  if (q !== '' || !everything) {
    for (const entry of best(list, (item) => item.name, q, 8)) {
      found.push({ id: `s ${entry.name}`, group: 'Services', label: entry.name, hint: entry.version, entry, run: () => navigate(link.service(entry.name)) });
    }
  }
  if (q !== '') {
    for (const [key, count] of best(owners(list), (item) => item[0], q, 4)) {
      found.push({ id: `o ${key}`, group: 'Owners', label: key, hint: `${count} services`, icon: 'owners', run: () => navigate(link.owner(key)) });
    }
  }
  if (everything) {
    found.push(...best(pages(), (item) => item.label, q, q === '' ? 9 : 4));
    found.push(...best(actions(), (item) => item.label, q, 4));
  }
  return found;
}

// The hash routes. Everything a page shows is in its address; this module turns one into the other.

import { filterOf } from './filter';

export type PageName = 'services' | 'service' | 'compare' | 'graph' | 'owners' | 'owner' | 'sources' | 'docs';

export interface Route {
  page: PageName;
  /** A service's name or an owner's key. */
  name: string;
  version: string;
  query: URLSearchParams;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone percent sign is part of the name, not a broken address.
    return text;
  }
}

function route(page: PageName, query: URLSearchParams, name = '', version = ''): Route {
  return { page, name, version, query };
}

/** Unknown addresses open the services, as they always have. */
export function parseRoute(hash: string): Route {
  let text = hash.replace(/^#/, '');
  if (!text.startsWith('/')) text = `/${text}`;
  const mark = text.indexOf('?');
  const query = new URLSearchParams(mark < 0 ? '' : text.slice(mark + 1));
  const parts = (mark < 0 ? text : text.slice(0, mark))
    .split('/')
    .slice(1)
    .filter((part) => part !== '');
  const [first = '', rawName = '', third = '', rawVersion = ''] = parts;
  const name = decode(rawName);
  switch (first) {
    case 'service': // the oldest form, `#service/name`
    case 'services':
      if (name === '') return route('services', query);
      if (third === 'diff') return route('compare', olderCompare(name, query));
      if (third === 'versions' && rawVersion !== '') return route('service', query, name, decode(rawVersion));
      return route('service', query, name);
    case 'diff':
      return route('compare', query);
    case 'graph':
      return route('graph', query);
    case 'owners':
      return name === '' ? route('owners', query) : route('owner', query, name);
    case 'sources':
      return route('sources', query);
    case 'docs':
      return route('docs', query);
    default:
      return route('services', query);
  }
}

function olderCompare(name: string, query: URLSearchParams): URLSearchParams {
  const next = new URLSearchParams({ from_name: name, to_name: name });
  const from = query.get('from');
  const to = query.get('to');
  if (from) next.set('from_ver', from);
  if (to) next.set('to_ver', to);
  return next;
}

function withQuery(path: string, query?: URLSearchParams): string {
  const text = query?.toString() ?? '';
  return text === '' ? path : `${path}?${text}`;
}

/** Addresses of pages, for links. */
export const link = {
  services: (query?: URLSearchParams) => withQuery('#/', query),
  service: (name: string, version?: string) => `#/services/${encodeURIComponent(name)}${version ? `/versions/${encodeURIComponent(version)}` : ''}`,
  compare: (fromName = '', fromVersion = '', toName = fromName, toVersion = '') => {
    const query = new URLSearchParams();
    if (fromName) query.set('from_name', fromName);
    if (fromVersion) query.set('from_ver', fromVersion);
    if (toName) query.set('to_name', toName);
    if (toVersion) query.set('to_ver', toVersion);
    return withQuery('#/diff', query);
  },
  graph: (query?: URLSearchParams) => withQuery('#/graph', query),
  graphOf: (name: string) => `#/graph?focus=${encodeURIComponent(name)}`,
  owners: () => '#/owners',
  owner: (key: string) => `#/owners/${encodeURIComponent(key)}`,
  sources: () => '#/sources',
  docs: () => '#/docs',
};

export function routeHash(route: Route): string {
  switch (route.page) {
    case 'services':
      return link.services(route.query);
    case 'service':
      return withQuery(link.service(route.name, route.version), route.query);
    case 'compare':
      return withQuery('#/diff', route.query);
    case 'graph':
      return link.graph(route.query);
    case 'owners':
      return withQuery('#/owners', route.query);
    case 'owner':
      return withQuery(link.owner(route.name), route.query);
    case 'sources':
      return '#/sources';
    case 'docs':
      return withQuery('#/docs', route.query);
  }
}

/** Two routes are the same page when only their query differs: no focus move, no scroll. */
export function samePage(a: Route, b: Route): boolean {
  return a.page === b.page && a.name === b.name && a.version === b.version;
}

/** The list and the graph show the same services: what is filtered in one stays filtered in the other. */
export function withFilter(to: string, here: Route): string {
  // To the page one is on the plain address leads: it takes the filter away.
  if (here.page === 'graph' && to === link.services()) return link.services(filterOf(here.query));
  if (here.page === 'services' && to === link.graph()) return link.graph(filterOf(here.query));
  return to;
}

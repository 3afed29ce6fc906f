// Every path of the API, in one place. Relative, so that the dashboard also works below a path prefix of a proxy.
const segment = encodeURIComponent;

function withQuery(path: string, query: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') search.set(key, String(value));
  }
  const text = search.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** A name that browsers take for a step in the path, encoded or not: it would lead to another operation. */
export function nameOfDots(path: string): string | undefined {
  return path
    .split('?', 1)[0]
    ?.split('/')
    .find((part) => part === '.' || part === '..');
}

export const paths = {
  services: 'api/services',
  service: (name: string) => `api/services/${segment(name)}`,
  version: (name: string, version: string) => `api/services/${segment(name)}/versions/${segment(version)}`,
  versions: (name: string) => `api/services/${segment(name)}/versions`,
  serviceSources: (name: string) => `api/services/${segment(name)}/sources`,
  dependents: (name: string) => `api/services/${segment(name)}/dependents`,
  refs: (name: string) => `api/services/${segment(name)}/refs`,
  graph: (query: Record<string, string | number | undefined>) => withQuery('api/graph', query),
  diff: (fromName: string, fromVersion: string, toName: string, toVersion: string) =>
    withQuery('api/diff', { from_name: fromName, from_version: fromVersion, to_name: toName, to_version: toVersion }),
  impact: (name: string, from: string, to: string) => withQuery('api/impact', { name, from_version: from, to_version: to }),
  owners: 'api/owners',
  owner: (key: string) => `api/owners/${segment(key)}`,
  sources: 'api/sources',
  events: 'api/events',
  refresh: 'api/refresh',
  resolve: 'api/resolve',
  remoteVersions: 'api/versions',
  health: 'health',
  openapi: 'openapi.json',
  debugSources: 'api/debug/sources',
} as const;

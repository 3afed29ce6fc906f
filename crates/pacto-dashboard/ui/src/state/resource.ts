// One cached answer for each path. A page that comes back shows what it had and asks again in the background.
import { signal, type Signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ApiError, getJson } from '../api/client';

export interface Resource<T> {
  data: T | undefined;
  error: ApiError | undefined;
  loading: boolean;
  reload: () => void;
}

interface Entry {
  state: Signal<{ data: unknown; error: ApiError | undefined; loading: boolean }>;
  users: number;
  stale: boolean;
  abort: AbortController | undefined;
}

const MAX_KEPT = 60;
const entries = new Map<string, Entry>();

function entryOf(path: string): Entry {
  let entry = entries.get(path);
  if (!entry) {
    entry = {
      state: signal({ data: undefined, error: undefined, loading: true }),
      users: 0,
      stale: true,
      abort: undefined,
    };
    entries.set(path, entry);
    for (const [key, old] of entries) {
      if (entries.size <= MAX_KEPT) break;
      if (old.users === 0 && key !== path) entries.delete(key);
    }
  }
  return entry;
}

async function load(path: string, entry: Entry): Promise<void> {
  entry.abort?.abort();
  const abort = new AbortController();
  entry.abort = abort;
  entry.stale = false;
  entry.state.value = { ...entry.state.peek(), loading: true };
  try {
    const data: unknown = await getJson(path, abort.signal);
    if (!abort.signal.aborted) entry.state.value = { data, error: undefined, loading: false };
  } catch (cause) {
    if (abort.signal.aborted) return;
    const error = cause instanceof ApiError ? cause : new ApiError(0, String(cause));
    // A service that is gone must not look alive; any other failure keeps what was known.
    const data = error.status === 404 ? undefined : entry.state.peek().data;
    entry.state.value = { data, error, loading: false };
    entry.stale = true;
  }
}

const NOTHING: Resource<never> = { data: undefined, error: undefined, loading: false, reload: () => undefined };

export function useResource<T>(path: string | null): Resource<T> {
  useEffect(() => {
    if (path === null) return;
    const entry = entryOf(path);
    entry.users++;
    if (entry.stale) void load(path, entry);
    return () => {
      entry.users--;
    };
  }, [path]);
  if (path === null) return NOTHING;
  const entry = entryOf(path);
  const { data, error, loading } = entry.state.value;
  return { data: data as T | undefined, error, loading, reload: () => void load(path, entry) };
}

/** Asks again for what is on the screen; what is not is asked for when it is opened. */
export function refreshResources(names: ReadonlySet<string> | undefined, only: (path: string) => boolean = () => true): void {
  for (const [path, entry] of entries) {
    if (!only(path) || (names !== undefined && !concerns(path, names))) continue;
    entry.stale = true;
    if (entry.users > 0) void load(path, entry);
  }
}

/** A change of one service cannot change the details of another unless they are neighbours, which is the server's knowledge: only paths that name another service's own version are left alone. */
function concerns(path: string, names: ReadonlySet<string>): boolean {
  if (path === 'openapi.json' || path.startsWith('api/debug')) return false;
  const match = /^api\/services\/([^/?]+)\/versions\//.exec(path);
  return match?.[1] === undefined || names.has(decodeURIComponent(match[1]));
}

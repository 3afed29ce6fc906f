import type { Problem } from './schema';
import { nameOfDots } from './paths';
import { refused, withToken } from './token';

/** Any answer that is not a success, with the server's own words where it gave some. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly details: string[] = [],
  ) {
    super(message);
  }
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null;
}

async function failure(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => '');
  let message = text.trim() || `the server answered ${response.status}`;
  const details: string[] = [];
  try {
    const problem: unknown = JSON.parse(text);
    if (isProblem(problem)) {
      message = problem.detail ?? problem.title ?? message;
      for (const error of problem.errors ?? []) {
        details.push([error.location, error.message].filter(Boolean).join(': '));
      }
    }
  } catch {
    // Not JSON: the text itself is the message.
  }
  return new ApiError(response.status, message.slice(0, 2000), details);
}

async function send(path: string, init: RequestInit): Promise<Response> {
  const name = nameOfDots(path);
  if (name !== undefined) {
    throw new ApiError(
      422,
      `“${name}” cannot be asked for by a browser, which takes it for a step in the path. Name it otherwise: service.name holds letters, digits and hyphens.`,
    );
  }
  try {
    const response = await fetch(path, init);
    if (response.status === 401) refused();
    return response;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new ApiError(0, 'The dashboard’s server does not answer. Is `pacto dashboard` still running?');
  }
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await send(path, { headers: withToken({ accept: 'application/json' }), signal: signal ?? null });
  if (!response.ok) throw await failure(response);
  return (await response.json()) as T;
}

export interface Tagged<T> {
  data: T;
  etag: string | null;
}

/** Asks only for what changed: `null` when the server says the copy at hand is still right. */
export async function getIfChanged<T>(path: string, etag: string | null): Promise<Tagged<T> | null> {
  const headers = withToken({ accept: 'application/json' });
  if (etag !== null) headers['if-none-match'] = etag;
  const response = await send(path, { headers, cache: 'no-store' });
  if (response.status === 304) return null;
  if (!response.ok) throw await failure(response);
  return { data: (await response.json()) as T, etag: response.headers.get('etag') };
}

export async function postJson<T>(path: string, body: unknown): Promise<T> {
  const response = await send(path, {
    method: 'POST',
    headers: withToken({ accept: 'application/json', 'content-type': 'application/json' }),
    body: JSON.stringify(body),
  });
  if (!response.ok) throw await failure(response);
  return (await response.json()) as T;
}

export interface RawAnswer {
  status: number;
  statusText: string;
  milliseconds: number;
  contentType: string;
  body: string;
}

/** For the API page: whatever comes back is shown, success or not. */
export async function rawRequest(method: string, path: string, body?: string): Promise<RawAnswer> {
  const started = performance.now();
  const init: RequestInit = { method, headers: withToken({}) };
  if (body !== undefined && body !== '') {
    init.body = body;
    init.headers = withToken({ 'content-type': 'application/json' });
  }
  const response = await send(path, init);
  const text = await response.text();
  return {
    status: response.status,
    statusText: response.statusText,
    milliseconds: performance.now() - started,
    contentType: response.headers.get('content-type') ?? '',
    body: text,
  };
}

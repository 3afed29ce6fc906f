// The page of `pacto doc --ui`: the HTTP interfaces of one contract, to read and to try.
import { render, type JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ApiDocument, type ApiServer } from './components/api-document';
import { visible } from './logic/format';
import { addressOf, isObject, type JsonObject } from './logic/openapi';

interface Interface {
  name: string;
  path: string;
  target: string | null;
}

interface State {
  service: string;
  interfaces: Interface[];
  document: JsonObject;
}

const NAME = decodeURIComponent(location.pathname.replace(/^\/ui\//, ''));

async function json<T>(path: string): Promise<T> {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return (await answer.json()) as T;
}

async function load(): Promise<State> {
  const [about, document] = await Promise.all([
    json<{ service: string; interfaces: Interface[] }>('/interfaces'),
    json<JsonObject>(`/spec/${encodeURIComponent(NAME)}`),
  ]);
  return { ...about, document };
}

/** Requests go through the server that sent this page: it passes on what is below the address that it was started with. */
function serverOf(target: string | null, document: JsonObject, authorization: string): ApiServer {
  const servers = document['servers'];
  const first = Array.isArray(servers) && isObject(servers[0]) ? servers[0]['url'] : undefined;
  const base = target ?? (typeof first === 'string' ? first : '');
  return {
    base: () => base,
    closed: target === null ? 'Start with --target URL to send requests from here.' : undefined,
    send: async (operation, path, headers, body) => {
      const started = performance.now();
      const init: RequestInit = {
        method: operation.method,
        headers: { ...headers, ...(authorization === '' ? {} : { authorization }), 'x-pacto-explorer': '1' },
      };
      if (body !== undefined && body !== '' && operation.method !== 'GET' && operation.method !== 'HEAD') init.body = body;
      const answer = await fetch(`/proxy?${new URLSearchParams({ url: addressOf(base, path) })}`, init);
      const text = await answer.text();
      return {
        status: Number(answer.headers.get('x-pacto-status') ?? answer.status),
        statusText: answer.statusText,
        milliseconds: performance.now() - started,
        contentType: answer.headers.get('content-type') ?? '',
        body: text,
      };
    },
  };
}

function Explorer(): JSX.Element {
  const [state, setState] = useState<State | string | null>(null);
  const [authorization, setAuthorization] = useState('');
  useEffect(() => {
    const again = (): void => {
      load().then(setState, (error: unknown) => setState(String(error)));
    };
    // Asked again whenever the contract changed, and when the server is back.
    const events = new EventSource('/events');
    events.onmessage = again;
    return () => events.close();
  }, []);
  if (state === null) return <p class="dim">Loading…</p>;
  if (typeof state === 'string') {
    return (
      <p class="bad" role="alert">
        The description cannot be loaded: {visible(state)}
      </p>
    );
  }
  const { service, interfaces, document: description } = state;
  const info = isObject(description['info']) ? description['info'] : {};
  const title = typeof info['title'] === 'string' && info['title'] !== '' ? info['title'] : NAME;
  const target = interfaces.find((one) => one.name === NAME)?.target ?? null;
  document.title = `${visible(NAME)} · ${visible(service)}`;
  return (
    <>
      <div class="page-head">
        <h1>{visible(title)}</h1>
        <p class="dim mono">
          {visible(service)}
          {target !== null && ` → ${visible(target)}`}
        </p>
      </div>
      {interfaces.length > 1 && (
        <nav class="explorer-nav" aria-label="Interfaces">
          {interfaces.map((one) => (
            <a key={one.name} class="button" href={one.path} aria-current={one.name === NAME ? 'page' : undefined}>
              {visible(one.name)}
            </a>
          ))}
        </nav>
      )}
      {typeof info['description'] === 'string' && <p class="docs-intro">{visible(info['description'])}</p>}
      {target !== null && (
        <label class="try-field explorer-auth">
          <span>
            Authorization <span class="dim small">sent along with every request, kept in this page only</span>
          </span>
          <input
            class="field mono"
            type="password"
            autocomplete="off"
            placeholder="Bearer …"
            value={authorization}
            onInput={(event) => setAuthorization(event.currentTarget.value)}
          />
        </label>
      )}
      <ApiDocument document={description} server={serverOf(target, description, authorization)} />
    </>
  );
}

const root = document.getElementById('explorer');
if (root) {
  render(
    <main class="explorer">
      <Explorer />
    </main>,
    root,
  );
}

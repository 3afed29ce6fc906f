import type { JSX } from 'preact';
import { paths } from '../api/paths';
import type { Json } from '../api/json';
import { visible } from '../logic/format';
import { useResource } from '../state/resource';

interface Debug {
  diagnostics?: Record<string, Record<string, Json>>;
  live?: Record<string, Json>;
}

const TITLE: Record<string, string> = { k8s: 'Kubernetes', oci: 'Registry', cache: 'Cache', local: 'Local directory', live: 'Live' };

/** Only when the server was started with --diagnostics; otherwise it answers 404 and nothing is drawn. */
export function Diagnostics(): JSX.Element | null {
  const debug = useResource<Debug>(paths.debugSources);
  if (!debug.data) return null;
  const parts: [string, Record<string, Json>][] = [...Object.entries(debug.data.diagnostics ?? {})];
  if (debug.data.live) parts.push(['live', debug.data.live]);
  return (
    <details class="card diagnostics">
      <summary>Diagnostics</summary>
      <div class="diagnostics-grid">
        {parts.map(([key, values]) => (
          <section key={key} aria-label={TITLE[key] ?? visible(key)}>
            <h3>{TITLE[key] ?? visible(key)}</h3>
            <dl>
              {Object.entries(values).map(([name, value]) => (
                <div key={name}>
                  <dt>{visible(name)}</dt>
                  <dd class="mono">
                    <bdi>{visible(typeof value === 'string' ? value : Array.isArray(value) ? value.map(String).join(', ') : JSON.stringify(value))}</bdi>
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </details>
  );
}

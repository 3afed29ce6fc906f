import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { SourceInfo, SourceLocation } from '../api/schema';
import { Command, Empty, Hint, Loading, SkeletonRows, useLimit } from '../components/basics';
import { Icon, sourceIcon } from '../components/icons';
import { Ago, Missing, Name, sourceWord, StateDot } from '../components/marks';
import { useTitle } from '../components/title';
import { plural, visible } from '../logic/format';
import { HEALTH_WORD, healthOf, healthWords } from '../logic/health';
import { link } from '../logic/route';
import { refreshNow } from '../state/live';
import { announce, progress, sources } from '../state/store';
import { Diagnostics } from './diagnostics';

const START: Record<string, string> = {
  local: 'pacto dashboard ./services',
  oci: 'pacto dashboard oci://registry.example.com/team',
  k8s: 'KUBECONFIG=~/.kube/config pacto dashboard',
};

export function Sources(): JSX.Element {
  useTitle('Sources');
  const [busy, setBusy] = useState(false);
  const list = sources.value;
  const refresh = (): void => {
    setBusy(true);
    refreshNow()
      .then(() => announce('All sources were read again'))
      .catch((error: unknown) => announce(error instanceof Error ? error.message : String(error)))
      .finally(() => setBusy(false));
  };
  return (
    <>
      <div class="page-head">
        <h1 tabIndex={-1}>Sources</h1>
        <div class="page-actions">
          <button type="button" class="button" onClick={refresh} disabled={busy}>
            <Icon name="refresh" class={busy ? 'turning' : ''} />
            <span>{busy ? 'Reading…' : 'Read all again'}</span>
          </button>
        </div>
      </div>
      {list === undefined ? (
        <Loading what="sources">
          <SkeletonRows rows={3} height={120} />
        </Loading>
      ) : list.length === 0 ? (
        <Empty title="No source is set up" icon="sources" command="pacto dashboard ./services">
          <p>Pacto reads contracts from local directories, OCI registries and Kubernetes clusters.</p>
        </Empty>
      ) : (
        <div class="sources-grid">
          {list.map((source) => (
            <SourceCard key={source.type} source={source} />
          ))}
        </div>
      )}
      <Diagnostics />
    </>
  );
}

function SourceCard({ source }: { source: SourceInfo }): JSX.Element {
  const loading = progress.value;
  const state = source.enabled ? healthOf(source) : 'disabled';
  return (
    <article class={`card source-card d-${state}`} aria-labelledby={`source-${source.type}`}>
      <div class="card-head source-head">
        <Icon name={sourceIcon(source.type)} size={20} />
        <h2 id={`source-${source.type}`}>{sourceWord(source.type)}</h2>
        <span class="source-state">
          <StateDot state={state} />
          {source.enabled ? healthWords(source) : HEALTH_WORD.disabled}
        </span>
      </div>
      {!source.enabled ? (
        <div class="source-off">
          <p>{source.reason ? visible(source.reason) : 'This source is not in use.'}</p>
          {START[source.type] && <Command text={START[source.type] ?? ''} />}
        </div>
      ) : (
        <>
          <dl class="source-facts">
            <div>
              <dt>Found</dt>
              <dd>
                <a href={link.services(new URLSearchParams({ source: source.type }))}>{plural(source.services, 'service')}</a>
                {source.versions !== undefined && <span class="dim">, {plural(source.versions, 'version')}</span>}
              </dd>
            </div>
            <div>
              <dt>As of</dt>
              <dd>
                <Ago time={source.asOf} />
              </dd>
            </div>
            <div>
              <dt>Last success</dt>
              <dd>
                <Ago time={source.lastSuccess} />
              </dd>
            </div>
            {state === 'discovering' && loading && (
              <div>
                <dt>Loaded</dt>
                <dd class="num">
                  {loading.loaded} of {loading.known}
                </dd>
              </div>
            )}
          </dl>
          {source.notes?.map((note) => (
            <p key={note} class="source-note">
              <bdi>{visible(note)}</bdi>
            </p>
          ))}
          {source.lastError && (
            <div class={`source-error${source.state === 'live' ? ' past' : ''}`}>
              <p class="source-error-title">
                Last error, <Ago time={source.lastError.at} />
              </p>
              <p>
                <bdi>{visible(source.lastError.message)}</bdi>
              </p>
              {source.lastError.hint && (
                <p class="source-hint">
                  <Hint text={source.lastError.hint} />
                </p>
              )}
            </div>
          )}
          {source.precedence && <p class="source-precedence dim">{visible(source.precedence)}</p>}
          <Locations source={source} />
        </>
      )}
    </article>
  );
}

function Locations({ source: { locations, type, failed } }: { source: SourceInfo }): JSX.Element | null {
  // What needs a look comes first.
  const sorted = [...locations].sort((a, b) => Number(isBroken(b)) - Number(isBroken(a)) || (a.ref < b.ref ? -1 : 1));
  const unlisted = failed - locations.filter(isBroken).length;
  const { shown, more } = useLimit(sorted.length, 20);
  if (sorted.length === 0) return null;
  return (
    <>
      <div class="scroll-x" tabIndex={0} role="region" aria-label={`Locations of ${sourceWord(type)}`}>
        <table class="plain locations">
          <thead>
            <tr>
              <th scope="col">Location</th>
              <th scope="col">State</th>
              <th scope="col">Service</th>
              <th scope="col" class="end">
                Versions
              </th>
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, shown).map((location) => (
              <tr key={`${location.ref} ${location.service ?? ''}`}>
                <td class="mono">
                  <Name text={location.ref} />
                  {location.error && (
                    <span class="location-error">
                      <bdi>{visible(location.error)}</bdi>
                    </span>
                  )}
                </td>
                <td>
                  <span class="with-icon">
                    <StateDot state={location.state} />
                    {HEALTH_WORD[location.state] ?? visible(location.state)}
                  </span>
                </td>
                <td>
                  {location.service ? (
                    <a href={link.service(location.service)}>
                      <Name text={location.service} />
                    </a>
                  ) : (
                    <Missing why="no single service" />
                  )}
                </td>
                <td class="end">{location.versions === undefined ? <Missing /> : location.versions}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {more}
      {unlisted > 0 && <p class="card-note dim">{plural(unlisted, 'more place')} could not be read and {unlisted === 1 ? 'is' : 'are'} not listed.</p>}
    </>
  );
}

function isBroken(location: SourceLocation): boolean {
  return location.error !== undefined;
}

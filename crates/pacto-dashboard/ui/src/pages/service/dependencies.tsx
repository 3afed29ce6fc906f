import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError, postJson } from '../../api/client';
import { paths } from '../../api/paths';
import type { CrossRef, Dependency, Dependent, ServiceDetails, ServiceRefs } from '../../api/schema';
import { SkeletonRows, useLimit } from '../../components/basics';
import { Icon, StatusIcon } from '../../components/icons';
import { Missing, Name } from '../../components/marks';
import { plural, unresolvedWords, visible } from '../../logic/format';
import { link } from '../../logic/route';
import { loadServices } from '../../state/live';
import { refreshResources } from '../../state/resource';
import { announce, byName } from '../../state/store';

interface Props {
  service: ServiceDetails;
  dependents: Dependent[] | undefined;
  refs: ServiceRefs | undefined;
}

const requiredFirst = (a: { required: boolean; name: string }, b: { required: boolean; name: string }): number =>
  Number(b.required) - Number(a.required) || (a.name < b.name ? -1 : 1);

export function Dependencies({ service, dependents, refs }: Props): JSX.Element {
  const dependencies = [...(service.dependencies ?? [])].sort(requiredFirst);
  const users = [...(dependents ?? [])].sort(requiredFirst);
  const usersLimit = useLimit(users.length, 40);
  const references = refs?.references ?? [];
  const referencedBy = refs?.referencedBy ?? [];
  return (
    <div class="dependency-columns">
      <div class="card">
        <div class="card-head">
          <h3>Needs</h3>
          <span class="card-end dim">{plural(dependencies.length, 'dependency', 'dependencies')}</span>
        </div>
        {dependencies.length === 0 && <p class="card-note dim">This contract declares no dependency.</p>}
        <ul class="links">
          {dependencies.map((dependency) => (
            <li key={`${dependency.name} ${dependency.ref}`}>
              <DependencyRow dependency={dependency} />
            </li>
          ))}
        </ul>
        <References title="Takes rules and settings from" list={references} />
      </div>
      <div class="card">
        <div class="card-head">
          <h3>Used by</h3>
          <span class="card-end dim">{dependents ? plural(users.length, 'dependent') : ''}</span>
        </div>
        {dependents === undefined ? (
          <SkeletonRows rows={3} height={44} />
        ) : (
          users.length === 0 && <p class="card-note dim">No known service depends on this one.</p>
        )}
        <ul class="links">
          {users.slice(0, usersLimit.shown).map((user) => (
            <li key={user.name}>
              <DependentRow user={user} version={service.version} />
            </li>
          ))}
        </ul>
        {usersLimit.more}
        <References title="Gives rules and settings to" list={referencedBy} />
      </div>
    </div>
  );
}

function DependencyRow({ dependency }: { dependency: Dependency }): JSX.Element {
  const entry = byName.value.get(dependency.name);
  const known = dependency.resolved || entry !== undefined;
  const version = dependency.resolvedVersion ?? entry?.version;
  return (
    <div class="link-row">
      <StatusIcon status={dependency.status ?? entry?.contractStatus ?? (known ? 'Unknown' : 'external')} />
      <div class="link-body">
        <div class="link-line">
          {known ? (
            <a href={link.service(dependency.name)}>
              <Name text={dependency.name} />
            </a>
          ) : (
            <Name text={dependency.name} />
          )}
          {!dependency.required && <span class="tag">optional</span>}
        </div>
        {!known && <Unresolved dependency={dependency} />}
      </div>
      <span class="link-range">
        <span class="mono dim" title="Range in the contract">
          {dependency.compatibility ? visible(dependency.compatibility) : 'any version'}
        </span>
        {known && (
          <>
            <Icon name="arrow" />
            <span class={`mono${dependency.inRange === false ? ' bad' : ''}`} title="Version that is known">
              {version ? visible(version) : <Missing />}
            </span>
            {dependency.inRange === false && <span class="bad small">out of range</span>}
          </>
        )}
      </span>
    </div>
  );
}

function Unresolved({ dependency }: { dependency: Dependency }): JSX.Element {
  const [state, setState] = useState<'idle' | 'busy' | string>('idle');
  const words = unresolvedWords(dependency.reason);
  const registry = dependency.ref.startsWith('oci://') || !/^[./]|^file:/.test(dependency.ref);
  const resolve = async (): Promise<void> => {
    setState('busy');
    try {
      await postJson<ServiceDetails>(paths.resolve, { ref: dependency.ref, ...(dependency.compatibility ? { compatibility: dependency.compatibility } : {}) });
      announce(`${dependency.name} was resolved`);
      await loadServices();
      refreshResources(undefined);
      setState('idle');
    } catch (error) {
      setState(error instanceof ApiError ? error.message : String(error));
    }
  };
  return (
    <div class="unresolved">
      <span class="dim">
        Unresolved: {words.what}. {words.todo}
      </span>
      {registry && (
        <button
          type="button"
          class="button small"
          onClick={() => void resolve()}
          disabled={state === 'busy'}
          aria-label={`Resolve ${visible(dependency.name)}`}
        >
          {state === 'busy' ? 'Resolving…' : 'Resolve'}
        </button>
      )}
      {state !== 'idle' && state !== 'busy' && (
        <p class="bad" role="alert">
          {visible(state)}
        </p>
      )}
    </div>
  );
}

function DependentRow({ user, version }: { user: Dependent; version: string }): JSX.Element {
  return (
    <div class="link-row">
      <StatusIcon status={user.contractStatus ?? byName.value.get(user.name)?.contractStatus ?? 'Unknown'} />
      <div class="link-body">
        <div class="link-line">
          <a href={link.service(user.name)}>
            <Name text={user.name} />
          </a>
          {!user.required && <span class="tag">optional</span>}
        </div>
        {user.ownerKey && (
          <span class="dim small">
            <Name text={user.ownerKey} />
          </span>
        )}
      </div>
      <span class="link-range">
        <span class="mono dim">{user.compatibility ? visible(user.compatibility) : 'any version'}</span>
        {user.inRange === false && <span class="bad small">does not admit {visible(version)}</span>}
      </span>
    </div>
  );
}

function References({ title, list }: { title: string; list: readonly CrossRef[] }): JSX.Element | null {
  if (list.length === 0) return null;
  return (
    <>
      <h4 class="card-sub">{title}</h4>
      <ul class="links">
        {list.slice(0, 100).map((ref) => (
          <li key={`${ref.name} ${ref.refType}`}>
            <div class="link-row">
              <StatusIcon status={ref.contractStatus ?? 'external'} />
              <div class="link-body">
                <div class="link-line">
                  {ref.contractStatus ? (
                    <a href={link.service(ref.name)}>
                      <Name text={ref.name} />
                    </a>
                  ) : (
                    <Name text={ref.name} />
                  )}
                </div>
              </div>
              <span class="tag">{ref.refType === 'policy' ? 'policy' : 'configuration'}</span>
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}

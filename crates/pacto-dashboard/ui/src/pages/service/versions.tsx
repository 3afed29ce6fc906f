import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError, postJson } from '../../api/client';
import { paths } from '../../api/paths';
import type { ServiceDetails, Version } from '../../api/schema';
import { SkeletonRows, useLimit } from '../../components/basics';
import { Icon } from '../../components/icons';
import { ClassBadge, Name, sourceWord } from '../../components/marks';
import { dateText, shortDigest, timeText, visible } from '../../logic/format';
import { link } from '../../logic/route';
import { announce } from '../../state/store';

interface Props {
  service: ServiceDetails;
  versions: Version[] | undefined;
  reload: () => void;
  shown: string;
}

/** The repository a version was published to: its reference without the tag. */
function repository(versions: readonly Version[]): string | undefined {
  // A local version's reference is a directory.
  const ref = versions.find((entry) => entry.source !== 'local' && entry.ref?.includes('/'))?.ref;
  return ref?.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
}

export function Versions({ service, versions, reload, shown }: Props): JSX.Element {
  const list = versions ?? [];
  const { shown: limit, more } = useLimit(list.length, 30);
  const [state, setState] = useState<'idle' | 'busy' | string>('idle');
  const repo = repository(list);
  const fetchAll = async (): Promise<void> => {
    setState('busy');
    try {
      const answer = await postJson<{ versions: string[] }>(paths.remoteVersions, { ref: repo, fetch: true });
      announce(`${answer.versions.length} versions are in the registry`);
      reload();
      setState('idle');
    } catch (error) {
      setState(error instanceof ApiError ? error.message : String(error));
    }
  };
  if (versions === undefined) return <SkeletonRows rows={4} />;
  return (
    <div class="card">
      <ol class="timeline">
        {list.slice(0, limit).map((entry, index) => {
          const older = list[index + 1];
          const reading = shown ? entry.version === shown : entry.isCurrent;
          return (
            <li key={entry.version} class={`timeline-row t-${entry.classification ?? 'none'}${entry.isCurrent ? ' current' : ''}`}>
              <span class="timeline-mark" aria-hidden="true" />
              <a
                class="timeline-version mono"
                href={entry.isCurrent ? link.service(service.name) : link.service(service.name, entry.version)}
                aria-current={reading ? 'true' : undefined}
              >
                {visible(entry.version)}
              </a>
              <span class="timeline-badges">
                {entry.isCurrent && <span class="tag strong">current</span>}
                <ClassBadge value={entry.classification} />
                {!entry.available && (
                  <span class="tag" title="Known from the registry; its files are not here yet">
                    not fetched
                  </span>
                )}
              </span>
              <span class="timeline-date dim" title={timeText(entry.createdAt)}>
                {dateText(entry.createdAt)}
              </span>
              <span class="timeline-source dim">
                {entry.source ? sourceWord(entry.source) : ''}
                {entry.contractHash && (
                  <span class="mono" title={`Hash of the contract: ${visible(entry.contractHash)}`}>
                    {shortDigest(visible(entry.contractHash))}
                  </span>
                )}
              </span>
              <span class="timeline-compare">
                {older && (
                  <a
                    href={link.compare(service.name, older.version, service.name, entry.version)}
                    aria-label={`what changed from ${visible(older.version)} to ${visible(entry.version)}`}
                  >
                    what changed
                  </a>
                )}
                {!entry.isCurrent && list.some((other) => other.isCurrent) && (
                  <a
                    href={link.compare(service.name, ...pairWithCurrent(service.name, list, index))}
                    aria-label={`Compare ${visible(entry.version)} with current`}
                  >
                    with current
                  </a>
                )}
              </span>
            </li>
          );
        })}
      </ol>
      {more}
      <div class="card-foot">
        {repo ? (
          <>
            <button type="button" class="button small" disabled={state === 'busy'} onClick={() => void fetchAll()}>
              <Icon name="down" />
              {state === 'busy' ? 'Fetching…' : 'Fetch all versions'}
            </button>
            <span class="dim small">
              from <Name class="mono" text={repo} />
            </span>
          </>
        ) : (
          <span class="dim small">
            These versions come from {list.some((entry) => entry.source === 'local') ? 'local directories' : 'the cluster'}; no registry is known for this
            service.
          </span>
        )}
        {state !== 'idle' && state !== 'busy' && (
          <p class="bad" role="alert">
            {visible(state)}
          </p>
        )}
      </div>
    </div>
  );
}

/** Always from the older to the newer. */
function pairWithCurrent(name: string, list: readonly Version[], index: number): [string, string, string] {
  const current = list.findIndex((entry) => entry.isCurrent);
  const older = list[Math.max(index, current)]?.version ?? '';
  const newer = list[Math.min(index, current)]?.version ?? '';
  return [older, name, newer];
}

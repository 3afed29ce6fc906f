import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { paths } from '../../api/paths';
import type { DiffResult, ImpactReport, Version } from '../../api/schema';
import { CopyButton, Empty, Failure, Loading, ShareButton, Skeleton, SkeletonRows } from '../../components/basics';
import { Icon } from '../../components/icons';
import { Picker, type Choice } from '../../components/picker';
import { useTitle } from '../../components/title';
import { visible } from '../../logic/format';
import { diffMarkdown } from '../../logic/report';
import { link } from '../../logic/route';
import { useResource } from '../../state/resource';
import { navigate, replaceQuery, route } from '../../state/router';
import { services } from '../../state/store';
import { Changes, SbomChanges } from './changes';
import { Impact } from './impact';
import { Verdict } from './verdict';

interface Sides {
  fromName: string;
  fromVersion: string;
  toName: string;
  toVersion: string;
}

function sidesOf(query: URLSearchParams): Sides {
  const fromName = query.get('from_name') ?? '';
  return {
    fromName,
    // Both spellings were in use; a link someone kept must still open.
    fromVersion: query.get('from_ver') ?? query.get('from_version') ?? '',
    toName: query.get('to_name') ?? fromName,
    toVersion: query.get('to_ver') ?? query.get('to_version') ?? '',
  };
}

function queryOf(sides: Sides): URLSearchParams {
  return new URLSearchParams({ from_name: sides.fromName, from_ver: sides.fromVersion, to_name: sides.toName, to_ver: sides.toVersion });
}

export function Compare(): JSX.Element {
  const query = route.value.query;
  const text = query.toString();
  const sides = useMemo(() => sidesOf(query), [text]);
  const { fromName, fromVersion, toName, toVersion } = sides;
  const fromVersions = useResource<Version[]>(fromName ? paths.versions(fromName) : null);
  const toVersions = useResource<Version[]>(toName ? paths.versions(toName) : null);
  const complete = fromName !== '' && toName !== '' && fromVersion !== '' && toVersion !== '';
  const diff = useResource<DiffResult>(complete ? paths.diff(fromName, fromVersion, toName, toVersion) : null);
  const impact = useResource<ImpactReport>(
    complete && fromName === toName && fromVersion !== toVersion ? paths.impact(fromName, fromVersion, toVersion) : null,
  );
  useTitle(complete ? (fromName === toName ? `${fromName} ${fromVersion} → ${toVersion}` : `${fromName} → ${toName}`) : 'Compare');

  // What a person most likely wants to see of one service: its newest step.
  const left = fromVersions.data;
  const right = toVersions.data;
  useEffect(() => {
    if (complete || fromName === '' || left === undefined || right === undefined) return;
    const next = { ...sides };
    if (fromName === toName) {
      next.toVersion ||= left[0]?.version ?? '';
      const at = left.findIndex((entry) => entry.version === next.toVersion);
      next.fromVersion ||= left[at + 1]?.version ?? left[0]?.version ?? '';
    } else {
      next.fromVersion ||= (left.find((entry) => entry.isCurrent) ?? left[0])?.version ?? '';
      next.toVersion ||= (right.find((entry) => entry.isCurrent) ?? right[0])?.version ?? '';
    }
    if (next.fromVersion !== fromVersion || next.toVersion !== toVersion) replaceQuery(queryOf(next));
  }, [text, left, right]);

  const set = (change: Partial<Sides>): void => navigate(`#/diff?${queryOf({ ...sides, ...change }).toString()}`);
  const swap = (): void => set({ fromName: toName, fromVersion: toVersion, toName: fromName, toVersion: fromVersion });

  return (
    <>
      <div class="page-head">
        <h1 tabIndex={-1}>Compare</h1>
        <div class="page-actions">
          {diff.data && (
            <CopyButton text={() => diffMarkdown(diff.data!, impact.data, location.href)} label="Copy the comparison as markdown">
              Copy as markdown
            </CopyButton>
          )}
          <ShareButton />
        </div>
      </div>
      {complete && (
        <p class="print-only">
          {visible(fromName)} {visible(fromVersion)} → {fromName === toName ? '' : `${visible(toName)} `}
          {visible(toVersion)}
        </p>
      )}
      <div class="compare-sides">
        <Side
          label="From"
          name={fromName}
          version={fromVersion}
          versions={left}
          onName={(name) =>
            set(toName === '' || toName === fromName ? { fromName: name, toName: name, fromVersion: '', toVersion: '' } : { fromName: name, fromVersion: '' })
          }
          onVersion={(version) => set({ fromVersion: version })}
        />
        <button type="button" class="icon-button compare-swap" aria-label="Swap the sides" title="Swap the sides" onClick={swap} disabled={!complete}>
          <Icon name="swap" />
        </button>
        <Side
          label="To"
          name={toName}
          version={toVersion}
          versions={right}
          onName={(name) => set({ toName: name, toVersion: '' })}
          onVersion={(version) => set({ toVersion: version })}
        />
      </div>
      <Result sides={sides} complete={complete} diff={diff} impact={impact} single={left !== undefined && left.length < 2 && fromName === toName} />
    </>
  );
}

interface ResultProps {
  sides: Sides;
  complete: boolean;
  single: boolean;
  diff: ReturnType<typeof useResource<DiffResult>>;
  impact: ReturnType<typeof useResource<ImpactReport>>;
}

function Result({ sides, complete, diff, impact, single }: ResultProps): JSX.Element {
  if (sides.fromName === '') {
    return (
      <Empty title="What changed, and who breaks?" icon="compare" command="pacto diff oci://registry/service:1.0.0 oci://registry/service:2.0.0">
        <p>Choose a service and two of its versions, or two different services. The same comparison in a terminal:</p>
      </Empty>
    );
  }
  if (!complete) {
    return single ? (
      <Empty title="Only one version is known" icon="compare">
        <p>
          There is nothing to compare <bdi>{visible(sides.fromName)}</bdi> with yet. <a href={link.service(sides.fromName)}>Its page</a> can fetch all versions
          from the registry.
        </p>
      </Empty>
    ) : (
      <CompareSkeleton />
    );
  }
  if (!diff.data) return diff.error ? <Failure error={diff.error} what="The comparison" retry={diff.reload} /> : <CompareSkeleton />;
  const result = diff.data;
  return (
    <div class="compare-result">
      <Verdict diff={result} impact={impact.data} />
      {sides.fromName === sides.toName && sides.fromVersion !== sides.toVersion && <Impact impact={impact.data} error={impact.error} retry={impact.reload} />}
      <Changes diff={result} />
      <SbomChanges diff={result} />
    </div>
  );
}

function CompareSkeleton(): JSX.Element {
  return (
    <Loading what="the comparison">
      <div class="verdict-banner">
        <Skeleton width="180px" height="24px" />
        <Skeleton width="320px" />
      </div>
      <SkeletonRows rows={4} />
      <SkeletonRows rows={8} height={40} />
    </Loading>
  );
}

interface SideProps {
  label: string;
  name: string;
  version: string;
  versions: Version[] | undefined;
  onName: (name: string) => void;
  onVersion: (version: string) => void;
}

function Side({ label, name, version, versions, onName, onVersion }: SideProps): JSX.Element {
  const list = services.value;
  const choices = useMemo<Choice[]>(
    () => (list ?? []).map((entry) => ({ value: entry.name, label: entry.name, status: entry.contractStatus, hint: entry.version })),
    [list],
  );
  const known = versions ?? [];
  return (
    <fieldset class="compare-side">
      <legend>{label}</legend>
      <Picker label={`${label}: service`} placeholder="Choose a service" value={name} choices={choices} onPick={onName} />
      <select
        class="field mono"
        aria-label={`${label}: version`}
        value={version}
        disabled={name === ''}
        onChange={(event) => onVersion(event.currentTarget.value)}
      >
        {version === '' && <option value="">version</option>}
        {version !== '' && !known.some((entry) => entry.version === version) && <option value={version}>{visible(version)}</option>}
        {known.map((entry) => (
          <option key={entry.version} value={entry.version}>
            {visible(entry.version)}
            {entry.isCurrent ? ' (current)' : ''}
          </option>
        ))}
      </select>
    </fieldset>
  );
}

import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { Empty, Failure, Loading, ShareButton, Skeleton, SkeletonRows } from '../components/basics';
import { FilterRow, KpiCards } from '../components/filters';
import { ServiceTable } from '../components/service-table';
import { useTitle } from '../components/title';
import { emptyFilter, isEmpty, matcher, parseFilter, writeFilter, type ServiceFilter } from '../logic/filter';
import { plural } from '../logic/format';
import { formatSort, parseSort, type Sort, type SortKey } from '../logic/sort';
import { loadServices } from '../state/live';
import { pushQuery, replaceQuery, route } from '../state/router';
import { discovering, services, servicesError, sources } from '../state/store';
import { useMedia } from '../components/virtual';

const SORT_WORDS: Record<SortKey, string> = {
  name: 'Name',
  version: 'Version',
  status: 'Status',
  owner: 'Owner',
  compliance: 'Compliance',
  dependencies: 'Dependencies',
  dependents: 'Dependents',
  blast: 'Blast radius',
  change: 'Last change',
  sources: 'Sources',
};

export function Services(): JSX.Element {
  useTitle('Services');
  const list = services.value;
  const query = route.value.query;
  const text = query.toString();
  const filter = useMemo(() => parseFilter(query), [text]);
  const sort = parseSort(query.get('sort'));
  const narrow = useMedia('(max-width: 1099px)');

  const change = (next: ServiceFilter, typed = false): void => {
    const written = writeFilter(query, next);
    // Typing rewrites the same place in the history; a click is a step one can go back from.
    if (typed) replaceQuery(written);
    else pushQuery(written);
  };
  const setSort = (next: Sort): void => {
    const written = new URLSearchParams(query);
    written.set('sort', formatSort(next));
    replaceQuery(written);
  };
  const shown = useMemo(() => (list ?? []).filter(matcher(filter)), [list, filter]);

  return (
    <>
      <div class="page-head">
        <h1 tabIndex={-1}>Services</h1>
        <div class="page-actions">
          <ShareButton />
        </div>
      </div>
      {list === undefined ? (
        servicesError.value ? (
          <Failure what="The services" error={servicesError.value} retry={() => void loadServices()} />
        ) : (
          <ServicesSkeleton />
        )
      ) : list.length === 0 ? (
        <NothingFound />
      ) : (
        <>
          <KpiCards entries={list} filter={filter} onChange={change} />
          <FilterRow entries={list} filter={filter} onChange={change} shown={shown.length}>
            {narrow ? (
              <label class="sort-select">
                <span class="vh">Sort by</span>
                <select class="field" value={formatSort(sort)} onChange={(event) => setSort(parseSort(event.currentTarget.value))}>
                  {(Object.keys(SORT_WORDS) as SortKey[]).flatMap((key) => [
                    <option key={key} value={key}>{`${SORT_WORDS[key]} ↑`}</option>,
                    <option key={`-${key}`} value={`-${key}`}>{`${SORT_WORDS[key]} ↓`}</option>,
                  ])}
                </select>
              </label>
            ) : undefined}
          </FilterRow>
          {shown.length > 0 ? (
            <ServiceTable entries={shown} sort={sort} onSort={setSort} arrangement={text} label="Services" />
          ) : (
            <Empty title="No service matches these filters">
              <p>
                {plural(list.length, 'service')} are known.{' '}
                {!isEmpty(filter) && (
                  <button type="button" class="link-button" onClick={() => change(emptyFilter())}>
                    Clear the filters
                  </button>
                )}
              </p>
            </Empty>
          )}
        </>
      )}
    </>
  );
}

function ServicesSkeleton(): JSX.Element {
  return (
    <Loading what="services">
      <div class="kpis">
        {[0, 1, 2, 3, 4].map((key) => (
          <div key={key} class="kpi">
            <Skeleton width="55%" />
            <Skeleton width="30%" height="28px" />
          </div>
        ))}
      </div>
      <div class="filters">
        <Skeleton width="240px" height="32px" />
      </div>
      <SkeletonRows rows={14} />
    </Loading>
  );
}

function NothingFound(): JSX.Element {
  const known = sources.value ?? [];
  if (discovering.value) {
    return (
      <>
        <Empty title="Looking for services" icon="clock">
          <p>The registry is being read. Services appear here as they are found.</p>
        </Empty>
        <SkeletonRows rows={8} />
      </>
    );
  }
  const enabled = known.filter((source) => source.enabled);
  return (
    <Empty title="No contracts found" icon="folder" command="pacto dashboard ./services">
      <p>Pacto looked for pacto.yaml files in local directories, for bundles in OCI registries and for Pacto resources in the Kubernetes cluster.</p>
      {known.length > 0 && (
        <ul class="reasons">
          {known.map((source) => (
            <li key={source.type}>
              <strong>{source.type}</strong>: {source.enabled ? `${plural(source.services, 'service')}` : (source.reason ?? 'off')}
            </li>
          ))}
        </ul>
      )}
      <p>{enabled.length === 0 ? 'Start it with a directory, or with oci://registry/repository:' : 'Try another directory or registry:'}</p>
    </Empty>
  );
}

import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { paths } from '../api/paths';
import type { OwnerEntry } from '../api/schema';
import { Chip, Empty, Failure, Loading, ShareButton, Skeleton, SkeletonRows, useLimit } from '../components/basics';
import { Icon } from '../components/icons';
import { Missing, Name } from '../components/marks';
import { StatusBar } from '../components/stacked';
import { useTitle } from '../components/title';
import { plural, UNOWNED } from '../logic/format';
import { matchesOwner, OWNER_SORTS, sortOwners, type OwnerSort } from '../logic/owners';
import { link } from '../logic/route';
import { useResource } from '../state/resource';
import { replaceQuery, route } from '../state/router';

const COLUMNS: readonly { key: OwnerSort | 'bar' | 'reference'; label: string; end?: boolean }[] = [
  { key: 'key', label: 'Owner' },
  { key: 'services', label: 'Services', end: true },
  { key: 'bar', label: 'Status' },
  { key: 'nonCompliant', label: 'Non-compliant', end: true },
  { key: 'warning', label: 'Warning', end: true },
  { key: 'compliance', label: 'Compliant', end: true },
  { key: 'blast', label: 'Blast radius', end: true },
];

export function Owners(): JSX.Element {
  useTitle('Owners');
  const owners = useResource<OwnerEntry[]>(paths.owners);
  const query = route.value.query;
  const q = query.get('q') ?? '';
  const show = query.get('show') ?? '';
  const written = query.get('sort') ?? '-services';
  const key = written.replace(/^-/, '') as OwnerSort;
  const sort = OWNER_SORTS.includes(key) ? key : 'services';
  const descending = written.startsWith('-');
  const set = (name: string, value: string): void => {
    const next = new URLSearchParams(query);
    if (value === '') next.delete(name);
    else next.set(name, value);
    replaceQuery(next);
  };
  const list = owners.data;
  const rows = useMemo(() => {
    const tests: Record<string, (owner: OwnerEntry) => boolean> = {
      warning: (owner) => owner.warning > 0,
      noncompliant: (owner) => owner.nonCompliant > 0,
      compliant: (owner) => owner.compliancePercent === 100,
    };
    const test = tests[show] ?? (() => true);
    return sortOwners(
      (list ?? []).filter((owner) => test(owner) && matchesOwner(owner, q)),
      sort,
      descending,
    );
  }, [list, q, show, sort, descending]);
  const { shown, more } = useLimit(rows.length, 200);

  return (
    <>
      <div class="page-head">
        <h1 tabIndex={-1}>Owners</h1>
        <div class="page-actions">
          <ShareButton />
        </div>
      </div>
      {list === undefined ? (
        owners.error ? (
          <Failure what="The owners" error={owners.error} retry={owners.reload} />
        ) : (
          <Loading what="owners">
            <div class="filters">
              <Skeleton width="240px" height="32px" />
            </div>
            <SkeletonRows rows={8} height={44} />
          </Loading>
        )
      ) : list.length === 0 ? (
        <Empty title="No owners yet" icon="owners" command="pacto explain ./service">
          <p>An owner appears when a contract names one in service.owner: a team, a responsible person, contacts.</p>
        </Empty>
      ) : (
        <>
          <div class="filters" role="group" aria-label="Filters">
            <div class="filter-text">
              <Icon name="search" />
              <input
                class="field"
                type="search"
                aria-label="Filter owners by name or contact"
                placeholder="Filter owners"
                value={q}
                onInput={(event) => set('q', event.currentTarget.value)}
              />
            </div>
            <Chip pressed={show === 'noncompliant'} onToggle={() => set('show', show === 'noncompliant' ? '' : 'noncompliant')}>
              Has non-compliant <span class="dim num">{list.filter((owner) => owner.nonCompliant > 0).length}</span>
            </Chip>
            <Chip pressed={show === 'warning'} onToggle={() => set('show', show === 'warning' ? '' : 'warning')}>
              Has warnings <span class="dim num">{list.filter((owner) => owner.warning > 0).length}</span>
            </Chip>
            <Chip pressed={show === 'compliant'} onToggle={() => set('show', show === 'compliant' ? '' : 'compliant')}>
              Fully compliant <span class="dim num">{list.filter((owner) => owner.compliancePercent === 100).length}</span>
            </Chip>
            <span class="filter-count" role="status">
              {rows.length === list.length ? plural(list.length, 'owner') : `${rows.length} of ${list.length}`}
            </span>
          </div>
          {rows.length === 0 ? (
            <Empty title="No owner matches" icon="owners">
              <button type="button" class="link-button" onClick={() => replaceQuery(new URLSearchParams())}>
                Clear the filters
              </button>
            </Empty>
          ) : (
            <div class="card">
              <div class="scroll-x" tabIndex={0} role="region" aria-label="Owners">
                <table class="plain owners-table">
                  <thead>
                    <tr>
                      {COLUMNS.map((column) => {
                        const on = sort === column.key;
                        const sortable = column.key !== 'bar' && column.key !== 'reference';
                        return (
                          <th
                            key={column.key}
                            scope="col"
                            class={column.end ? 'end' : ''}
                            aria-sort={on ? (descending ? 'descending' : 'ascending') : sortable ? 'none' : undefined}
                          >
                            {sortable ? (
                              <button
                                type="button"
                                class="sort-button"
                                onClick={() => set('sort', on ? `${descending ? '' : '-'}${column.key}` : `${column.key === 'key' ? '' : '-'}${column.key}`)}
                              >
                                {column.label}
                                <Icon name={on && descending ? 'down' : 'up'} class={on ? 'sorted' : 'unsorted'} />
                              </button>
                            ) : (
                              column.label
                            )}
                          </th>
                        );
                      })}
                    </tr>
                  </thead>
                  <tbody>
                    {rows.slice(0, shown).map((owner) => (
                      <OwnerRow key={owner.key} owner={owner} />
                    ))}
                  </tbody>
                </table>
              </div>
              {more}
            </div>
          )}
        </>
      )}
    </>
  );
}

function OwnerRow({ owner }: { owner: OwnerEntry }): JSX.Element {
  const number = (count: number, tone: string): JSX.Element => <span class={count > 0 ? tone : 'zero'}>{count.toLocaleString('en')}</span>;
  return (
    <tr class="owner-row">
      <th scope="row">
        <span class="owner-cell">
          <a class="owner-link" href={link.owner(owner.key)}>
            {owner.key === UNOWNED ? 'No owner named' : <Name text={owner.key} />}
          </a>
          {owner.dri && owner.team && (
            <span class="with-icon dim small">
              <Icon name="person" />
              <Name text={owner.dri} />
            </span>
          )}
        </span>
      </th>
      <td class="end">{owner.services.toLocaleString('en')}</td>
      <td class="bar-cell">
        <StatusBar counts={owner} />
      </td>
      <td class="end">{number(owner.nonCompliant, 'bad')}</td>
      <td class="end">{number(owner.warning, 'warn')}</td>
      <td class="end">{owner.compliancePercent < 0 ? <Missing why="nothing is measured" /> : `${owner.compliancePercent}%`}</td>
      <td class="end">{number(owner.totalBlast, '')}</td>
    </tr>
  );
}

import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ServiceEntry } from '../api/schema';
import { entryOwner, entrySources } from '../logic/filter';
import { ownerLabel, plural, STATUS_WORD, UNOWNED, visible } from '../logic/format';
import { link } from '../logic/route';
import { keepOrder, nextSort, sortEntries, type Sort, type SortKey } from '../logic/sort';
import { flashes } from '../state/store';
import { Icon } from './icons';
import { Bar, ClassBadge, Missing, Name, SourceMarks, Status } from './marks';
import { useMedia, useRows } from './virtual';

const COLUMNS: readonly { key: SortKey; label: string; title?: string; end?: boolean }[] = [
  { key: 'status', label: 'Status' },
  { key: 'name', label: 'Service' },
  { key: 'version', label: 'Version' },
  { key: 'owner', label: 'Owner' },
  { key: 'compliance', label: 'Compliance', title: 'Share of runtime checks that pass' },
  { key: 'dependencies', label: 'Needs', title: 'Dependencies', end: true },
  { key: 'dependents', label: 'Used by', title: 'Direct dependents', end: true },
  { key: 'blast', label: 'Blast radius', title: 'Services that stop when this one stops, directly or not' },
  { key: 'change', label: 'Last change', title: 'The current version against the one before' },
  { key: 'sources', label: 'Sources' },
];

const ROW = 36;
const TALL_ROW = 60;

interface Props {
  entries: readonly ServiceEntry[];
  sort: Sort;
  onSort: (sort: Sort) => void;
  /** Changes when the person changed what to show; only then may rows move under the pointer. */
  arrangement: string;
  label: string;
}

/** The order on the screen. While the pointer or the focus is in the table, live data does not move rows. */
function useOrder(entries: readonly ServiceEntry[], sort: Sort, arrangement: string, held: boolean): readonly ServiceEntry[] {
  const last = useRef<{ arrangement: string; names: string[] }>({ arrangement: '', names: [] });
  const rows = useMemo(() => {
    const sorted = sortEntries(entries, sort);
    return held && last.current.arrangement === arrangement ? keepOrder(last.current.names, sorted) : sorted;
  }, [entries, sort.key, sort.descending, arrangement, held]);
  useEffect(() => {
    last.current = { arrangement, names: rows.map((entry) => entry.name) };
  }, [rows, arrangement]);
  return rows;
}

export function ServiceTable({ entries, sort, onSort, arrangement, label }: Props): JSX.Element {
  const narrow = useMedia('(max-width: 719px)');
  const rowHeight = narrow ? TALL_ROW : ROW;
  const [pointer, setPointer] = useState(false);
  const rows = useOrder(entries, sort, `${arrangement} ${sort.key} ${sort.descending}`, pointer);
  const box = useRef<HTMLDivElement>(null);
  const range = useRows(box, rows.length, rowHeight);
  const [current, setCurrent] = useState(0);
  const wanted = useRef<number | undefined>(undefined);
  const maxBlast = useMemo(() => entries.reduce((max, entry) => Math.max(max, entry.blastRadius ?? 0), 0), [entries]);
  const active = Math.min(current, Math.max(0, rows.length - 1));

  const go = (index: number): void => {
    const next = Math.max(0, Math.min(rows.length - 1, index));
    setCurrent(next);
    wanted.current = next;
    const element = box.current;
    if (!element) return;
    // Bring the row into the window first: it may not be drawn yet.
    const top = element.getBoundingClientRect().top + next * rowHeight;
    const under = 48 + 40;
    if (top < under) scrollBy(0, top - under - rowHeight);
    else if (top + rowHeight > innerHeight) scrollBy(0, top + rowHeight * 2 - innerHeight);
    focusWanted();
  };
  const focusWanted = (): void => {
    if (wanted.current === undefined) return;
    const row = box.current?.querySelector<HTMLElement>(`a[data-index="${wanted.current}"]`);
    if (row) {
      wanted.current = undefined;
      row.focus({ preventScroll: true });
    }
  };
  useEffect(focusWanted);

  useEffect(() => {
    const key = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.target;
      if (target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return;
      if (document.querySelector('dialog[open]')) return;
      const inside = target instanceof HTMLElement && target.dataset['index'] !== undefined;
      if (event.key === 'j') go(inside ? active + 1 : active);
      else if (event.key === 'k') go(inside ? active - 1 : active);
      else if (inside && event.key === 'ArrowDown') go(active + 1);
      else if (inside && event.key === 'ArrowUp') go(active - 1);
      else if (inside && event.key === 'Home') go(0);
      else if (inside && event.key === 'End') go(rows.length - 1);
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  });

  const lit = flashes.value;
  const visibleRows = rows.slice(range.start, range.end);
  return (
    <div
      class="services-table"
      role="table"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      onPointerEnter={() => setPointer(true)}
      onPointerLeave={() => setPointer(false)}
    >
      <div role="rowgroup" class="services-head">
        <div role="row" class="services-row" aria-rowindex={1}>
          {COLUMNS.map((column) => {
            const on = sort.key === column.key;
            return (
              <div
                key={column.key}
                role="columnheader"
                class={`cell k-${column.key}${column.end ? ' end' : ''}`}
                aria-sort={on ? (sort.descending ? 'descending' : 'ascending') : 'none'}
              >
                <button type="button" title={column.title} onClick={() => onSort(nextSort(sort, column.key))}>
                  {column.key === 'blast' ? (
                    <span>
                      Blast<span class="long"> radius</span>
                    </span>
                  ) : (
                    column.label
                  )}
                  <Icon name={on && sort.descending ? 'down' : 'up'} class={on ? 'sorted' : 'unsorted'} />
                </button>
              </div>
            );
          })}
        </div>
      </div>
      <div role="rowgroup" class="services-body" ref={box} style={{ height: `${rows.length * rowHeight - 1}px` }}>
        {visibleRows.map((entry, offset) => {
          const index = range.start + offset;
          return (
            <Row
              key={entry.name}
              entry={entry}
              index={index}
              top={index * rowHeight}
              current={index === active}
              maxBlast={maxBlast}
              lit={lit.get(entry.name)}
              onFocus={setCurrent}
            />
          );
        })}
      </div>
    </div>
  );
}

interface RowProps {
  entry: ServiceEntry;
  index: number;
  top: number;
  current: boolean;
  maxBlast: number;
  lit: ReadonlySet<SortKey> | undefined;
  onFocus: (index: number) => void;
}

function Row({ entry, index, top, current, maxBlast, lit, onFocus }: RowProps): JSX.Element {
  const cell = (key: SortKey): string => `cell k-${key}${lit?.has(key) ? ' flash' : ''}`;
  const owner = ownerLabel(entry.owner, entry.ownerKey);
  // A service nobody could read has no contents to count.
  const unread = entry.contractStatus === 'Unknown' && entry.version === '';
  const blast = entry.blastRadius ?? 0;
  return (
    <div role="row" class="services-row" aria-rowindex={index + 2} style={{ transform: `translateY(${top}px)` }}>
      <div role="cell" class={cell('status')}>
        <Status status={entry.contractStatus} />
      </div>
      <div role="cell" class={cell('name')}>
        <a
          href={link.service(entry.name)}
          class="row-link"
          data-index={index}
          tabIndex={current ? 0 : -1}
          onFocus={() => onFocus(index)}
          title={visible(entry.name)}
        >
          <bdi class="name">{visible(entry.name)}</bdi>
        </a>
        {entry.namespace && <Name class="namespace" text={entry.namespace} />}
      </div>
      <div role="cell" class={cell('version')}>
        {entry.version ? <Name class="mono" text={entry.version} /> : <Missing />}
        {entry.updateAvailable && entry.latestAvailable && (
          <span class="update" title={`Update available: ${visible(entry.latestAvailable)}`}>
            <Icon name="arrow" />
            <span class="vh">update to</span>
            <bdi class="mono">{visible(entry.latestAvailable)}</bdi>
          </span>
        )}
      </div>
      <div role="cell" class={cell('owner')}>
        {owner && entryOwner(entry) !== UNOWNED ? <Name text={owner} /> : <Missing why="no owner" />}
      </div>
      <div role="cell" class={cell('compliance')}>
        <Score entry={entry} />
      </div>
      <div role="cell" class={`${cell('dependencies')} end num`}>
        {unread ? <Missing /> : <Count value={entry.dependencyCount ?? 0} />}
      </div>
      <div role="cell" class={`${cell('dependents')} end num`}>
        <Count value={entry.dependentCount ?? 0} />
      </div>
      <div role="cell" class={`${cell('blast')} num`}>
        <Count value={blast} />
        {blast > 0 && <Bar value={blast} max={maxBlast} />}
      </div>
      <div role="cell" class={cell('change')}>
        {entry.lastChange ? <ClassBadge value={entry.lastChange} /> : <Missing why="no earlier version to compare with" />}
      </div>
      <div role="cell" class={cell('sources')}>
        <SourceMarks types={entrySources(entry)} />
      </div>
    </div>
  );
}

function Count({ value }: { value: number }): JSX.Element {
  return <span class={value === 0 ? 'zero' : ''}>{value.toLocaleString('en')}</span>;
}

function Score({ entry }: { entry: ServiceEntry }): JSX.Element {
  if (entry.complianceScore === null || entry.complianceScore === undefined) {
    return <Missing why={entry.contractStatus === 'Reference' ? 'a reference runs nowhere' : 'not measured'} />;
  }
  const failed = entry.checksFailed;
  return (
    <span class="score num" title={`${entry.checksPassed} of ${plural(entry.checksTotal, 'check')} pass; ${STATUS_WORD[entry.contractStatus] ?? ''}`}>
      {entry.complianceScore}%{failed > 0 && <span class="score-failed">{failed} failing</span>}
    </span>
  );
}

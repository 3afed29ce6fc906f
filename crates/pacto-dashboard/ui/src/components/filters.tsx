import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { ContractStatus, ServiceEntry } from '../api/schema';
import { countStatuses, entryOwner, entrySources, isEmpty, matcher, STATUSES, toggled, type ServiceFilter } from '../logic/filter';
import { CLASS_WORD, percent, plural, STATUS_WORD, visible } from '../logic/format';
import { Popover } from './basics';
import { Icon, StatusIcon, type StatusShape } from './icons';
import { sourceWord } from './marks';

interface Props {
  entries: readonly ServiceEntry[];
  filter: ServiceFilter;
  onChange: (filter: ServiceFilter, typed?: boolean) => void;
}

interface Card {
  label: string;
  shape: StatusShape | 'update';
  count: number;
  whole: number;
  pressed: boolean;
  toggle: () => void;
  hint: string;
}

export function KpiCards({ entries, filter, onChange }: Props): JSX.Element {
  // The cards count what the other filters leave; pressing one must not empty its neighbours.
  const counts = useMemo(() => countStatuses(entries.filter(matcher(filter, 'status'))), [entries, filter]);
  const updates = useMemo(() => countStatuses(entries.filter(matcher(filter, 'updates'))), [entries, filter]);
  const byStatus = (label: string, hint: string, ...statuses: ContractStatus[]): Card => ({
    label,
    hint,
    shape: statuses[statuses.length - 1] ?? 'Unknown',
    count: statuses.reduce((sum, status) => sum + counts.byStatus[status], 0),
    whole: counts.total,
    pressed: statuses.every((status) => filter.statuses.has(status)),
    toggle: () => onChange({ ...filter, statuses: toggled(filter.statuses, ...statuses) }),
  });
  const cards: Card[] = [
    byStatus('Compliant', 'Healthy: the contract holds', 'Compliant'),
    byStatus('Warning', 'Degraded: something differs that should be looked at', 'Warning'),
    byStatus('Non-compliant', 'Invalid: the contract is broken or the workload breaks it', 'NonCompliant'),
    byStatus('Unmonitored', 'References and services nothing is known about', 'Reference', 'Unknown'),
    {
      label: 'Updates available',
      hint: 'A newer version than the one in use is published',
      shape: 'update',
      count: updates.updates,
      whole: updates.total,
      pressed: filter.updates,
      toggle: () => onChange({ ...filter, updates: !filter.updates }),
    },
  ];
  return (
    <ul class="kpis" aria-label="Filter by state">
      {cards.map((card) => (
        <li key={card.label}>
          <button type="button" class={`kpi k-${card.shape}`} aria-pressed={card.pressed} title={card.hint} onClick={card.toggle}>
            <span class="kpi-label">
              {card.shape === 'update' ? <Icon name="up" class="update-icon" /> : <StatusIcon status={card.shape} />}
              <span>
                {card.shape === 'update' ? 'Updates' : card.label}
                {card.shape === 'update' && <span class="kpi-long"> available</span>}
              </span>
            </span>
            <span class="kpi-line">
              <span class="kpi-count">{card.count.toLocaleString('en')}</span>
              <span class="kpi-share">{percent(card.count, card.whole)}</span>
            </span>
            <span class="kpi-bar" aria-hidden="true">
              <span style={{ width: `${card.whole ? (100 * card.count) / card.whole : 0}%` }} />
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

interface Option {
  value: string;
  label: string;
  count: number;
  icon?: JSX.Element;
}

function facet(
  entries: readonly ServiceEntry[],
  filter: ServiceFilter,
  part: 'owner' | 'source' | 'status' | 'change',
  values: (entry: ServiceEntry) => readonly string[],
): Map<string, number> {
  const counts = new Map<string, number>();
  const matches = matcher(filter, part);
  for (const entry of entries) {
    if (!matches(entry)) continue;
    for (const value of values(entry)) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}

function Options({
  options,
  chosen,
  onToggle,
  searchable,
}: {
  options: Option[];
  chosen: ReadonlySet<string>;
  onToggle: (value: string) => void;
  searchable: boolean;
}): JSX.Element {
  const [q, setQ] = useState('');
  const words = q.trim().toLowerCase();
  const shown = options.filter((option) => option.label.toLowerCase().includes(words)).slice(0, 200);
  return (
    <>
      {searchable && (
        <input
          class="field"
          type="search"
          aria-label="Find in this list"
          placeholder="Find"
          value={q}
          onInput={(event) => setQ(event.currentTarget.value)}
          autofocus
        />
      )}
      <ul class="options">
        {shown.map((option) => (
          <li key={option.value}>
            <label class="option">
              <input type="checkbox" checked={chosen.has(option.value)} onChange={() => onToggle(option.value)} />
              {option.icon}
              <bdi class="name">{visible(option.label)}</bdi>
              <span class="option-count">{option.count.toLocaleString('en')}</span>
            </label>
          </li>
        ))}
        {shown.length === 0 && <li class="dim option-none">Nothing to choose</li>}
      </ul>
    </>
  );
}

export function FilterRow({ entries, filter, onChange, shown, children }: Props & { shown: number; children?: JSX.Element }): JSX.Element {
  const sorted = (counts: Map<string, number>): [string, number][] => [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const toggle = (part: 'owners' | 'sources' | 'statuses' | 'changes') => (value: string) =>
    onChange({ ...filter, [part]: toggled(filter[part] as ReadonlySet<string>, value) });
  return (
    <div class="filters" role="group" aria-label="Filters">
      <div class="filter-text">
        <Icon name="search" />
        <input
          class="field"
          type="search"
          aria-label="Filter by name, owner, version, namespace or source"
          placeholder="Filter services"
          value={filter.q}
          spellcheck={false}
          onInput={(event) => onChange({ ...filter, q: event.currentTarget.value }, true)}
        />
      </div>
      <Popover label="Filter by owner" button="Owner">
        {() => {
          const counts = facet(entries, filter, 'owner', (entry) => [entryOwner(entry)]);
          for (const owner of filter.owners) if (!counts.has(owner)) counts.set(owner, 0);
          return (
            <Options
              searchable
              chosen={filter.owners}
              onToggle={toggle('owners')}
              options={sorted(counts).map(([value, count]) => ({ value, label: value, count }))}
            />
          );
        }}
      </Popover>
      <Popover label="Filter by status" button="Status">
        {() => {
          const counts = facet(entries, filter, 'status', (entry) => [entry.contractStatus]);
          return (
            <Options
              searchable={false}
              chosen={filter.statuses}
              onToggle={toggle('statuses')}
              options={STATUSES.map((value) => ({ value, label: STATUS_WORD[value], count: counts.get(value) ?? 0, icon: <StatusIcon status={value} /> }))}
            />
          );
        }}
      </Popover>
      <Popover label="Filter by source" button="Source">
        {() => (
          <Options
            searchable={false}
            chosen={filter.sources}
            onToggle={toggle('sources')}
            options={sorted(facet(entries, filter, 'source', entrySources)).map(([value, count]) => ({ value, label: sourceWord(value), count }))}
          />
        )}
      </Popover>
      <Popover label="Filter by last change" button="Change">
        {() => {
          const counts = facet(entries, filter, 'change', (entry) => (entry.lastChange ? [entry.lastChange] : []));
          return (
            <Options
              searchable={false}
              chosen={filter.changes}
              onToggle={toggle('changes')}
              options={(['BREAKING', 'POTENTIAL_BREAKING', 'NON_BREAKING'] as const).map((value) => ({
                value,
                label: CLASS_WORD[value],
                count: counts.get(value) ?? 0,
              }))}
            />
          );
        }}
      </Popover>
      <ActiveChips filter={filter} onChange={onChange} />
      <span class="filter-count" role="status">
        {isEmpty(filter) ? plural(entries.length, 'service') : `${shown.toLocaleString('en')} of ${entries.length.toLocaleString('en')}`}
      </span>
      {children}
    </div>
  );
}

export function ActiveChips({ filter, onChange }: { filter: ServiceFilter; onChange: Props['onChange'] }): JSX.Element | null {
  if (isEmpty(filter)) return null;
  const chips: { key: string; kind: string; label: string; remove: () => void }[] = [];
  const add = (part: 'owners' | 'sources' | 'statuses' | 'changes', kind: string, word: (value: string) => string): void => {
    for (const value of filter[part]) {
      chips.push({
        key: `${part} ${value}`,
        kind,
        label: word(value),
        remove: () => onChange({ ...filter, [part]: toggled(filter[part] as ReadonlySet<string>, value) }),
      });
    }
  };
  add('statuses', 'Status', (value) => STATUS_WORD[value as ContractStatus] ?? value);
  add('owners', 'Owner', (value) => value);
  add('sources', 'Source', sourceWord);
  add('changes', 'Change', (value) => CLASS_WORD[value as 'BREAKING'] ?? value);
  if (filter.updates) chips.push({ key: 'updates', kind: '', label: 'Update available', remove: () => onChange({ ...filter, updates: false }) });
  if (filter.q) chips.push({ key: 'q', kind: 'Text', label: filter.q, remove: () => onChange({ ...filter, q: '' }) });
  return (
    <div class="active-chips">
      {chips.map((chip) => (
        <button key={chip.key} type="button" class="active-chip" onClick={chip.remove} aria-label={`Remove the filter ${chip.kind} ${visible(chip.label)}`}>
          {chip.kind && <span class="dim">{chip.kind}</span>} <bdi class="name">{visible(chip.label)}</bdi>
          <Icon name="close" />
        </button>
      ))}
      <button
        type="button"
        class="clear"
        onClick={() => onChange({ q: '', statuses: new Set(), owners: new Set(), sources: new Set(), changes: new Set(), updates: false })}
      >
        Clear
      </button>
    </div>
  );
}

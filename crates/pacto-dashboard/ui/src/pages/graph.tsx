import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { paths } from '../api/paths';
import type { GraphData } from '../api/schema';
import { Empty, Failure, Loading, ShareButton } from '../components/basics';
import { FilterRow } from '../components/filters';
import { Icon, StatusIcon } from '../components/icons';
import { Picker, type Choice } from '../components/picker';
import { useTitle } from '../components/title';
import { GraphCanvas } from '../graph/canvas';
import { clusterModel, type Grouping } from '../graph/cluster';
import { matchesOf } from '../graph/matches';
import { buildModel, type GraphModel } from '../graph/model';
import { ownerColour, ownerHues } from '../graph/owner-hues';
import { TreeTable } from '../graph/tree-table';
import type { GraphView } from '../graph/view';
import { matcher, parseFilter, writeFilter } from '../logic/filter';
import { plural, STATUS_WORD, visible } from '../logic/format';
import { link } from '../logic/route';
import { useResource } from '../state/resource';
import { navigate, pushQuery, replaceQuery, route } from '../state/router';
import { byName, services, structures } from '../state/store';
import { theme } from '../state/theme';
import { GraphPanel } from './graph-panel';

export interface GraphSettings {
  focus: string;
  depth: number;
  direction: 'both' | 'dependencies' | 'dependents';
  group: '' | Grouping;
  table: boolean;
  force: boolean;
  byOwner: boolean;
}

export function parseSettings(query: URLSearchParams): GraphSettings {
  const depth = Math.round(Number(query.get('depth') ?? 2));
  const direction = query.get('direction');
  const group = query.get('group');
  return {
    focus: query.get('focus') ?? '',
    depth: depth >= 1 && depth <= 6 ? depth : 2,
    direction: direction === 'dependencies' || direction === 'dependents' ? direction : 'both',
    group: group === 'owner' || group === 'namespace' ? group : '',
    table: query.get('view') === 'table',
    force: query.get('mode') === 'force',
    byOwner: query.get('colour') === 'owner',
  };
}

function withSettings(query: URLSearchParams, change: Record<string, string>): URLSearchParams {
  const next = new URLSearchParams(query);
  for (const [key, value] of Object.entries(change)) {
    if (value === '') next.delete(key);
    else next.set(key, value);
  }
  return next;
}

export function Graph(): JSX.Element {
  const query = route.value.query;
  const text = query.toString();
  const settings = useMemo(() => parseSettings(query), [text]);
  const filter = useMemo(() => parseFilter(query), [text]);
  useTitle(settings.focus ? `${settings.focus} in the graph` : 'Graph');
  const owner = filter.owners.size === 1 ? ([...filter.owners][0] ?? '') : '';
  const path = paths.graph(settings.focus ? { focus: settings.focus, depth: settings.depth, direction: settings.direction } : { owner });
  const graph = useResource<GraphData>(path);
  const view = useRef<GraphView>(null);

  // Live data with the same structure changes colours, not places; a new structure comes as a new answer.
  const nodes = graph.data?.nodes;
  const model = useMemo<GraphModel | undefined>(
    () => nodes && (settings.group ? clusterModel(nodes, settings.group) : buildModel(nodes)),
    [nodes, settings.group],
  );
  const structure = structures.value;
  const first = useRef(structure);
  useEffect(() => {
    if (first.current !== structure) graph.reload();
    first.current = structure;
  }, [structure]);

  const entries = byName.value;
  const matches = useMemo(
    // One owner alone is asked of the server, with its neighbours: those are wanted, and do not fade.
    () => model && matchesOf(model, filter, entries, settings.focus === '' && filter.owners.size === 1),
    [model, filter, entries, settings.focus],
  );
  const hues = useMemo(() => (settings.byOwner && model ? ownerHues(model) : null), [model, settings.byOwner]);
  const list = services.value ?? [];
  const shown = useMemo(() => list.filter(matcher(filter)).length, [list, filter]);

  const set = (change: Record<string, string>): void => pushQuery(withSettings(query, change));
  const focusNode = (node: number): void => {
    const item = model?.items[node];
    if (!item) return;
    if (item.members) {
      if (settings.group === 'owner' && !item.id.includes('(')) set({ group: '', owner: item.label });
      else replaceQuery(withSettings(query, { group: '' }));
      return;
    }
    set({ focus: item.id });
  };
  const openNode = (node: number): void => {
    const item = model?.items[node];
    if (item?.node && item.status !== 'external') navigate(link.service(item.id));
    else if (item) focusNode(node);
  };
  const focusIndex = model?.index.get(settings.focus) ?? -1;
  const picture = `${path} ${settings.group} ${settings.force}`;
  const focusedNode = focusIndex >= 0 ? model?.items[focusIndex]?.node : undefined;

  return (
    <div class={`graph-page${settings.table ? ' as-table' : ''}`}>
      <Toolbar
        settings={settings}
        query={query}
        model={model}
        set={set}
        jump={(node) => {
          view.current?.centre(node);
          view.current?.setCursor(node);
        }}
      />
      <div class="graph-filters">
        <FilterRow
          entries={list}
          filter={filter}
          shown={shown}
          onChange={(next, typed) => (typed ? replaceQuery : pushQuery)(writeFilter(query, next))}
        />
      </div>
      <div class="graph-body">
        {graph.error && !graph.data ? (
          <div class="graph-message">
            {graph.error.status === 404 ? (
              <Empty title="Nothing to show" icon="graph">
                <p>
                  No service is called <bdi>{visible(settings.focus)}</bdi>.
                </p>
                <button type="button" class="button" onClick={() => set({ focus: '' })}>
                  Show the whole graph
                </button>
              </Empty>
            ) : (
              <Failure error={graph.error} what="The graph" retry={graph.reload} />
            )}
          </div>
        ) : !model ? (
          <Loading what="the graph">
            <div class="graph-stage graph-skeleton" />
          </Loading>
        ) : model.items.length === 0 ? (
          <div class="graph-message">
            <Empty title="No services, no graph" icon="graph" command="pacto dashboard ./services">
              <p>Nodes appear when a source has contracts with dependencies.</p>
            </Empty>
          </div>
        ) : settings.table ? (
          <div class="graph-table">
            <TreeTable key={picture} model={model} roots={rootsOf(model, focusIndex)} onFocus={focusNode} />
          </div>
        ) : (
          <>
            <GraphCanvas
              model={model}
              picture={picture}
              focus={focusIndex}
              matches={matches ?? null}
              hues={hues}
              force={settings.force}
              onFocus={focusNode}
              onOpen={openNode}
              onBack={() => (settings.focus ? set({ focus: '' }) : history.back())}
              view={view}
            />
            <Legend cycles={graph.data?.cycles.length ?? 0} hues={hues} />
          </>
        )}
        {model && settings.focus && <GraphPanel name={settings.focus} node={focusedNode} model={model} index={focusIndex} settings={settings} set={set} />}
      </div>
      {model && (
        <p class="vh">
          The graph shows {plural(model.items.length, 'node')} and {plural(model.edgeFrom.length, 'edge')}.
        </p>
      )}
    </div>
  );
}

/** The table starts where the graph starts: at the focus, else at what nobody depends on. */
function rootsOf(model: GraphModel, focus: number): number[] {
  if (focus >= 0) return [focus];
  const roots: number[] = [];
  model.items.forEach((_, node) => {
    if (model.inStart[node + 1] === model.inStart[node]) roots.push(node);
  });
  // A graph of nothing but cycles has no such node.
  if (roots.length === 0) model.items.forEach((_, node) => roots.push(node));
  return roots.sort((a, b) => (model.items[a]!.label < model.items[b]!.label ? -1 : 1));
}

interface ToolbarProps {
  settings: GraphSettings;
  query: URLSearchParams;
  model: GraphModel | undefined;
  set: (change: Record<string, string>) => void;
  jump: (node: number) => void;
}

function Toolbar({ settings, model, set, jump }: ToolbarProps): JSX.Element {
  const choices = useMemo<Choice[]>(
    () => (model?.items ?? []).map((item, index) => ({ value: String(index), label: item.label, status: item.status, hint: item.sub })),
    [model],
  );
  const groups: readonly { value: GraphSettings['group']; label: string }[] = [
    { value: '', label: 'Services' },
    { value: 'owner', label: 'Owners' },
    { value: 'namespace', label: 'Namespaces' },
  ];
  return (
    <div class="graph-toolbar">
      <h1 tabIndex={-1}>Graph</h1>
      <Picker
        class="graph-jump"
        label="Jump to a service in the graph"
        placeholder="Jump to…"
        value=""
        choices={choices}
        onPick={(value) => (settings.table ? set({ focus: model?.items[Number(value)]?.id ?? '' }) : jump(Number(value)))}
      />
      <div class="segments" role="group" aria-label="Group by">
        {groups.map((group) => (
          <button key={group.value} type="button" aria-pressed={settings.group === group.value} onClick={() => set({ group: group.value })}>
            {group.label}
          </button>
        ))}
      </div>
      <div class="segments" role="group" aria-label="Show as">
        <button type="button" aria-pressed={!settings.table && !settings.force} onClick={() => set({ view: '', mode: '' })}>
          Layers
        </button>
        <button type="button" aria-pressed={!settings.table && settings.force} onClick={() => set({ view: '', mode: 'force' })}>
          Force
        </button>
        <button type="button" aria-pressed={settings.table} onClick={() => set({ view: 'table', mode: '' })}>
          Table
        </button>
      </div>
      <div class="segments">
        <button type="button" aria-pressed={settings.byOwner} disabled={settings.table} onClick={() => set({ colour: settings.byOwner ? '' : 'owner' })}>
          Colour by owner
        </button>
      </div>
      <div class="page-actions">
        <ShareButton />
      </div>
    </div>
  );
}

/** Owners whose colours the legend explains; the others are named on the card under the pointer. */
const MOST_OWNERS = 24;

function Legend({ cycles, hues }: { cycles: number; hues: ReadonlyMap<string, number> | null }): JSX.Element {
  const [open, setOpen] = useState(false);
  return (
    <div class="graph-legend">
      <button type="button" class="legend-toggle" aria-expanded={open} onClick={() => setOpen(!open)}>
        Legend <Icon name="chevron" />
      </button>
      {open && (
        <div class="legend-body">
          <ul>
            {(['Compliant', 'Warning', 'NonCompliant', 'Reference', 'Unknown', 'external'] as const).map((status) => (
              <li key={status}>
                <StatusIcon status={status} /> {STATUS_WORD[status]}
              </li>
            ))}
          </ul>
          <ul>
            <li>
              <svg width="28" height="8" viewBox="0 0 28 8" aria-hidden="true" focusable="false" class="legend-line l-required">
                <path d="M0 4h28" />
              </svg>
              required
            </li>
            <li>
              <svg width="28" height="8" viewBox="0 0 28 8" aria-hidden="true" focusable="false" class="legend-line l-optional">
                <path d="M0 4h28" />
              </svg>
              optional
            </li>
            <li>
              <svg width="28" height="8" viewBox="0 0 28 8" aria-hidden="true" focusable="false" class="legend-line l-reference">
                <path d="M0 4h28" />
              </svg>
              reference
            </li>
            {cycles > 0 && (
              <li>
                <svg width="28" height="8" viewBox="0 0 28 8" aria-hidden="true" focusable="false" class="legend-line l-cycle">
                  <path d="M0 4h28" />
                </svg>
                {plural(cycles, 'cycle')}
              </li>
            )}
          </ul>
          <ul>
            <li>
              <span class="legend-mark lm-breaking" /> last change breaking
            </li>
            <li>
              <span class="legend-mark lm-potential" /> potential
            </li>
            <li>
              <span class="legend-mark lm-update" /> update available
            </li>
          </ul>
          {hues && hues.size > 0 && (
            <ul class="legend-owners" aria-label="Owners">
              {[...hues].slice(0, MOST_OWNERS).map(([owner, hue]) => (
                <li key={owner}>
                  <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true" focusable="false">
                    <rect width="12" height="12" rx="3" fill={ownerColour(hue, theme.value === 'dark')} />
                  </svg>{' '}
                  <bdi class="name">{visible(owner)}</bdi>
                </li>
              ))}
              {hues.size > MOST_OWNERS && <li class="dim">and {hues.size - MOST_OWNERS} more</li>}
            </ul>
          )}
          <p class="dim small">Consumers are at the left. The number on a card is its blast radius.</p>
        </div>
      )}
    </div>
  );
}

import type { JSX } from 'preact';
import type { GraphNode } from '../api/schema';
import { Icon, StatusIcon } from '../components/icons';
import { ClassBadge, Name, Status } from '../components/marks';
import { consumers, OPTIONAL, REFERENCE, targets, type GraphModel } from '../graph/model';
import { plural, unresolvedWords, visible } from '../logic/format';
import { link } from '../logic/route';
import type { GraphSettings } from './graph';

interface Props {
  name: string;
  node: GraphNode | undefined;
  model: GraphModel;
  index: number;
  settings: GraphSettings;
  set: (change: Record<string, string>) => void;
}

const DIRECTIONS = [
  { value: 'dependents', label: 'Used by' },
  { value: 'both', label: 'Both' },
  { value: 'dependencies', label: 'Needs' },
] as const;

export function GraphPanel({ name, node, model, index, settings, set }: Props): JSX.Element {
  const external = node?.status === 'external';
  const words = unresolvedWords(node?.reason);
  return (
    <aside class="graph-panel" aria-label={`About ${visible(name)}`}>
      <div class="panel-head">
        <h2>
          <Name text={name} />
        </h2>
        <button type="button" class="icon-button" aria-label="Close, show the whole graph" title="Show the whole graph" onClick={() => set({ focus: '' })}>
          <Icon name="close" />
        </button>
      </div>
      {node && (
        <div class="panel-facts">
          <Status status={node.status} />
          {node.version && <span class="mono">{visible(node.version)}</span>}
          <ClassBadge value={node.lastChange} />
        </div>
      )}
      {external && (
        <p class="dim panel-text">
          It is {words.what}. {words.todo}
        </p>
      )}
      {node && !external && (
        <dl class="panel-list">
          <div>
            <dt>Owner</dt>
            <dd>
              {node.ownerKey ? (
                <a href={link.owner(node.ownerKey)}>
                  <Name text={node.ownerKey} />
                </a>
              ) : (
                <span class="dim">nobody is named</span>
              )}
            </dd>
          </div>
          {node.namespace && (
            <div>
              <dt>Namespace</dt>
              <dd>
                <Name text={node.namespace} />
              </dd>
            </div>
          )}
          <div>
            <dt>Blast radius</dt>
            <dd>{plural(node.blastRadius ?? 0, 'service')}</dd>
          </div>
        </dl>
      )}
      <div class="panel-controls">
        <div class="segments" role="group" aria-label="Direction">
          {DIRECTIONS.map((direction) => (
            <button
              key={direction.value}
              type="button"
              aria-pressed={settings.direction === direction.value}
              onClick={() => set({ direction: direction.value === 'both' ? '' : direction.value })}
            >
              {direction.label}
            </button>
          ))}
        </div>
        <div class="depth">
          <span id="depth-label">Depth</span>
          <div class="segments" role="group" aria-labelledby="depth-label">
            {[1, 2, 3, 4, 5, 6].map((depth) => (
              <button key={depth} type="button" aria-pressed={settings.depth === depth} onClick={() => set({ depth: depth === 2 ? '' : String(depth) })}>
                {depth}
              </button>
            ))}
          </div>
        </div>
      </div>
      {index >= 0 && !settings.group && (
        <>
          <Neighbours title="Used by" list={[...consumers(model, index)]} model={model} set={set} />
          <Neighbours title="Needs" list={[...targets(model, index)]} model={model} set={set} />
        </>
      )}
      {!external && (
        <div class="panel-actions">
          <a class="button primary" href={link.service(name)}>
            Open service
          </a>
          <a class="button" href={link.compare(name)}>
            Compare
          </a>
        </div>
      )}
    </aside>
  );
}

function Neighbours({
  title,
  list,
  model,
  set,
}: {
  title: string;
  list: { node: number; edge: number }[];
  model: GraphModel;
  set: Props['set'];
}): JSX.Element | null {
  if (list.length === 0) return null;
  return (
    <div class="panel-neighbours">
      <h3>
        {title} <span class="section-count">{list.length}</span>
      </h3>
      <ul>
        {list.slice(0, 60).map(({ node, edge }) => {
          const item = model.items[node]!;
          const kind = model.edgeKind[edge];
          return (
            <li key={`${node} ${edge}`}>
              <button type="button" class="neighbour" onClick={() => set({ focus: item.id })}>
                <StatusIcon status={item.status} />
                <Name text={item.label} />
                {kind === OPTIONAL && <span class="tag">optional</span>}
                {kind === REFERENCE && <span class="tag">reference</span>}
              </button>
            </li>
          );
        })}
      </ul>
      {list.length > 60 && <p class="dim small">and {list.length - 60} more</p>}
    </div>
  );
}

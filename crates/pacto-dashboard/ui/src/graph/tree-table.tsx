// The same graph as a table of trees: for screen readers, for the keyboard, and for whoever prefers rows.
import type { JSX } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import { useLimit } from '../components/basics';
import { Icon } from '../components/icons';
import { Missing, Name, Status } from '../components/marks';
import { unresolvedWords, visible } from '../logic/format';
import { link } from '../logic/route';
import { OPTIONAL, REFERENCE, targets, type GraphModel } from './model';

export type TreeDirection = 'dependencies' | 'dependents';

export interface TreeRow {
  /** Path of node numbers from the root: the same service may stand in several places. */
  key: string;
  node: number;
  level: number;
  edge: number;
  children: number;
  open: boolean;
  /** Already an ancestor of itself: a cycle, not opened again. */
  repeats: boolean;
  position: number;
  siblings: number;
}

export function treeRows(model: GraphModel, roots: readonly number[], open: ReadonlySet<string>, max = 2000): TreeRow[] {
  const rows: TreeRow[] = [];
  const add = (node: number, edge: number, level: number, parents: readonly number[], prefix: string, position: number, siblings: number): void => {
    if (rows.length >= max) return;
    const key = `${prefix}/${node}`;
    const children = [...targets(model, node)];
    const repeats = parents.includes(node);
    const isOpen = open.has(key) && !repeats && children.length > 0;
    rows.push({ key, node, level, edge, children: repeats ? 0 : children.length, open: isOpen, repeats, position, siblings });
    if (!isOpen) return;
    children.forEach((child, index) => add(child.node, child.edge, level + 1, [...parents, node], key, index + 1, children.length));
  };
  roots.forEach((root, index) => add(root, -1, 1, [], '', index + 1, roots.length));
  return rows;
}

function edgeWord(model: GraphModel, edge: number): string {
  if (edge < 0) return '';
  const kind = model.edgeKind[edge];
  return kind === REFERENCE ? 'reference' : kind === OPTIONAL ? 'optional' : 'required';
}

interface Props {
  model: GraphModel;
  roots: readonly number[];
  onFocus: (node: number) => void;
}

export function TreeTable({ model, roots, onFocus }: Props): JSX.Element {
  const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set(roots.length === 1 ? [`/${roots[0]}`] : []));
  const { shown, more } = useLimit(roots.length, 100);
  const rows = useMemo(() => treeRows(model, roots.slice(0, shown), open), [model, roots, shown, open]);
  const body = useRef<HTMLTableSectionElement>(null);
  const [current, setCurrent] = useState(0);

  const toggle = (row: TreeRow, to = !row.open): void => {
    const next = new Set(open);
    if (to) next.add(row.key);
    else next.delete(row.key);
    setOpen(next);
  };
  const go = (index: number): void => {
    const next = Math.max(0, Math.min(rows.length - 1, index));
    setCurrent(next);
    body.current?.querySelectorAll<HTMLElement>('tr')[next]?.focus();
  };
  const key = (event: KeyboardEvent, index: number, row: TreeRow): void => {
    if (event.target instanceof HTMLElement && event.target.tagName !== 'TR') return;
    if (event.key === 'ArrowDown') go(index + 1);
    else if (event.key === 'ArrowUp') go(index - 1);
    else if (event.key === 'Home') go(0);
    else if (event.key === 'End') go(rows.length - 1);
    else if (event.key === 'ArrowRight') {
      if (row.children > 0 && !row.open) toggle(row, true);
      else if (row.open) go(index + 1);
    } else if (event.key === 'ArrowLeft') {
      if (row.open) toggle(row, false);
      else {
        let parent = index - 1;
        while (parent >= 0 && (rows[parent]?.level ?? 0) >= row.level) parent--;
        if (parent >= 0) go(parent);
      }
    } else if (event.key === 'Enter') {
      const item = model.items[row.node];
      if (item?.node && item.status !== 'external') location.hash = link.service(item.id);
    } else if (event.key === ' ') onFocus(row.node);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div class="card tree-table">
      <div class="scroll-x">
        <table class="plain" role="treegrid" aria-label="Services and what they depend on">
          <thead>
            <tr>
              <th scope="col">Service</th>
              <th scope="col">Status</th>
              <th scope="col">Version</th>
              <th scope="col">Relation</th>
              <th scope="col">Owner</th>
              <th scope="col" class="end">
                Blast radius
              </th>
            </tr>
          </thead>
          <tbody ref={body}>
            {rows.map((row, index) => {
              const item = model.items[row.node]!;
              const external = item.status === 'external';
              return (
                <tr
                  key={row.key}
                  aria-level={row.level}
                  aria-posinset={row.position}
                  aria-setsize={row.siblings}
                  aria-expanded={row.children > 0 ? row.open : undefined}
                  tabIndex={index === Math.min(current, rows.length - 1) ? 0 : -1}
                  onFocus={() => setCurrent(index)}
                  onKeyDown={(event) => key(event, index, row)}
                >
                  <td role="gridcell">
                    <span class="tree-cell" style={{ paddingLeft: `${(row.level - 1) * 20}px` }}>
                      {row.children > 0 ? (
                        <button
                          type="button"
                          class="tree-toggle"
                          tabIndex={-1}
                          aria-label={`${row.open ? 'Close' : 'Open'} ${visible(item.label)}`}
                          onClick={() => toggle(row)}
                        >
                          <Icon name={row.open ? 'chevron' : 'right'} />
                        </button>
                      ) : (
                        <span class="tree-toggle" />
                      )}
                      {item.node && !external ? (
                        <a href={link.service(item.id)} tabIndex={-1}>
                          <Name text={item.label} />
                        </a>
                      ) : (
                        <Name text={item.label} />
                      )}
                      {row.repeats && <span class="tag">cycle</span>}
                    </span>
                  </td>
                  <td role="gridcell">
                    <Status status={item.status} />
                  </td>
                  <td role="gridcell" class="mono">
                    {external ? <span class="dim">{unresolvedWords(item.node?.reason).what}</span> : item.sub ? <Name text={item.sub} /> : <Missing />}
                  </td>
                  <td role="gridcell" class="dim">
                    {edgeWord(model, row.edge)}
                  </td>
                  <td role="gridcell">{item.node?.ownerKey ? <Name text={item.node.ownerKey} /> : <Missing why="no owner" />}</td>
                  <td role="gridcell" class="end">
                    {external ? <Missing /> : (item.node?.blastRadius ?? 0)}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {more}
    </div>
  );
}

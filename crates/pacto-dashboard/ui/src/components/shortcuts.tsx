import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { GO } from '../logic/keys';
import { shortcutsOpen } from '../state/commands';
import { Icon } from './icons';
import { Key } from './marks';

const GROUPS: readonly { title: string; keys: readonly [string, string][] }[] = [
  {
    title: 'Everywhere',
    keys: [
      ['/', 'Search'],
      ['Ctrl K', 'Command palette'],
      ...GO.map(({ key, words }): [string, string] => [`g ${key}`, words]),
      ['?', 'This list'],
    ],
  },
  {
    title: 'In a list',
    keys: [
      ['j ↓', 'Next row'],
      ['k ↑', 'Row before'],
      ['Home End', 'First row, last row'],
      ['Enter', 'Open'],
    ],
  },
  {
    title: 'In the graph',
    keys: [
      ['← →', 'Along an edge'],
      ['↑ ↓', 'Among neighbours'],
      ['Space', 'Focus on the node'],
      ['Enter', 'Open the service'],
      ['Esc', 'Back'],
      ['0', 'Fit'],
      ['+ −', 'Zoom'],
    ],
  },
  {
    title: 'In the table of the graph',
    keys: [
      ['↑ ↓', 'Row before, next row'],
      ['→ ←', 'Unfold, fold'],
      ['Home End', 'First row, last row'],
      ['Space', 'Focus on the service'],
      ['Enter', 'Open the service'],
    ],
  },
];

export function Shortcuts(): JSX.Element | null {
  return shortcutsOpen.value ? <Open /> : null;
}

function Open(): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class="sheet"
      aria-labelledby="shortcuts-title"
      onClose={() => (shortcutsOpen.value = false)}
      onClick={(event) => event.target === event.currentTarget && dialog.current?.close()}
    >
      <div class="sheet-box">
        <div class="sheet-head">
          <h2 id="shortcuts-title">Keyboard shortcuts</h2>
          <button type="button" class="icon-button" aria-label="Close" onClick={() => dialog.current?.close()}>
            <Icon name="close" />
          </button>
        </div>
        <div class="shortcut-groups">
          {GROUPS.map((group) => (
            <div key={group.title}>
              <h3>{group.title}</h3>
              <dl>
                {group.keys.map(([key, words]) => (
                  <div key={key}>
                    <dt>
                      <Key>{key}</Key>
                    </dt>
                    <dd>{words}</dd>
                  </div>
                ))}
              </dl>
            </div>
          ))}
        </div>
      </div>
    </dialog>
  );
}

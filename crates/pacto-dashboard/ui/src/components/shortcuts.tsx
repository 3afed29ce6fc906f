import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { shortcutsOpen } from '../state/commands';
import { Icon } from './icons';
import { Key } from './marks';

const GROUPS: readonly { title: string; keys: readonly [string, string][] }[] = [
  {
    title: 'Everywhere',
    keys: [
      ['/', 'Search'],
      ['Ctrl K', 'Command palette'],
      ['g s', 'Services'],
      ['g g', 'Graph'],
      ['g c', 'Compare'],
      ['g o', 'Owners'],
      ['g d', 'Sources'],
      ['?', 'This list'],
    ],
  },
  {
    title: 'In a list',
    keys: [
      ['j', 'Next row'],
      ['k', 'Row before'],
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

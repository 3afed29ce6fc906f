import type { JSX, RefObject } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { findCommands, paletteOpen, type Command } from '../state/commands';
import { visible } from '../logic/format';
import { services } from '../state/store';
import { Icon, StatusIcon } from './icons';
import { Key } from './marks';

interface ListProps {
  id: string;
  commands: Command[];
  active: number;
  query: string;
  onPick: (command: Command) => void;
  onHover: (index: number) => void;
}

function CommandList({ id, commands, active, query, onPick, onHover }: ListProps): JSX.Element {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [active, commands]);
  const groups = [...new Set(commands.map((command) => command.group))];
  return (
    <div class="commands" id={id} role="listbox" aria-label="Results" ref={list}>
      {commands.length === 0 && (
        <div class="commands-none" role="option" aria-selected="false" aria-disabled="true">
          Nothing is called “{visible(query)}”.
        </div>
      )}
      {groups.map((group) => (
        <div key={group} role="group" aria-labelledby={`${id}-${group}`}>
          <div class="commands-group" id={`${id}-${group}`} role="presentation">
            {group}
          </div>
          {commands.map(
            (command, index) =>
              command.group === group && (
                <div
                  key={command.id}
                  id={`${id}-${index}`}
                  class="command-row"
                  role="option"
                  aria-selected={index === active}
                  onPointerMove={() => onHover(index)}
                  // The field keeps the focus; a click must not take it before the command runs.
                  onPointerDown={(event) => event.preventDefault()}
                  onClick={() => onPick(command)}
                >
                  {command.entry ? <StatusIcon status={command.entry.contractStatus} /> : <Icon name={command.icon ?? 'right'} />}
                  <bdi class="name">{visible(command.label)}</bdi>
                  {command.hint && <span class="command-hint">{visible(command.hint)}</span>}
                </div>
              ),
          )}
        </div>
      ))}
    </div>
  );
}

function useCommands(query: string, everything: boolean): { commands: Command[]; active: number; setActive: (index: number) => void } {
  const list = services.value;
  const commands = useMemo(() => findCommands(query, everything), [query, everything, list]);
  const [active, setActive] = useState(0);
  useEffect(() => setActive(0), [query]);
  return { commands, active: Math.min(active, Math.max(0, commands.length - 1)), setActive };
}

function listKeys(event: KeyboardEvent, count: number, active: number, setActive: (index: number) => void): boolean {
  if (event.key === 'ArrowDown') setActive((active + 1) % Math.max(1, count));
  else if (event.key === 'ArrowUp') setActive((active - 1 + count) % Math.max(1, count));
  else if (event.key === 'Home' && event.ctrlKey) setActive(0);
  else if (event.key === 'End' && event.ctrlKey) setActive(count - 1);
  else return false;
  event.preventDefault();
  return true;
}

/** The field in the top bar: services and owners, one key stroke away. */
export function SearchField({ input }: { input: RefObject<HTMLInputElement | null> }): JSX.Element {
  const [query, setQuery] = useState('');
  const [open, setOpen] = useState(false);
  const { commands, active, setActive } = useCommands(query, false);
  const shown = open && query.trim() !== '';
  const close = (): void => {
    setOpen(false);
    setQuery('');
  };
  const pick = (command: Command): void => {
    close();
    input.current?.blur();
    command.run();
  };
  return (
    <div class="search" role="search">
      <Icon name="search" />
      <input
        ref={input}
        type="text"
        role="combobox"
        aria-label="Search services and owners"
        aria-expanded={shown}
        aria-controls="search-list"
        aria-autocomplete="list"
        aria-activedescendant={shown && commands.length > 0 ? `search-list-${active}` : undefined}
        placeholder="Search services and owners"
        autocomplete="off"
        spellcheck={false}
        value={query}
        onInput={(event) => {
          setQuery(event.currentTarget.value);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={(event) => {
          if (listKeys(event, commands.length, active, setActive)) return;
          const command = commands[active];
          if (event.key === 'Enter' && shown && command) pick(command);
          if (event.key === 'Escape') {
            close();
            input.current?.blur();
          }
        }}
      />
      <button type="button" class="search-key" onClick={() => (paletteOpen.value = true)} title="Open the command palette">
        <span class="vh">Command palette </span>
        <Key>{/Mac|iPhone|iPad/.test(navigator.platform) ? '⌘' : 'Ctrl'} K</Key>
      </button>
      {shown && (
        <div class="search-results">
          <CommandList id="search-list" commands={commands} active={active} query={query} onPick={pick} onHover={setActive} />
        </div>
      )}
      {!shown && <div id="search-list" hidden />}
    </div>
  );
}

export function Palette(): JSX.Element | null {
  return paletteOpen.value ? <OpenPalette /> : null;
}

function OpenPalette(): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [query, setQuery] = useState('');
  const { commands, active, setActive } = useCommands(query, true);
  useEffect(() => {
    // showModal keeps the focus inside and gives it back to where it was.
    dialog.current?.showModal();
  }, []);
  const close = (): void => dialog.current?.close();
  const pick = (command: Command): void => {
    close();
    command.run();
  };
  return (
    <dialog
      ref={dialog}
      class="palette"
      aria-label="Command palette"
      onClose={() => (paletteOpen.value = false)}
      onClick={(event) => {
        if (event.target === event.currentTarget) close();
      }}
    >
      <div class="palette-box">
        <div class="palette-field">
          <Icon name="search" />
          <input
            type="text"
            role="combobox"
            aria-label="Find a service, a page or an action"
            aria-expanded="true"
            aria-controls="palette-list"
            aria-autocomplete="list"
            aria-activedescendant={commands.length > 0 ? `palette-list-${active}` : undefined}
            placeholder="Find a service, a page or an action"
            autocomplete="off"
            spellcheck={false}
            autofocus
            value={query}
            onInput={(event) => setQuery(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (listKeys(event, commands.length, active, setActive)) return;
              const command = commands[active];
              if (event.key === 'Enter' && command) {
                event.preventDefault();
                pick(command);
              }
            }}
          />
          <Key>Esc</Key>
        </div>
        <CommandList id="palette-list" commands={commands} active={active} query={query} onPick={pick} onHover={setActive} />
      </div>
    </dialog>
  );
}

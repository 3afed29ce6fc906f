import type { JSX } from 'preact';
import { useId, useMemo, useRef, useState } from 'preact/hooks';
import { visible } from '../logic/format';
import { best } from '../logic/search';
import { StatusIcon, type StatusShape } from './icons';

export interface Choice {
  value: string;
  label: string;
  status?: StatusShape;
  hint?: string;
}

interface Props {
  label: string;
  placeholder: string;
  /** What is chosen; shown while the field is not being typed in. */
  value: string;
  choices: readonly Choice[];
  onPick: (value: string) => void;
  class?: string;
}

/** A field that finds one of many: typing narrows, arrows choose, Enter takes. */
export function Picker({ label, placeholder, value, choices, onPick, class: extra = '' }: Props): JSX.Element {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [query, setQuery] = useState<string | null>(null);
  const [active, setActive] = useState(0);
  const open = query !== null;
  const shown = useMemo(() => (query === null ? [] : best(choices, (choice) => choice.label, query, 12)), [choices, query]);
  const pick = (choice: Choice | undefined): void => {
    if (!choice) return;
    setQuery(null);
    onPick(choice.value);
    input.current?.blur();
  };
  return (
    <div class={`picker ${extra}`}>
      <input
        ref={input}
        class="field"
        type="text"
        role="combobox"
        aria-label={label}
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={open && shown.length > 0 ? `${id}-${active}` : undefined}
        placeholder={placeholder}
        autocomplete="off"
        spellcheck={false}
        value={query ?? visible(value)}
        onFocus={(event) => {
          setQuery('');
          setActive(0);
          event.currentTarget.select();
        }}
        onBlur={() => setQuery(null)}
        onInput={(event) => {
          setQuery(event.currentTarget.value);
          setActive(0);
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') setActive((active + 1) % Math.max(1, shown.length));
          else if (event.key === 'ArrowUp') setActive((active - 1 + shown.length) % Math.max(1, shown.length));
          else if (event.key === 'Enter') pick(shown[active]);
          else if (event.key === 'Escape') input.current?.blur();
          else return;
          event.preventDefault();
        }}
      />
      <div class="picker-list" id={`${id}-list`} role="listbox" aria-label={label} hidden={!open}>
        {open && shown.length === 0 && (
          <div class="commands-none" role="option" aria-selected="false" aria-disabled="true">
            Nothing is called “{visible(query ?? '')}”.
          </div>
        )}
        {shown.map((choice, index) => (
          <div
            key={choice.value}
            id={`${id}-${index}`}
            class="command-row"
            role="option"
            aria-selected={index === active}
            onPointerMove={() => setActive(index)}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => pick(choice)}
          >
            {choice.status && <StatusIcon status={choice.status} />}
            <bdi class="name">{visible(choice.label)}</bdi>
            {choice.hint && <span class="command-hint">{visible(choice.hint)}</span>}
          </div>
        ))}
      </div>
    </div>
  );
}

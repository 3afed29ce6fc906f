// Small marks that mean the same on every page.
import type { ComponentChildren, JSX } from 'preact';
import type { Classification, ContractStatus } from '../api/schema';
import { ago, CLASS_WORD, STATUS_WORD, visible } from '../logic/format';
import type { Health } from '../logic/health';
import { now } from '../state/store';
import { Icon, sourceIcon, StatusIcon } from './icons';

type Status = ContractStatus | 'external';

function known(status: string | undefined): Status {
  return status !== undefined && status in STATUS_WORD ? (status as Status) : 'Unknown';
}

/** Names come from other people's files: isolated in direction, cut in width, whole in the tooltip. */
export function Name({ text, class: extra = '' }: { text: string; class?: string }): JSX.Element {
  const shown = visible(text);
  return (
    <bdi class={`name ${extra}`} title={shown}>
      {shown}
    </bdi>
  );
}

export function Status({ status, quiet = false }: { status: string | undefined; quiet?: boolean }): JSX.Element {
  const value = known(status);
  return (
    <span class={`status s-${value}${quiet ? ' quiet' : ''}`}>
      <StatusIcon status={value} />
      <span class="word">{STATUS_WORD[value]}</span>
    </span>
  );
}

export function ClassBadge({ value, short = false }: { value: Classification | undefined; short?: boolean }): JSX.Element | null {
  if (!value || !(value in CLASS_WORD)) return null;
  const word = short && value === 'NON_BREAKING' ? 'Minor' : CLASS_WORD[value];
  return <span class={`class-badge c-${value}`}>{word}</span>;
}

export function Method({ method }: { method: string }): JSX.Element {
  const name = visible(method).toUpperCase().slice(0, 12);
  return <span class={`method m-${/^[A-Z]+$/.test(name) ? name : 'OTHER'}`}>{name}</span>;
}

/** Not known is a dash with words for it, never a zero. */
export function Missing({ why = 'not known' }: { why?: string }): JSX.Element {
  return (
    <span class="missing" title={why}>
      <span aria-hidden="true">–</span>
      <span class="vh">{why}</span>
    </span>
  );
}

const SOURCE_WORD: Record<string, string> = { local: 'Local', oci: 'Registry', k8s: 'Kubernetes' };

export function sourceWord(type: string): string {
  return SOURCE_WORD[type] ?? type;
}

export function SourceMarks({ types }: { types: readonly string[] }): JSX.Element {
  return (
    <span class="source-marks">
      {[...new Set(types)].map((type) => (
        <span key={type} title={sourceWord(type)}>
          <Icon name={sourceIcon(type)} />
          <span class="vh">{sourceWord(type)} </span>
        </span>
      ))}
    </span>
  );
}

/** Filled = live, a gap = partial, a point = polled, turning ring = discovering, half = stale, crossed = failing, hollow = off. */
export function StateDot({ state }: { state: Health }): JSX.Element {
  return (
    <svg class={`state-dot d-${state}`} width="10" height="10" viewBox="0 0 10 10" aria-hidden="true" focusable="false">
      {state === 'live' && <circle cx="5" cy="5" r="4" class="fill" />}
      {state === 'partial' && <path d="M5 5V1a4 4 0 1 0 4 4z" class="fill" />}
      {state === 'polled' && (
        <>
          <circle cx="5" cy="5" r="3.5" class="ring" />
          <circle cx="5" cy="5" r="1.5" class="fill" />
        </>
      )}
      {state === 'discovering' && <circle cx="5" cy="5" r="3.5" class="ring" stroke-dasharray="11 11" />}
      {state === 'stale' && (
        <>
          <circle cx="5" cy="5" r="3.5" class="ring" />
          <path d="M5 1.500a3.500 3.500 0 0 1 0 7z" class="fill" />
        </>
      )}
      {state === 'failing' && <path d="M1.800 1.800l6.400 6.400M8.200 1.800 1.800 8.200" class="cross" />}
      {state === 'disabled' && <circle cx="5" cy="5" r="3.500" class="ring" />}
    </svg>
  );
}

export function Ago({ time }: { time: string | number | undefined }): JSX.Element {
  const value = typeof time === 'number' ? time : Date.parse(time ?? '');
  if (!value || Number.isNaN(value)) return <Missing />;
  return (
    <time dateTime={new Date(value).toISOString()} title={new Date(value).toLocaleString('en-GB')}>
      {ago(now.value - value)}
    </time>
  );
}

export function Key({ children }: { children: ComponentChildren }): JSX.Element {
  return <kbd class="key">{children}</kbd>;
}

/** A share as a thin bar; the number beside it carries the meaning. */
export function Bar({ value, max }: { value: number; max: number }): JSX.Element {
  const width = max > 0 ? Math.max(value > 0 ? 4 : 0, (100 * value) / max) : 0;
  return (
    <span class="bar" aria-hidden="true">
      <span style={{ width: `${width}%` }} />
    </span>
  );
}

import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApiError } from '../api/client';
import { visible } from '../logic/format';
import { announce } from '../state/store';
import { Icon, type IconName } from './icons';

/** Clipboard access needs a secure context; a dashboard on a plain-HTTP host falls back to a selection. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'vh';
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}

interface CopyProps {
  text: string | (() => string);
  label: string;
  /** Shown beside the icon; without it the icon stands alone under `label`. */
  children?: ComponentChildren;
  icon?: IconName;
  class?: string;
}

export function CopyButton({ text, label, children, icon = 'copy', class: extra = '' }: CopyProps): JSX.Element {
  const [done, setDone] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const click = async (): Promise<void> => {
    const ok = await copyText(typeof text === 'function' ? text() : text);
    announce(ok ? 'Copied' : 'Could not copy');
    setDone(ok);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setDone(false), 1500);
  };
  return (
    <button
      type="button"
      class={`${children ? 'button' : 'icon-button'} ${extra}`}
      aria-label={children ? undefined : label}
      title={label}
      onClick={() => void click()}
    >
      <Icon name={done ? 'check' : icon} />
      {children && <span>{done ? 'Copied' : children}</span>}
    </button>
  );
}

export function ShareButton(): JSX.Element {
  return (
    <CopyButton text={() => location.href} label="Copy a link to what you see" icon="link">
      Share
    </CopyButton>
  );
}

/** One command to try, ready to be pasted. */
export function Command({ text }: { text: string }): JSX.Element {
  return (
    <span class="command">
      <code>{text}</code>
      <CopyButton text={text} label={`Copy the command ${text}`} />
    </span>
  );
}

interface EmptyProps {
  title: string;
  children?: ComponentChildren;
  command?: string | undefined;
  icon?: IconName;
}

export function Empty({ title, children, command, icon = 'search' }: EmptyProps): JSX.Element {
  return (
    <div class="empty">
      <span class="empty-icon">
        <Icon name={icon} size={20} />
      </span>
      <p class="empty-title">{title}</p>
      {children && <div class="empty-text">{children}</div>}
      {command && <Command text={command} />}
    </div>
  );
}

/** What went wrong in the server's words, and what to do about it. */
export function Failure({ error, retry, what }: { error: ApiError; retry?: () => void; what: string }): JSX.Element {
  return (
    <div class="failure" role="alert">
      <p class="failure-title">{error.status === 404 ? `${what} was not found` : `${what} could not be loaded`}</p>
      <p>{visible(error.message)}</p>
      {error.details.length > 0 && (
        <ul>
          {error.details.map((detail) => (
            <li key={detail}>{visible(detail)}</li>
          ))}
        </ul>
      )}
      <p class="dim">
        <Hint text={advice(error.status)} />
      </p>
      {retry && (
        <button type="button" class="button" onClick={retry}>
          <Icon name="refresh" />
          Try again
        </button>
      )}
    </div>
  );
}

function advice(status: number): string {
  if (status === 0) return 'Start the dashboard again, or check the connection to it; this page goes on by itself when it answers.';
  if (status === 403) return 'Run `pacto login` for the registry on the machine of the dashboard, then try again.';
  if (status === 404) return 'It may have been removed or renamed. The Sources page shows what was read.';
  if (status === 422) return 'The request names something that cannot be read. Check the name and the versions.';
  if (status === 502 || status === 503) return 'A source behind the dashboard does not answer. The Sources page has its last error.';
  return 'If it stays, run the dashboard with --diagnostics and look at the Sources page.';
}

export function Skeleton({ width, height = '14px' }: { width: string; height?: string }): JSX.Element {
  return <span class="skeleton" style={{ width, height }} aria-hidden="true" />;
}

export function SkeletonRows({ rows, height = 36 }: { rows: number; height?: number }): JSX.Element {
  return (
    <div class="skeleton-rows" aria-hidden="true">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} class="skeleton-row" style={{ height: `${height}px` }}>
          <Skeleton width={`${18 + ((index * 37) % 23)}%`} />
          <Skeleton width="8%" />
          <Skeleton width={`${10 + ((index * 13) % 9)}%`} />
          <Skeleton width="6%" />
        </div>
      ))}
    </div>
  );
}

/** Loading is said once to screen readers and drawn in the final size for everybody else. */
export function Loading({ what, children }: { what: string; children: ComponentChildren }): JSX.Element {
  return (
    <div class="loading" aria-busy="true">
      <span class="vh">Loading {what}</span>
      {children}
    </div>
  );
}

interface ChipProps {
  pressed: boolean;
  onToggle: () => void;
  children: ComponentChildren;
  label?: string;
}

export function Chip({ pressed, onToggle, children, label }: ChipProps): JSX.Element {
  return (
    <button type="button" class="chip" aria-pressed={pressed} aria-label={label} onClick={onToggle}>
      {children}
    </button>
  );
}

/** Long lists start short: the browser draws what a person can read, not 5,000 rows. */
export function useLimit(total: number, step = 100): { shown: number; more: JSX.Element | null } {
  const [limit, setLimit] = useState(step);
  const shown = Math.min(total, limit);
  const more =
    shown < total ? (
      <button type="button" class="button more" onClick={() => setLimit(limit + step * 5)}>
        Show more ({(total - shown).toLocaleString('en')} left)
      </button>
    ) : null;
  return { shown, more };
}

/** Words with commands in backticks, as the server writes its hints. */
export function Hint({ text }: { text: string }): JSX.Element {
  return (
    <bdi>
      {visible(text)
        .split('`')
        .map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part))}
    </bdi>
  );
}

/** A menu button: a list of choices that opens below it, closed by Escape or a click elsewhere. */
export function Popover({
  label,
  button,
  children,
  align = 'start',
}: {
  label: string;
  button: ComponentChildren;
  children: (close: () => void) => ComponentChildren;
  align?: 'start' | 'end';
}): JSX.Element {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event): void => {
      if (!(event.target instanceof Node) || !root.current?.contains(event.target)) setOpen(false);
    };
    const key = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      setOpen(false);
      trigger.current?.focus();
    };
    // What the panel covers is out of reach until it is closed, half covered targets included.
    const covered: Element[] = [];
    for (let next = root.current?.closest('.filters')?.nextElementSibling; next; next = next.nextElementSibling) {
      next.setAttribute('inert', '');
      covered.push(next);
    }
    document.addEventListener('pointerdown', outside);
    document.addEventListener('focusin', outside);
    document.addEventListener('keydown', key, true);
    return () => {
      for (const element of covered) element.removeAttribute('inert');
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('focusin', outside);
      document.removeEventListener('keydown', key, true);
    };
  }, [open]);
  return (
    <div class="popover" ref={root}>
      <button type="button" ref={trigger} class="button" aria-haspopup="dialog" aria-expanded={open} onClick={() => setOpen(!open)}>
        {button}
        <Icon name="chevron" />
      </button>
      {open && (
        <div class={`popover-panel ${align}`} role="dialog" aria-label={label}>
          {children(() => {
            setOpen(false);
            trigger.current?.focus();
          })}
        </div>
      )}
    </div>
  );
}

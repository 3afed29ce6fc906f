import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { SourceInfo } from '../api/schema';
import { parseFilter, toggled, writeFilter } from '../logic/filter';
import { ago, plural, visible } from '../logic/format';
import { healthOf, healthWords } from '../logic/health';
import { GO } from '../logic/keys';
import { link, withFilter, type PageName, type Route } from '../logic/route';
import { paletteOpen, shortcutsOpen } from '../state/commands';
import { refreshNow } from '../state/live';
import { navigate, pageTurns, pushQuery, route } from '../state/router';
import * as store from '../state/store';
import { theme, toggleTheme } from '../state/theme';
import { Icon, type IconName } from './icons';
import { Name, sourceWord, StateDot } from './marks';
import { Palette, SearchField } from './search';
import { Shortcuts } from './shortcuts';

const PLACES: readonly { page: PageName; label: string; icon: IconName; to: string }[] = [
  { page: 'services', label: 'Services', icon: 'services', to: link.services() },
  { page: 'graph', label: 'Graph', icon: 'graph', to: link.graph() },
  { page: 'compare', label: 'Compare', icon: 'compare', to: link.compare() },
  { page: 'owners', label: 'Owners', icon: 'owners', to: link.owners() },
  { page: 'sources', label: 'Sources', icon: 'sources', to: link.sources() },
];

const PARENT: Partial<Record<PageName, PageName>> = { service: 'services', owner: 'owners' };

function Rail({ here, close }: { here: Route; close: () => void }): JSX.Element {
  const place = PARENT[here.page] ?? here.page;
  const dark = theme.value === 'dark';
  return (
    <nav class="rail" aria-label="Main" id="rail">
      <a class="brand" href={link.services()} aria-label="Pacto, services">
        <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden="true" focusable="false" class="brand-mark">
          <rect width="32" height="32" rx="8" />
          <path d="M9 24V8.500h7.200a5.400 5.400 0 0 1 0 10.800H13" />
          <circle cx="23" cy="23.500" r="2" />
        </svg>
        <span class="brand-name">Pacto</span>
      </a>
      <button type="button" class="icon-button rail-close" aria-label="Close the menu" onClick={close}>
        <Icon name="close" size={20} />
      </button>
      <ul class="rail-list">
        {PLACES.map((item) => (
          <li key={item.page}>
            <a class="rail-link" href={withFilter(item.to, here)} title={item.label} aria-current={place === item.page ? 'page' : undefined} onClick={close}>
              <Icon name={item.icon} />
              <span class="rail-word">{item.label}</span>
              {item.page === 'services' && store.services.value && <span class="rail-count rail-word">{store.services.value.length.toLocaleString('en')}</span>}
            </a>
          </li>
        ))}
      </ul>
      <ul class="rail-list rail-end">
        <li>
          <button
            type="button"
            class="rail-link"
            onClick={toggleTheme}
            title={dark ? 'Use the light theme' : 'Use the dark theme'}
            aria-label={dark ? 'Use the light theme' : 'Use the dark theme'}
          >
            <Icon name={dark ? 'sun' : 'moon'} />
            <span class="rail-word">{dark ? 'Light theme' : 'Dark theme'}</span>
          </button>
        </li>
        <li>
          <a class="rail-link" href={link.docs()} title="API documentation" aria-current={here.page === 'docs' ? 'page' : undefined} onClick={close}>
            <Icon name="docs" />
            <span class="rail-word">API</span>
          </a>
        </li>
        {store.serverVersion.value && (
          <li class="rail-version rail-word" title="Version of the dashboard">
            {visible(store.serverVersion.value)}
          </li>
        )}
      </ul>
    </nav>
  );
}

function crumbs(here: Route): { label: string; to?: string }[] {
  switch (here.page) {
    case 'services':
      return [{ label: 'Services' }];
    case 'service': {
      const list: { label: string; to?: string }[] = [{ label: 'Services', to: link.services() }];
      if (here.version) list.push({ label: here.name, to: link.service(here.name) }, { label: here.version });
      else list.push({ label: here.name });
      return list;
    }
    case 'owner':
      return [{ label: 'Owners', to: link.owners() }, { label: here.name }];
    case 'docs':
      return [{ label: 'API' }];
    default:
      return [{ label: here.page.charAt(0).toUpperCase() + here.page.slice(1) }];
  }
}

function Breadcrumb({ here }: { here: Route }): JSX.Element {
  const list = crumbs(here);
  return (
    <nav class="crumbs" aria-label="Breadcrumb">
      <ol>
        {list.map((crumb, index) => (
          <li key={index}>
            {crumb.to ? (
              <a href={crumb.to}>
                <Name text={crumb.label} />
              </a>
            ) : (
              <span aria-current="page">
                <Name text={crumb.label} />
              </span>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}

function pillTip(source: SourceInfo): string[] {
  const lines = [`${sourceWord(source.type)}: ${healthWords(source)}, ${plural(source.services, 'service')}`];
  const success = Date.parse(source.lastSuccess ?? source.asOf ?? '');
  if (!Number.isNaN(success)) lines.push(`Last success ${ago(store.now.value - success)}`);
  for (const note of source.notes ?? []) lines.push(note);
  if (source.lastError) lines.push(`${source.lastError.message}`);
  else if (source.reason) lines.push(source.reason);
  return lines;
}

/** Which source to look at is a filter of the lists; elsewhere a pill leads to the services of that source. */
function SourcePills({ here }: { here: Route }): JSX.Element | null {
  const list = store.enabledSources.value;
  if (list.length === 0) return null;
  const filters = here.page === 'services' || here.page === 'graph';
  const filter = parseFilter(here.query);
  return (
    <ul class="pills" aria-label="Sources">
      {list.map((source) => {
        const on = filters && filter.sources.has(source.type);
        const toggle = (): void => {
          const next = { ...filter, sources: toggled(filter.sources, source.type) };
          if (filters) pushQuery(writeFilter(here.query, next));
          else navigate(link.services(new URLSearchParams({ source: source.type })));
        };
        const tip = pillTip(source);
        return (
          <li key={source.type} class="tipped">
            <button
              type="button"
              class={`pill d-${healthOf(source)}`}
              aria-pressed={filters ? on : undefined}
              aria-describedby={`pill-tip-${source.type}`}
              onClick={toggle}
            >
              <StateDot state={healthOf(source)} />
              <span>{sourceWord(source.type)}</span>
              {healthOf(source) !== 'live' && <span class="pill-state">{healthWords(source)}</span>}
            </button>
            <span class="tip" role="tooltip" id={`pill-tip-${source.type}`}>
              {tip.map((line) => (
                <span key={line}>{visible(line)}</span>
              ))}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

function Live(): JSX.Element {
  const state = store.connection.value;
  const age = store.updatedAt.value ? ago(store.now.value - store.updatedAt.value) : '';
  const [busy, setBusy] = useState(false);
  const words = state === 'offline' ? 'server does not answer' : state === 'connecting' && !age ? 'connecting' : age ? `updated ${age}` : 'loading';
  const refresh = (): void => {
    setBusy(true);
    refreshNow()
      .then(() => store.announce('All sources were read again'))
      .catch((error: unknown) => store.announce(error instanceof Error ? error.message : String(error)))
      .finally(() => setBusy(false));
  };
  return (
    <div class="live">
      <span class={`live-text l-${state}`} title={state === 'live' ? 'Changes arrive as they happen' : state === 'polling' ? 'Asking every 10 seconds' : words}>
        <span class="live-dot" aria-hidden="true" />
        <span class="live-words">{words}</span>
      </span>
      <button type="button" class="icon-button" aria-label="Read all sources again" title="Read all sources again" aria-busy={busy} onClick={refresh}>
        <Icon name="refresh" class={busy ? 'turning' : ''} />
      </button>
    </div>
  );
}

/** A failing source is said once, slim, with the age of what is shown: never an empty page. */
function Banners(): JSX.Element {
  const failing = store.enabledSources.value.filter((source) => source.state === 'failing' || source.state === 'stale');
  const progress = store.progress.value;
  const list = store.services.value;
  const offline = store.connection.value === 'offline' && list !== undefined;
  return (
    <>
      {offline && (
        <div class="banner b-failing">
          <StateDot state="failing" />
          <p>
            <strong>The dashboard’s server does not answer.</strong> What you see was updated {ago(store.now.value - store.updatedAt.value)}; the page tries
            again by itself.
          </p>
        </div>
      )}
      {failing.map((source) => {
        const since = Date.parse(source.lastSuccess ?? source.asOf ?? '');
        return (
          <div class={`banner b-${source.state}`} key={source.type}>
            <StateDot state={source.state} />
            <p>
              <strong>
                {sourceWord(source.type)} is {healthWords(source)}.
              </strong>{' '}
              {Number.isNaN(since) ? 'It was never read with success.' : `Its data is from ${ago(store.now.value - since)}.`}{' '}
              {source.lastError && <bdi>{visible(source.lastError.message)}</bdi>}
            </p>
            <a href={link.sources()}>What to do</a>
          </div>
        );
      })}
      {store.discovering.value && list !== undefined && (
        <div class="banner b-discovering">
          <StateDot state="discovering" />
          <p>
            {progress && progress.known > progress.loaded
              ? `${(progress.known - progress.loaded).toLocaleString('en')} of ${plural(progress.known, 'service')} still loading from the registry.`
              : 'Still discovering services in the registry.'}{' '}
            Numbers on this page grow until it is done.
          </p>
        </div>
      )}
    </>
  );
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

export function Shell({ children }: { children: ComponentChildren }): JSX.Element {
  const here = route.value;
  const search = useRef<HTMLInputElement>(null);
  const main = useRef<HTMLElement>(null);
  const menu = useRef<HTMLButtonElement>(null);
  const [drawer, setDrawer] = useState(false);
  const turns = pageTurns.value;

  useEffect(() => {
    let prefix = 0;
    const key = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        paletteOpen.value = !paletteOpen.peek();
        return;
      }
      if (event.defaultPrevented || typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
      if (document.querySelector('dialog[open]')) return;
      if (event.key === '/') {
        event.preventDefault();
        search.current?.focus();
      } else if (event.key === '?') {
        shortcutsOpen.value = true;
      } else {
        const place = Date.now() - prefix < 1000 ? GO.find((one) => one.key === event.key) : undefined;
        if (place) {
          event.preventDefault();
          navigate(withFilter(place.to, route.peek()));
        } else if (event.key === 'g') {
          prefix = Date.now();
          return;
        }
      }
      prefix = 0;
    };
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  }, []);

  useEffect(() => {
    setDrawer(false);
    // The first page keeps the browser's own focus; later ones start at their heading, as a page load would.
    if (turns === 0) return;
    const heading = main.current?.querySelector<HTMLElement>('h1');
    heading?.focus({ preventScroll: true });
  }, [turns]);

  useEffect(() => {
    if (!drawer) return;
    const key = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return;
      setDrawer(false);
      menu.current?.focus();
    };
    document.querySelector<HTMLElement>('.rail-close')?.focus();
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  }, [drawer]);

  return (
    <div class={`shell${drawer ? ' drawer-open' : ''}`} data-page={here.page}>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          // The hash is the route: jump without touching it.
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the content
      </a>
      <Rail here={here} close={() => setDrawer(false)} />
      {drawer && <div class="scrim" onClick={() => setDrawer(false)} />}
      <header class="topbar">
        <button
          type="button"
          ref={menu}
          class="icon-button menu-button"
          aria-label="Open the menu"
          aria-expanded={drawer}
          aria-controls="rail"
          onClick={() => setDrawer(true)}
        >
          <Icon name="menu" size={20} />
        </button>
        <Breadcrumb here={here} />
        <SearchField input={search} />
        <SourcePills here={here} />
        <Live />
      </header>
      <main id="main" ref={main} tabIndex={-1} class={`page p-${here.page}`}>
        <div class="banners">
          <Banners />
        </div>
        {children}
      </main>
      <div class="vh" role="status" aria-live="polite">
        {store.announcement.value}
      </div>
      <Palette />
      <Shortcuts />
    </div>
  );
}

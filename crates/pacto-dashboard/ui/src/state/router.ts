import { computed, signal } from '@preact/signals';
import { parseRoute, routeHash, samePage, type Route } from '../logic/route';

/** `/docs` is a path of its own on the server; it serves this page. */
const hash = signal(location.hash === '' && location.pathname.endsWith('/docs') ? '#/docs' : location.hash);

export const route = computed<Route>(() => parseRoute(hash.value));

/** Grows when another page is opened, not when a filter of the same page changes. */
export const pageTurns = signal(0);

const scrolls = new Map<number, number>();
let position = readPosition();

function readPosition(): number {
  const state: unknown = history.state;
  return typeof state === 'object' && state !== null && 'position' in state ? Number(state.position) : 0;
}

function show(restore: number | undefined): void {
  const before = route.peek();
  hash.value = location.hash;
  if (!samePage(before, route.peek())) {
    pageTurns.value++;
    // After the new page has its height.
    requestAnimationFrame(() => requestAnimationFrame(() => scrollTo(0, restore ?? 0)));
  }
}

export function startRouter(): void {
  history.scrollRestoration = 'manual';
  addEventListener('popstate', () => {
    scrolls.set(position, scrollY);
    position = readPosition();
    show(scrolls.get(position));
  });
  // Links are plain anchors, so that they can be copied and opened elsewhere; a plain click stays here.
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const anchor = event.target instanceof Element ? event.target.closest('a[href^="#/"]') : null;
    const to = anchor?.getAttribute('href');
    if (!to) return;
    event.preventDefault();
    navigate(to);
  });
  addEventListener('hashchange', () => {
    if (location.hash !== hash.peek()) show(undefined);
  });
}

/** Opens an address as a new entry of the history. */
export function navigate(to: string): void {
  if (to === location.hash) return;
  scrolls.set(position, scrollY);
  position++;
  history.pushState({ position }, '', to);
  show(undefined);
}

/** Changes the query of the page in place: typing in a filter must not fill the history. */
export function replaceQuery(query: URLSearchParams): void {
  history.replaceState({ position }, '', routeHash({ ...route.peek(), query }));
  hash.value = location.hash;
}

/** A step a person would expect "back" to undo. */
export function pushQuery(query: URLSearchParams): void {
  navigate(routeHash({ ...route.peek(), query }));
}

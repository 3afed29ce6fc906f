import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { RefObject } from 'preact';
import { visibleRange, type Range } from '../logic/window';

/** Which rows of a list inside the page are near the screen. Renders only when that changes, not on each scroll event. */
export function useRows(box: RefObject<HTMLElement | null>, count: number, rowHeight: number): Range {
  const [range, setRange] = useState<Range>({ start: 0, end: Math.min(count, 60) });
  const measure = (): void => {
    const element = box.current;
    if (!element) return;
    const top = element.getBoundingClientRect().top;
    const next = visibleRange(-top, innerHeight, count, rowHeight);
    setRange((old) => (old.start === next.start && old.end === next.end ? old : next));
  };
  // The listener stays for the life of the table and measures with the newest count: one that was made anew with each count
  // would drop the measurement that a scroll just asked for.
  const newest = useRef(measure);
  newest.current = measure;
  useLayoutEffect(measure, [count, rowHeight]);
  useLayoutEffect(() => {
    let frame = 0;
    const later = (): void => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => newest.current());
    };
    addEventListener('scroll', later, { passive: true });
    addEventListener('resize', later, { passive: true });
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener('scroll', later);
      removeEventListener('resize', later);
    };
  }, []);
  return range.end > count ? { start: Math.min(range.start, Math.max(0, count - 40)), end: count } : range;
}

export function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const change = (): void => setMatches(list.matches);
    change();
    list.addEventListener('change', change);
    return () => list.removeEventListener('change', change);
  }, [query]);
  return matches;
}

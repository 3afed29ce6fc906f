export interface Range {
  start: number;
  end: number;
}

/** Rows drawn beyond the screen, and the step in which the range moves: fewer renders while scrolling. */
const STEP = 16;

export function visibleRange(scrolled: number, height: number, count: number, rowHeight: number): Range {
  const first = Math.floor(scrolled / rowHeight);
  const last = Math.ceil((scrolled + height) / rowHeight);
  const start = Math.max(0, Math.floor((first - STEP / 2) / STEP) * STEP);
  const end = Math.min(count, Math.ceil((last + STEP / 2) / STEP) * STEP);
  return start < end ? { start, end } : { start: Math.max(0, Math.min(start, count - STEP)), end: Math.min(count, Math.max(end, STEP)) };
}

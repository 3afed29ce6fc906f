// Where things are on the screen. World coordinates are the server's pixels; a view is their place and scale.
import { CARD_H, CARD_W, type Bounds } from './model';

export interface View {
  x: number;
  y: number;
  k: number;
}

export const MIN_ZOOM = 0.02;
export const MAX_ZOOM = 2.5;
/** Cards from here on, dots below: smaller text could not be read. */
export const CARD_ZOOM = 0.7;

export function fit(bounds: Bounds, width: number, height: number, margin = 48): View {
  const w = Math.max(1, bounds.x1 - bounds.x0);
  const h = Math.max(1, bounds.y1 - bounds.y0);
  const k = Math.max(MIN_ZOOM, Math.min(1, (width - 2 * margin) / w, (height - 2 * margin) / h));
  return { k, x: width / 2 - (k * (bounds.x0 + bounds.x1)) / 2, y: height / 2 - (k * (bounds.y0 + bounds.y1)) / 2 };
}

/** The first look: a graph that nearly fits is shown with readable cards, from its consumers on. */
export function firstView(bounds: Bounds, width: number, height: number): View {
  const whole = fit(bounds, width, height);
  if (whole.k >= CARD_ZOOM || whole.k < 0.4) return whole;
  const k = CARD_ZOOM + 0.02;
  const wide = (bounds.x1 - bounds.x0) * k > width - 48;
  return {
    k,
    x: wide ? 24 - k * bounds.x0 : width / 2 - (k * (bounds.x0 + bounds.x1)) / 2,
    y: height / 2 - (k * (bounds.y0 + bounds.y1)) / 2,
  };
}

/** A focus is read, not overlooked: what does not fit as cards is shown around the node itself. */
export function focusView(bounds: Bounds, x: number, y: number, width: number, height: number): View {
  const whole = fit(bounds, width, height, 24);
  if (whole.k >= CARD_ZOOM) return whole;
  const view = centredOn(x, y, CARD_ZOOM + 0.06, width, height);
  // Where one direction fits, nothing of it is pushed out of sight.
  const fits = (bounds.y1 - bounds.y0) * view.k <= height - 48;
  return fits ? { ...view, y: height / 2 - (view.k * (bounds.y0 + bounds.y1)) / 2 } : view;
}

export function toWorld(view: View, x: number, y: number): { x: number; y: number } {
  return { x: (x - view.x) / view.k, y: (y - view.y) / view.k };
}

export function visibleWorld(view: View, width: number, height: number, margin = 0): Bounds {
  return {
    x0: (-margin - view.x) / view.k,
    y0: (-margin - view.y) / view.k,
    x1: (width + margin - view.x) / view.k,
    y1: (height + margin - view.y) / view.k,
  };
}

export function centredOn(x: number, y: number, k: number, width: number, height: number): View {
  return { k, x: width / 2 - k * x, y: height / 2 - k * y };
}

/** Moves the view just enough to bring a card into it. */
export function revealed(view: View, x: number, y: number, width: number, height: number, margin = 32): View {
  const left = view.x + view.k * (x - CARD_W / 2) - margin;
  const right = view.x + view.k * (x + CARD_W / 2) + margin;
  const top = view.y + view.k * (y - CARD_H / 2) - margin;
  const bottom = view.y + view.k * (y + CARD_H / 2) + margin;
  const dx = left < 0 ? -left : right > width ? width - right : 0;
  const dy = top < 0 ? -top : bottom > height ? height - bottom : 0;
  return { k: view.k, x: view.x + dx, y: view.y + dy };
}

export function onCard(dx: number, dy: number): boolean {
  return Math.abs(dx) <= CARD_W / 2 && Math.abs(dy) <= CARD_H / 2;
}

export interface PathSink {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  quadraticCurveTo(cx: number, cy: number, x: number, y: number): void;
  bezierCurveTo(ax: number, ay: number, bx: number, by: number, x: number, y: number): void;
}

const CORNER = 12;
/** Centres of cards in neighbouring ranks are at most this far apart. */
const NEIGHBOUR = 2 * CARD_W;

/**
 * One edge. Between neighbouring ranks: across, down a trunk that all edges to the same target share, across.
 * Over several ranks: one long curve. Against the reading direction (cycles): around both cards.
 */
export function edgePath(sink: PathSink, fromX: number, fromY: number, toX: number, toY: number, trunk: number, half: number = CARD_W / 2): void {
  const sx = fromX + half;
  const tx = toX - half;
  sink.moveTo(sx, fromY);
  const gap = tx - sx;
  const dy = toY - fromY;
  if (gap <= 8) {
    const out = 90;
    sink.bezierCurveTo(sx + out, fromY, sx + out, fromY + Math.sign(dy || 1) * 46, (sx + tx) / 2, (fromY + toY) / 2 + (dy === 0 ? 46 : 0));
    sink.bezierCurveTo(tx - out, toY - Math.sign(dy || 1) * 46, tx - out, toY, tx, toY);
    return;
  }
  if (toX - fromX > NEIGHBOUR) {
    const bend = Math.min(gap * 0.45, 260);
    sink.bezierCurveTo(sx + bend, fromY, tx - bend, toY, tx, toY);
    return;
  }
  if (Math.abs(dy) < 1) {
    sink.lineTo(tx, toY);
    return;
  }
  const mx = sx + gap * trunk;
  const r = Math.min(CORNER, Math.abs(dy) / 2, gap * trunk, gap * (1 - trunk));
  const turn = Math.sign(dy) * r;
  sink.lineTo(mx - r, fromY);
  sink.quadraticCurveTo(mx, fromY, mx, fromY + turn);
  sink.lineTo(mx, toY - turn);
  sink.quadraticCurveTo(mx, toY, mx + r, toY);
  sink.lineTo(tx, toY);
}

/** Where in the gap a target has its trunk: spread by its place, so that two targets do not share one. */
export function trunkOf(row: number): number {
  return 0.28 + 0.5 * ((((row * 0.618033988749895) % 1) + 1) % 1);
}

/** Cuts a text to a width with as few measurements as possible. */
export function cut(text: string, width: number, measure: (text: string) => number): string {
  if (text.length > 200) text = text.slice(0, 200);
  if (measure(text) <= width) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (measure(`${text.slice(0, middle)}…`) <= width) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : `${text.slice(0, low)}…`;
}

// Stands in for d3-transition and d3-interpolate, which d3-zoom asks for to animate and interrupt: nothing here is animated, and it would
// bring colours, easing and timers into the bundle. See `alias` in build.mjs.
import { selection } from 'd3-selection';

selection.prototype.interrupt = function interrupt<T>(this: T): T {
  return this;
};

export function interrupt(): void {
  // No transition ever runs.
}

export function interpolateZoom<T>(_from: T, to: T): () => T {
  return () => to;
}

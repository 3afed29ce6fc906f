// The force mode's simulation, off the main thread: it starts from the layered layout and stops after a fixed number of ticks.
import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY, type Body } from 'd3-force';

export interface ForceRequest {
  x: Float32Array;
  y: Float32Array;
  from: Uint32Array;
  to: Uint32Array;
}

export interface ForceAnswer {
  x: Float32Array;
  y: Float32Array;
  done: boolean;
}

interface WorkerScope {
  onmessage: ((event: MessageEvent<ForceRequest>) => void) | null;
  postMessage(message: ForceAnswer): void;
}

const scope = globalThis as unknown as WorkerScope;

/** Large graphs get fewer ticks: the layered start is already good, the rest is polish. */
function ticksFor(count: number): number {
  return count > 5000 ? 60 : count > 1000 ? 120 : 300;
}

scope.onmessage = (event) => {
  const { x, y, from, to } = event.data;
  const bodies: Body[] = Array.from(x, (value, index) => ({ x: value, y: y[index] ?? 0 }));
  const links = Array.from(from, (source, index) => ({ source, target: to[index] ?? 0 }));
  const ticks = ticksFor(bodies.length);
  const simulation = forceSimulation(bodies)
    .force('link', forceLink(links).distance(220).strength(0.25))
    .force('charge', forceManyBody().strength(-700).distanceMax(1600).theta(1.1))
    .force('collide', forceCollide(112).strength(0.8))
    // A weak pull to the rank keeps consumers at the left.
    .force('x', forceX((_, index) => x[index] ?? 0).strength(0.06))
    .force('y', forceY(0).strength(0.03))
    .alphaDecay(1 - 0.001 ** (1 / ticks))
    .stop();
  const step = Math.max(1, Math.round(ticks / 12));
  for (let done = 0; done < ticks; done += step) {
    simulation.tick(step);
    scope.postMessage({
      x: Float32Array.from(bodies, (body) => body.x ?? 0),
      y: Float32Array.from(bodies, (body) => body.y ?? 0),
      done: done + step >= ticks,
    });
  }
};

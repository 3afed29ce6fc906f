// The few functions of d3 in use, typed here: the published types would bring five more packages into the build.
declare module 'd3-selection' {
  export interface Selection<E extends Element> {
    call<A extends unknown[]>(fn: (selection: Selection<E>, ...args: A) => void, ...args: A): Selection<E>;
    on(type: string, listener: ((event: Event) => void) | null): Selection<E>;
  }
  export const selection: { prototype: { interrupt: unknown } };
  export function select<E extends Element>(node: E): Selection<E>;
}

declare module 'd3-zoom' {
  import type { Selection } from 'd3-selection';
  export interface ZoomTransform {
    readonly x: number;
    readonly y: number;
    readonly k: number;
    translate(x: number, y: number): ZoomTransform;
    scale(k: number): ZoomTransform;
  }
  export interface ZoomEvent {
    transform: ZoomTransform;
    sourceEvent: Event | null;
  }
  export interface Zoom<E extends Element> {
    (selection: Selection<E>): void;
    scaleExtent(extent: [number, number]): this;
    on(type: string, listener: (event: ZoomEvent) => void): this;
    filter(test: (event: Event) => boolean): this;
    clickDistance(distance: number): this;
    transform: (selection: Selection<E>, transform: ZoomTransform) => void;
    scaleBy: (selection: Selection<E>, k: number) => void;
  }
  export function zoom<E extends Element>(): Zoom<E>;
  export const zoomIdentity: ZoomTransform;
}

declare module 'd3-quadtree' {
  export interface Quadtree<T> {
    find(x: number, y: number, radius?: number): T | undefined;
    addAll(data: T[]): this;
    x(get: (datum: T) => number): this;
    y(get: (datum: T) => number): this;
  }
  export function quadtree<T>(): Quadtree<T>;
}

declare module 'd3-force' {
  export interface Body {
    x?: number;
    y?: number;
    vx?: number;
    vy?: number;
  }
  export interface Force {
    strength(value: number): this;
  }
  export interface LinkForce extends Force {
    distance(value: number): this;
  }
  export interface CollideForce extends Force {
    iterations(value: number): this;
  }
  export interface ManyBodyForce extends Force {
    distanceMax(value: number): this;
    theta(value: number): this;
  }
  export interface Simulation {
    force(name: string, force: Force): this;
    stop(): this;
    tick(count?: number): this;
    alphaDecay(value: number): this;
  }
  export function forceSimulation(bodies: Body[]): Simulation;
  export function forceLink(links: { source: number; target: number }[]): LinkForce;
  export function forceManyBody(): ManyBodyForce;
  export function forceCollide(radius: number): CollideForce;
  export function forceX(x?: number | ((body: Body, index: number) => number)): Force;
  export function forceY(y?: number): Force;
}

// The canvas itself: two layers. The lower one holds everything, the upper one what is picked out; picking fades the
// lower one with a style, so that hovering never redraws thousands of nodes.
import { quadtree, type Quadtree } from 'd3-quadtree';
import { select, type Selection } from 'd3-selection';
import { zoom, zoomIdentity, type Zoom } from 'd3-zoom';
import { drawGraph, type Drawn, type Marks } from './draw';
import { centredOn, CARD_ZOOM, firstView, fit, focusView, MAX_ZOOM, MIN_ZOOM, onCard, revealed, toWorld, type View } from './geometry';
import { boundsOf, CARD_H, CARD_W, impactOf, type GraphModel, type Impact } from './model';
import { readPalette, type Palette } from './palette';

export interface ViewEvents {
  onHover: (node: number, impact: Impact | null) => void;
  onClick: (node: number) => void;
  /** `thinned`: how many edges stand behind each one drawn. */
  onView: (view: View, width: number, height: number, thinned: number) => void;
}

/** Drawn beyond the edge of the window, so that a pan shows no bare border before the next drawing. */
const OVERSCAN = 160;
/** A picture of more shapes than this is moved with a transform while the hand moves, and redrawn when it rests. */
const HEAVY = 1500;
const REST_MS = 140;

export class GraphView {
  private model: GraphModel | null = null;
  private tree: Quadtree<number> | null = null;
  private readonly base: HTMLCanvasElement;
  private readonly over: HTMLCanvasElement;
  private readonly zoom: Zoom<HTMLElement>;
  private readonly target: Selection<HTMLElement>;
  private palette: Palette;
  private view: View = { x: 0, y: 0, k: 1 };
  private drawn: View = { x: 0, y: 0, k: 1 };
  private width = 1;
  private height = 1;
  private frame = 0;
  private restTimer: ReturnType<typeof setTimeout> | undefined;
  private drawing: Drawn = { thinned: 1, work: 0 };
  private baseDirty = true;
  private moved = false;
  private hovered = -1;
  private picked: Impact | null = null;
  private readonly marks: Marks = { focus: -1, cursor: -1, matches: null, hues: null, straight: false };
  private readonly resize: ResizeObserver;
  private readonly themes: MutationObserver;

  constructor(
    private readonly host: HTMLElement,
    private readonly events: ViewEvents,
  ) {
    this.base = this.layer('graph-base');
    this.over = this.layer('graph-over');
    this.palette = readPalette(host);
    this.target = select(host);
    this.zoom = zoom<HTMLElement>()
      .scaleExtent([MIN_ZOOM, MAX_ZOOM])
      .clickDistance(5)
      .filter((event) => !(event instanceof MouseEvent && event.button !== 0) || event.type === 'wheel')
      .on('zoom', (event) => {
        this.view = { x: event.transform.x, y: event.transform.y, k: event.transform.k };
        this.moved = true;
        // A chain of thousands must not be drawn in each frame of a movement by hand.
        if (event.sourceEvent && this.picked && this.picked.nodes.size > 200) this.pick(-1);
        this.later();
      });
    this.target.call(this.zoom).on('dblclick.zoom', null);
    host.addEventListener('pointermove', this.onPointer);
    host.addEventListener('pointerleave', this.onLeave);
    host.addEventListener('click', this.onClick);
    this.resize = new ResizeObserver(() => this.measure());
    this.resize.observe(host);
    this.themes = new MutationObserver(() => {
      this.palette = readPalette(host);
      this.redraw();
    });
    this.themes.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    this.measure();
  }

  destroy(): void {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.restTimer);
    this.resize.disconnect();
    this.themes.disconnect();
    this.host.removeEventListener('pointermove', this.onPointer);
    this.host.removeEventListener('pointerleave', this.onLeave);
    this.host.removeEventListener('click', this.onClick);
    this.target.on('.zoom', null);
    this.base.remove();
    this.over.remove();
  }

  private layer(name: string): HTMLCanvasElement {
    const canvas = document.createElement('canvas');
    canvas.className = name;
    canvas.setAttribute('aria-hidden', 'true');
    this.host.append(canvas);
    return canvas;
  }

  private measure(): void {
    const box = this.host.getBoundingClientRect();
    const width = Math.max(1, Math.round(box.width));
    const height = Math.max(1, Math.round(box.height));
    const first = this.width === 1;
    if (width === this.width && height === this.height) return;
    this.width = width;
    this.height = height;
    const ratio = Math.min(2, devicePixelRatio || 1);
    for (const [canvas, margin] of [
      [this.base, OVERSCAN],
      [this.over, 0],
    ] as const) {
      canvas.width = (width + 2 * margin) * ratio;
      canvas.height = (height + 2 * margin) * ratio;
      canvas.style.width = `${width + 2 * margin}px`;
      canvas.style.height = `${height + 2 * margin}px`;
    }
    if (first) this.show();
    this.redraw();
  }

  /** A new model keeps the view when the same page only got fresher data. */
  setModel(model: GraphModel, keepView: boolean, focus: number): void {
    // Fresh data may number the nodes anew: what was picked out stays picked out.
    const before = this.model;
    const again = (node: number): number => (keepView && before ? (model.index.get(before.items[node]?.id ?? '') ?? -1) : -1);
    const hovered = again(this.hovered);
    this.marks.cursor = again(this.marks.cursor);
    this.model = model;
    this.marks.focus = focus;
    this.reindex();
    this.hovered = -1;
    this.picked = null;
    this.pick(hovered);
    if (!keepView) this.show();
    this.redraw();
  }

  private show(): void {
    const model = this.model;
    if (!model) return;
    const focus = this.marks.focus;
    const known = focus >= 0 && focus < model.items.length;
    this.setView(known ? focusView(model.bounds, model.x[focus]!, model.y[focus]!, this.width, this.height) : firstView(model.bounds, this.width, this.height));
  }

  /** New positions of the same nodes (force mode). */
  setPositions(x: Float32Array, y: Float32Array): void {
    if (!this.model || x.length !== this.model.x.length) return;
    this.model.x.set(x);
    this.model.y.set(y);
    this.model.bounds = boundsOf(this.model.x, this.model.y);
    this.marks.straight = true;
    this.reindex();
    this.redraw();
  }

  private reindex(): void {
    const model = this.model;
    if (!model) return;
    this.tree = quadtree<number>()
      .x((node) => model.x[node]!)
      .y((node) => model.y[node]!)
      // An array: addAll walks its argument twice.
      .addAll([...model.items.keys()]);
  }

  setMarks(focus: number, matches: ReadonlySet<number> | null, hues: ReadonlyMap<string, number> | null, straight: boolean): void {
    this.marks.focus = focus;
    this.marks.matches = matches;
    this.marks.hues = hues;
    this.marks.straight = straight;
    this.redraw();
  }

  get cursor(): number {
    return this.marks.cursor;
  }

  /** The node of the keyboard: brought into view and picked out like a hovered one. */
  setCursor(node: number): void {
    const model = this.model;
    this.marks.cursor = node;
    if (model && node >= 0) {
      this.pick(node);
      this.setView(revealed(this.view, model.x[node]!, model.y[node]!, this.width, this.height));
    } else {
      this.pick(-1);
    }
    this.redraw();
  }

  centre(node: number): void {
    const model = this.model;
    if (!model || node < 0) return;
    this.setView(centredOn(model.x[node]!, model.y[node]!, Math.max(this.view.k, CARD_ZOOM), this.width, this.height));
  }

  fit(): void {
    if (this.model) this.setView(fit(this.model.bounds, this.width, this.height));
  }

  scale(by: number): void {
    this.target.call(this.zoom.scaleBy, by);
  }

  pan(dx: number, dy: number): void {
    this.setView({ ...this.view, x: this.view.x + dx, y: this.view.y + dy });
  }

  /** Puts a point of the world into the middle (minimap). */
  centrePoint(x: number, y: number): void {
    this.setView(centredOn(x, y, this.view.k, this.width, this.height));
  }

  private setView(view: View): void {
    this.target.call(this.zoom.transform, zoomIdentity.translate(view.x, view.y).scale(view.k));
  }

  redraw(): void {
    this.baseDirty = true;
    this.later();
  }

  private later(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.paint());
  }

  private paint(): void {
    const model = this.model;
    if (!model) return;
    if (this.moved && !this.baseDirty && this.drawing.work > HEAVY) {
      this.slide();
      clearTimeout(this.restTimer);
      this.restTimer = setTimeout(() => this.redraw(), REST_MS);
    } else {
      this.paintBase(model);
    }
    this.paintOver(model);
    this.moved = false;
    this.events.onView(this.view, this.width, this.height, this.drawing.thinned);
  }

  private paintBase(model: GraphModel): void {
    this.drawing = this.draw(this.base, model, { ...this.view, x: this.view.x + OVERSCAN, y: this.view.y + OVERSCAN }, OVERSCAN, null);
    this.drawn = this.view;
    this.base.style.transform = `translate(${-OVERSCAN}px, ${-OVERSCAN}px)`;
    this.baseDirty = false;
  }

  private slide(): void {
    const r = this.view.k / this.drawn.k;
    const x = this.view.x - r * (this.drawn.x + OVERSCAN);
    const y = this.view.y - r * (this.drawn.y + OVERSCAN);
    this.base.style.transform = `translate(${x}px, ${y}px) scale(${r})`;
  }

  private paintOver(model: GraphModel): void {
    const picked = this.picked;
    this.base.style.opacity = picked ? '0.15' : '1';
    if (picked) this.draw(this.over, model, this.view, 0, picked);
    else this.over.getContext('2d')?.clearRect(0, 0, this.over.width, this.over.height);
  }

  private draw(canvas: HTMLCanvasElement, model: GraphModel, view: View, margin: number, only: Impact | null): Drawn {
    const ctx = canvas.getContext('2d');
    if (!ctx) return { thinned: 1, work: 0 };
    const ratio = Math.min(2, devicePixelRatio || 1);
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    return drawGraph({ ctx, model, view, palette: this.palette, marks: this.marks, width: this.width + 2 * margin, height: this.height + 2 * margin }, only);
  }

  private hit(event: MouseEvent): number {
    const model = this.model;
    if (!model || !this.tree) return -1;
    const box = this.host.getBoundingClientRect();
    const { x, y } = toWorld(this.view, event.clientX - box.left, event.clientY - box.top);
    const cards = this.view.k >= CARD_ZOOM;
    const found = this.tree.find(x, y, cards ? CARD_W / 2 + CARD_H / 2 : Math.max(18, 14 / this.view.k));
    if (found === undefined) return -1;
    if (cards && !onCard(x - model.x[found]!, y - model.y[found]!)) return -1;
    return found;
  }

  private pick(node: number): void {
    if (node === this.hovered) {
      if (node < 0) this.events.onHover(-1, null);
      return;
    }
    this.hovered = node;
    this.picked = node >= 0 && this.model ? impactOf(this.model, node) : null;
    this.events.onHover(node, this.picked);
    this.later();
  }

  private readonly onPointer = (event: PointerEvent): void => {
    if (event.buttons !== 0) return;
    const node = this.hit(event);
    this.host.classList.toggle('over-node', node >= 0);
    this.pick(node);
  };

  private readonly onLeave = (): void => {
    this.pick(-1);
  };

  private readonly onClick = (event: MouseEvent): void => {
    // d3-zoom marks a click that ended a drag.
    if (event.defaultPrevented) return;
    if (event.target instanceof Element && event.target.closest('button, a')) return;
    const node = this.hit(event);
    this.events.onClick(node);
  };
}

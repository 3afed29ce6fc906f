// Drawing. Edges are collected into one path for each style; nodes outside the view are not touched.
import type { ContractStatus } from '../api/schema';
import { visible } from '../logic/format';
import { CARD_ZOOM, cut, edgePath, trunkOf, visibleWorld, type View } from './geometry';
import { CARD_H, CARD_W, OPTIONAL, REFERENCE, REQUIRED, type GraphModel, type Item } from './model';
import { ownerColour } from './owner-hues';
import type { Palette } from './palette';

export interface Subset {
  /** The node that was picked out. */
  start: number;
  nodes: ReadonlySet<number>;
  edges: ReadonlySet<number>;
}

export interface Marks {
  /** The node in focus: a ring of the accent colour. */
  focus: number;
  /** The node of the keyboard: a dashed ring outside the card. */
  cursor: number;
  /** Nodes that match a filter; the others fade. `null` = no filter. */
  matches: ReadonlySet<number> | null;
  /** Hues of owners; `null` where the status gives the colour. */
  hues: ReadonlyMap<string, number> | null;
  straight: boolean;
}

interface Frame {
  ctx: CanvasRenderingContext2D;
  model: GraphModel;
  view: View;
  palette: Palette;
  marks: Marks;
  width: number;
  height: number;
}

/** Beyond this number of visible edges a curve cannot be told from a line. */
const SIMPLE_EDGES = 1500;
/** Beyond this number they are a grey cloud: a regular sample of them is the same cloud, in a tenth of the time. */
const MOST_EDGES = 5000;
/** Rasterising one path of thousands of crossing lines costs the square of them; small batches cost their sum. */
const BATCH = 200;

export interface Drawn {
  /** How many edges stand behind each one drawn: 1 = all of them. */
  thinned: number;
  /** Shapes and texts drawn: what the frame costs. The time of the call says little, the browser paints later. */
  work: number;
}

export function drawGraph(frame: Frame, only: Subset | null): Drawn {
  const { ctx, view, width, height } = frame;
  ctx.clearRect(0, 0, width, height);
  ctx.save();
  ctx.translate(view.x, view.y);
  ctx.scale(view.k, view.k);
  const edges = drawEdges(frame, only);
  const nodes = view.k >= CARD_ZOOM ? drawCards(frame, only) : drawDots(frame, only);
  ctx.restore();
  return { thinned: edges.thinned, work: edges.work + nodes };
}

function drawEdges(frame: Frame, only: Subset | null): Drawn {
  const { ctx, model, view, palette, marks } = frame;
  const box = visibleWorld(view, frame.width, frame.height, 40);
  const arrows = view.k >= 0.45;
  const list: number[] = [];
  const consider = (edge: number): void => {
    const a = model.edgeFrom[edge]!;
    const b = model.edgeTo[edge]!;
    const ax = model.x[a]!;
    const bx = model.x[b]!;
    const ay = model.y[a]!;
    const by = model.y[b]!;
    if (Math.max(ax, bx) + CARD_W < box.x0 || Math.min(ax, bx) - CARD_W > box.x1) return;
    if (Math.max(ay, by) + CARD_H < box.y0 || Math.min(ay, by) - CARD_H > box.y1) return;
    list.push(edge);
  };
  if (only) only.edges.forEach(consider);
  else for (let edge = 0; edge < model.edgeFrom.length; edge++) consider(edge);
  const half = view.k >= CARD_ZOOM ? CARD_W / 2 : dotRadius(view.k) + 3 / view.k;
  const simple = marks.straight || list.length > SIMPLE_EDGES || view.k < 0.12;
  const every = Math.max(1, Math.ceil(list.length / MOST_EDGES));
  // Constant width on the screen: a far view must not drown in ink.
  const unit = 1 / Math.max(view.k, 0.0001);
  const crowd = list.length > SIMPLE_EDGES ? Math.max(0.14, SIMPLE_EDGES / list.length) : 1;
  const lit = only !== null;
  // In the order of `slot`: required, optional, reference, in a cycle, faded by a filter, needed by the picked node.
  const styles = [
    { colour: lit ? palette.accent : palette.edge, width: lit ? 1.8 : 1.5, alpha: lit ? 1 : 0.85, dash: [] },
    { colour: palette.edge, width: 0.9, alpha: lit ? 0.9 : 0.6, dash: [] },
    { colour: palette.edge, width: 1.2, alpha: lit ? 0.9 : 0.55, dash: simple ? [] : [5, 4] },
    { colour: palette.amber, width: 1.8, alpha: 1, dash: [] },
    { colour: palette.edge, width: 1, alpha: 0.1, dash: [] },
    // What the picked node needs: beside the chain of those it takes along, so in the neutral colour.
    { colour: palette.edge, width: 1.5, alpha: 1, dash: [] },
  ];
  const paths = styles.map(() => ({ path: new Path2D(), count: 0 }));
  let heads = new Path2D();
  let headCount = 0;
  const flush = (slot: number): void => {
    const style = styles[slot]!;
    const batch = paths[slot]!;
    if (batch.count === 0) return;
    ctx.strokeStyle = style.colour;
    ctx.lineWidth = style.width * Math.min(unit, Math.max(1, unit * 0.8));
    ctx.globalAlpha = style.alpha * crowd;
    ctx.setLineDash(style.dash.map((part) => part * Math.max(1, unit * 0.7)));
    ctx.stroke(batch.path);
    paths[slot] = { path: new Path2D(), count: 0 };
  };
  const flushHeads = (): void => {
    if (headCount === 0) return;
    ctx.setLineDash([]);
    ctx.globalAlpha = (lit ? 1 : 0.85) * crowd;
    ctx.fillStyle = lit ? palette.accent : palette.edge;
    ctx.fill(heads);
    heads = new Path2D();
    headCount = 0;
  };
  for (let at = 0; at < list.length; at += every) {
    const edge = list[at]!;
    const a = model.edgeFrom[edge]!;
    const b = model.edgeTo[edge]!;
    const faded = marks.matches !== null && !(marks.matches.has(a) && marks.matches.has(b));
    const slot = faded ? 4 : model.edgeCycle[edge] ? 3 : only && a === only.start && model.edgeKind[edge] === REQUIRED ? 5 : model.edgeKind[edge]!;
    if (paths[slot]!.count >= BATCH) flush(slot);
    const batch = paths[slot]!;
    batch.count++;
    const path = batch.path;
    if (simple) {
      path.moveTo(model.x[a]!, model.y[a]!);
      path.lineTo(model.x[b]!, model.y[b]!);
      continue;
    }
    edgePath(path, model.x[a]!, model.y[a]!, model.x[b]!, model.y[b]!, trunkOf(model.y[b]! / 80), half);
    if (arrows && !faded && slot !== 5) {
      const x = model.x[b]! - half;
      const y = model.y[b]!;
      heads.moveTo(x - 1, y);
      heads.lineTo(x - 8, y - 4);
      heads.lineTo(x - 8, y + 4);
      heads.closePath();
      if (++headCount >= BATCH) flushHeads();
    }
  }
  for (const slot of [4, REFERENCE, OPTIONAL, 5, REQUIRED, 3]) flush(slot);
  flushHeads();
  ctx.setLineDash([]);
  ctx.globalAlpha = 1;
  return { thinned: every, work: (list.length / every) * (simple ? 1 : 3) };
}

function eachVisible(frame: Frame, only: Subset | null, visit: (node: number) => void): void {
  const { model, view } = frame;
  const box = visibleWorld(view, frame.width, frame.height, 8);
  const test = (node: number): void => {
    const x = model.x[node]!;
    const y = model.y[node]!;
    if (x + CARD_W / 2 < box.x0 || x - CARD_W / 2 > box.x1 || y + CARD_H / 2 < box.y0 || y - CARD_H / 2 > box.y1) return;
    visit(node);
  };
  if (only) only.nodes.forEach(test);
  else for (let node = 0; node < model.items.length; node++) test(node);
}

/** The colour of the owner, where owners are coloured and this one has an owner. */
function ownerTint(frame: Frame, item: Item): string | undefined {
  const hue = item.owner === undefined ? undefined : frame.marks.hues?.get(item.owner);
  return hue === undefined ? undefined : ownerColour(hue, frame.palette.dark);
}

function alphaOf(marks: Marks, node: number): number {
  return marks.matches !== null && !marks.matches.has(node) ? 0.2 : 1;
}

function drawCards(frame: Frame, only: Subset | null): number {
  const { ctx, model, palette, marks } = frame;
  let work = 0;
  // Text keeps a readable size on the screen while the card still has room for it.
  const size = Math.max(13, Math.min(17, 12.5 / frame.view.k));
  const name = `500 ${size}px ${palette.sans}`;
  const sub = `400 ${size - 1}px ${palette.sans}`;
  const lift = size * 0.68;
  ctx.textBaseline = 'middle';
  ctx.lineJoin = 'round';
  ctx.lineCap = 'round';
  eachVisible(frame, only, (node) => {
    work += 8;
    const item = model.items[node]!;
    const x = model.x[node]! - CARD_W / 2;
    const y = model.y[node]! - CARD_H / 2;
    const external = item.status === 'external';
    ctx.globalAlpha = alphaOf(marks, node);
    if (item.members) {
      // A second card behind says: there are more in here.
      ctx.beginPath();
      ctx.roundRect(x + 5, y + 5, CARD_W, CARD_H, 10);
      ctx.fillStyle = palette.surface;
      ctx.strokeStyle = palette.line;
      ctx.lineWidth = 1;
      ctx.fill();
      ctx.stroke();
    }
    ctx.beginPath();
    ctx.roundRect(x, y, CARD_W, CARD_H, 10);
    ctx.fillStyle = external ? palette.bg : palette.surface;
    ctx.fill();
    ctx.lineWidth = node === marks.focus ? 2 : 1;
    ctx.strokeStyle =
      node === marks.focus
        ? palette.accent
        : only
          ? palette.edge
          : item.status === 'NonCompliant' || item.status === 'Warning'
            ? palette.status[item.status]
            : palette.edge;
    if (external) ctx.setLineDash([4, 3]);
    ctx.globalAlpha *= node === marks.focus || item.status === 'NonCompliant' || item.status === 'Warning' || only ? 1 : 0.6;
    ctx.stroke();
    ctx.globalAlpha = alphaOf(marks, node);
    ctx.setLineDash([]);
    const tint = ownerTint(frame, item);
    if (tint) {
      ctx.beginPath();
      ctx.roundRect(x, y + 10, 4, CARD_H - 20, 2);
      ctx.fillStyle = tint;
      ctx.fill();
    }
    drawStatus(ctx, item.status, x + 12, y + CARD_H / 2 - 8, palette.status[item.status]);
    const width = CARD_W - 36 - 12 - cornerWidth(item);
    const second = item.sub || (external ? (item.node?.reason ?? 'external').replaceAll('_', ' ') : '');
    ctx.font = name;
    ctx.fillStyle = external ? palette.dim : palette.text;
    ctx.fillText(
      cut(visible(item.label), width, (text) => ctx.measureText(text).width),
      x + 36,
      y + CARD_H / 2 - (second ? lift : 0),
      width,
    );
    if (second) {
      ctx.font = sub;
      ctx.fillStyle = palette.dim;
      const blast = item.node?.blastRadius ?? 0;
      const room = blast > 0 ? width - 44 : width;
      ctx.fillText(
        cut(visible(second), room, (text) => ctx.measureText(text).width),
        x + 36,
        y + CARD_H / 2 + lift + 1,
        room,
      );
      if (blast > 0) {
        ctx.textAlign = 'right';
        ctx.fillText(String(blast), x + CARD_W - 12, y + CARD_H / 2 + lift + 1);
        ctx.textAlign = 'left';
      }
    }
    drawCorner(frame, item, x + CARD_W - 12, y + 12);
    drawCursor(frame, node, x, y);
  });
  ctx.globalAlpha = 1;
  return work;
}

function cornerWidth(item: Item): number {
  const change = item.node?.lastChange;
  const marks = Number(item.node?.updateAvailable ?? false) + Number(change === 'BREAKING' || change === 'POTENTIAL_BREAKING');
  return marks * 14;
}

/** What a card says beside its name: an update (dot), and what the last version did to its consumers (square). */
function drawCorner(frame: Frame, item: Item, right: number, y: number): void {
  const { ctx, palette } = frame;
  let x = right;
  if (item.node?.updateAvailable) {
    ctx.beginPath();
    ctx.arc(x - 2, y, 4, 0, 7);
    ctx.fillStyle = palette.accent;
    ctx.fill();
    x -= 14;
  }
  const change = item.node?.lastChange;
  if (change !== 'BREAKING' && change !== 'POTENTIAL_BREAKING') return;
  ctx.beginPath();
  ctx.roundRect(x - 6, y - 4, 8, 8, 2);
  if (change === 'BREAKING') {
    ctx.fillStyle = palette.breaking;
    ctx.fill();
  } else {
    ctx.lineWidth = 1.5;
    ctx.strokeStyle = palette.amber;
    ctx.stroke();
  }
}

function drawCursor(frame: Frame, node: number, x: number, y: number): void {
  const { ctx, marks, palette, view } = frame;
  if (node !== marks.cursor) return;
  ctx.globalAlpha = 1;
  ctx.beginPath();
  ctx.roundRect(x - 5, y - 5, CARD_W + 10, CARD_H + 10, 14);
  ctx.lineWidth = 2 / Math.min(1, view.k);
  ctx.strokeStyle = palette.accent;
  ctx.stroke();
}

/** In world units: about 5 px on the screen, smaller when far away, never larger than a card is high. */
function dotRadius(k: number): number {
  return Math.min(18, Math.max((5 / k) * Math.min(1, Math.max(0.35, k * 2.6)), 4));
}

function drawDots(frame: Frame, only: Subset | null): number {
  const { ctx, model, view, palette, marks } = frame;
  const unit = 1 / view.k;
  const radius = dotRadius(view.k);
  const groups = new Map<string, number[]>();
  const seen: number[] = [];
  eachVisible(frame, only, (node) => {
    seen.push(node);
    const item = model.items[node]!;
    const key = `${item.status} ${alphaOf(marks, node)} ${ownerTint(frame, item) ?? ''}`;
    const group = groups.get(key);
    if (group) group.push(node);
    else groups.set(key, [node]);
  });
  for (const nodes of groups.values()) {
    const first = nodes[0]!;
    const status = model.items[first]!.status;
    const hollow = status === 'external' || status === 'Unknown';
    const colour = ownerTint(frame, model.items[first]!) ?? palette.status[status];
    ctx.globalAlpha = alphaOf(marks, first);
    ctx.lineWidth = Math.max(1.5, radius * 0.3);
    ctx.strokeStyle = colour;
    ctx.fillStyle = hollow ? palette.bg : colour;
    if (radius * view.k < 2.2) {
      // Two pixels have no shape.
      ctx.fillStyle = colour;
      for (const node of nodes) ctx.fillRect(model.x[node]! - radius, model.y[node]! - radius, 2 * radius, 2 * radius);
      continue;
    }
    for (let from = 0; from < nodes.length; from += BATCH) {
      const path = new Path2D();
      for (const node of nodes.slice(from, from + BATCH)) dot(path, status, model.x[node]!, model.y[node]!, radius);
      ctx.fill(path);
      if (hollow) ctx.stroke(path);
    }
  }
  ctx.globalAlpha = 1;
  for (const node of seen) {
    const x = model.x[node]! - CARD_W / 2;
    const y = model.y[node]! - CARD_H / 2;
    if (node === marks.focus) {
      ctx.beginPath();
      ctx.arc(model.x[node]!, model.y[node]!, radius + 5 * unit, 0, 7);
      ctx.lineWidth = 2 * unit;
      ctx.strokeStyle = palette.accent;
      ctx.stroke();
    }
    drawCursor(frame, node, x, y);
  }
  // Names below the dots, as long as two rows do not run into each other; in a chain that is picked out, a little further.
  if (view.k * 80 < (only && only.nodes.size < 60 ? 22 : 28)) return seen.length;
  const named = labelled(model, seen);
  const halo = named.length <= 150;
  const size = 11.5 * unit;
  ctx.font = `400 ${size}px ${palette.sans}`;
  ctx.textBaseline = 'middle';
  const room = 290;
  ctx.textAlign = 'center';
  for (const node of named) {
    const item = model.items[node]!;
    ctx.globalAlpha = alphaOf(marks, node);
    ctx.fillStyle = item.status === 'external' ? palette.dim : palette.text;
    const text = cut(visible(item.label), room, (part) => ctx.measureText(part).width);
    const x = model.x[node]!;
    const y = model.y[node]! + radius + size * 0.75;
    // A halo of the ground keeps lines behind a name from crossing it out.
    ctx.lineJoin = 'round';
    ctx.lineWidth = 4 * unit;
    ctx.strokeStyle = palette.bg;
    if (halo) ctx.strokeText(text, x, y);
    ctx.fillText(text, x, y);
  }
  ctx.textAlign = 'left';
  ctx.globalAlpha = 1;
  return seen.length + named.length * 6;
}

const MOST_LABELS = 250;

/** Where not all names fit, those that matter most are written: the ones others depend on. */
function labelled(model: GraphModel, nodes: number[]): number[] {
  if (nodes.length <= MOST_LABELS) return nodes;
  const blast = (node: number): number => model.items[node]!.node?.blastRadius ?? 0;
  return [...nodes].sort((a, b) => blast(b) - blast(a)).slice(0, MOST_LABELS);
}

/** The same shapes as the icons, as far as a dot can carry them. */
function dot(path: Path2D, status: ContractStatus | 'external', x: number, y: number, r: number): void {
  if (status === 'Warning') {
    path.moveTo(x, y - r * 1.15);
    path.lineTo(x + r * 1.1, y + r * 0.85);
    path.lineTo(x - r * 1.1, y + r * 0.85);
    path.closePath();
  } else if (status === 'NonCompliant') {
    for (let corner = 0; corner < 8; corner++) {
      const angle = Math.PI / 8 + (corner * Math.PI) / 4;
      if (corner === 0) path.moveTo(x + 1.1 * r * Math.cos(angle), y + 1.1 * r * Math.sin(angle));
      else path.lineTo(x + 1.1 * r * Math.cos(angle), y + 1.1 * r * Math.sin(angle));
    }
    path.closePath();
  } else if (status === 'external' || status === 'Reference') {
    path.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8);
  } else {
    path.moveTo(x + r, y);
    path.arc(x, y, r, 0, 7);
  }
}

const SHAPES: Record<ContractStatus | 'external', string> = {
  Compliant: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM5.4 8.2l1.9 1.9 3.4-3.9',
  Warning: 'M8 2.3 14.2 13H1.8zM8 6.4v3M8 11.2h.01',
  NonCompliant: 'M5.6 2.2h4.8l3.4 3.4v4.8l-3.4 3.4H5.6l-3.4-3.4V5.6zM8 5v3.6M8 10.9h.01',
  Reference: 'M8 4.2C6.8 3.2 4.8 2.9 2.3 3v9.2c2.5-.1 4.5.2 5.7 1.2 1.2-1 3.2-1.3 5.7-1.2V3C11.2 2.9 9.2 3.2 8 4.2zM8 4.2v9.2',
  Unknown: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z',
  external: 'M3 3h10v10H3z',
};

const shapes = new Map<string, Path2D>();

function drawStatus(ctx: CanvasRenderingContext2D, status: ContractStatus | 'external', x: number, y: number, colour: string): void {
  let path = shapes.get(status);
  if (!path) {
    path = new Path2D(SHAPES[status]);
    shapes.set(status, path);
  }
  ctx.save();
  ctx.translate(x, y);
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.5;
  if (status === 'Unknown') ctx.setLineDash([2.4, 2.3]);
  ctx.stroke(path);
  ctx.restore();
}

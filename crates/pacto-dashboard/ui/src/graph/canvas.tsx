import type { JSX, RefObject } from 'preact';

import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../components/icons';
import { plural, STATUS_WORD, visible } from '../logic/format';
import { announce } from '../state/store';
import type { View } from './geometry';
import { Minimap } from './minimap';
import { boundsOf, consumers, stepFrom, targets, type GraphModel, type Impact, type Step } from './model';
import { GraphView } from './view';

interface Props {
  model: GraphModel;
  /** Changes when the person asked for another picture; otherwise the view stays where it is. */
  picture: string;
  focus: number;
  matches: ReadonlySet<number> | null;
  hues: ReadonlyMap<string, number> | null;
  force: boolean;
  onFocus: (node: number) => void;
  onOpen: (node: number) => void;
  onBack: () => void;
  view: RefObject<GraphView | null>;
}

const STEPS: Record<string, Step> = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down' };

export function describe(model: GraphModel, node: number): string {
  const item = model.items[node];
  if (!item) return '';
  const out = [...targets(model, node)].length;
  const into = [...consumers(model, node)].length;
  return `${item.label}${item.sub ? ` ${item.sub}` : ''}, ${STATUS_WORD[item.status]}, needs ${out}, used by ${into}`;
}

export function GraphCanvas(props: Props): JSX.Element {
  const { model, picture, focus, matches, hues, force } = props;
  const host = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const shownPicture = useRef('');
  /** The last positions of the force mode: fresh data of the same graph must not start it again. */
  const simulated = useRef<{ x: Float32Array; y: Float32Array } | null>(null);
  const [hover, setHover] = useState<{ node: number; impact: Impact } | null>(null);
  const [seen, setSeen] = useState<{ view: View; width: number; height: number; thinned: number } | null>(null);

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const view = new GraphView(element, {
      onHover: (node, impact) => setHover(impact ? { node, impact } : null),
      onClick: (node) => {
        if (node >= 0) latest.current.onFocus(node);
      },
      onView: (next, width, height, thinned) => setSeen({ view: next, width, height, thinned }),
    });
    latest.current.view.current = view;
    return () => {
      latest.current.view.current = null;
      view.destroy();
      shownPicture.current = '';
    };
  }, []);

  useEffect(() => {
    const view = props.view.current;
    if (!view) return;
    const same = shownPicture.current === picture;
    const kept = same && force ? simulated.current : null;
    const reuse = kept !== null && kept.x.length === model.x.length;
    if (reuse) {
      model.x.set(kept.x);
      model.y.set(kept.y);
      model.bounds = boundsOf(model.x, model.y);
    }
    view.setModel(model, same, focus);
    shownPicture.current = picture;
    if (!force || model.items.length === 0 || reuse) return;
    // A reduced-motion preference gets the finished positions only.
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const worker = new Worker('force.js');
    worker.onmessage = (event: MessageEvent<{ x: Float32Array; y: Float32Array; done: boolean }>) => {
      if (still && !event.data.done) return;
      view.setPositions(event.data.x, event.data.y);
      simulated.current = event.data;
      if (event.data.done) {
        view.fit();
        worker.terminate();
      }
    };
    worker.postMessage({ x: model.x, y: model.y, from: model.edgeFrom, to: model.edgeTo });
    return () => worker.terminate();
  }, [model, picture, force]);

  useEffect(() => props.view.current?.setMarks(focus, matches, hues, force), [model, focus, matches, hues, force]);

  const key = (event: KeyboardEvent): void => {
    const view = props.view.current;
    if (!view || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = STEPS[event.key];
    if (step) {
      const from = view.cursor >= 0 ? view.cursor : focus;
      const next = from >= 0 ? stepFrom(model, from, step) : firstNode(model);
      if (next < 0) return;
      view.setCursor(next);
      announce(next === from ? 'Nothing further in this direction' : describe(model, next));
    } else if (event.key === 'Enter' && view.cursor >= 0) props.onOpen(view.cursor);
    else if (event.key === ' ' && view.cursor >= 0) props.onFocus(view.cursor);
    else if (event.key === 'Escape') {
      if (view.cursor >= 0) view.setCursor(-1);
      else props.onBack();
    } else if (event.key === '0') view.fit();
    else if (event.key === '+' || event.key === '=') view.scale(1.4);
    else if (event.key === '-') view.scale(1 / 1.4);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const hovered = hover ? model.items[hover.node] : undefined;
  return (
    <div class="graph-stage">
      <div
        class="graph-host"
        ref={host}
        tabIndex={0}
        role="application"
        aria-roledescription="service graph"
        aria-label={`Graph of ${plural(model.items.length, 'service')}. Arrow keys follow edges, Enter opens, Space focuses, Escape goes back. The Table view has the same data.`}
        onKeyDown={key}
        onBlur={() => props.view.current?.setCursor(-1)}
      />
      {hovered && hover && (
        <div class="graph-impact" aria-hidden="true">
          <strong class="num">{hover.impact.affected.toLocaleString('en')}</strong>
          <span>
            {hover.impact.affected === 1 ? 'service is' : 'services are'} affected when <bdi class="name">{visible(hovered.label)}</bdi>{' '}
            {hovered.members ? 'change' : 'stops'}
          </span>
        </div>
      )}
      {seen && seen.thinned > 1 && <p class="graph-thinned">Far view: 1 of {seen.thinned} edges is drawn. Zoom in for all.</p>}
      <div class="graph-corner">
        <div class="graph-zoom" role="group" aria-label="Zoom">
          <button type="button" class="icon-button" aria-label="Zoom in" title="Zoom in (+)" onClick={() => props.view.current?.scale(1.4)}>
            <Icon name="plus" />
          </button>
          <button type="button" class="icon-button" aria-label="Zoom out" title="Zoom out (−)" onClick={() => props.view.current?.scale(1 / 1.4)}>
            <Icon name="minus" />
          </button>
          <button type="button" class="icon-button" aria-label="Fit the graph" title="Fit the graph (0)" onClick={() => props.view.current?.fit()}>
            <Icon name="fit" />
          </button>
        </div>
        <Minimap model={model} view={seen} onMove={(x, y) => props.view.current?.centrePoint(x, y)} />
      </div>
    </div>
  );
}

/** Where the keyboard starts: the top of the first rank. */
function firstNode(model: GraphModel): number {
  let best = -1;
  for (let node = 0; node < model.items.length; node++) {
    if (best < 0 || model.layer[node]! < model.layer[best]! || (model.layer[node] === model.layer[best] && model.y[node]! < model.y[best]!)) best = node;
  }
  return best;
}

import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { theme } from '../state/theme';
import type { View } from './geometry';
import type { GraphModel } from './model';
import { readPalette } from './palette';

const WIDTH = 176;
const HEIGHT = 112;

interface Props {
  model: GraphModel;
  view: { view: View; width: number; height: number } | null;
  onMove: (x: number, y: number) => void;
}

/** The whole graph in a corner; the frame shows what the canvas shows. For the eye and the mouse: the keyboard has the tree. */
export function Minimap({ model, view, onMove }: Props): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { x0, y0, x1, y1 } = model.bounds;
  const scale = Math.min((WIDTH - 12) / Math.max(1, x1 - x0), (HEIGHT - 12) / Math.max(1, y1 - y0));
  const left = (WIDTH - scale * (x1 - x0)) / 2 - scale * x0;
  const top = (HEIGHT - scale * (y1 - y0)) / 2 - scale * y0;
  const mode = theme.value;

  useEffect(() => {
    const element = canvas.current;
    const ctx = element?.getContext('2d');
    if (!element || !ctx) return;
    const palette = readPalette(element);
    const ratio = Math.min(2, devicePixelRatio || 1);
    element.width = WIDTH * ratio;
    element.height = HEIGHT * ratio;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    const w = Math.max(1.5, 200 * scale);
    const h = Math.max(1.5, 56 * scale);
    for (let node = 0; node < model.items.length; node++) {
      const status = model.items[node]!.status;
      ctx.fillStyle = palette.status[status];
      ctx.globalAlpha = status === 'NonCompliant' || status === 'Warning' ? 1 : 0.55;
      ctx.fillRect(left + scale * model.x[node]! - w / 2, top + scale * model.y[node]! - h / 2, w, h);
    }
  }, [model, model.bounds, mode]);

  const frame = view && {
    left: left + (-view.view.x / view.view.k) * scale,
    top: top + (-view.view.y / view.view.k) * scale,
    width: (view.width / view.view.k) * scale,
    height: (view.height / view.view.k) * scale,
  };
  const move = (event: PointerEvent & { currentTarget: HTMLElement }): void => {
    const box = event.currentTarget.getBoundingClientRect();
    onMove((event.clientX - box.left - left) / scale, (event.clientY - box.top - top) / scale);
  };
  return (
    <div
      class="minimap"
      aria-hidden="true"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        move(event);
      }}
      onPointerMove={(event) => {
        if (event.buttons === 1) move(event);
      }}
    >
      <canvas ref={canvas} />
      {frame && (
        <span
          class="minimap-frame"
          style={{
            left: `${Math.max(0, frame.left)}px`,
            top: `${Math.max(0, frame.top)}px`,
            width: `${Math.max(4, Math.min(WIDTH, frame.left + frame.width) - Math.max(0, frame.left))}px`,
            height: `${Math.max(4, Math.min(HEIGHT, frame.top + frame.height) - Math.max(0, frame.top))}px`,
          }}
        />
      )}
    </div>
  );
}

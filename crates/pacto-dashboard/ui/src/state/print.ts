// Paper has no disclosure triangles: what is folded on the screen is open in print.
import { signal } from '@preact/signals';
import { options } from 'preact';

export const printing = signal(false);

export function startPrint(): void {
  addEventListener('beforeprint', () => {
    // The page is laid out for paper right after this event: the update cannot wait for the next turn.
    const usual = options.debounceRendering;
    options.debounceRendering = (render) => render();
    printing.value = true;
    if (usual) options.debounceRendering = usual;
    else delete options.debounceRendering;
  });
  addEventListener('afterprint', () => {
    printing.value = false;
  });
}

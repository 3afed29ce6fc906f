import { EventParser, type ServerEvent } from '../logic/sse';
import { refused, withToken } from './token';

/** No heartbeat for this long means the line is dead although nothing said so (a sleeping laptop, a proxy). */
const SILENCE_MS = 45_000;

/** Reads events until the stream ends; always ends with an error or a closed line, never by itself. */
export async function readEvents(path: string, onEvent: (event: ServerEvent) => void): Promise<void> {
  const abort = new AbortController();
  let silence = setTimeout(() => abort.abort(), SILENCE_MS);
  try {
    const response = await fetch(path, { headers: withToken({ accept: 'text/event-stream' }), cache: 'no-store', signal: abort.signal });
    if (response.status === 401) refused();
    if (!response.ok || response.body === null) throw new Error(`the server answered ${response.status}`);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new EventParser();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(silence);
      silence = setTimeout(() => abort.abort(), SILENCE_MS);
      for (const event of parser.push(value)) onEvent(event);
    }
  } finally {
    clearTimeout(silence);
    abort.abort();
  }
}

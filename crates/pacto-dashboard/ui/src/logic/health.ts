// How a source is, in one word: one that answers and misses a part is no healthy one.
import type { SourceInfo, SourceState } from '../api/schema';

export type Health = SourceState | 'partial' | 'polled';

export const HEALTH_WORD: Record<Health, string> = {
  live: 'live',
  partial: 'partial',
  polled: 'polled',
  discovering: 'discovering',
  stale: 'stale',
  failing: 'failing',
  disabled: 'off',
};

type Judged = Pick<SourceInfo, 'state' | 'failed' | 'polled' | 'lastError'>;

export function healthOf(source: Judged): Health {
  if (source.state !== 'live') return source.state;
  if ((source.failed ?? 0) > 0 || source.lastError) return 'partial';
  return source.polled ? 'polled' : 'live';
}

/** With the number of places that are missing, where there is one. */
export function healthWords(source: Judged): string {
  const health = healthOf(source);
  const count = health === 'partial' && source.failed > 0 ? `, ${source.failed.toLocaleString('en')} failed` : '';
  return HEALTH_WORD[health] + count;
}

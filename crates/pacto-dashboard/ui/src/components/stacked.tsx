import type { JSX } from 'preact';
import type { OwnerEntry } from '../api/schema';

type Counts = Pick<OwnerEntry, 'compliant' | 'warning' | 'nonCompliant' | 'reference' | 'unknown'>;

/** Shares of the statuses in one bar; the numbers stand beside it, so the bar itself is decoration. */
export function StatusBar({ counts }: { counts: Counts }): JSX.Element {
  const parts: [string, number][] = [
    ['Compliant', counts.compliant],
    ['Warning', counts.warning],
    ['NonCompliant', counts.nonCompliant],
    ['Reference', counts.reference],
    ['Unknown', counts.unknown],
  ];
  return (
    <span class="stacked" aria-hidden="true">
      {parts.map(([status, count]) => count > 0 && <span key={status} class={`s-${status}`} style={{ flexGrow: String(count) }} />)}
    </span>
  );
}

import type { JSX } from 'preact';
import type { DiffResult, ImpactReport } from '../../api/schema';
import { StatusIcon } from '../../components/icons';
import { IssueView } from '../../components/issue';
import { CLASS_WORD, plural, visible } from '../../logic/format';
import { countsOf } from '../../logic/report';

const SENTENCE = {
  BREAKING: 'Consumers must change',
  POTENTIAL_BREAKING: 'Some consumers may have to change',
  NON_BREAKING: 'Nobody has to change',
} as const;

export function Verdict({ diff, impact }: { diff: DiffResult; impact: ImpactReport | undefined }): JSX.Element {
  const counts = countsOf(diff);
  const diagnostics = diff.diagnostics ?? [];
  const none = diff.changes.length === 0;
  const owners = new Set(
    (impact?.consumers ?? []).filter((consumer) => consumer.verdict === 'breaks' || consumer.verdict === 'may-break').map((consumer) => consumer.ownerKey),
  );
  return (
    <section class={`verdict-banner vb-${none ? 'NON_BREAKING' : diff.classification}`} aria-label="Verdict">
      <div class="verdict-main">
        <StatusIcon
          size={20}
          status={none || diff.classification === 'NON_BREAKING' ? 'Compliant' : diff.classification === 'BREAKING' ? 'NonCompliant' : 'Warning'}
        />
        <div>
          <h2>{none ? 'No difference' : CLASS_WORD[diff.classification]}</h2>
          <p>
            {none ? 'The two contracts say the same.' : SENTENCE[diff.classification]}
            {!none &&
              impact &&
              impact.counts.breaks + impact.counts.mayBreak > 0 &&
              `: ${impact.counts.breaks} break, ${impact.counts.mayBreak} may break, in ${plural(owners.size, 'team')}`}
            .
          </p>
        </div>
      </div>
      <dl class="verdict-counts">
        <div>
          <dt>Breaking</dt>
          <dd>{counts.breaking}</dd>
        </div>
        <div>
          <dt>Potential</dt>
          <dd>{counts.potential}</dd>
        </div>
        <div>
          <dt>Non-breaking</dt>
          <dd>{counts.nonBreaking}</dd>
        </div>
        {diff.suggestedVersion && (
          <div class="suggested">
            <dt>Suggested version</dt>
            <dd class="mono">{visible(diff.suggestedVersion)}</dd>
          </div>
        )}
      </dl>
      {diagnostics.length > 0 && (
        <details class="verdict-notes" open>
          <summary>{plural(diagnostics.length, 'part')} could not be compared: the verdict does not cover it</summary>
          {diagnostics.map((issue, index) => (
            <IssueView key={index} issue={issue} level="warning" />
          ))}
        </details>
      )}
    </section>
  );
}

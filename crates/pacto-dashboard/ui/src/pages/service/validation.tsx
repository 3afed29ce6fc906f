import type { JSX } from 'preact';
import type { Validation } from '../../api/schema';
import { StatusIcon } from '../../components/icons';
import { IssueView } from '../../components/issue';
import { visible } from '../../logic/format';

export function ValidationSection({ validation }: { validation: Validation | undefined }): JSX.Element {
  const errors = validation?.errors ?? [];
  const warnings = validation?.warnings ?? [];
  const infos = validation?.infos ?? [];
  const notes = (validation?.notes?.length ?? 0) > 0 && (
    <ul class="notes">
      {validation?.notes?.map((note) => (
        <li key={note}>
          <bdi>{visible(note)}</bdi>
        </li>
      ))}
    </ul>
  );
  if (errors.length + warnings.length + infos.length === 0) {
    return (
      <>
        <p class="card card-note verdict-line">
          <StatusIcon status={validation?.valid === false ? 'NonCompliant' : 'Compliant'} />
          {validation?.valid === false ? 'The contract is not valid; the source gave no reason.' : 'The contract is valid, without warnings.'}
        </p>
        {notes}
      </>
    );
  }
  const issues = (
    <ul class="issues card">
      {errors.map((issue, index) => (
        <li key={`e${index}`}>
          <IssueView issue={issue} level="error" />
        </li>
      ))}
      {warnings.map((issue, index) => (
        <li key={`w${index}`}>
          <IssueView issue={issue} level="warning" />
        </li>
      ))}
      {infos.map((issue, index) => (
        <li key={`i${index}`}>
          <IssueView issue={issue} level="info" />
        </li>
      ))}
    </ul>
  );
  return (
    <>
      {issues}
      {notes}
    </>
  );
}

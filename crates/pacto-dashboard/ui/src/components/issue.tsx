import type { JSX } from 'preact';
import type { Issue } from '../api/schema';
import { visible } from '../logic/format';
import { Hint } from './basics';
import { Icon, StatusIcon } from './icons';

const WORD = { error: 'Error', warning: 'Warning', info: 'Note' } as const;

/** A diagnostic as the command line shows it: code, place, the lines, a caret, what to do. */
export function IssueView({ issue, level }: { issue: Issue; level?: 'error' | 'warning' | 'info' }): JSX.Element {
  const severity = issue.severity ?? level ?? 'error';
  const excerpt = issue.excerpt;
  const place = issue.file ? `${issue.file}${issue.line ? `:${issue.line}${issue.column ? `:${issue.column}` : ''}` : ''}` : issue.path;
  return (
    <div class={`issue i-${severity}`}>
      <div class="issue-head">
        {severity === 'info' ? <Icon name="info" /> : <StatusIcon status={severity === 'error' ? 'NonCompliant' : 'Warning'} />}
        <span class="vh">{WORD[severity]}: </span>
        <p class="issue-message">
          <bdi>{visible(issue.message)}</bdi>
        </p>
        <code class="issue-code">{visible(issue.code)}</code>
      </div>
      {place && (
        <p class="issue-place mono dim">
          <bdi>{visible(place)}</bdi>
        </p>
      )}
      {excerpt && excerpt.lines.length > 0 && (
        <pre
          class="excerpt"
          tabIndex={0}
          aria-label={`Lines ${excerpt.firstLine} to ${excerpt.firstLine + excerpt.lines.length - 1} of ${visible(issue.file ?? 'the contract')}`}
        >
          {excerpt.lines.map((line, index) => {
            const number = excerpt.firstLine + index;
            const here = number === excerpt.line;
            return (
              <span key={number} class={`excerpt-line${here ? ' here' : ''}`}>
                <span class="line-number" aria-hidden="true">
                  {number}
                </span>
                <span class="line-text">{visible(line) || ' '}</span>
                {here && (excerpt.length ?? 0) > 0 && (
                  <span class="excerpt-caret" aria-hidden="true">
                    <span class="line-number" />
                    {' '.repeat(Math.max(0, excerpt.column - 1))}
                    {'^'.repeat(Math.min(excerpt.length ?? 1, 120))}
                  </span>
                )}
              </span>
            );
          })}
        </pre>
      )}
      {issue.help && (
        <p class="issue-help">
          <Hint text={issue.help} />
        </p>
      )}
    </div>
  );
}

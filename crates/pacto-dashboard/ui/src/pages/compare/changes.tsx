import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { Change, Classification, DiffResult, Excerpt, Finding } from '../../api/schema';
import { CopyButton, Hint, useLimit } from '../../components/basics';
import { ClassBadge, Missing, Name } from '../../components/marks';
import { jsonText, plural, visible } from '../../logic/format';
import { printing } from '../../state/print';
import { countsOf, groupChanges, missingKeys, witnessLines } from '../../logic/report';

const CLASSES: readonly Classification[] = ['BREAKING', 'POTENTIAL_BREAKING', 'NON_BREAKING'];
const TYPE_WORD = { added: 'added', removed: 'removed', modified: 'changed' } as const;

export function Changes({ diff }: { diff: DiffResult }): JSX.Element | null {
  const [only, setOnly] = useState<Classification | ''>('');
  const [q, setQ] = useState('');
  const counts = countsOf(diff);
  const countOf: Record<Classification, number> = { BREAKING: counts.breaking, POTENTIAL_BREAKING: counts.potential, NON_BREAKING: counts.nonBreaking };
  const groups = useMemo(() => {
    const words = q.trim().toLowerCase();
    return groupChanges(
      diff.changes.filter((change) => (only === '' || change.classification === only) && `${change.path} ${change.reason ?? ''}`.toLowerCase().includes(words)),
    );
  }, [diff, only, q]);
  if (diff.changes.length === 0) return null;
  return (
    <section class="section" aria-labelledby="changes-title">
      <div class="section-head">
        <h2 id="changes-title">
          Changes
          <span class="section-count">{diff.changes.length.toLocaleString('en')}</span>
        </h2>
        <div class="impact-filter" role="group" aria-label="Show only this class">
          {CLASSES.filter((value) => countOf[value] > 0).map((value) => (
            <button key={value} type="button" class="chip" aria-pressed={only === value} onClick={() => setOnly(only === value ? '' : value)}>
              <ClassBadge value={value} /> <span class="dim num">{countOf[value]}</span>
            </button>
          ))}
          {diff.changes.length > 12 && (
            <input
              class="field"
              type="search"
              aria-label="Filter changes"
              placeholder="Filter changes"
              value={q}
              onInput={(event) => setQ(event.currentTarget.value)}
            />
          )}
        </div>
      </div>
      <div class="stack">
        {groups.length === 0 && <p class="card card-note dim">No change matches.</p>}
        {groups.map((group) => (
          <article class="card" key={group.title}>
            <div class="card-head">
              <h3>{visible(group.title)}</h3>
              <span class="card-end dim">{plural(group.changes.length, 'change')}</span>
            </div>
            <ChangeList changes={group.changes} />
          </article>
        ))}
      </div>
    </section>
  );
}

function ChangeList({ changes }: { changes: readonly Change[] }): JSX.Element {
  const { shown, more } = useLimit(changes.length, 60);
  return (
    <>
      <ul class="changes">
        {changes.slice(0, shown).map((change, index) => (
          <li key={`${change.path} ${change.type} ${index}`}>
            <ChangeRow change={change} />
          </li>
        ))}
      </ul>
      {more}
    </>
  );
}

function ChangeRow({ change }: { change: Change }): JSX.Element {
  const findings = change.findings ?? [];
  const [open, setOpen] = useState(false);
  return (
    <details class="change" open={open || printing.value} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary class="change-line">
        <ClassBadge value={change.classification} />
        <span class="change-path mono">
          <bdi>{visible(change.path)}</bdi>
        </span>
        <span class="change-what dim">{change.reason ? <bdi>{visible(change.reason)}</bdi> : (TYPE_WORD[change.type] ?? visible(change.type))}</span>
      </summary>
      {(open || printing.value) && (
        <div class="change-body">
          {findings.length === 0 ? (
            <Values change={change} />
          ) : (
            findings.map((finding, index) => <FindingView key={`${finding.fingerprint} ${index}`} finding={finding} change={change} />)
          )}
        </div>
      )}
    </details>
  );
}

function Values({ change }: { change: Change }): JSX.Element {
  return (
    <div class="excerpts">
      <Value title="Old" value={change.oldValue} side="old" />
      <Value title="New" value={change.newValue} side="new" />
    </div>
  );
}

function Value({ title, value, side }: { title: string; value: Change['oldValue']; side: 'old' | 'new' }): JSX.Element {
  return (
    <div class="excerpt-side">
      <p class="excerpt-title dim">{title}</p>
      {value === undefined ? (
        <p class="excerpt-none">
          <Missing why={side === 'old' ? 'was not there' : 'is gone'} /> <span class="dim">{side === 'old' ? 'was not there' : 'is gone'}</span>
        </p>
      ) : (
        <pre class={`excerpt value ${side}`} tabIndex={0} aria-label={`${title} value`}>
          {visible(jsonText(value))}
        </pre>
      )}
    </div>
  );
}

const DIRECTION_WORD = { received: 'what the service receives', produced: 'what the service produces' } as const;
const PROOF_WORD = {
  witness: 'proven with a document',
  structural: 'proven by the structure',
  undecided: 'not decided: looked at with caution',
} as const;

function FindingView({ finding, change }: { finding: Finding; change: Change }): JSX.Element {
  const excerpts = finding.old !== undefined || finding.new !== undefined;
  return (
    <div class="finding">
      <div class="finding-head">
        <ClassBadge value={finding.classification} />
        <p class="finding-message">
          <bdi>{visible(finding.message)}</bdi>
        </p>
      </div>
      <p class="finding-facts dim small">
        <span>
          rule <code>{visible(finding.ruleId)}</code>
        </span>
        {finding.direction && <span>{DIRECTION_WORD[finding.direction] ?? ''}</span>}
        <span>{PROOF_WORD[finding.proof] ?? visible(finding.proof)}</span>
        <CopyButton text={finding.ruleId} label={`Copy the rule id ${visible(finding.ruleId)}`} />
      </p>
      {excerpts ? (
        <div class="excerpts">
          <ExcerptView title="Old" excerpt={finding.old} side="old" />
          <ExcerptView title="New" excerpt={finding.new} side="new" />
        </div>
      ) : (
        (change.oldValue !== undefined || change.newValue !== undefined) && <Values change={change} />
      )}
      {finding.witness !== undefined && <Witness finding={finding} path={change.path} />}
      {finding.hint && (
        <p class="finding-hint">
          <strong>What to do</strong> <Hint text={finding.hint} />
        </p>
      )}
    </div>
  );
}

function ExcerptView({ title, excerpt, side }: { title: string; excerpt: Excerpt | undefined; side: 'old' | 'new' }): JSX.Element {
  if (!excerpt) {
    return (
      <div class="excerpt-side">
        <p class="excerpt-title dim">{title}</p>
        <p class="excerpt-none dim">{side === 'old' ? 'was not there' : 'is gone'}</p>
      </div>
    );
  }
  return (
    <div class="excerpt-side">
      <p class="excerpt-title dim">
        {title}{' '}
        <span class="mono">
          <bdi>
            {visible(excerpt.file)}:{excerpt.line}
          </bdi>
        </span>
      </p>
      <pre class={`excerpt ${side}`} tabIndex={0} aria-label={`${title}: ${visible(excerpt.file)}, line ${excerpt.line}`}>
        {excerpt.lines.map((line, index) => (
          <span key={index} class={`excerpt-line${excerpt.firstLine + index === excerpt.line ? ' changed' : ''}`}>
            <span class="line-number" aria-hidden="true">
              {excerpt.firstLine + index}
            </span>
            <span class="line-text">
              {excerpt.firstLine + index === excerpt.line ? <Marked line={line} column={excerpt.column} length={excerpt.length ?? 0} /> : visible(line) || ' '}
            </span>
          </span>
        ))}
      </pre>
    </div>
  );
}

/** The part of the line the finding is about; columns count characters, not UTF-16 units. */
function Marked({ line, column, length }: { line: string; column: number; length: number }): JSX.Element {
  const letters = [...line];
  const from = Math.max(0, column - 1);
  const to = Math.min(letters.length, from + length);
  if (to <= from) return <>{visible(line) || ' '}</>;
  return (
    <>
      {visible(letters.slice(0, from).join(''))}
      <mark>{visible(letters.slice(from, to).join(''))}</mark>
      {visible(letters.slice(to).join(''))}
    </>
  );
}

/** A document the old contract accepts and the new one refuses (or the other way round): the shortest argument there is. */
function Witness({ finding, path }: { finding: Finding; path: string }): JSX.Element {
  const lines = witnessLines(finding.witness, finding.message, path);
  const missing = missingKeys(finding.witness, finding.message, path);
  return (
    <div class="witness">
      <p class="excerpt-title dim">
        {finding.direction === 'produced'
          ? 'This document may now be produced; consumers of the old contract do not expect it'
          : 'This document was accepted before and is refused now'}
      </p>
      <pre class="excerpt old" tabIndex={0} aria-label="Witness document">
        {lines.map((line, index) => (
          <span key={index} class={`excerpt-line${line.marked ? ' changed' : ''}`}>
            <span class="line-text witness-text">{visible(line.text)}</span>
          </span>
        ))}
        {missing.length > 0 && (
          <span class="excerpt-line changed">
            <span class="line-text witness-text">{visible(missing.join(', '))} is missing</span>
          </span>
        )}
      </pre>
    </div>
  );
}

export function SbomChanges({ diff }: { diff: DiffResult }): JSX.Element | null {
  const changes = diff.sbom?.changes ?? [];
  const { shown, more } = useLimit(changes.length, 40);
  if (changes.length === 0) return null;
  return (
    <section class="section" aria-labelledby="sbom-changes-title">
      <div class="section-head">
        <h2 id="sbom-changes-title">
          SBOM
          <span class="section-count">{changes.length.toLocaleString('en')}</span>
        </h2>
      </div>
      <div class="card">
        <div class="scroll-x" tabIndex={0} role="region" aria-label="Changed components">
          <table class="plain">
            <thead>
              <tr>
                <th scope="col">Component</th>
                <th scope="col">Change</th>
                <th scope="col">From</th>
                <th scope="col">To</th>
              </tr>
            </thead>
            <tbody>
              {changes.slice(0, shown).map((change, index) => (
                <tr key={`${change.name} ${index}`}>
                  <td>
                    <Name text={change.name} />
                  </td>
                  <td>{TYPE_WORD[change.change] ?? visible(change.change)}</td>
                  <td class="mono">{change.from ? <Name text={change.from} /> : <Missing why="was not there" />}</td>
                  <td class="mono">{change.to ? <Name text={change.to} /> : <Missing why="is gone" />}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {more}
      </div>
    </section>
  );
}

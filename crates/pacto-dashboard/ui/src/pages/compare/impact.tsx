import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { ApiError } from '../../api/client';
import type { Consumer, ImpactReport, Verdict as ConsumerVerdict } from '../../api/schema';
import { Failure, SkeletonRows, useLimit } from '../../components/basics';
import { Icon, StatusIcon, type StatusShape } from '../../components/icons';
import { Name } from '../../components/marks';
import { plural, UNOWNED, visible } from '../../logic/format';
import { link } from '../../logic/route';

const WORD: Record<ConsumerVerdict, string> = {
  breaks: 'breaks',
  'may-break': 'may break',
  'held-back': 'held back',
  unknown: 'not known',
  'not-affected': 'not affected',
};
const HINT: Record<ConsumerVerdict, string> = {
  breaks: 'meets something that changed in a breaking way and admits the new version',
  'may-break': 'admits the new version; whether it uses what changed is not certain',
  'held-back': 'its range does not admit the new version: it stays on the old one',
  unknown: 'what it uses is not known',
  'not-affected': 'uses nothing that changed',
};
const SHAPE: Record<ConsumerVerdict, StatusShape> = {
  breaks: 'NonCompliant',
  'may-break': 'Warning',
  'held-back': 'Reference',
  unknown: 'Unknown',
  'not-affected': 'Compliant',
};
const ORDER: readonly ConsumerVerdict[] = ['breaks', 'may-break', 'held-back', 'unknown', 'not-affected'];

export function Impact({ impact, error, retry }: { impact: ImpactReport | undefined; error: ApiError | undefined; retry: () => void }): JSX.Element {
  const [only, setOnly] = useState<ConsumerVerdict | ''>('');
  const groups = useMemo(() => byOwner((impact?.consumers ?? []).filter((consumer) => only === '' || consumer.verdict === only)), [impact, only]);
  const { shown, more } = useLimit(groups.length, 20);
  const counts = impact?.counts;
  const countOf: Record<ConsumerVerdict, number> = {
    breaks: counts?.breaks ?? 0,
    'may-break': counts?.mayBreak ?? 0,
    'held-back': counts?.heldBack ?? 0,
    unknown: counts?.unknown ?? 0,
    'not-affected': counts?.notAffected ?? 0,
  };
  return (
    <section class="section" aria-labelledby="impact-title">
      <div class="section-head">
        <h2 id="impact-title">
          Who breaks
          {impact && <span class="section-count">{plural(impact.consumers.length, 'consumer')}</span>}
        </h2>
        {impact && impact.consumers.length > 0 && (
          <div class="impact-filter" role="group" aria-label="Show only">
            {ORDER.filter((verdict) => countOf[verdict] > 0).map((verdict) => (
              <button
                key={verdict}
                type="button"
                class="chip"
                aria-pressed={only === verdict}
                title={HINT[verdict]}
                onClick={() => setOnly(only === verdict ? '' : verdict)}
              >
                <StatusIcon status={SHAPE[verdict]} />
                {WORD[verdict]} <span class="dim num">{countOf[verdict]}</span>
              </button>
            ))}
          </div>
        )}
      </div>
      {error && !impact ? (
        <Failure error={error} what="Who breaks" retry={retry} />
      ) : !impact ? (
        <SkeletonRows rows={4} height={44} />
      ) : impact.consumers.length === 0 ? (
        <p class="card card-note">No known service depends on this one.</p>
      ) : (
        <div class="stack">
          {groups.slice(0, shown).map((group) => (
            <article class="card" key={group.owner}>
              <div class="card-head">
                <h3>
                  {group.owner === UNOWNED ? (
                    <span class="dim">No owner named</span>
                  ) : (
                    <a href={link.owner(group.owner)}>
                      <Name text={group.owner} />
                    </a>
                  )}
                </h3>
                <span class="card-end">
                  {group.breaks > 0 && <span class="bad">{plural(group.breaks, 'service')} to change</span>}
                  {group.mayBreak > 0 && <span class="warn">{group.mayBreak} to check</span>}
                </span>
              </div>
              <ul class="links">
                {group.consumers.map((consumer) => (
                  <li key={`${consumer.name} ${consumer.relation}`}>
                    <ConsumerRow consumer={consumer} />
                  </li>
                ))}
              </ul>
            </article>
          ))}
          {more}
        </div>
      )}
    </section>
  );
}

interface OwnerGroup {
  owner: string;
  breaks: number;
  mayBreak: number;
  consumers: Consumer[];
}

function byOwner(consumers: readonly Consumer[]): OwnerGroup[] {
  const groups = new Map<string, OwnerGroup>();
  for (const consumer of consumers) {
    const owner = consumer.ownerKey || UNOWNED;
    const group = groups.get(owner) ?? { owner, breaks: 0, mayBreak: 0, consumers: [] };
    groups.set(owner, group);
    group.consumers.push(consumer);
    if (consumer.verdict === 'breaks') group.breaks++;
    if (consumer.verdict === 'may-break') group.mayBreak++;
  }
  for (const group of groups.values()) {
    group.consumers.sort((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict) || a.depth - b.depth || (a.name < b.name ? -1 : 1));
  }
  return [...groups.values()].sort((a, b) => b.breaks - a.breaks || b.mayBreak - a.mayBreak || (a.owner < b.owner ? -1 : 1));
}

function ConsumerRow({ consumer }: { consumer: Consumer }): JSX.Element {
  const through = consumer.path.slice(1, -1);
  return (
    <div class="consumer">
      <span class={`consumer-verdict s-${SHAPE[consumer.verdict]}`} title={HINT[consumer.verdict]}>
        <StatusIcon status={SHAPE[consumer.verdict]} />
        {WORD[consumer.verdict] ?? visible(consumer.verdict)}
      </span>
      <div class="link-body">
        <div class="link-line">
          <a href={link.service(consumer.name)}>
            <Name text={consumer.name} />
          </a>
          {consumer.version && <span class="mono dim">{visible(consumer.version)}</span>}
          {!consumer.required && <span class="tag">optional</span>}
          {consumer.relation !== 'dependency' && <span class="tag">by {consumer.relation}</span>}
        </div>
        <p class="dim">
          <bdi>{visible(consumer.reason)}</bdi>
          {through.length > 0 && (
            <span class="consumer-path">
              {' '}
              · by way of <bdi>{visible(through.join(' → '))}</bdi>
            </span>
          )}
        </p>
        {consumer.uses.length > 0 && (
          <p class="uses">
            <span class="dim">meets</span>
            {consumer.uses.slice(0, 12).map((use) => (
              <code key={use}>{visible(use)}</code>
            ))}
            {consumer.uses.length > 12 && <span class="dim">and {consumer.uses.length - 12} more</span>}
          </p>
        )}
      </div>
      <span class="link-range">
        {consumer.compatibility && <span class="mono">{visible(consumer.compatibility)}</span>}
        {consumer.admitsNew !== undefined && (
          <span class="with-icon dim small">
            <Icon name={consumer.admitsNew ? 'check' : 'close'} />
            {consumer.admitsNew ? 'admits the new version' : 'does not admit it'}
          </span>
        )}
      </span>
    </div>
  );
}

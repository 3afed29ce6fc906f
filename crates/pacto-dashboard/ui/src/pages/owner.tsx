import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { paths } from '../api/paths';
import type { OwnerDetails } from '../api/schema';
import { Failure, Loading, ShareButton, Skeleton, SkeletonRows } from '../components/basics';
import { Icon, StatusIcon, type StatusShape } from '../components/icons';
import { Missing, Name } from '../components/marks';
import { ServiceTable } from '../components/service-table';
import { StatusBar } from '../components/stacked';
import { useTitle } from '../components/title';
import { plural, STATUS_WORD, UNOWNED, visible } from '../logic/format';
import { link } from '../logic/route';
import { formatSort, parseSort, type Sort } from '../logic/sort';
import { useResource } from '../state/resource';
import { replaceQuery, route } from '../state/router';
import { byName } from '../state/store';
import { ContactMark } from './service/header';

export function Owner({ ownerKey }: { ownerKey: string }): JSX.Element {
  const label = ownerKey === UNOWNED ? 'No owner named' : ownerKey;
  useTitle(label, 'Owners');
  const owner = useResource<OwnerDetails>(paths.owner(ownerKey));
  const data = owner.data;
  const query = route.value.query;
  const sort = parseSort(query.get('sort') ?? 'status');
  const live = byName.value;
  // The rows follow live updates as the big list does; who belongs here is the server's answer.
  const entries = useMemo(() => (data?.entries ?? []).map((entry) => live.get(entry.name) ?? entry), [data, live]);
  const setSort = (next: Sort): void => {
    const written = new URLSearchParams(query);
    written.set('sort', formatSort(next));
    replaceQuery(written);
  };
  const heading = (
    <h1 tabIndex={-1}>
      <bdi class="name" title={visible(label)}>
        {visible(label)}
      </bdi>
    </h1>
  );
  if (!data) {
    return (
      <>
        <div class="page-head">{heading}</div>
        {owner.error ? (
          <Failure what="The owner" error={owner.error} retry={owner.reload} />
        ) : (
          <Loading what={visible(label)}>
            <div class="service-meta">
              <Skeleton width="140px" />
              <Skeleton width="200px" />
            </div>
            <SkeletonRows rows={6} />
          </Loading>
        )}
      </>
    );
  }
  const counts: [StatusShape, number][] = [
    ['NonCompliant', data.nonCompliant],
    ['Warning', data.warning],
    ['Compliant', data.compliant],
    ['Reference', data.reference],
    ['Unknown', data.unknown],
  ];
  const graph = new URLSearchParams({ owner: ownerKey });
  const dris = data.dris ?? [];
  return (
    <>
      <div class="page-head">
        {heading}
        <div class="page-actions">
          {ownerKey !== UNOWNED && (
            <a class="button" href={link.graph(graph)}>
              <Icon name="graph" />
              <span>Show in graph</span>
            </a>
          )}
          <ShareButton />
        </div>
      </div>
      <dl class="facts owner-facts">
        <div>
          <dt>Services</dt>
          <dd>{plural(data.services, 'service')}</dd>
        </div>
        <div>
          <dt>{dris.length > 1 ? 'Responsible (the contracts disagree)' : 'Responsible'}</dt>
          <dd>
            {dris.length > 0 ? (
              <span class="owner-fact">
                {dris.map((dri) => (
                  <span key={dri} class="with-icon">
                    <Icon name="person" />
                    <Name text={dri} />
                  </span>
                ))}
                {data.driConflict && (
                  <span class="with-icon warn">
                    <StatusIcon status="Warning" />
                    more than one is named
                  </span>
                )}
              </span>
            ) : (
              <span class="dim">nobody is named</span>
            )}
          </dd>
        </div>
        <div>
          <dt>Contacts</dt>
          <dd>
            {(data.contacts ?? []).length > 0 ? (
              <span class="owner-fact">
                {data.contacts.map((contact) => (
                  <span key={`${contact.type} ${contact.value}`} class="contact">
                    <ContactMark contact={contact} />
                    {contact.purpose && <span class="dim small">{visible(contact.purpose)}</span>}
                  </span>
                ))}
              </span>
            ) : (
              <span class="dim">none are named</span>
            )}
          </dd>
        </div>
        <div>
          <dt>Compliant</dt>
          <dd class="num">{data.compliancePercent < 0 ? <Missing why="nothing is measured" /> : `${data.compliancePercent}%`}</dd>
        </div>
      </dl>
      <div class="owner-summary card">
        <StatusBar counts={data} />
        <ul>
          {counts.map(([status, count]) => (
            <li key={status} class={count === 0 ? 'dim' : ''}>
              <StatusIcon status={status} />
              <span class="num">{count}</span> {STATUS_WORD[status]}
            </li>
          ))}
        </ul>
      </div>
      <ServiceTable entries={entries} sort={sort} onSort={setSort} arrangement={ownerKey} label={`Services of ${visible(label)}`} />
    </>
  );
}

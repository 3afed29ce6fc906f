import type { JSX } from 'preact';
import type { Contact, ServiceDetails, Version } from '../../api/schema';
import { CopyButton, ShareButton } from '../../components/basics';
import { contactIcon, Icon, sourceIcon } from '../../components/icons';
import { Ago, Missing, Name, sourceWord, StateDot, Status } from '../../components/marks';
import { ownerLabel, plural, visible } from '../../logic/format';
import { HEALTH_WORD } from '../../logic/health';
import { link } from '../../logic/route';
import { navigate } from '../../state/router';

interface Props {
  service: ServiceDetails;
  versions: Version[] | undefined;
  shown: string;
}

const POLICY_WORD: Record<string, string> = {
  tracking: 'tracks the latest version',
  'pinned-tag': 'pinned to a tag',
  'pinned-digest': 'pinned to a digest',
};

export function Header({ service, versions, shown }: Props): JSX.Element {
  const ref = service.resolvedRef || versions?.find((entry) => entry.version === service.version)?.ref || service.imageRef || '';
  const score = service.compliance?.score;
  const failed = service.checksSummary?.failed ?? service.compliance?.summary?.failed ?? 0;
  return (
    <header class="service-head">
      <div class="service-title">
        <h1 tabIndex={-1}>
          <bdi class="name" title={visible(service.name)}>
            {visible(service.name)}
          </bdi>
        </h1>
        <VersionSwitcher service={service} versions={versions} shown={shown} />
        <Status status={service.contractStatus} />
        <div class="page-actions">
          <a class="button" href={link.compare(service.name, ...defaultPair(service, versions, shown))}>
            <Icon name="compare" />
            <span>Compare with…</span>
          </a>
          <a class="button" href={link.graphOf(service.name)}>
            <Icon name="graph" />
            <span>Show in graph</span>
          </a>
          {ref && (
            <CopyButton text={ref} label={`Copy the reference ${ref}`}>
              Copy ref
            </CopyButton>
          )}
          <ShareButton />
        </div>
      </div>
      <dl class="facts">
        <div>
          <dt>Owner</dt>
          <dd>
            <OwnerFact service={service} />
          </dd>
        </div>
        <div>
          <dt>Compliance</dt>
          <dd>
            {score === null || score === undefined ? (
              <span class="dim">not measured</span>
            ) : (
              <span class="num">
                {score}% {failed > 0 && <span class="bad">{plural(failed, 'check')} failing</span>}
              </span>
            )}
          </dd>
        </div>
        <div>
          <dt>Blast radius</dt>
          <dd>
            <a href={link.graphOf(service.name)}>{plural(service.blastRadius ?? 0, 'service')}</a>
          </dd>
        </div>
        {service.namespace && (
          <div>
            <dt>Namespace</dt>
            <dd>
              <Name text={service.namespace} />
            </dd>
          </div>
        )}
        {service.versionPolicy && (
          <div>
            <dt>Version policy</dt>
            <dd title={visible(service.resolvedRef ?? '')}>{POLICY_WORD[service.versionPolicy] ?? visible(service.versionPolicy)}</dd>
          </div>
        )}
        <div>
          <dt>Read from</dt>
          <dd class="as-of">
            {(service.sourceStates ?? []).length > 0 ? (
              service.sourceStates?.map((source) => (
                <span key={source.type} class="as-of-one" title={visible(source.ref ?? '')}>
                  <StateDot state={source.state} />
                  {sourceWord(source.type)}
                  <span class="dim">
                    {source.state === 'live' ? '' : `${HEALTH_WORD[source.state] ?? source.state}, `}
                    {source.asOf ? <Ago time={source.asOf} /> : 'age not known'}
                  </span>
                </span>
              ))
            ) : (
              <span>
                {(service.sources ?? [service.source]).map((type) => (
                  <span key={type} class="as-of-one">
                    <Icon name={sourceIcon(type)} /> {sourceWord(type)}
                  </span>
                ))}
              </span>
            )}
          </dd>
        </div>
      </dl>
    </header>
  );
}

/** Two versions worth comparing without asking: what is shown, and what is newer or came before. */
function defaultPair(service: ServiceDetails, versions: Version[] | undefined, shown: string): [string?, string?, string?] {
  const list = versions ?? [];
  const at = list.findIndex((entry) => entry.version === (shown || service.version));
  const current = list.find((entry) => entry.isCurrent)?.version ?? service.version;
  if (shown && shown !== current) return [shown, service.name, current];
  if (service.updateAvailable && service.latestAvailable) return [service.version, service.name, service.latestAvailable];
  const older = at >= 0 ? list[at + 1]?.version : undefined;
  return older ? [older, service.name, service.version] : [service.version];
}

function VersionSwitcher({ service, versions, shown }: Props): JSX.Element {
  const list = versions ?? [];
  const value = shown || service.version;
  if (list.length < 2) {
    return <span class="version-tag mono">{value ? visible(value) : <Missing why="version not known" />}</span>;
  }
  return (
    <span class="version-switch">
      <select
        class="field mono"
        aria-label="Version"
        value={value}
        onChange={(event) => {
          const next = list.find((entry) => entry.version === event.currentTarget.value);
          if (next) navigate(next.isCurrent ? link.service(service.name) : link.service(service.name, next.version));
        }}
      >
        {!list.some((entry) => entry.version === value) && <option value={value}>{visible(value)}</option>}
        {list.map((entry) => (
          <option key={entry.version} value={entry.version}>
            {visible(entry.version)}
            {entry.isCurrent ? ' (current)' : ''}
          </option>
        ))}
      </select>
      {!shown && service.updateAvailable && service.latestAvailable && (
        <a class="update-link" href={link.compare(service.name, service.version, service.name, service.latestAvailable)}>
          <Icon name="up" />
          {visible(service.latestAvailable)} available
        </a>
      )}
    </span>
  );
}

function OwnerFact({ service }: { service: ServiceDetails }): JSX.Element {
  const label = ownerLabel(service.owner, service.ownerKey);
  if (!label) return <span class="dim">nobody is named</span>;
  const owner = service.owner;
  const person = typeof owner === 'object' && owner.team ? owner.dri : undefined;
  const contacts = typeof owner === 'object' ? (owner.contacts ?? []) : [];
  return (
    <span class="owner-fact">
      <a href={link.owner(service.ownerKey || label)}>
        <Name text={label} />
      </a>
      {person && (
        <span class="with-icon" title="Directly responsible individual">
          <Icon name="person" />
          <Name text={person} />
        </span>
      )}
      {contacts.slice(0, 4).map((contact) => (
        <ContactMark key={`${contact.type} ${contact.value}`} contact={contact} />
      ))}
    </span>
  );
}

/** Only addresses that are plainly mail or https become links: a contract's author decides the text, not where a click goes. */
export function ContactMark({ contact }: { contact: Contact }): JSX.Element {
  const value = contact.value;
  const href = /^[^\s@<>]+@[^\s@<>]+$/.test(value) ? `mailto:${value}` : /^https:\/\//.test(value) ? value : undefined;
  const body = (
    <>
      <Icon name={contactIcon(contact.type)} />
      <Name text={value} />
    </>
  );
  const title = [contact.type, contact.purpose]
    .filter(Boolean)
    .map((part) => visible(part ?? ''))
    .join(', ');
  return href ? (
    <a class="with-icon" href={href} title={title} rel="noreferrer">
      {body}
    </a>
  ) : (
    <span class="with-icon" title={title}>
      {body}
    </span>
  );
}

import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { paths } from '../../api/paths';
import type { Dependent, ServiceDetails, ServiceRefs, ServiceSources, Version } from '../../api/schema';
import { Failure, Loading, Skeleton, SkeletonRows } from '../../components/basics';
import { StateDot } from '../../components/marks';
import { Section, SectionList, type SectionInfo } from '../../components/section';
import { useTitle } from '../../components/title';
import { attentionOf } from '../../logic/attention';
import { visible } from '../../logic/format';
import { link } from '../../logic/route';
import { useResource } from '../../state/resource';
import { Attention } from './attention';
import { Configurations, Policies } from './configuration';
import { Dependencies } from './dependencies';
import { Documentation } from './documentation';
import { Header } from './header';
import { Interfaces } from './interfaces';
import { RuntimeSection } from './runtime';
import { SbomSection } from './sbom';
import { SourcesSection } from './sources';
import { ValidationSection } from './validation';
import { Versions } from './versions';

export function Service({ name, version }: { name: string; version: string }): JSX.Element {
  const details = useResource<ServiceDetails>(version ? paths.version(name, version) : paths.service(name));
  const versions = useResource<Version[]>(paths.versions(name));
  const dependents = useResource<Dependent[]>(paths.dependents(name));
  const refs = useResource<ServiceRefs>(paths.refs(name));
  const perSource = useResource<ServiceSources>(version ? null : paths.serviceSources(name));
  useTitle(name, version);

  const service = details.data;
  if (!service) {
    return details.error ? <NotThere name={name} version={version} error={details.error} retry={details.reload} /> : <ServiceSkeleton name={name} />;
  }
  return (
    <Loaded
      service={service}
      version={version}
      stale={details.error !== undefined}
      versions={versions.data}
      reloadVersions={versions.reload}
      dependents={dependents.data}
      refs={refs.data}
      perSource={perSource.data}
    />
  );
}

interface LoadedProps {
  service: ServiceDetails;
  version: string;
  stale: boolean;
  versions: Version[] | undefined;
  reloadVersions: () => void;
  dependents: Dependent[] | undefined;
  refs: ServiceRefs | undefined;
  perSource: ServiceSources | undefined;
}

function Loaded({ service, version, stale, versions, reloadVersions, dependents, refs, perSource }: LoadedProps): JSX.Element {
  const attention = useMemo(() => attentionOf(service), [service]);
  const configurations = service.configurations ?? (service.configuration ? [service.configuration] : []);
  const policies = service.policies ?? (service.policy ? [service.policy] : []);
  const interfaces = service.interfaces ?? [];
  const dependencies = service.dependencies ?? [];
  const issues = [...(service.validation?.errors ?? []), ...(service.validation?.warnings ?? [])];
  const documents = service.documents ?? [];
  const unsatisfied = policies.some((policy) => policy.satisfied === false);

  const sections: { info: SectionInfo; body: JSX.Element; show: boolean }[] = [
    {
      info: { id: 'attention', title: 'Attention', count: attention.length, alert: true },
      show: attention.length > 0,
      body: <Attention items={attention} />,
    },
    {
      info: { id: 'interfaces', title: 'Interfaces', count: interfaces.length },
      show: interfaces.length > 0,
      body: <Interfaces interfaces={interfaces} />,
    },
    {
      info: { id: 'dependencies', title: 'Dependencies', count: dependencies.length + (dependents?.length ?? service.dependentCount ?? 0) },
      show: true,
      body: <Dependencies service={service} dependents={dependents} refs={refs} />,
    },
    {
      info: { id: 'versions', title: 'Versions', count: versions?.length },
      show: versions === undefined || versions.length > 0,
      body: <Versions service={service} versions={versions} reload={reloadVersions} shown={version} />,
    },
    {
      info: {
        id: 'configuration',
        title: 'Configuration',
        count: configurations.reduce((sum, one) => sum + (one.values?.length ?? one.valueKeys?.length ?? 0), 0),
      },
      show: configurations.length > 0,
      body: <Configurations configurations={configurations} />,
    },
    {
      info: { id: 'policies', title: 'Policies', count: policies.length, alert: unsatisfied },
      show: policies.length > 0,
      body: <Policies policies={policies} />,
    },
    {
      info: { id: 'runtime', title: 'Runtime' },
      show: service.runtime !== undefined || service.observedRuntime !== undefined || (service.conditions?.length ?? 0) > 0,
      body: <RuntimeSection service={service} />,
    },
    {
      info: { id: 'validation', title: 'Validation', count: issues.length || undefined, alert: issues.length > 0 },
      show: service.validation !== undefined,
      body: <ValidationSection validation={service.validation} />,
    },
    {
      info: { id: 'documentation', title: 'Documentation', count: documents.length > 1 ? documents.length : undefined },
      show: documents.length > 0,
      body: <Documentation documents={documents} />,
    },
    {
      info: { id: 'sbom', title: 'SBOM', count: service.sbom?.total },
      show: service.sbom !== undefined,
      body: <SbomSection sbom={service.sbom} name={service.name} />,
    },
    {
      info: { id: 'sources', title: 'Sources', count: service.sources?.length },
      show: true,
      body: <SourcesSection service={service} perSource={perSource} />,
    },
  ];
  const shown = sections.filter((section) => section.show);
  return (
    <div class="service">
      {stale && (
        <div class="banner b-stale">
          <StateDot state="stale" />
          <p>This page could not be read again; it shows what was known before.</p>
        </div>
      )}
      <Header service={service} versions={versions} shown={version} />
      {version !== '' && <OtherVersion service={service} version={version} versions={versions} />}
      {(service.notes?.length ?? 0) > 0 && (
        <ul class="notes">
          {service.notes?.map((note) => (
            <li key={note}>
              <bdi>{visible(note)}</bdi>
            </li>
          ))}
        </ul>
      )}
      <div class="service-columns">
        <div class="service-sections">
          {shown.map(({ info, body }) => (
            <Section key={info.id} info={info}>
              {body}
            </Section>
          ))}
        </div>
        <SectionList sections={shown.map((section) => section.info)} />
      </div>
    </div>
  );
}

/** An older page must not be taken for what runs now. */
function OtherVersion({ service, version, versions }: { service: ServiceDetails; version: string; versions: Version[] | undefined }): JSX.Element | null {
  const current = versions?.find((entry) => entry.isCurrent);
  if (!current || current.version === version) return null;
  return (
    <div class="banner b-info">
      <p>
        You look at version <strong>{visible(version)}</strong>. Current is {visible(current.version)}.
      </p>
      <a href={link.compare(service.name, version, service.name, current.version)}>Compare with current</a>
      <a href={link.service(service.name)}>Go to current</a>
    </div>
  );
}

function NotThere({
  name,
  version,
  error,
  retry,
}: {
  name: string;
  version: string;
  error: import('../../api/client').ApiError;
  retry: () => void;
}): JSX.Element {
  return (
    <>
      <div class="page-head">
        <h1 tabIndex={-1}>
          <bdi class="name">{visible(name)}</bdi>
        </h1>
      </div>
      <Failure error={error} retry={retry} what={version ? `Version ${visible(version)}` : 'The service'} />
      {error.status === 404 && (
        <p class="not-there">
          {version ? (
            <a href={link.service(name)}>Show the current version</a>
          ) : (
            <a href={link.services(new URLSearchParams({ q: name }))}>Search the services for this name</a>
          )}
        </p>
      )}
    </>
  );
}

function ServiceSkeleton({ name }: { name: string }): JSX.Element {
  return (
    <>
      <div class="page-head">
        <h1 tabIndex={-1}>
          <bdi class="name">{visible(name)}</bdi>
        </h1>
      </div>
      <Loading what={visible(name)}>
        <div class="service-meta">
          <Skeleton width="120px" />
          <Skeleton width="160px" />
          <Skeleton width="100px" />
        </div>
        <SkeletonRows rows={5} height={44} />
        <SkeletonRows rows={6} />
      </Loading>
    </>
  );
}

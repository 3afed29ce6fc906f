import type { JSX } from 'preact';
import type { ServiceDetails, ServiceSources } from '../../api/schema';
import { Icon, sourceIcon } from '../../components/icons';
import { Ago, Missing, Name, sourceWord, StateDot, Status } from '../../components/marks';
import { visible } from '../../logic/format';
import { HEALTH_WORD } from '../../logic/health';
import { link } from '../../logic/route';

/** What each source says by itself, so that a merged value can be traced. */
export function SourcesSection({ service, perSource }: { service: ServiceDetails; perSource: ServiceSources | undefined }): JSX.Element {
  const states = new Map((service.sourceStates ?? []).map((state) => [state.type, state]));
  const rows = perSource?.sources ?? (service.sources ?? [service.source]).filter(Boolean).map((type) => ({ sourceType: type, service: undefined }));
  return (
    <div class="card">
      <div class="scroll-x" tabIndex={0} role="region" aria-label="What each source says">
        <table class="plain">
          <thead>
            <tr>
              <th scope="col">Source</th>
              <th scope="col">State</th>
              <th scope="col">As of</th>
              <th scope="col">Version</th>
              <th scope="col">Status</th>
              <th scope="col">From</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => {
              const state = states.get(row.sourceType);
              const from = state?.ref || row.service?.resolvedRef || '';
              return (
                <tr key={row.sourceType}>
                  <th scope="row">
                    <span class="with-icon">
                      <Icon name={sourceIcon(row.sourceType)} />
                      {sourceWord(row.sourceType)}
                    </span>
                  </th>
                  <td>
                    {state ? (
                      <span class="with-icon">
                        <StateDot state={state.state} />
                        {HEALTH_WORD[state.state] ?? visible(state.state)}
                      </span>
                    ) : (
                      <Missing />
                    )}
                  </td>
                  <td>
                    <Ago time={state?.asOf} />
                  </td>
                  <td class="mono">{row.service?.version ? <Name text={row.service.version} /> : <Missing />}</td>
                  <td>{row.service ? <Status status={row.service.contractStatus} /> : <Missing />}</td>
                  <td class="mono dim">{from ? <Name text={from} /> : <Missing />}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <div class="card-foot dim small">
        <span>
          How the sources override one another is told on the <a href={link.sources()}>Sources</a> page.
        </span>
        {service.metadata && Object.keys(service.metadata).length > 0 && <Metadata metadata={service.metadata} />}
      </div>
    </div>
  );
}

function Metadata({ metadata }: { metadata: Record<string, string> }): JSX.Element {
  return (
    <span class="metadata">
      {Object.entries(metadata).map(([key, value]) => (
        <span key={key} class="metadata-item">
          <span class="dim">
            <bdi>{visible(key)}</bdi>
          </span>
          <Name text={value} />
        </span>
      ))}
    </span>
  );
}

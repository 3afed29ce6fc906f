import type { JSX } from 'preact';
import type { Condition, RuntimeDiffRow, ServiceDetails } from '../../api/schema';
import { Icon, StatusIcon } from '../../components/icons';
import { Missing, Name } from '../../components/marks';
import { conditionLabel } from '../../logic/attention';
import { visible } from '../../logic/format';

const ROW_WORD: Record<string, string> = { match: 'matches', mismatch: 'differs', skipped: 'not compared', not_applicable: 'does not apply' };

export function RuntimeSection({ service }: { service: ServiceDetails }): JSX.Element {
  const rows = declaredRows(service);
  const observed = service.observedRuntime !== undefined;
  const conditions = [...(service.conditions ?? [])].sort((a, b) => rank(a) - rank(b));
  const endpoints = service.endpoints ?? [];
  return (
    <div class="stack">
      {rows.length > 0 && (
        <div class="card">
          <div class="scroll-x" tabIndex={0} role="region" aria-label="Declared and observed runtime">
            <table class="plain runtime">
              <thead>
                <tr>
                  <th scope="col">Property</th>
                  <th scope="col">Declared</th>
                  <th scope="col">Observed</th>
                  <th scope="col">Verdict</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <tr key={row.field} class={`r-${row.status}`}>
                    <th scope="row" title={row.contractPath}>
                      {visible(row.field)}
                    </th>
                    <td>{row.declaredValue ? <Name text={row.declaredValue} /> : <Missing why="not declared" />}</td>
                    <td>
                      {row.observedValue ? <Name text={row.observedValue} /> : <Missing why={observed ? 'not observed' : 'no cluster observes this service'} />}
                    </td>
                    <td>
                      <Verdict status={row.status} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <Ports service={service} />
          {!observed && <p class="card-note dim">No cluster observes this service: the right column fills when a Pacto resource for it exists.</p>}
        </div>
      )}
      {conditions.length > 0 && (
        <div class="card">
          <div class="card-head">
            <h3>Checks</h3>
            {service.lastReconciledAt && <span class="card-end dim">checked {visible(service.lastReconciledAt)}</span>}
          </div>
          <ul class="checks">
            {conditions.map((condition) => (
              <li key={condition.type} class="check">
                <CheckIcon condition={condition} />
                <span class="check-name">
                  {visible(conditionLabel(condition.type))}
                  {condition.advisory && (
                    <span class="tag" title="Has no part in the status">
                      advice
                    </span>
                  )}
                </span>
                <span class="dim check-text">
                  <bdi>{visible(condition.message || condition.reason || '')}</bdi>
                </span>
                <span class="dim check-ago">{visible(condition.lastTransitionAgo ?? '')}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
      {endpoints.length > 0 && (
        <div class="card">
          <div class="card-head">
            <h3>Probes</h3>
          </div>
          <ul class="checks">
            {endpoints.map((endpoint) => (
              <li key={`${endpoint.interface} ${endpoint.type ?? ''} ${endpoint.url ?? ''}`} class="check">
                <StatusIcon status={endpoint.healthy === undefined ? 'Unknown' : endpoint.healthy ? 'Compliant' : 'NonCompliant'} />
                <span class="check-name">
                  {visible(endpoint.type ?? endpoint.interface)}
                  <span class="vh">: {endpoint.healthy === undefined ? 'not known' : endpoint.healthy ? 'answers' : 'fails'}</span>
                </span>
                <span class="mono check-text">
                  <Name text={endpoint.url ?? ''} />
                </span>
                <span class="dim check-ago num">
                  {endpoint.statusCode ? `HTTP ${endpoint.statusCode}` : ''} {endpoint.latencyMs !== undefined ? `${endpoint.latencyMs} ms` : ''}{' '}
                  <bdi>{visible(endpoint.error ?? '')}</bdi>
                </span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}

/** The server's comparison first; what the contract declares beyond it follows with an open verdict. */
function declaredRows(service: ServiceDetails): RuntimeDiffRow[] {
  const rows = [...(service.runtimeDiff ?? [])];
  const have = new Set(rows.map((row) => row.contractPath));
  const add = (field: string, contractPath: string, value: string | number | undefined): void => {
    if (value === undefined || value === '' || have.has(contractPath)) return;
    rows.push({ field, contractPath, declaredValue: String(value), observedValue: '', status: 'skipped' });
  };
  const runtime = service.runtime;
  add('Workload', 'runtime.workload', runtime?.workload);
  add('State', 'runtime.state.type', runtime?.stateType);
  add('Persistence', 'runtime.state.persistence', [runtime?.persistenceScope, runtime?.persistenceDurability].filter(Boolean).join(', '));
  add('Data criticality', 'runtime.state.dataCriticality', runtime?.dataCriticality);
  add('Upgrade strategy', 'runtime.lifecycle.upgradeStrategy', runtime?.upgradeStrategy);
  add(
    'Graceful shutdown',
    'runtime.lifecycle.gracefulShutdownSeconds',
    runtime?.gracefulShutdownSeconds === undefined ? undefined : `${runtime.gracefulShutdownSeconds} s`,
  );
  add('Health', 'runtime.health.path', [runtime?.healthInterface, runtime?.healthPath].filter(Boolean).join(' '));
  add('Metrics', 'runtime.metrics.path', [runtime?.metricsInterface, runtime?.metricsPath].filter(Boolean).join(' '));
  const scaling = service.scaling;
  if (scaling) {
    const text = scaling.replicas !== undefined ? `${scaling.replicas} replicas` : `${scaling.min ?? '?'} to ${scaling.max ?? '?'} replicas`;
    add('Scaling', 'scaling', text);
  }
  return rows;
}

function rank(condition: Condition): number {
  return condition.status === 'False' ? (condition.severity === 'warning' ? 1 : 0) : condition.status === 'True' ? 3 : 2;
}

function Verdict({ status }: { status: string }): JSX.Element {
  const icon = status === 'match' ? <Icon name="check" /> : status === 'mismatch' ? <StatusIcon status="Warning" /> : null;
  return (
    <span class={`verdict v-${status}`}>
      {icon}
      {ROW_WORD[status] ?? visible(status)}
    </span>
  );
}

function CheckIcon({ condition }: { condition: Condition }): JSX.Element {
  const status =
    condition.status === 'True' ? 'Compliant' : condition.status === 'False' ? (condition.severity === 'warning' ? 'Warning' : 'NonCompliant') : 'Unknown';
  const word = condition.status === 'True' ? 'passes' : condition.status === 'False' ? 'fails' : 'not known';
  return (
    <span>
      <StatusIcon status={status} />
      <span class="vh">{word}: </span>
    </span>
  );
}

function Ports({ service }: { service: ServiceDetails }): JSX.Element | null {
  const ports = service.ports;
  if (!ports || [ports.expected, ports.observed, ports.missing, ports.unexpected].every((list) => (list?.length ?? 0) === 0)) return null;
  const missing = new Set(ports.missing ?? []);
  const unexpected = ports.unexpected ?? [];
  return (
    <p class="card-note ports">
      <span class="dim">Ports</span>
      {(ports.expected ?? []).map((port) => (
        <span key={port} class={`port mono${missing.has(port) ? ' bad' : ''}`}>
          {port}
          {missing.has(port) && ' missing'}
        </span>
      ))}
      {unexpected.map((port) => (
        <span key={port} class="port mono warn">
          {port} not declared
        </span>
      ))}
    </p>
  );
}

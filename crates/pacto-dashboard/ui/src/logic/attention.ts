// What a person must look at first, with what to do. The verdicts are the server's; this puts them in one list.
import type { Condition, ServiceDetails } from '../api/schema';

export type Level = 'critical' | 'warning' | 'info';

export interface AttentionItem {
  level: Level;
  title: string;
  text: string;
  todo: string;
  /** Section of the page with the details. */
  section?: string;
}

const LABELS: Record<string, { label: string; todo: string }> = {
  ContractValid: { label: 'Contract structure', todo: 'Run pacto validate on the contract and fix what it lists.' },
  ServiceExists: { label: 'Service exists', todo: 'Deploy the Kubernetes Service, or correct its name in the Pacto resource.' },
  WorkloadExists: { label: 'Workload exists', todo: 'Deploy the workload, or correct its name in the Pacto resource.' },
  PortsValid: { label: 'Port alignment', todo: 'Open the declared ports on the Service, or declare the ones it has.' },
  HealthEndpointValid: { label: 'Health endpoint', todo: 'Check that the health path of the contract answers on its port.' },
  MetricsEndpointValid: { label: 'Metrics endpoint', todo: 'Check that the metrics path of the contract answers on its port.' },
  WorkloadTypeMatch: { label: 'Workload type', todo: 'Deploy the kind of workload the contract declares, or change runtime.workload.' },
  StateModelMatch: { label: 'State model', todo: 'Align the volumes of the workload with runtime.state.' },
  UpgradeStrategyMatch: { label: 'Upgrade strategy', todo: 'Align the strategy of the workload with runtime.lifecycle.upgradeStrategy.' },
  GracefulShutdownMatch: { label: 'Graceful shutdown', todo: 'Align terminationGracePeriodSeconds with runtime.lifecycle.gracefulShutdownSeconds.' },
  ImageMatch: { label: 'Container image', todo: 'Deploy the image the contract names, or publish a contract for the one that runs.' },
  RuntimeObserved: { label: 'Cluster observation', todo: 'Let the operator read what the message names.' },
  ReadinessSatisfied: { label: 'Production readiness', todo: 'Finish or renew the readiness checks of the contract.' },
  ScalingMatch: { label: 'Scaling', todo: 'Align the replicas or the autoscaler with scaling of the contract.' },
  ConfigPresent: { label: 'Configuration keys', todo: 'Set the keys the configuration schema requires.' },
  ProbeMatch: { label: 'Pod probes', todo: 'Let a probe of the pod ask the health interface of the contract.' },
  VisibilityMatch: { label: 'Visibility', todo: 'Route public interfaces from outside, and no others.' },
  HealthTimingMatch: { label: 'Health probe timing', todo: 'Align the delay of the probe with runtime.health.' },
};

export function conditionLabel(type: string): string {
  return LABELS[type]?.label ?? type;
}

function fromCondition(condition: Condition): AttentionItem {
  return {
    level: condition.advisory ? 'info' : condition.severity === 'warning' ? 'warning' : 'critical',
    title: `${conditionLabel(condition.type)} does not hold`,
    text: condition.message || condition.reason || '',
    todo: LABELS[condition.type]?.todo ?? '',
    section: 'runtime',
  };
}

const ORDER: Record<Level, number> = { critical: 0, warning: 1, info: 2 };

export function attentionOf(service: ServiceDetails): AttentionItem[] {
  const items: AttentionItem[] = [];
  for (const insight of service.insights ?? []) {
    const validation = /validation/i.test(insight.title);
    items.push({
      level: insight.severity in ORDER ? insight.severity : 'info',
      title: insight.title,
      text: insight.description ?? '',
      todo: validation ? 'Run pacto validate on the contract and fix what it lists.' : '',
      ...(validation ? { section: 'validation' } : {}),
    });
  }
  for (const condition of service.conditions ?? []) if (condition.status === 'False') items.push(fromCondition(condition));
  for (const endpoint of service.endpoints ?? []) {
    if (endpoint.healthy !== false) continue;
    items.push({
      level: 'critical',
      title: `${endpoint.type === 'metrics' ? 'Metrics' : 'Health'} endpoint does not answer well`,
      text: [endpoint.url, endpoint.error || endpoint.message || (endpoint.statusCode ? `HTTP ${endpoint.statusCode}` : '')].filter(Boolean).join(': '),
      todo: 'Check the path and the port of the contract, then the logs of the workload.',
      section: 'runtime',
    });
  }
  for (const policy of service.policies ?? (service.policy ? [service.policy] : [])) {
    if (policy.satisfied !== false) continue;
    items.push({
      level: 'critical',
      title: `Policy ${policy.name || policy.title || policy.ref || 'default'} is not satisfied`,
      text: policy.problems?.[0]?.message ?? '',
      todo: policy.problems?.[0]?.help ?? '',
      section: 'policies',
    });
  }
  for (const dependency of service.dependencies ?? []) {
    if (dependency.resolved && dependency.inRange === false) {
      items.push({
        level: dependency.required ? 'critical' : 'warning',
        title: `${dependency.name} ${dependency.resolvedVersion ?? ''} is outside ${dependency.compatibility ?? 'the range'}`,
        text: 'The version known to the dashboard does not satisfy the range in this contract.',
        todo: 'Widen the range when the new version was tested, or hold the dependency back.',
        section: 'dependencies',
      });
    }
  }
  if (service.updateAvailable && service.latestAvailable) {
    items.push({
      level: 'info',
      title: `Version ${service.latestAvailable} is available`,
      text: `In use is ${service.version}.`,
      todo: 'Compare the two before you move.',
      section: 'versions',
    });
  }
  return items.sort((a, b) => ORDER[a.level] - ORDER[b.level]);
}

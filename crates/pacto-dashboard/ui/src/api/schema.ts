// The shapes of the dashboard's API, under the names of its OpenAPI document. Client code is in other files.
import type { Json } from './json';

export type ContractStatus = 'Compliant' | 'Warning' | 'NonCompliant' | 'Unknown' | 'Reference';
export type ComplianceStatus = 'OK' | 'WARNING' | 'ERROR' | 'REFERENCE' | '';
export type Classification = 'NON_BREAKING' | 'POTENTIAL_BREAKING' | 'BREAKING';
export type SourceState = 'live' | 'discovering' | 'stale' | 'failing' | 'disabled';

export interface Contact {
  type: string;
  value: string;
  purpose?: string;
}

export interface Team {
  team?: string;
  dri?: string;
  contacts?: Contact[];
}

export type Owner = string | Team;

export interface ServiceEntry {
  name: string;
  version: string;
  owner?: Owner;
  ownerKey: string;
  contractStatus: ContractStatus;
  source: string;
  sources?: string[];
  namespace?: string;
  resource?: string;
  blastRadius?: number;
  dependencyCount?: number;
  dependentCount?: number;
  checksPassed: number;
  checksTotal: number;
  checksFailed: number;
  complianceStatus: ComplianceStatus;
  complianceScore: number | null;
  complianceErrors: number;
  complianceWarnings: number;
  topInsight?: string;
  updateAvailable?: boolean;
  latestAvailable?: string;
  lastChange?: Classification;
}

export interface Field {
  name: string;
  type: string;
  required: boolean;
  description?: string;
  default?: string;
  constraints?: string;
}

export interface Parameter {
  name: string;
  in: string;
  type: string;
  required: boolean;
  description?: string;
}

export interface RequestBody {
  required: boolean;
  mediaTypes: string[];
  fields: Field[];
}

export interface OperationResponse {
  status: string;
  description?: string;
  fields: Field[];
}

export interface Operation {
  method: string;
  path: string;
  summary?: string;
  operationId?: string;
  deprecated?: boolean;
  parameters?: Parameter[];
  requestBody?: RequestBody;
  responses?: OperationResponse[];
}

export interface Interface {
  name: string;
  type: string;
  port?: number;
  visibility?: string;
  hasContractFile?: boolean;
  contractFile?: string;
  contractContent?: string;
  endpoints?: Operation[];
}

export interface ConfigValue {
  key: string;
  value: string;
  type: string;
  required?: boolean;
  default?: string;
  description?: string;
}

export interface Configuration {
  name?: string;
  hasSchema: boolean;
  schema?: string;
  ref?: string;
  valueKeys?: string[];
  secretKeys?: string[];
  values?: ConfigValue[];
}

export interface Issue {
  code: string;
  path: string;
  message: string;
  severity?: 'error' | 'warning' | 'info';
  help?: string;
  file?: string;
  line?: number;
  column?: number;
  excerpt?: Excerpt;
}

export interface Policy {
  hasSchema: boolean;
  name?: string;
  schema?: string;
  ref?: string;
  content?: string;
  title?: string;
  description?: string;
  satisfied?: boolean;
  source?: 'bundle' | 'reference';
  problems?: Issue[];
  values?: ConfigValue[];
}

export interface Dependency {
  name: string;
  ref: string;
  required: boolean;
  compatibility?: string;
  resolved: boolean;
  resolvedVersion?: string;
  status?: ContractStatus | 'external';
  reason?: string;
  inRange?: boolean;
}

export interface Runtime {
  workload?: string;
  stateType?: string;
  persistenceScope?: string;
  persistenceDurability?: string;
  dataCriticality?: string;
  upgradeStrategy?: string;
  gracefulShutdownSeconds?: number;
  healthInterface?: string;
  healthPath?: string;
  metricsInterface?: string;
  metricsPath?: string;
}

export interface Scaling {
  replicas?: number;
  min?: number;
  max?: number;
}

export interface Validation {
  valid: boolean;
  errors?: Issue[];
  warnings?: Issue[];
  infos?: Issue[];
}

export interface ComplianceSummary {
  total: number;
  passed: number;
  failed: number;
  errors: number;
  warnings: number;
}

export interface Compliance {
  status: ComplianceStatus;
  score: number | null;
  summary?: ComplianceSummary;
}

export interface ObservedRuntime {
  workloadKind?: string;
  deploymentStrategy?: string;
  podManagementPolicy?: string;
  terminationGracePeriodSeconds?: number;
  containerImages?: string[];
  hasPVC?: boolean;
  hasEmptyDir?: boolean;
  healthProbeInitialDelaySeconds?: number;
}

export interface RuntimeDiffRow {
  field: string;
  contractPath?: string;
  declaredValue: string;
  observedValue: string;
  status: string;
}

export interface EndpointStatus {
  interface: string;
  type?: string;
  url?: string;
  healthy?: boolean;
  statusCode?: number;
  latencyMs?: number;
  error?: string;
  message?: string;
}

export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  severity?: string;
  lastTransitionAgo?: string;
}

export interface Insight {
  severity: 'critical' | 'warning' | 'info';
  title: string;
  description?: string;
}

export interface Document {
  path: string;
  title: string;
  html: string;
}

export interface SbomComponent {
  name: string;
  version?: string;
  purl?: string;
  licenses?: string[];
}

export interface Sbom {
  format: string;
  version?: string;
  components: SbomComponent[];
  total: number;
  truncated: boolean;
}

export interface ServiceSourceState {
  type: string;
  state: SourceState;
  asOf?: string;
  ref?: string;
}

export interface Ports {
  expected?: number[];
  observed?: number[];
  missing?: number[];
  unexpected?: number[];
}

export interface ServiceDetails {
  name: string;
  version: string;
  owner?: Owner;
  ownerKey: string;
  contractStatus: ContractStatus;
  source: string;
  sources?: string[];
  namespace?: string;
  imageRef?: string;
  chartRef?: string;
  metadata?: Record<string, string>;
  resolvedRef?: string;
  currentRevision?: string;
  versionPolicy?: string;
  latestAvailable?: string;
  updateAvailable?: boolean;
  interfaces?: Interface[];
  configuration?: Configuration;
  configurations?: Configuration[];
  dependencies?: Dependency[];
  runtime?: Runtime;
  scaling?: Scaling;
  policy?: Policy;
  policies?: Policy[];
  validation?: Validation;
  compliance?: Compliance;
  observedRuntime?: ObservedRuntime;
  runtimeDiff?: RuntimeDiffRow[];
  endpoints?: EndpointStatus[];
  conditions?: Condition[];
  insights?: Insight[];
  checksSummary?: { total: number; passed: number; failed: number };
  resources?: { serviceExists?: boolean; workloadExists?: boolean };
  ports?: Ports;
  lastReconciledAt?: string;
  documents?: Document[];
  sbom?: Sbom;
  blastRadius?: number;
  dependentCount?: number;
  sourceStates?: ServiceSourceState[];
  notes?: string[];
}

export interface Version {
  version: string;
  ref?: string;
  contractHash?: string;
  createdAt?: string;
  source?: string;
  classification?: Classification;
  isCurrent?: boolean;
  /** Whether its files are here. */
  available?: boolean;
}

export interface ServiceSources {
  name: string;
  sources: { sourceType: string; service: ServiceDetails }[];
  merged: ServiceDetails;
}

export interface Dependent {
  name: string;
  version?: string;
  owner?: Owner;
  ownerKey?: string;
  contractStatus?: ContractStatus;
  required: boolean;
  compatibility?: string;
  inRange?: boolean;
}

export interface CrossRef {
  name: string;
  refType: string;
  ref?: string;
  contractStatus?: ContractStatus;
}

export interface ServiceRefs {
  references: CrossRef[];
  referencedBy: CrossRef[];
}

export interface GraphEdge {
  targetId: string;
  targetName: string;
  required: boolean;
  compatibility?: string;
  resolved: boolean;
  type: 'dependency' | 'reference';
  inCycle?: boolean;
}

export interface GraphNode {
  id: string;
  serviceName: string;
  status: ContractStatus | 'external';
  version?: string;
  source?: string;
  reason?: string;
  edges?: GraphEdge[];
  x: number;
  y: number;
  layer: number;
  ownerKey: string;
  namespace?: string;
  blastRadius?: number;
  updateAvailable?: boolean;
  lastChange?: Classification;
}

export interface GraphData {
  nodes: GraphNode[];
  width: number;
  height: number;
  layers: number;
  cycles: string[][];
  snapshot: string;
}

export interface Excerpt {
  file: string;
  line: number;
  column: number;
  /** How many characters of the line it is about. */
  length?: number;
  firstLine: number;
  lines: string[];
}

export interface Finding {
  ruleId: string;
  classification: Classification;
  direction?: 'received' | 'produced';
  message: string;
  hint?: string;
  old?: Excerpt;
  new?: Excerpt;
  fingerprint: string;
  proof: 'witness' | 'structural' | 'undecided';
  witness?: Json;
}

export interface Change {
  path: string;
  type: 'added' | 'removed' | 'modified';
  oldValue?: Json;
  newValue?: Json;
  classification: Classification;
  reason?: string;
  section?: string;
  findings?: Finding[];
}

export interface SbomChange {
  name: string;
  change: 'added' | 'removed' | 'modified';
  from?: string;
  to?: string;
  detail?: string;
}

export interface VersionedName {
  name: string;
  version: string;
  source?: string;
}

export interface ChangeCounts {
  breaking: number;
  potential: number;
  nonBreaking: number;
}

export interface DiffResult {
  from: VersionedName;
  to: VersionedName;
  classification: Classification;
  changes: Change[];
  counts?: ChangeCounts;
  suggestedVersion?: string;
  diagnostics?: Issue[];
  sbom?: { changes: SbomChange[] };
}

export type Verdict = 'breaks' | 'may-break' | 'not-affected' | 'held-back' | 'unknown';

export interface Consumer {
  name: string;
  version?: string;
  owner?: Owner;
  ownerKey: string;
  required: boolean;
  depth: number;
  path: string[];
  relation: 'dependency' | 'configuration' | 'policy';
  compatibility?: string;
  admitsNew?: boolean;
  verdict: Verdict;
  reason: string;
  uses: string[];
}

export interface OwnerImpact {
  key: string;
  breaks: number;
  mayBreak: number;
  services: string[];
}

export interface ImpactReport {
  name: string;
  from: string;
  to: string;
  classification: Classification;
  consumers: Consumer[];
  owners: OwnerImpact[];
  counts: { breaks: number; mayBreak: number; heldBack: number; notAffected: number; unknown: number };
}

export interface OwnerEntry {
  key: string;
  team?: string;
  dri?: string;
  contacts: Contact[];
  services: number;
  compliant: number;
  warning: number;
  nonCompliant: number;
  reference: number;
  unknown: number;
  totalBlast: number;
  compliancePercent: number;
}

export interface OwnerDetails extends OwnerEntry {
  dris: string[];
  driConflict: boolean;
  entries: ServiceEntry[];
}

export interface SourceError {
  message: string;
  at: string;
  hint?: string;
}

export interface SourceLocation {
  ref: string;
  state: SourceState;
  service?: string;
  versions?: number;
  error?: string;
}

export interface SourceInfo {
  type: string;
  enabled: boolean;
  reason?: string;
  state: SourceState;
  services: number;
  versions?: number;
  asOf?: string;
  lastSuccess?: string;
  lastError?: SourceError;
  locations?: SourceLocation[];
  precedence: string;
}

export interface Progress {
  known: number;
  loaded: number;
}

export interface SourcesReport {
  sources: SourceInfo[];
  discovering: boolean;
  progress?: Progress;
}

export interface Health {
  status: string;
  version?: string;
}

export interface HelloEvent {
  snapshot: string;
  version?: string;
  asOf?: string;
}

export interface SnapshotEvent {
  snapshot: string;
  asOf: string;
  changed: ServiceEntry[];
  removed: string[];
  reset: boolean;
  structure: boolean;
  sources: SourceInfo[];
  discovering: boolean;
  progress?: Progress;
}

export interface Problem {
  title?: string;
  status?: number;
  detail?: string;
  errors?: { message?: string; location?: string; value?: Json }[];
}

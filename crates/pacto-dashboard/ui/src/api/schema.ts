// Generated from schemas/dashboard-openapi.json by `cargo xtask codegen`. Do not edit.

/** A service as it was merged. */
export interface AggregatedService {
  /** Name. */
  name: string;
  /** Where the contract is from. */
  mergedSource: SourceKind;
  /** Every source that knows it. */
  mergedSources: SourceKind[];
  /** Status. */
  mergedContractStatus: ContractStatus;
  /** Version. */
  mergedVersion: string;
  /** As `mergedSources`. */
  presentInSources: SourceKind[];
}

/** What was fetched before. */
export interface CacheDiagnostics {
  /** Its directory; empty where there is none. */
  cacheDir: string;
  /** Whether it is there. */
  exists: boolean;
  /** As `exists`: the directory is the one for registries. */
  ociDirExists: boolean;
  /** Number of repositories in it, one for each service. */
  serviceCount: number;
  /** Number of versions in it. */
  versionCount: number;
  /** What went wrong. */
  error?: string;
}

/** One change. */
export interface Change {
  /** What changed. */
  path: string;
  /** What happened to it. */
  type: ChangeType;
  /** The value before. */
  oldValue?: unknown;
  /** The value after. */
  newValue?: unknown;
  /** Whether it breaks somebody. */
  classification: Classification;
  /** In words. */
  reason: string;
  /** Part of the contract: the first word of the path. */
  section: string;
  /** Why it has its class. */
  findings: Finding[];
}

/** Changes by class. */
export interface ChangeCounts {
  /** Breaking. */
  breaking: number;
  /** Potentially breaking. */
  potential: number;
  /** Not breaking. */
  nonBreaking: number;
}

/** What happened to the place. */
export type ChangeType = "added" | "removed" | "modified";

/** What a service does on a channel of an `AsyncAPI` document. */
export interface ChannelOperation {
  /** Address of the channel. */
  channel: string;
  /** What it does; absent where no operation uses the channel. */
  direction?: MessageDirection;
  /** Name of the operation. */
  operationId?: string;
  /** Summary. */
  summary?: string;
  /** Messages; at most eight. */
  messages: Message[];
  /** How many there are. */
  messageCount: number;
}

/** Checks of the operator in numbers. */
export interface ChecksSummary {
  /** All. */
  total: number;
  /** Passed. */
  passed: number;
  /** Failed. */
  failed: number;
}

/** Whether a change breaks somebody. */
export type Classification = "NON_BREAKING" | "POTENTIAL_BREAKING" | "BREAKING";

/** The cluster. */
export interface ClusterDiagnostics {
  /** Whether there is a configuration for a client. */
  clientConfigured: boolean;
  /** Whether it answers. */
  clusterReachable: boolean;
  /** Whether it knows the resource. */
  crdExists: boolean;
  /** The namespace that is looked at; empty for all. */
  namespace: string;
  /** Whether all are looked at. */
  allNamespaces: boolean;
  /** Number of resources. */
  resourceCount: number;
  /** The kubeconfig, outside of a cluster. */
  kubeconfigPath?: string;
  /** Group of the resources that it serves. */
  detectedGroup?: string;
  /** Versions of them. */
  detectedVersions?: string[];
  /** The version that is read. */
  chosenVersion?: string;
  /** Name of the resources. */
  resourceName?: string;
  /** What went wrong. */
  error?: string;
}

/** How the checks went. */
export interface Compliance {
  /** In a word. */
  status: ComplianceStatus;
  /** Passed checks in percent; null without checks. */
  score: number | null;
  /** In numbers. */
  summary?: ComplianceSummary;
}

/** How a service is checked. */
export type ComplianceStatus = "OK" | "WARNING" | "ERROR" | "REFERENCE";

/** Checks in numbers. */
export interface ComplianceSummary {
  /** All. */
  total: number;
  /** Passed. */
  passed: number;
  /** Not passed. */
  failed: number;
  /** Failed as errors. */
  errors: number;
  /** Failed as warnings. */
  warnings: number;
}

/** A condition of the operator. */
export interface Condition {
  /** Type. */
  type: string;
  /** `True`, `False` or `Unknown`. */
  status: string;
  /** One word. */
  reason?: string;
  /** A sentence. */
  message?: string;
  /** `error` or `warning`. */
  severity?: string;
  /** Whether it is only advice: it has no part in the status and the compliance. */
  advisory?: boolean;
  /** How long it has been so, as people say it. */
  lastTransitionAgo?: string;
}

/** One key of a configuration. */
export interface ConfigValue {
  /** Dotted name. */
  key: string;
  /** Value, or default, as text; `(any)` where there is none. */
  value: string;
  /** Type in words. */
  type: string;
  /** Whether it must be given. */
  required?: boolean;
  /** Default of the schema. */
  default?: string;
  /** Description of the schema. */
  description?: string;
}

/** One configuration. */
export interface Configuration {
  /** Name. */
  name: string;
  /** Whether a schema describes it. */
  hasSchema: boolean;
  /** Schema file in the bundle. */
  schema?: string;
  /** Contract whose schema applies. */
  ref?: string;
  /** Keys that have values. */
  valueKeys?: string[];
  /** Keys whose values are secrets. */
  secretKeys?: string[];
  /** Keys with values, or with what the schema says. */
  values: ConfigValue[];
}

/** A service that needs the one that changed. */
export interface Consumer {
  /** Name. */
  name: string;
  /** Version. */
  version?: string;
  /** Who answers for it. */
  owner?: Owner;
  /** The name that services are grouped by; empty without an owner. */
  ownerKey: string;
  /** Whether it, or the service on the way, cannot work without it. */
  required: boolean;
  /** 1 for those that name the service themselves. */
  depth: number;
  /** The way: from the service that changed to the consumer. */
  path: string[];
  /** How it is tied to the service. */
  relation: Relation;
  /** Version constraint of the first step. */
  compatibility?: string;
  /** Whether the constraint admits the new version. */
  admitsNew?: boolean;
  /** What happens. */
  verdict: Verdict;
  /** Why, in a sentence. */
  reason: string;
  /** Changes that meet what the consumer uses. */
  uses: string[];
}

/** One way to reach an owner. */
export interface Contact {
  /** `email`, `url`, `group`, `oncall`, `chat` or `other`. */
  type: string;
  /** Address, link or name. */
  value: string;
  /** What it is for. */
  purpose?: string;
}

/** Whether a service keeps to its contract. */
export type ContractStatus = "Compliant" | "Warning" | "NonCompliant" | "Reference" | "Unknown";

/** A reference to a configuration or policy. */
export interface CrossRef {
  /** The other service. */
  name: string;
  /** `config` or `policy`. */
  refType: RefType;
  /** As declared. */
  ref: string;
  /** Status of the other service, where it is known. */
  contractStatus?: ContractStatus;
}

/** Services by source, and merged. */
export interface DebugServices {
  /** Each source by itself. */
  perSource: SourceServices[];
  /** Merged. */
  aggregatedList: AggregatedService[];
}

/** Sources with everything that helps to find out why. */
export interface DebugSources {
  /** As `/api/sources` has them. */
  sources: SourceInfo[];
  /** By kind. */
  diagnostics: Diagnostics;
  /** What is served now. */
  live: Live;
}

/** One dependency. */
export interface Dependency {
  /** Name of the service, resolved. */
  name: string;
  /** Reference as declared. */
  ref: string;
  /** Whether the service cannot work without it. */
  required: boolean;
  /** Version constraint as declared. */
  compatibility?: string;
  /** Whether it is known here. */
  resolved: boolean;
  /** Its current version. */
  resolvedVersion?: string;
  /** Whether that version is within the constraint. */
  inRange?: boolean;
  /** Its status, or `external`. */
  status: NodeStatus;
  /** Why it is not known. */
  reason?: UnresolvedReason;
}

/** A service that needs another one. */
export interface Dependent {
  /** Name. */
  name: string;
  /** Version. */
  version?: string;
  /** Its status. */
  contractStatus: ContractStatus;
  /** The name that services are grouped by; empty without an owner. */
  ownerKey: string;
  /** Whether it cannot work without it. */
  required: boolean;
  /** Version constraint. */
  compatibility?: string;
  /** Whether the current version is within the constraint. */
  inRange?: boolean;
}

/** By kind of source. */
export interface Diagnostics {
  /** The cluster. */
  k8s: ClusterDiagnostics;
  /** Registries. */
  oci: OciDiagnostics;
  /** What was fetched before. */
  cache: CacheDiagnostics;
  /** The directory. */
  local: LocalDiagnostics;
}

/** Two versions compared. */
export interface DiffResult {
  /** Old version. */
  from: VersionedName;
  /** New version. */
  to: VersionedName;
  /** The worst of all changes. */
  classification: Classification;
  /** Changes, the worst first. */
  changes: Change[];
  /** Changes by class. */
  counts: ChangeCounts;
  /** The lowest version that such changes may be published as, where the old one is a version. */
  suggestedVersion?: string;
  /** What could not be compared, and why. */
  diagnostics: Issue[];
  /** Packages that changed. */
  sbom?: SbomChanges;
}

/** Which way the data flows. */
export type Direction = "received" | "produced";

/** A page of the bundle. */
export interface Document {
  /** Path in the bundle. */
  path: string;
  /** First heading, else the name of the file. */
  title: string;
  /** HTML without scripts, styles and raw HTML of the author. */
  html: string;
}

/** What an edge means. */
export type EdgeType = "dependency" | "reference";

/** A probed endpoint. */
export interface EndpointStatus {
  /** Interface. */
  interface: string;
  /** `health` or `metrics`. */
  type?: string;
  /** URL. */
  url?: string;
  /** Whether it answered well. */
  healthy?: boolean;
  /** Status code. */
  statusCode?: number;
  /** Time of the answer, in milliseconds. */
  latencyMs?: number;
  /** What went wrong. */
  error?: string;
  /** More in words. */
  message?: string;
}

/** Some lines of a file. */
export interface Excerpt {
  /** File. */
  file: string;
  /** The line that it is about, counted from 1. */
  line: number;
  /** Column in characters, counted from 1. */
  column: number;
  /** How many characters it is about. */
  length: number;
  /** Number of the first line shown. */
  firstLine: number;
  /** The lines. */
  lines: string[];
}

/** A property of a schema. */
export interface Field {
  /** Dotted name; `[]` for the elements of a list, `*` for any key. */
  name: string;
  /** Type in words, such as `array of string (uri)`. */
  type: string;
  /** Whether the object that holds it must have it. */
  required: boolean;
  /** Description. */
  description?: string;
  /** Default value, as JSON. */
  default?: string;
}

/** One reason for the class of a change. */
export interface Finding {
  /** Rule of the table. */
  ruleId: string;
  /** Class of this finding alone. */
  classification: Classification;
  /** Which way the data flows. */
  direction?: Direction;
  /** What changed, in words. */
  message: string;
  /** What to do about it. */
  hint?: string;
  /** Lines of the old version. */
  old?: Excerpt;
  /** Lines of the new version. */
  new?: Excerpt;
  /** Identity of the finding. */
  fingerprint: string;
  /** How sure it is. */
  proof: Proof;
  /** A document that shows it. */
  witness?: unknown;
}

/** The whole fleet, or a part of it. */
export interface GraphData {
  /** The services, by name; those that are named and not known are among them. */
  nodes: GraphNode[];
  /** Width of the drawing in pixels. */
  width: number;
  /** Height of the drawing in pixels. */
  height: number;
  /** Number of layers. */
  layers: number;
  /** Services that need each other, each group sorted. */
  cycles: string[][];
  /** The snapshot that it shows. */
  snapshot: string;
}

/** A need. */
export interface GraphEdge {
  /** Identity of the other service. */
  targetId: string;
  /** Its name. */
  targetName: string;
  /** Whether the service cannot work without it. */
  required: boolean;
  /** Version constraint. */
  compatibility?: string;
  /** Whether the other service is known. */
  resolved: boolean;
  /** What it means. */
  type: EdgeType;
  /** Whether it is part of a cycle. */
  inCycle?: boolean;
}

/** A service in a graph. */
export interface GraphNode {
  /** Identity: the name. */
  id: string;
  /** Name. */
  serviceName: string;
  /** Its status, or `external`. */
  status: NodeStatus;
  /** Version. */
  version?: string;
  /** Where the contract is from. */
  source?: SourceKind;
  /** Why it is not known. */
  reason?: UnresolvedReason;
  /** The name that services are grouped by; empty without an owner. */
  ownerKey: string;
  /** Namespace of the cluster. */
  namespace?: string;
  /** How many services stop working when it does. */
  blastRadius: number;
  /** Whether a higher version is available. */
  updateAvailable?: boolean;
  /** What the current version changed. */
  lastChange?: Classification;
  /** Centre, from the left, in pixels. */
  x: number;
  /** Centre, from the top, in pixels. */
  y: number;
  /** Layer, counted from 0 at the left. */
  layer: number;
  /** What it needs, in the order of the contract. */
  edges: GraphEdge[];
}

/** Answer of `/health`. */
export interface Health {
  /** `ok`. */
  status: string;
  /** Version of the server. */
  version?: string;
}

/** First event of a stream. */
export interface HelloEvent {
  /** Current snapshot. */
  snapshot: string;
  /** Version of the server. */
  version: string;
  /** When the snapshot was made; RFC 3339. */
  asOf: string;
}

/** Consumers by verdict. */
export interface ImpactCounts {
  /** Break. */
  breaks: number;
  /** May break. */
  mayBreak: number;
  /** Stay on the old version. */
  heldBack: number;
  /** Not affected. */
  notAffected: number;
  /** Nobody can say. */
  unknown: number;
}

/** Whom a new version breaks. */
export interface ImpactReport {
  /** The service. */
  name: string;
  /** Old version. */
  from: string;
  /** New version. */
  to: string;
  /** The worst of all changes. */
  classification: Classification;
  /** Services that need it, directly or not: the worst verdict first, then the nearest, then by name. */
  consumers: Consumer[];
  /** Who has to be told, by name. */
  owners: OwnerImpact[];
  /** Consumers by verdict. */
  counts: ImpactCounts;
}

/** Something to look at. */
export interface Insight {
  /** How bad it is. */
  severity: InsightSeverity;
  /** In a few words. */
  title: string;
  /** In a sentence. */
  description?: string;
}

/** How bad something is. */
export type InsightSeverity = "critical" | "warning" | "info";

/** One interface. */
export interface Interface {
  /** Name. */
  name: string;
  /** `http`, `grpc` or `event`. */
  type: string;
  /** Port. */
  port?: number;
  /** `public` or `internal`. */
  visibility?: string;
  /** Whether a file of the bundle describes it. */
  hasContractFile?: boolean;
  /** That file. */
  contractFile?: string;
  /** Its text, where it is neither an `OpenAPI` nor an `AsyncAPI` document; cut at 10,240 bytes. */
  contractContent?: string;
  /** Its operations, where it is one. */
  endpoints?: Operation[];
  /** What the service does on its channels, where it is an `AsyncAPI` document. */
  channels?: ChannelOperation[];
  /** The methods of its services, where it is a protobuf file. */
  methods?: Method[];
}

/** One finding. */
export interface Issue {
  /** Stable code. */
  code: string;
  /** Path in the contract. */
  path: string;
  /** What is wrong. */
  message: string;
  /** How bad it is. */
  severity?: Severity;
  /** What to do next. */
  help?: string;
  /** File. */
  file?: string;
  /** Line, counted from 1. */
  line?: number;
  /** Column in characters, counted from 1. */
  column?: number;
  /** The lines around it. */
  excerpt?: Excerpt;
}

/** What is served now. */
export interface Live {
  /** Number of services. */
  serviceCount: number;
  /** Their names; at most 1,000. */
  serviceNames: string[];
}

/** The directory. */
export interface LocalDiagnostics {
  /** The directory. */
  dir: string;
  /** Whether a contract was found. */
  pactoYamlFound: boolean;
  /** Where. */
  foundIn?: string;
  /** What went wrong. */
  error?: string;
}

/** A message of a channel. */
export interface Message {
  /** Name. */
  name: string;
  /** Properties of its payload. */
  fields: Field[];
}

/** What the service does with a message. */
export type MessageDirection = "produced" | "consumed";

/** One method of a protobuf service. */
export interface Method {
  /** Service with its package, such as `shop.v1.Cart`. */
  service: string;
  /** Name. */
  name: string;
  /** First line of the comment in front of it. */
  summary?: string;
  /** Whether it is deprecated. */
  deprecated?: boolean;
  /** What it takes. */
  request: MethodMessage;
  /** What it answers. */
  response: MethodMessage;
}

/** What a method of a protobuf service takes or answers. */
export interface MethodMessage {
  /** Message, as the file names it. */
  name: string;
  /** Whether there may be many of them. */
  stream: boolean;
  /** Its fields, as far as the file or one that it imports is in the bundle. */
  fields: Field[];
}

/** Answer of `/metrics` in JSON. */
export interface MetricsReport {
  /** Number of services. */
  serviceCount: number;
  /** Number of sources, those that are not in use among them. */
  sourceCount: number;
}

/** A service of one source. */
export interface NamedVersion {
  /** Name. */
  name: string;
  /** Version. */
  version: string;
}

/** Status of a service in a graph. */
export type NodeStatus = "Compliant" | "Warning" | "NonCompliant" | "Reference" | "Unknown" | "external";

/** What runs. */
export interface ObservedRuntime {
  /** Kind of the workload. */
  workloadKind?: string;
  /** Strategy of a deployment. */
  deploymentStrategy?: string;
  /** Pod management of a stateful set. */
  podManagementPolicy?: string;
  /** Time to stop, in seconds. */
  terminationGracePeriodSeconds?: number;
  /** Images. */
  containerImages?: string[];
  /** Whether there are volume claims. */
  hasPVC?: boolean;
  /** Whether there are volumes that go with the pod. */
  hasEmptyDir?: boolean;
  /** Time before the first health check, in seconds. */
  healthProbeInitialDelaySeconds?: number;
}

/** Registries. */
export interface OciDiagnostics {
  /** Whether contracts can be fetched. */
  storeConfigured: boolean;
  /** Repositories that are known, by name. */
  repos: string[];
  /** What went wrong. */
  error?: string;
}

/** One operation of an `OpenAPI` document. */
export interface Operation {
  /** Method in capitals. */
  method: string;
  /** Path template. */
  path: string;
  /** Summary, else the first line of the description. */
  summary?: string;
  /** `operationId`. */
  operationId?: string;
  /** Whether it is deprecated. */
  deprecated?: boolean;
  /** Parameters, those of the path item first. */
  parameters: Parameter[];
  /** What it takes. */
  requestBody?: RequestBody;
  /** What it answers. */
  responses: OperationResponse[];
}

/** One answer of an operation. */
export interface OperationResponse {
  /** Status code, or `default`. */
  status: string;
  /** Description. */
  description?: string;
  /** Properties of its body. */
  fields: Field[];
}

/** Who answers for a service; the form that was written is kept. */
export type Owner = string | Team;

/** An owner in full. */
export interface OwnerDetails {
  /** The name that services are grouped by, or `(unowned)`. */
  key: string;
  /** Team. */
  team?: string;
  /** Directly responsible individual: the only one, or the first by name. */
  dri?: string;
  /** How to reach them, of all services, each once. */
  contacts: Contact[];
  /** Number of services. */
  services: number;
  /** Number that is compliant. */
  compliant: number;
  /** Number with warnings. */
  warning: number;
  /** Number that is not compliant. */
  nonCompliant: number;
  /** Number of references. */
  reference: number;
  /** Number of which nobody knows. */
  unknown: number;
  /** Blast radii of all services, added up. */
  totalBlast: number;
  /** Share of compliant services among those that were checked, in percent; -1 where none was. */
  compliancePercent: number;
  /** All responsible individuals that services name, sorted. */
  dris: string[];
  /** Whether they name more than one. */
  driConflict: boolean;
  /** Its services, by name. */
  entries: ServiceEntry[];
}

/** An owner with its services in numbers. */
export interface OwnerEntry {
  /** The name that services are grouped by, or `(unowned)`. */
  key: string;
  /** Team. */
  team?: string;
  /** Directly responsible individual: the only one, or the first by name. */
  dri?: string;
  /** How to reach them, of all services, each once. */
  contacts: Contact[];
  /** Number of services. */
  services: number;
  /** Number that is compliant. */
  compliant: number;
  /** Number with warnings. */
  warning: number;
  /** Number that is not compliant. */
  nonCompliant: number;
  /** Number of references. */
  reference: number;
  /** Number of which nobody knows. */
  unknown: number;
  /** Blast radii of all services, added up. */
  totalBlast: number;
  /** Share of compliant services among those that were checked, in percent; -1 where none was. */
  compliancePercent: number;
}

/** An owner who has to be told. */
export interface OwnerImpact {
  /** The name that services are grouped by, or `(unowned)`. */
  key: string;
  /** Number of services that break. */
  breaks: number;
  /** Number of services that may break. */
  mayBreak: number;
  /** These services. */
  services: string[];
}

/** A parameter of an operation. */
export interface Parameter {
  /** Name. */
  name: string;
  /** `path`, `query`, `header` or `cookie`. */
  in: string;
  /** Type in words. */
  type: string;
  /** Whether it must be given. */
  required: boolean;
  /** Description. */
  description?: string;
}

/** One policy. */
export interface Policy {
  /** Name. */
  name: string;
  /** Whether a schema of the bundle describes it. */
  hasSchema: boolean;
  /** Schema file in the bundle. */
  schema?: string;
  /** Contract whose policies apply. */
  ref?: string;
  /** `title` of the schema. */
  title?: string;
  /** `description` of the schema. */
  description?: string;
  /** Text of the schema; cut at 10,240 bytes. */
  content?: string;
  /** What the schema says. */
  values: ConfigValue[];
  /** Whether the contract keeps to it; absent where that was not checked. */
  satisfied?: boolean;
  /** Where it is from. */
  source: PolicySource;
  /** How the contract breaks it. */
  problems: Issue[];
}

/** Where a policy is from. */
export type PolicySource = "bundle" | "reference";

/** Ports, declared and found. */
export interface Ports {
  /** Declared. */
  expected?: number[];
  /** Found. */
  observed?: number[];
  /** Declared and not found. */
  missing?: number[];
  /** Found and not declared. */
  unexpected?: number[];
}

/** Why a request has no answer. */
export interface Problem {
  /** The status in words. */
  title: string;
  /** The status. */
  status: number;
  /** What is wrong, and what to do about it. */
  detail: string;
  /** What is wrong with which part of the request. */
  errors?: ProblemPart[];
}

/** What is wrong with a part of a request. */
export interface ProblemPart {
  /** What is wrong. */
  message: string;
  /** Which part, such as `query.limit` or `body.ref`. */
  location?: string;
}

/** How far a discovery has come. */
export interface Progress {
  /** Repositories that are known so far. */
  known: number;
  /** Repositories that were asked. */
  loaded: number;
}

/** How sure a finding is. */
export type Proof = "witness" | "structural" | "undecided";

/** Answer of `/readyz`. */
export interface Readiness {
  /** Whether at least one source that is in use has answered. */
  ready: boolean;
  /** How the sources are. */
  sources: SourceReadiness[];
}

/** What is referred to. */
export type RefType = "config" | "policy";

/** Answer of `/api/refresh`. */
export interface Refreshed {
  /** `ok`. */
  status: string;
}

/** How a consumer is tied to the service. */
export type Relation = "dependency" | "configuration" | "policy";

/** Answer of `/api/versions`. */
export interface RemoteVersions {
  /** Tags that are versions, the newest first. */
  versions: string[];
}

/** What an operation takes. */
export interface RequestBody {
  /** Whether it must be given. */
  required: boolean;
  /** Media types. */
  mediaTypes: string[];
  /** Properties of the first of them. */
  fields: Field[];
}

/** A contract to fetch. */
export interface ResolveInput {
  /** Reference, with or without `oci://`. */
  ref: string;
  /** Version constraint, for a reference without tag and digest. */
  compatibility?: string;
}

/** What exists in the cluster. */
export interface Resources {
  /** The service. */
  serviceExists?: boolean;
  /** The workload. */
  workloadExists?: boolean;
}

/** Behaviour at run time. */
export interface Runtime {
  /** `service`, `job` or `scheduled`. */
  workload: string;
  /** `stateless`, `stateful` or `hybrid`. */
  stateType?: string;
  /** `local` or `shared`. */
  persistenceScope?: string;
  /** `ephemeral` or `persistent`. */
  persistenceDurability?: string;
  /** `low`, `medium` or `high`. */
  dataCriticality?: string;
  /** `rolling`, `recreate` or `ordered`. */
  upgradeStrategy?: string;
  /** Time to stop, in seconds. */
  gracefulShutdownSeconds?: number;
  /** Interface of the health check. */
  healthInterface?: string;
  /** Path of the health check. */
  healthPath?: string;
  /** Interface of the metrics. */
  metricsInterface?: string;
  /** Path of the metrics. */
  metricsPath?: string;
}

/** One line of declared against observed. */
export interface RuntimeDiffRow {
  /** What is compared. */
  field: string;
  /** Where the contract says it. */
  contractPath?: string;
  /** What it says. */
  declaredValue: string;
  /** What runs. */
  observedValue: string;
  /** `match`, `mismatch` or `skipped`. */
  status: RuntimeDiffStatus;
}

/** Outcome of one comparison. */
export type RuntimeDiffStatus = "match" | "mismatch" | "skipped";

/** Packages of the bundle. */
export interface Sbom {
  /** `spdx` or `cyclonedx`. */
  format: string;
  /** Packages, sorted by name. */
  components: SbomComponent[];
  /** How many there are. */
  total: number;
  /** Whether not all of them are listed. */
  truncated: boolean;
}

/** A package that changed. */
export interface SbomChange {
  /** Package. */
  name: string;
  /** What happened. */
  change: ChangeType;
  /** What it happened to: `package`, `version`, `license` or `supplier`. */
  detail: string;
  /** Before. */
  from?: string;
  /** After. */
  to?: string;
}

/** Packages that changed. */
export interface SbomChanges {
  /** At most 1,000. */
  changes: SbomChange[];
  /** How many there are. */
  total: number;
}

/** A package. */
export interface SbomComponent {
  /** Name. */
  name: string;
  /** Version. */
  version?: string;
  /** Package URL. */
  purl?: string;
  /** Licences. */
  licenses: string[];
}

/** Number of instances. */
export interface Scaling {
  /** A fixed number. */
  replicas?: number;
  /** Fewest. */
  min?: number;
  /** Most. */
  max?: number;
}

/** A service in full. */
export interface ServiceDetails {
  /** Name. */
  name: string;
  /** Version; empty if unknown. */
  version: string;
  /** Who answers for it. */
  owner?: Owner;
  /** The name that services are grouped by; empty without an owner. */
  ownerKey: string;
  /** Whether it keeps to its contract. */
  contractStatus: ContractStatus;
  /** Where the contract is from. */
  source: SourceKind;
  /** Every source that knows it, sorted. */
  sources: SourceKind[];
  /** State of each of these sources. */
  sourceStates: ServiceSourceState[];
  /** Namespace of the cluster. */
  namespace?: string;
  /** Container image. */
  imageRef?: string;
  /** Helm chart. */
  chartRef?: string;
  /** Free form, as text. */
  metadata?: Record<string, string>;
  /** The reference that the operator, or a registry, resolved. */
  resolvedRef?: string;
  /** The revision that the cluster runs. */
  currentRevision?: string;
  /** How the version is chosen. */
  versionPolicy?: VersionPolicy;
  /** The highest version that there is. */
  latestAvailable?: string;
  /** Whether a higher version than the current one is available. */
  updateAvailable?: boolean;
  /** What this version changed against the one before. */
  lastChange?: Classification;
  /** How many services stop working when it does. */
  blastRadius: number;
  /** How many services name it as a dependency. */
  dependentCount: number;
  /** What it exposes. */
  interfaces: Interface[];
  /** Its configuration, where it has exactly one. */
  configuration?: Configuration;
  /** All its configurations. */
  configurations: Configuration[];
  /** What it needs. */
  dependencies: Dependency[];
  /** Behaviour at run time. */
  runtime?: Runtime;
  /** Number of instances. */
  scaling?: Scaling;
  /** Its policy, where it has exactly one. */
  policy?: Policy;
  /** All its policies. */
  policies: Policy[];
  /** What validation found. */
  validation?: Validation;
  /** How the checks went. */
  compliance?: Compliance;
  /** What runs. */
  observedRuntime?: ObservedRuntime;
  /** Declared against observed. */
  runtimeDiff?: RuntimeDiffRow[];
  /** Probed endpoints. */
  endpoints?: EndpointStatus[];
  /** Conditions of the operator. */
  conditions?: Condition[];
  /** What to look at. */
  insights: Insight[];
  /** Checks in numbers. */
  checksSummary?: ChecksSummary;
  /** What exists in the cluster. */
  resources?: Resources;
  /** Ports, declared and found. */
  ports?: Ports;
  /** When the operator looked last, as people say it. */
  lastReconciledAt?: string;
  /** Files below `docs/`, rendered. */
  documents: Document[];
  /** Packages. */
  sbom?: Sbom;
  /** What could not be read, in words. */
  notes: string[];
}

/** A service in a list. */
export interface ServiceEntry {
  /** Name. */
  name: string;
  /** Current version; empty if unknown. */
  version: string;
  /** Who answers for it. */
  owner?: Owner;
  /** The name that services are grouped by; empty without an owner. */
  ownerKey: string;
  /** Whether it keeps to its contract. */
  contractStatus: ContractStatus;
  /** Where the contract is from. */
  source: SourceKind;
  /** Every source that knows it, sorted. */
  sources: SourceKind[];
  /** Namespace of the cluster. */
  namespace?: string;
  /** How many services stop working when it does. */
  blastRadius?: number;
  /** How many services it needs. */
  dependencyCount?: number;
  /** How many services name it as a dependency. */
  dependentCount?: number;
  /** Checks of the operator that passed. */
  checksPassed: number;
  /** Checks of the operator. */
  checksTotal: number;
  /** Checks of the operator that failed. */
  checksFailed: number;
  /** How the checks went. */
  complianceStatus: ComplianceStatus;
  /** Passed checks in percent; null without checks. */
  complianceScore: number | null;
  /** Failed checks that are errors. */
  complianceErrors: number;
  /** Failed checks that are warnings. */
  complianceWarnings: number;
  /** What to look at first. */
  topInsight?: string;
  /** The highest version that there is. */
  latestAvailable?: string;
  /** Whether a higher version than the current one is available. */
  updateAvailable?: boolean;
  /** What the current version changed against the one before. */
  lastChange?: Classification;
}

/** A service as one source knows it. */
export interface ServiceOfSource {
  /** Which source. */
  sourceType: SourceKind;
  /** What it says. */
  service: ServiceDetails;
}

/** Configurations and policies of others, both ways. */
export interface ServiceRefs {
  /** What the service refers to. */
  references: CrossRef[];
  /** What refers to the service. */
  referencedBy: CrossRef[];
}

/** State of a source as far as a service is concerned. */
export interface ServiceSourceState {
  /** Which source. */
  type: SourceKind;
  /** How it is. */
  state: SourceState;
  /** When what it says was true; RFC 3339. */
  asOf?: string;
  /** What it calls the service. */
  ref?: string;
}

/** One service as each source knows it. */
export interface ServiceSources {
  /** Name. */
  name: string;
  /** By source: local, oci, k8s. */
  sources: ServiceOfSource[];
  /** Merged. */
  merged: ServiceDetails;
}

/** What one service needs, as a tree. */
export interface ServiceTree {
  /** The service. */
  root: TreeNode;
  /** Services that need each other. */
  cycles: string[][];
  /** Services that are needed in versions that exclude each other, in words. */
  conflicts: string[];
}

/** How bad a [`Diagnostic`] is. */
export type Severity = "error" | "warning" | "info";

/** There is a new snapshot. */
export interface SnapshotEvent {
  /** Its identity. */
  snapshot: string;
  /** When it was made; RFC 3339. */
  asOf: string;
  /** Services that are new or look different in the list. */
  changed: ServiceEntry[];
  /** Services that are gone. */
  removed: string[];
  /** Whether too much changed to say what: fetch the list again. */
  reset: boolean;
  /** Whether the graph has other nodes or edges. */
  structure: boolean;
  /** In the order local, k8s, oci. */
  sources: SourceInfo[];
  /** Whether the first discovery is still under way. */
  discovering: boolean;
  /** How far it is. */
  progress?: Progress;
}

/** A failure in words. */
export interface SourceError {
  /** What went wrong. */
  message: string;
  /** When; RFC 3339. */
  at: string;
  /** What to do about it. */
  hint?: string;
}

/** One source. */
export interface SourceInfo {
  /** Which one. */
  type: SourceKind;
  /** Whether it is in use. */
  enabled: boolean;
  /** What was found at the start, or why it is not in use. */
  reason?: string;
  /** How it is. */
  state: SourceState;
  /** Number of services that it knows. */
  services: number;
  /** Number of versions that it knows. */
  versions: number;
  /** When what it says was true; RFC 3339. */
  asOf?: string;
  /** When it answered last; RFC 3339. */
  lastSuccess?: string;
  /** What went wrong last, as long as it is still so. */
  lastError?: SourceError;
  /** Where it looks; at most 1,000, those with errors first. */
  locations: SourceLocation[];
  /** Places that could not be read, those that are not listed among them; with some, a part of it is missing. */
  failed: number;
  /** What to know about how it looks, in sentences. */
  notes?: string[];
  /** Whether it looks for changes from time to time, since the system does not tell of them. */
  polled: boolean;
  /** What overrides what, in words. */
  precedence: string;
}

/** A kind of source. */
export type SourceKind = "k8s" | "local" | "oci";

/** A place where a source looks. */
export interface SourceLocation {
  /** Directory, repository or cluster. */
  ref: string;
  /** How it is. */
  state: SourceState;
  /** The service found there. */
  service?: string;
  /** How many versions it has. */
  versions?: number;
  /** What went wrong. */
  error?: string;
}

/** A source in a word. */
export interface SourceReadiness {
  /** Which one. */
  type: SourceKind;
  /** How it is. */
  state: SourceState;
}

/** Services of one source. */
export interface SourceServices {
  /** Which source. */
  sourceType: SourceKind;
  /** How many. */
  count: number;
  /** Names and versions; at most 1,000. */
  services: NamedVersion[];
  /** What went wrong. */
  error?: string;
}

/** How a source is. */
export type SourceState = "live" | "discovering" | "stale" | "failing" | "disabled";

/** All sources. */
export interface SourcesReport {
  /** In the order local, k8s, oci. */
  sources: SourceInfo[];
  /** Whether the first discovery is still under way. */
  discovering: boolean;
  /** How far it is. */
  progress?: Progress;
}

/** Structured ownership. */
export interface Team {
  /** Owning team. */
  team?: string;
  /** Directly responsible individual. */
  dri?: string;
  /** How to reach them, in order of preference. */
  contacts?: Contact[];
}

/** A need in a tree. */
export interface TreeEdge {
  /** Reference as declared. */
  ref: string;
  /** Whether the service cannot work without it. */
  required: boolean;
  /** Version constraint. */
  compatibility?: string;
  /** Why there is no service. */
  error?: string;
  /** Whether the service was shown before. */
  shared?: boolean;
  /** The service. */
  node?: TreeNode;
}

/** A service in a tree. */
export interface TreeNode {
  /** Name. */
  name: string;
  /** Version; empty if unknown. */
  version: string;
  /** The reference that led here. */
  ref?: string;
  /** What it needs; empty where it was shown before. */
  dependencies?: TreeEdge[];
}

/** Why a service that is named is not known. */
export type UnresolvedReason = "non_oci_ref" | "auth_failed" | "no_semver_tags" | "not_found" | "pull_failed" | "discovering";

/** What validation found. */
export interface Validation {
  /** Whether there is no error. */
  valid: boolean;
  /** Errors. */
  errors: Issue[];
  /** Warnings. */
  warnings: Issue[];
  /** Notes. */
  infos: Issue[];
  /** What to know about how it was validated, in sentences. */
  notes?: string[];
}

/** What happens to a consumer. */
export type Verdict = "breaks" | "may-break" | "held-back" | "unknown" | "not-affected";

/** One version of a service. */
export interface Version {
  /** Tag or version of the contract. */
  version: string;
  /** `registry/repository:tag`, or the directory. */
  ref?: string;
  /** SHA-256 of the contract in hexadecimal digits. */
  contractHash?: string;
  /**
   * When its file was written, its revision came up in the cluster, or it was made as its manifest says
   * (`org.opencontainers.image.created`); left out where nothing says so. RFC 3339.
   */
  createdAt?: string;
  /** The source that names it first. */
  source?: SourceKind;
  /** What it changed against the next older one; absent where one of the two is not here. */
  classification?: Classification;
  /** Whether it is the current one. */
  isCurrent?: boolean;
  /** Whether its files are here, so that it can be compared without a registry. */
  available?: boolean;
}

/** How the version that runs is chosen. */
export type VersionPolicy = "tracking" | "pinned-tag" | "pinned-digest";

/** One side of a comparison. */
export interface VersionedName {
  /** Service. */
  name: string;
  /** Version. */
  version: string;
  /** Where it is from. */
  source?: SourceKind;
}

/** A repository to list. */
export interface VersionsInput {
  /** Reference, with or without `oci://`. */
  ref: string;
  /** Whether all versions are to be fetched. */
  fetch?: boolean;
}

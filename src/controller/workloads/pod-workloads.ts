// SPDX-License-Identifier: Apache-2.0
import type { OwnerReference, PodTemplate, Service } from '../../api/kubernetes.js';
import { canaryName, podRevisionAnnotation, primaryName, revisionAnnotation } from '../../api/names.js';
import type { RolloutSpec } from '../../api/rollout-spec.js';
import { remembered } from '../../lib/remembered.js';
import type { Reader } from '../../kube/index.js';
import type { Readiness } from '../../rollout/index.js';
import type {
  ConfigEntry,
  PodWorkload,
  PodWorkloadKind,
  SelectorLabel,
  ServiceChange,
  ServiceRole,
} from '../../workload/index.js';
import {
  configCopies,
  configKey,
  configReferences,
  copiedConfigKeys,
  foreignServiceProblem,
  isCanaryReference,
  isRevision,
  missingConfigText,
  primaryRevision,
  reconcileService,
  revisionOf,
  selectorLabelOf,
  SelectorLabelMissing,
  templateHash,
  trackedConfigs,
  trackedConfigsStatus,
  untouchedService,
  wantedPorts,
  wantedService,
} from '../../workload/index.js';
import type { WatchedKind } from '../cluster/cluster-cache.js';
import { podWriter } from './pod-writer.js';
import type { Lookup, PrimaryWorkloadState, Workloads, WorkloadState } from './workloads.js';

/** A kind of workload that runs pods, and where its objects are. */
export interface ObservedPodKind<T extends PodWorkload> extends PodWorkloadKind<T> {
  readonly watched: WatchedKind<T, T>;
  /** Templates that the target had before. */
  readonly history: (client: Reader, target: T) => Promise<readonly PodTemplate[]>;
}

/** Target and primary that run pods by a template: a Deployment or a DaemonSet. */
export async function observePods<T extends PodWorkload>(look: Lookup, kind: ObservedPodKind<T>): Promise<Workloads> {
  const target = look.find(kind.watched, look.spec.target.name);
  const primary = look.find(kind.watched, primaryName(look.spec.target.name));
  const problem = target === undefined ? undefined : kind.problem(target);
  if (problem !== undefined) look.obstacle(problem);
  const selectorLabel = findSelectorLabel(look, target);
  const configs = await targetConfigs(look, target);
  const services = podServices(look, target, selectorLabel);
  ownPrimary(look, primary);
  const pair: Pair<T> = { kind, target, primary, selectorLabel, configs };
  return {
    targetState: target === undefined ? undefined : targetState(look, pair, target),
    primaryState: primary === undefined ? undefined : await primaryState(look, pair, primary),
    target,
    primary,
    selectorLabel,
    configs: configs.entries,
    services,
    routedServices: Object.values(services).map(({ service }) => service),
    apexIsTarget: false,
    writer: podWriter({ kind, target, primary }),
  };
}

interface Pair<T extends PodWorkload> {
  readonly kind: ObservedPodKind<T>;
  readonly target: T | undefined;
  readonly primary: T | undefined;
  readonly selectorLabel: SelectorLabel | undefined;
  readonly configs: TargetConfigs;
}

interface TargetConfigs {
  readonly entries: readonly ConfigEntry[];
  readonly problem: string | undefined;
}

/** A target whose pods cannot be told from the primary's gets no objects, but keeps its traffic safe. */
function findSelectorLabel(look: Lookup, target: PodWorkload | undefined): SelectorLabel | undefined {
  if (target === undefined) return undefined;
  try {
    return selectorLabelOf(target, look.deps.settings.selectorLabels);
  } catch (error) {
    if (!(error instanceof SelectorLabelMissing)) throw error;
    look.obstacle(`getSelectorLabel failed: ${error.message}`);
    return undefined;
  }
}

async function targetConfigs(look: Lookup, target: PodWorkload | undefined): Promise<TargetConfigs> {
  const { deps, namespace } = look;
  if (target === undefined || !deps.settings.enableConfigTracking) return { entries: [], problem: undefined };
  const references = configReferences(target.spec.template);
  for (const { kind, name } of references) look.interestedIn(`${kind}s`, name);
  const keys = references.map(({ kind, name }) => configKey(kind, name));
  const { entries, missing } = trackedConfigs(target.spec.template, await deps.configs.sources(namespace, keys));
  const [first] = missing;
  return { entries, problem: first === undefined ? undefined : missingConfigText(first, namespace) };
}

function podServices(
  look: Lookup,
  target: PodWorkload | undefined,
  selectorLabel: SelectorLabel | undefined,
): Workloads['services'] {
  const { spec, namespace, owner, deps } = look;
  const { name } = spec.service;
  const find = (service: string): Service | undefined => {
    look.interestedIn('endpointslices', service);
    return look.find(deps.cache.services, service);
  };
  const observed = { apex: find(name), primary: find(primaryName(name)), canary: find(canaryName(name)) };
  if (target === undefined || selectorLabel === undefined) return {};
  const { template } = target.spec;
  const { changes, problems } = serviceChanges(spec, { ...observed, ...selectorLabel, namespace, owner, template });
  for (const problem of problems) look.obstacle(problem);
  return changes;
}

interface ServiceQuestion extends SelectorLabel, Readonly<Record<ServiceRole, Service | undefined>> {
  readonly namespace: string;
  readonly owner: OwnerReference;
  readonly template: PodTemplate;
}

/** How the Services of a Canary compare with what it asks for, and which of them are in the way. */
const serviceChanges = remembered(({ service }: RolloutSpec, question: ServiceQuestion) => {
  const { key, value, namespace, owner, template } = question;
  const ports = wantedPorts(service, template);
  const problems: string[] = [];
  const change = (role: ServiceRole): ServiceChange => {
    const observed = question[role];
    const wanted = wantedService(role, { owner, namespace, service, selectorLabel: { key, value }, ports });
    const found = reconcileService(observed, wanted, owner, service);
    const problem = role === 'apex' ? undefined : foreignServiceProblem(found);
    if (problem === undefined || observed === undefined) return found;
    problems.push(problem);
    return untouchedService(found, observed);
  };
  return { changes: { apex: change('apex'), primary: change('primary'), canary: change('canary') }, problems };
});

/** A workload that somebody else made under the primary's name is left alone (S7). */
function ownPrimary(look: Lookup, primary: PodWorkload | undefined): void {
  if (primary === undefined) return;
  const { kind, metadata, spec } = primary;
  const isOurs =
    metadata.ownerReferences?.some(isCanaryReference) === true ||
    spec.template.metadata?.annotations?.[podRevisionAnnotation] !== undefined;
  if (isOurs) return;
  look.obstacle(`${kind} ${metadata.name}.${look.namespace} exists and was not made for a Canary; delete or rename it`);
}

function targetState<T extends PodWorkload>(look: Lookup, { kind, configs }: Pair<T>, target: T): WorkloadState {
  const { deps } = look;
  return {
    revision:
      configs.problem === undefined ? revisionOf(templateHash(target.spec.template), configs.entries) : undefined,
    configProblem: configs.problem,
    trackedConfigs: deps.settings.enableConfigTracking ? trackedConfigsStatus(configs.entries) : undefined,
    replicas: kind.replicas(target),
    readiness: readiness(look, kind, target, 'target'),
    templateChangedAtMs: kind.progressedAtMs(target),
  };
}

async function primaryState<T extends PodWorkload>(
  look: Lookup,
  pair: Pair<T>,
  primary: T,
): Promise<PrimaryWorkloadState> {
  const { spec, namespace, deps, canary } = look;
  const { kind, target, selectorLabel, configs } = pair;
  const keys = copiedConfigKeys(primary);
  for (const key of keys)
    look.interestedIn(`${key.slice(0, key.indexOf('/'))}s`, primaryName(key.slice(key.indexOf('/') + 1)));
  const configTracking = deps.settings.enableConfigTracking;
  const none = new Map();
  const copies = configTracking ? await deps.configs.copies(namespace, keys) : none;
  const sources = configTracking ? await deps.configs.sources(namespace, keys) : none;
  const canaryUid = canary.metadata.uid ?? '';
  const written = primary.metadata.annotations?.[revisionAnnotation];
  const revision =
    target === undefined || selectorLabel === undefined
      ? written
      : primaryRevision({ primary, target, canaryUid, selectorLabel, copies, sources, configTracking });
  return {
    replicas: kind.replicas(primary),
    revision,
    annotated: isRevision(written),
    copies: configCopies(primary, revision, configs.entries),
    readiness: readiness(look, kind, primary, 'primary'),
    canReachZeroAvailable: kind.losesAllPods(primary, target, spec.autoscaler !== undefined),
  };
}

function readiness<T extends PodWorkload>(
  { canary, spec, deps }: Lookup,
  kind: ObservedPodKind<T>,
  workload: T,
  role: 'target' | 'primary',
): Readiness {
  const { canaryReadyThreshold, primaryReadyThreshold } = spec.analysis;
  return kind.readiness(workload, {
    readyThresholdPercent: role === 'target' ? canaryReadyThreshold : primaryReadyThreshold,
    deadlineMs: spec.progressDeadlineMs,
    nowMs: deps.clock.nowMs(),
    // The status is written when a revision is taken up, and not again while it is waited for.
    awaitedSinceMs: Date.parse(canary.status?.lastTransitionTime ?? '') || 0,
    stalledMs: deps.settle.stableMs(canary.metadata.uid ?? '', kind.progress(workload), role),
  });
}

// SPDX-License-Identifier: Apache-2.0
import type { Canary } from '../api/canary.js';
import type { Deployment, KubeObject, ObjectKey } from '../api/kubernetes.js';
import { canaryName, ownerReferenceOf, podRevisionAnnotation, primaryName, revisionAnnotation } from '../api/names.js';
import type { RolloutSpec } from '../api/rollout-spec.js';
import { parseStatus } from '../api/status-schema.js';
import type { Clock } from '../lib/clock.js';
import type { Observation, PrimaryState, TargetState } from '../rollout/index.js';
import type { ConfigEntry, SelectorLabel, ServiceChange, ServiceRole } from '../workload/index.js';
import {
  configCopies,
  configKey,
  configReferences,
  copiedConfigKeys,
  deploymentReadiness,
  foreignAutoscalerProblem,
  foreignServiceProblem,
  isCanaryReference,
  isControlledBy,
  isRevision,
  losesAllPods,
  missingConfigText,
  primaryLabelValue,
  primaryRevision,
  progressedAtMs,
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
} from '../workload/index.js';
import type { CheckRunner } from './check-runner.js';
import type { CheckSubject } from './check-parts.js';
import type { ClusterCache, WatchedKind } from './cluster-cache.js';
import type { ConfigFactsReader } from './config-facts.js';
import type { Interests } from './interests.js';
import { hasFinalizer, queueKey } from './canary-identity.js';
import { interestIn } from './interests.js';
import { generatedObjects } from './object-state.js';
import { ingressNames, observeRoutes, primaryServicesOf } from './observe-routes.js';
import type { SettleTracker } from './settle-tracker.js';
import type { Situation } from './situation.js';

export interface ObserverDeps {
  readonly cache: ClusterCache;
  readonly configs: ConfigFactsReader;
  readonly settle: SettleTracker;
  readonly checks: Pick<CheckRunner<CheckSubject>, 'state'>;
  /** Told which objects the Canary looks at, so that their changes wake it. */
  readonly interests: Pick<Interests, 'add' | 'set'>;
  readonly clock: Clock;
  readonly settings: {
    readonly selectorLabels: readonly string[];
    readonly enableConfigTracking: boolean;
    readonly ingressIgnoredAnnotationPrefixes: readonly string[];
    readonly settleTimeMs: number;
  };
}

export interface Observed {
  readonly observation: Observation;
  readonly situation: Situation;
  /** Worth telling, but nothing is held back. */
  readonly warnings: readonly string[];
}

/** Looks at everything that matters to one Canary. Reads from the watches' stores, and config data that moved. */
export async function observe(canary: Canary, spec: RolloutSpec, deps: ObserverDeps): Promise<Observed> {
  const look = new Look(canary, spec, deps);
  try {
    return await look.observed();
  } finally {
    // Also when it cannot be looked at whole: whoever mends what is in the way must wake the Canary.
    deps.interests.set(queueKey(canary), look.interests);
  }
}

class Look {
  private readonly namespace: string;
  readonly interests = new Set<string>();
  private readonly obstacles: string[] = [];

  constructor(
    private readonly canary: Canary,
    private readonly spec: RolloutSpec,
    private readonly deps: ObserverDeps,
  ) {
    this.namespace = canary.metadata.namespace ?? '';
  }

  async observed(): Promise<Observed> {
    const { canary, spec, namespace, deps } = this;
    const owner = ownerReferenceOf(canary);
    const target = this.find(deps.cache.deployments, spec.target.name);
    const primary = this.find(deps.cache.deployments, primaryName(spec.target.name));
    const selectorLabel = this.selectorLabel(target);
    const configs = await this.targetConfigs(target);
    const services = this.services(target, selectorLabel);
    const routes = this.routes(services);
    const autoscalers = this.autoscalers();
    this.ownPrimary(primary);
    for (const ingress of routes.ingresses.staleIngresses) {
      for (const name of primaryServicesOf(ingress)) this.interestedIn('endpointslices', name);
    }
    const situation: Situation = {
      canary,
      namespace,
      spec,
      owner,
      target,
      primary,
      ...autoscalers,
      selectorLabel,
      configs: configs.entries,
      services,
      ...routes.ingresses,
    };
    const serviceProblems = Object.values(services).flatMap(({ problems }) => problems);
    const observation = this.observation(situation, routes, {
      target: target === undefined ? undefined : this.targetState(target, configs),
      primary:
        primary === undefined ? undefined : await this.primaryState(primary, target, selectorLabel, configs.entries),
    });
    return { observation, situation, warnings: [...routes.warnings, ...serviceProblems] };
  }

  private observation(
    situation: Situation,
    { routes, obstacles }: ReturnType<typeof observeRoutes>,
    workloads: Pick<Observation, 'target' | 'primary'>,
  ): Observation {
    const { canary, spec, namespace, deps } = this;
    const uid = canary.metadata.uid ?? '';
    const status = parseStatus(canary.status);
    return {
      nowMs: deps.clock.nowMs(),
      namespace,
      name: canary.metadata.name,
      uid,
      deleting: canary.metadata.deletionTimestamp !== undefined,
      finalizer: hasFinalizer(canary),
      apexServesPrimary: deps.cache.sameEndpoints(
        { namespace, name: spec.service.name },
        { namespace, name: primaryName(spec.service.name) },
      ),
      apexReverted: this.apexReverted(situation.selectorLabel),
      spec,
      status,
      foreignStatus: !isRevision(status.lastAppliedSpec),
      obstacles: [...this.obstacles, ...obstacles],
      ...workloads,
      objects: generatedObjects(situation),
      routes,
      check: deps.checks.state(uid),
      settleMs: deps.settings.settleTimeMs,
    };
  }

  /** Looks an object up, whether it is there or not: its coming and going wakes the Canary. */
  private find<T extends KubeObject>(watched: WatchedKind<T, T>, name: string): T | undefined {
    return watched.store.get(this.interestedIn(watched.kind.plural, name));
  }

  private interestedIn(plural: string, name: string): ObjectKey {
    const key = { namespace: this.namespace, name };
    const object = interestIn(plural, key);
    this.interests.add(object);
    // At once: what changes while the rest is still read must wake the Canary, too.
    this.deps.interests.add(queueKey(this.canary), object);
    return key;
  }

  /** A target whose pods cannot be told from the primary's gets no objects, but keeps its traffic safe. */
  private selectorLabel(target: Deployment | undefined): SelectorLabel | undefined {
    if (target === undefined) return undefined;
    try {
      return selectorLabelOf(target, this.deps.settings.selectorLabels);
    } catch (error) {
      if (!(error instanceof SelectorLabelMissing)) throw error;
      this.obstacles.push(`getSelectorLabel failed: ${error.message}`);
      return undefined;
    }
  }

  private async targetConfigs(target: Deployment | undefined): Promise<TargetConfigs> {
    if (target === undefined || !this.deps.settings.enableConfigTracking) return { entries: [], problem: undefined };
    const references = configReferences(target.spec.template);
    for (const { kind, name } of references) this.interestedIn(`${kind}s`, name);
    const keys = references.map(({ kind, name }) => configKey(kind, name));
    const { entries, missing } = trackedConfigs(
      target.spec.template,
      await this.deps.configs.sources(this.namespace, keys),
    );
    const [first] = missing;
    return { entries, problem: first === undefined ? undefined : missingConfigText(first, this.namespace) };
  }

  private services(
    target: Deployment | undefined,
    selectorLabel: SelectorLabel | undefined,
  ): Readonly<Partial<Record<ServiceRole, ServiceChange>>> {
    const { spec, namespace, canary } = this;
    const owner = ownerReferenceOf(canary);
    const change = (role: ServiceRole, name: string): ServiceChange | undefined => {
      const observed = this.find(this.deps.cache.services, name);
      this.interestedIn('endpointslices', name);
      if (target === undefined || selectorLabel === undefined) return undefined;
      const ports = wantedPorts(spec.service, target.spec.template);
      const wanted = wantedService(role, { owner, namespace, service: spec.service, selectorLabel, ports });
      const found = reconcileService(observed, wanted, owner, spec.service);
      const problem = role === 'apex' ? undefined : foreignServiceProblem(found);
      if (problem === undefined || observed === undefined) return found;
      this.obstacles.push(problem);
      return untouchedService(found, observed);
    };
    const { name } = spec.service;
    const apex = change('apex', name);
    const primary = change('primary', primaryName(name));
    const canaryService = change('canary', canaryName(name));
    return {
      ...(apex === undefined ? {} : { apex }),
      ...(primary === undefined ? {} : { primary }),
      ...(canaryService === undefined ? {} : { canary: canaryService }),
    };
  }

  /** An apex Service of our own goes with the Canary, one that is gone needs nothing. */
  private apexReverted(selectorLabel: SelectorLabel | undefined): boolean {
    const { spec, namespace, canary, deps } = this;
    const apex = deps.cache.services.store.get({ namespace, name: spec.service.name });
    if (apex === undefined || selectorLabel === undefined || isControlledBy(apex, ownerReferenceOf(canary)))
      return true;
    return apex.spec.selector?.[selectorLabel.key] !== primaryLabelValue(selectorLabel);
  }

  private routes(services: Readonly<Partial<Record<ServiceRole, ServiceChange>>>): ReturnType<typeof observeRoutes> {
    const { spec, namespace, canary, deps } = this;
    this.interestedIn('ingresses', spec.ingressName ?? '');
    for (const name of ingressNames(spec)) this.interestedIn('ingresses', name);
    return observeRoutes({
      uid: canary.metadata.uid ?? '',
      namespace,
      spec,
      cookies: parseStatus(canary.status),
      owner: ownerReferenceOf(canary),
      services: Object.values(services).map(({ service }) => service),
      cache: deps.cache,
      settle: deps.settle,
      excludedMetadata: deps.settings.ingressIgnoredAnnotationPrefixes,
    });
  }

  private autoscalers(): Pick<Situation, 'targetAutoscaler' | 'primaryAutoscaler'> {
    const { autoscaler } = this.spec;
    if (autoscaler === undefined) return { targetAutoscaler: undefined, primaryAutoscaler: undefined };
    const { autoscalers } = this.deps.cache;
    const targetAutoscaler = this.find(autoscalers, autoscaler.name);
    if (targetAutoscaler === undefined) {
      const { name } = autoscaler;
      this.obstacles.push(
        `HorizontalPodAutoscaler ${name}.${this.namespace} get query error: horizontalpodautoscalers.autoscaling "${name}" not found`,
      );
    }
    const primaryAutoscaler = this.find(autoscalers, primaryName(autoscaler.name));
    const problem = foreignAutoscalerProblem(primaryAutoscaler, this.spec.target.name);
    if (problem !== undefined) this.obstacles.push(problem);
    return { targetAutoscaler, primaryAutoscaler };
  }

  /** A Deployment that somebody else made under the primary's name is left alone (S7). */
  private ownPrimary(primary: Deployment | undefined): void {
    if (primary === undefined) return;
    const { metadata, spec } = primary;
    const isOurs =
      metadata.ownerReferences?.some(isCanaryReference) === true ||
      spec.template.metadata?.annotations?.[podRevisionAnnotation] !== undefined;
    if (isOurs) return;
    this.obstacles.push(
      `Deployment ${metadata.name}.${this.namespace} exists and was not made for a Canary; delete or rename it`,
    );
  }

  private targetState(target: Deployment, configs: TargetConfigs): TargetState {
    const { spec, namespace, deps } = this;
    return {
      revision:
        configs.problem === undefined ? revisionOf(templateHash(target.spec.template), configs.entries) : undefined,
      configProblem: configs.problem,
      trackedConfigs: deps.settings.enableConfigTracking ? trackedConfigsStatus(configs.entries) : undefined,
      replicas: target.spec.replicas ?? 1,
      readiness: this.readiness(target, spec.analysis.canaryReadyThreshold),
      readyEndpoints: deps.cache.readyEndpoints({ namespace, name: canaryName(spec.service.name) }),
      templateChangedAtMs: progressedAtMs(target),
    };
  }

  private async primaryState(
    primary: Deployment,
    target: Deployment | undefined,
    selectorLabel: SelectorLabel | undefined,
    configs: readonly ConfigEntry[],
  ): Promise<PrimaryState> {
    const { spec, namespace, deps, canary } = this;
    const keys = copiedConfigKeys(primary);
    for (const key of keys)
      this.interestedIn(`${key.slice(0, key.indexOf('/'))}s`, primaryName(key.slice(key.indexOf('/') + 1)));
    const configTracking = deps.settings.enableConfigTracking;
    const none = new Map();
    const copies = configTracking ? await deps.configs.copies(namespace, keys) : none;
    const sources = configTracking ? await deps.configs.sources(namespace, keys) : none;
    const canaryUid = canary.metadata.uid ?? '';
    const revision =
      target === undefined || selectorLabel === undefined
        ? primary.metadata.annotations?.[revisionAnnotation]
        : primaryRevision({ primary, target, canaryUid, selectorLabel, copies, sources, configTracking });
    return {
      replicas: primary.spec.replicas ?? 1,
      revision,
      annotated: isRevision(primary.metadata.annotations?.[revisionAnnotation]),
      copies: configCopies(primary, revision, configs),
      readiness: this.readiness(primary, spec.analysis.primaryReadyThreshold),
      readyEndpoints: deps.cache.readyEndpoints({ namespace, name: primaryName(spec.service.name) }),
      canReachZeroAvailable: losesAllPods(primary, target, spec.autoscaler !== undefined),
    };
  }

  private readiness(workload: Deployment, readyThresholdPercent: number): TargetState['readiness'] {
    return deploymentReadiness(workload, {
      readyThresholdPercent,
      deadlineMs: this.spec.progressDeadlineMs,
      nowMs: this.deps.clock.nowMs(),
      desiredZeroIsReady: false,
    });
  }
}

interface TargetConfigs {
  readonly entries: readonly ConfigEntry[];
  readonly problem: string | undefined;
}

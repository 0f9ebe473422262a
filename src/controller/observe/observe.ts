// SPDX-License-Identifier: Apache-2.0
import type { Canary } from '../../api/canary.js';
import type { KubeObject, ObjectKey, OwnerReference } from '../../api/kubernetes.js';
import { canaryName, ownerReferenceOf, primaryName } from '../../api/names.js';
import type { RolloutSpec } from '../../api/rollout-spec.js';
import { parseStatus } from '../../api/status-schema.js';
import type { Clock } from '../../lib/clock.js';
import type { Observation } from '../../rollout/index.js';
import type { SelectorLabel } from '../../workload/index.js';
import { isControlledBy, isRevision, primaryLabelValue } from '../../workload/index.js';
import { observeAutoscaler } from '../workloads/autoscaler.js';
import type { CheckRunner } from '../checks/check-runner.js';
import type { CheckSubject } from '../checks/check-parts.js';
import type { ClusterCache, WatchedKind } from '../cluster/cluster-cache.js';
import type { ConfigFactsReader } from '../cluster/config-facts.js';
import type { Interests } from '../queue/interests.js';
import { hasFinalizer, queueKey } from '../canary-identity.js';
import { interestIn } from '../queue/interests.js';
import { generatedObjects } from './object-state.js';
import { ingressNames, observeRoutes, primaryServicesOf } from './observe-routes.js';
import { observeWorkloads } from '../workloads/observe-workloads.js';
import type { SettleTracker } from './settle-tracker.js';
import type { Situation } from '../situation.js';
import type { Lookup, Workloads } from '../workloads/workloads.js';

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
    readonly includeLabelPrefixes: readonly string[];
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

class Look implements Lookup {
  readonly namespace: string;
  readonly owner: OwnerReference;
  readonly interests = new Set<string>();
  private readonly obstacles: string[] = [];

  constructor(
    readonly canary: Canary,
    readonly spec: RolloutSpec,
    readonly deps: ObserverDeps,
  ) {
    this.namespace = canary.metadata.namespace ?? '';
    this.owner = ownerReferenceOf(canary);
  }

  async observed(): Promise<Observed> {
    const { canary, spec, namespace, owner } = this;
    const workloads = await observeWorkloads(this);
    const autoscaler = await observeAutoscaler(this);
    // From here on nothing is waited for: routes and endpoints are seen in the moment of the decision (R8).
    const routes = this.routes(workloads);
    for (const ingress of routes.ingresses.staleIngresses) {
      for (const name of primaryServicesOf(ingress)) this.interestedIn('endpointslices', name);
    }
    const situation: Situation = {
      canary,
      namespace,
      spec,
      owner,
      target: workloads.target,
      primary: workloads.primary,
      writer: workloads.writer,
      autoscaler,
      selectorLabel: workloads.selectorLabel,
      configs: workloads.configs,
      services: workloads.services,
      ...routes.ingresses,
    };
    const serviceProblems = Object.values(workloads.services).flatMap(({ problems }) => problems);
    const observation = this.observation(situation, routes, workloads);
    return { observation, situation, warnings: [...routes.warnings, ...serviceProblems] };
  }

  private observation(
    situation: Situation,
    { routes, obstacles }: ReturnType<typeof observeRoutes>,
    { targetState, primaryState, apexIsTarget }: Workloads,
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
      apexServesPrimary:
        apexIsTarget ||
        deps.cache.sameEndpoints(
          { namespace, name: spec.service.name },
          { namespace, name: primaryName(spec.service.name) },
        ),
      apexReverted: this.apexReverted(situation.selectorLabel),
      spec,
      status,
      foreignStatus: !isRevision(status.lastAppliedSpec),
      obstacles: [...this.obstacles, ...obstacles],
      target: targetState && {
        ...targetState,
        scaler: situation.autoscaler?.scaler ?? 'none',
        readyEndpoints: this.readyEndpoints(canaryName(spec.service.name)),
      },
      primary: primaryState && {
        ...primaryState,
        readyEndpoints: this.readyEndpoints(primaryName(spec.service.name)),
      },
      objects: generatedObjects(situation),
      // Switched off, it would leave all traffic to the target and whatever that leads to.
      routes: apexIsTarget && routes.present && !routes.enabled ? { ...routes, drifted: true } : routes,
      check: deps.checks.state(uid),
      settleMs: deps.settings.settleTimeMs,
    };
  }

  private readyEndpoints(name: string): number {
    return this.deps.cache.readyEndpoints({ namespace: this.namespace, name });
  }

  /** Looks an object up, whether it is there or not: its coming and going wakes the Canary. */
  find<T extends KubeObject>(watched: WatchedKind<T, T>, name: string): T | undefined {
    return watched.store.get(this.interestedIn(watched.kind.plural, name));
  }

  interestedIn(plural: string, name: string): ObjectKey {
    const key = { namespace: this.namespace, name };
    const object = interestIn(plural, key);
    this.interests.add(object);
    // At once: what changes while the rest is still read must wake the Canary, too.
    this.deps.interests.add(queueKey(this.canary), object);
    return key;
  }

  obstacle(text: string): void {
    this.obstacles.push(text);
  }

  /** An apex Service of our own goes with the Canary, one that is gone needs nothing. */
  private apexReverted(selectorLabel: SelectorLabel | undefined): boolean {
    const { spec, namespace, canary, deps } = this;
    const apex = deps.cache.services.store.get({ namespace, name: spec.service.name });
    if (apex === undefined || selectorLabel === undefined || isControlledBy(apex, ownerReferenceOf(canary)))
      return true;
    return apex.spec.selector?.[selectorLabel.key] !== primaryLabelValue(selectorLabel);
  }

  private routes({ routedServices }: Workloads): ReturnType<typeof observeRoutes> {
    const { spec, namespace, canary, deps } = this;
    this.interestedIn('ingresses', spec.ingressName ?? '');
    for (const name of ingressNames(spec)) this.interestedIn('ingresses', name);
    return observeRoutes({
      uid: canary.metadata.uid ?? '',
      namespace,
      spec,
      cookies: parseStatus(canary.status),
      owner: ownerReferenceOf(canary),
      services: routedServices,
      cache: deps.cache,
      settle: deps.settle,
      excludedMetadata: deps.settings.ingressIgnoredAnnotationPrefixes,
    });
  }
}

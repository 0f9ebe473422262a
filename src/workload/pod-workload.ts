// SPDX-License-Identifier: Apache-2.0
import type { DaemonSet, Deployment } from '../api/kubernetes.js';
import { daemonSetProgress, daemonSetReadiness } from './daemon-set-readiness.js';
import { isScaledToZero, scaleToZeroPatch } from './daemon-set-scale.js';
import { newPrimaryDaemonSet, promotedDaemonSet, updateStrategyProblem } from './primary-daemon-set.js';
import { newPrimaryDeployment, promotedDeployment } from './primary-deployment.js';
import type { PrimaryContext } from './primary-workload.js';
import { daemonSetLosesAllPods, losesAllPods } from './promotion-outage.js';
import type { Readiness } from './readiness.js';
import { deploymentReadiness, progressedAtMs } from './readiness.js';
import type { AutoscalerFloor } from './scale.js';
import { replicasPatch, scaleUpReplicas } from './scale.js';

/** A workload whose pods come from a template. */
export type PodWorkload = Deployment | DaemonSet;

export interface PodReadinessRule {
  /** Share of the updated pods that must be available. */
  readonly readyThresholdPercent: number;
  /** How long pods may be unavailable before waiting is given up. */
  readonly deadlineMs: number;
  /** Wall time, comparable with the API server's timestamps. */
  readonly nowMs: number;
  /** Wall time since which the rollout has waited for it; 0 when that is not known. */
  readonly awaitedSinceMs: number;
  /** How long `progress` has told the same, by the asking process's own clock. */
  readonly stalledMs: number;
}

/** What is looked at to decide how many pods the target gets. */
export interface Sizes<T extends PodWorkload> {
  readonly target: T;
  readonly primary: T | undefined;
  /** Undefined when the Canary names no autoscaler. */
  readonly autoscaler: AutoscalerFloor | undefined;
}

/** How the target gets its pods: for a new rollout, as many as the primary has, or none. */
export type Scale = 'up' | 'as-primary' | 'zero';

/** What differs between the kinds of workload that run pods. Pure. */
export interface PodWorkloadKind<T extends PodWorkload> {
  readonly kind: 'Deployment' | 'DaemonSet';
  /** Pods that the workload shall run; a DaemonSet has 1, which stands for "some", or 0. */
  readonly replicas: (workload: T) => number;
  readonly readiness: (workload: T, rule: PodReadinessRule) => Readiness;
  /** What moves while it rolls, as one text; empty when its status tells times of its own. */
  readonly progress: (workload: T) => string;
  /** Wall time at which its controller last wrote of progress; undefined when it tells no times. */
  readonly progressedAtMs: (workload: T) => number | undefined;
  /** Why the target cannot be rolled out as it is. */
  readonly problem: (target: T) => string | undefined;
  /** Whether promoting the target may leave the primary without any pod for a while (R11). */
  readonly losesAllPods: (primary: T, target: T | undefined, hasAutoscaler: boolean) => boolean;
  /** @throws TemplateIsNotOfRevision */
  readonly newPrimary: (target: T, context: PrimaryContext, autoscalerMinReplicas: number | undefined) => T;
  /** @throws TemplateIsNotOfRevision */
  readonly promoted: (primary: T, target: T, context: PrimaryContext, hasAutoscaler: boolean) => T;
  /** Merge patch of the target; undefined when it has that size already. */
  readonly scalePatch: (sizes: Sizes<T>, scale: Scale) => Readonly<Record<string, unknown>> | undefined;
}

export const deploymentKind: PodWorkloadKind<Deployment> = {
  kind: 'Deployment',
  replicas: ({ spec }) => spec.replicas ?? 1,
  readiness: (deployment, rule) => deploymentReadiness(deployment, { ...rule, desiredZeroIsReady: false }),
  progress: () => '',
  progressedAtMs,
  problem: () => undefined,
  losesAllPods,
  newPrimary: newPrimaryDeployment,
  promoted: promotedDeployment,
  scalePatch: (sizes, scale) => {
    const replicas = wantedReplicas(sizes, scale);
    return replicas === (sizes.target.spec.replicas ?? 1) ? undefined : replicasPatch(sizes.target, replicas);
  },
};

export const daemonSetKind: PodWorkloadKind<DaemonSet> = {
  kind: 'DaemonSet',
  replicas: (daemonSet) => (isScaledToZero(daemonSet) ? 0 : 1),
  readiness: daemonSetReadiness,
  progress: daemonSetProgress,
  progressedAtMs: () => undefined,
  problem: updateStrategyProblem,
  losesAllPods: daemonSetLosesAllPods,
  newPrimary: newPrimaryDaemonSet,
  promoted: promotedDaemonSet,
  scalePatch: ({ target }, scale) => {
    const toZero = scale === 'zero';
    return toZero === isScaledToZero(target) ? undefined : scaleToZeroPatch(target, toZero);
  },
};

function wantedReplicas({ target, primary, autoscaler }: Sizes<Deployment>, scale: Scale): number {
  if (scale === 'zero') return 0;
  const started = scaleUpReplicas(target, primary, autoscaler);
  return scale === 'up' ? started : Math.max(started, primary?.spec.replicas ?? 0);
}

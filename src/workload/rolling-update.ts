// SPDX-License-Identifier: Apache-2.0
import type { DaemonSet, Deployment, IntOrString } from '../api/kubernetes.js';

/**
 * Whether a rollout of this Deployment may pass through a moment without any available pod (R11): strategy Recreate, or as many
 * pods allowed to be unavailable as there are. Judge the object that is about to be written; its strategy is the one that acts.
 */
export function canReachZeroAvailable({ spec }: Deployment): boolean {
  if (spec.strategy?.type === 'Recreate') return true;
  const replicas = spec.replicas ?? 1;
  const { maxSurge = '25%', maxUnavailable = '25%' } = spec.strategy?.rollingUpdate ?? {};
  const surge = podCount(maxSurge, replicas, Math.ceil);
  const unavailable = podCount(maxUnavailable, replicas, Math.floor);
  // The deployment controller lets one pod go when rounding leaves it no way to move.
  return (surge === 0 && unavailable === 0 ? 1 : unavailable) >= replicas;
}

/** The same for a DaemonSet, whose pods on a node wait for one another unless it may have a second one there. */
export function daemonSetCanReachZeroAvailable({ spec, status }: DaemonSet): boolean {
  const pods = status?.desiredNumberScheduled ?? 0;
  const { maxSurge = 0, maxUnavailable = 1 } = spec.updateStrategy?.rollingUpdate ?? {};
  if (podCount(maxSurge, pods, Math.ceil) > 0) return false;
  return podCount(maxUnavailable, pods, Math.ceil) >= pods;
}

/** A count, or a percentage of the replicas. A text that is neither counts as all of them, the careful reading. */
function podCount(value: IntOrString, replicas: number, round: (count: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(value)?.[1];
  return percent === undefined ? replicas : round((Number(percent) * replicas) / 100);
}

// SPDX-License-Identifier: Apache-2.0
import type { Deployment } from '../api/kubernetes.js';
import { defined } from '../lib/defined.js';

/** What is known of the target's autoscaler. */
export interface AutoscalerFloor {
  /** Undefined when the autoscaler names none. */
  readonly minReplicas: number | undefined;
}

/**
 * Replicas with which a target at zero starts a rollout: its own when it has some; with an autoscaler that one's minimum; else
 * as many as the primary. At least 1.
 */
export function scaleUpReplicas(
  target: Deployment,
  primary: Deployment | undefined,
  autoscaler: AutoscalerFloor | undefined,
): number {
  const own = target.spec.replicas ?? 1;
  if (own > 0) return own;
  const wanted = autoscaler === undefined ? (primary?.spec.replicas ?? 1) : (autoscaler.minReplicas ?? 1);
  return Math.max(wanted, 1);
}

/** Replicas of a primary that is made anew: those of the target, or the autoscaler's minimum, at least 1 (D12). */
export function rebuiltReplicas(target: Deployment, autoscalerMinReplicas: number | undefined): number {
  const own = target.spec.replicas ?? 1;
  return own > 0 ? own : Math.max(autoscalerMinReplicas ?? 1, 1);
}

/** Merge patch of nothing but a workload's replicas; refused when the object changed since it was read. */
export function replicasPatch(workload: Deployment, replicas: number): Readonly<Record<string, unknown>> {
  return { metadata: defined({ resourceVersion: workload.metadata.resourceVersion }), spec: { replicas } };
}

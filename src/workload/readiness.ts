// SPDX-License-Identifier: Apache-2.0
import type { Deployment, WorkloadCondition } from '../api/kubernetes.js';

/** Why a workload is not ready yet. */
export type WaitingCause =
  'stale-generation' | 'updating' | 'old-replicas' | 'unavailable' | 'scaled-to-zero' | 'no-nodes' | 'stale-endpoints';

/** Whether a workload may be given traffic or waited for. */
export type Readiness =
  | { readonly kind: 'ready' }
  | { readonly kind: 'waiting'; readonly cause: WaitingCause; readonly message: string }
  /** Past its progress deadline: waiting longer does not help. */
  | { readonly kind: 'failed'; readonly message: string };

export interface ReadinessRule {
  /** Share of the updated pods that must be available. */
  readonly readyThresholdPercent: number;
  /** How long pods may be unavailable before waiting is given up. */
  readonly deadlineMs: number;
  /** Wall time, comparable with the API server's timestamps. */
  readonly nowMs: number;
  /**
   * Wall time since which the rollout has waited for it; 0 when that is not known. Kubernetes may tell of a new revision what
   * became of the one before, and may even write that anew: nothing is late before it has had its whole deadline.
   */
  readonly awaitedSinceMs: number;
  /** Whether a workload that shall have no pods is ready. Never in a rollout (D12). */
  readonly desiredZeroIsReady: boolean;
}

/** Judges a Deployment by its status alone; texts are those that users know. */
export function deploymentReadiness(deployment: Deployment, rule: ReadinessRule): Readiness {
  const { metadata } = deployment;
  if (isStale(deployment)) {
    return waiting('stale-generation', 'observed deployment generation less than desired generation');
  }
  if ((deployment.spec.replicas ?? 1) === 0 && !rule.desiredZeroIsReady) {
    return waiting('scaled-to-zero', 'the deployment is scaled to zero');
  }
  if (hasTimedOut(deployment, rule)) {
    return { kind: 'failed', message: `deployment "${metadata.name}" exceeded its progress deadline` };
  }
  const progress = podProgress(deployment, rule.readyThresholdPercent);
  return progress.kind === 'waiting' && isPastDeadline(deployment, rule)
    ? { kind: 'failed', message: progress.message }
    : progress;
}

/** Wall time at which the deployment controller last wrote of progress; undefined before it first did. */
export function progressedAtMs(deployment: Deployment): number | undefined {
  return timeMs(condition(deployment, 'Progressing')?.lastUpdateTime);
}

/** Whether the status tells of an earlier specification. */
function isStale({ metadata: { generation = 0 }, status }: Deployment): boolean {
  return generation > (status?.observedGeneration ?? 0);
}

function podProgress({ spec, status }: Deployment, readyThresholdPercent: number): Readiness {
  const { replicas: total = 0, updatedReplicas: updated = 0, availableReplicas: available = 0 } = status ?? {};
  const wanted = spec.replicas ?? 1;
  if (updated < wanted) {
    return waiting('updating', `${updated} out of ${wanted} new replicas have been updated`);
  }
  if (total > updated) {
    return waiting('old-replicas', `${total - updated} old replicas are pending termination`);
  }
  const needed = Math.floor((updated * readyThresholdPercent) / 100);
  if (available < needed) {
    return waiting(
      'unavailable',
      `${available} of ${needed} (readyThreshold ${readyThresholdPercent}%) updated replicas are available`,
    );
  }
  return { kind: 'ready' };
}

function waiting(cause: WaitingCause, message: string): Readiness {
  return { kind: 'waiting', cause, message: `waiting for rollout to finish: ${message}` };
}

/** What the API server makes of a Deployment that names no deadline. */
const defaultProgressDeadlineSeconds = 600;

function hasTimedOut(deployment: Deployment, { nowMs, awaitedSinceMs }: ReadinessRule): boolean {
  if (condition(deployment, 'Progressing')?.reason !== 'ProgressDeadlineExceeded') return false;
  const { progressDeadlineSeconds = defaultProgressDeadlineSeconds } = deployment.spec;
  return awaitedSinceMs + progressDeadlineSeconds * 1_000 <= nowMs;
}

function isPastDeadline(deployment: Deployment, { deadlineMs, nowMs, awaitedSinceMs }: ReadinessRule): boolean {
  if (condition(deployment, 'Progressing') === undefined) return false;
  const available = condition(deployment, 'Available');
  if (available?.status !== 'False' || available.reason !== 'MinimumReplicasUnavailable') return false;
  // Unavailable since an earlier revision says nothing of one that makes progress.
  const since = Math.max(timeMs(available.lastUpdateTime) ?? nowMs, progressedAtMs(deployment) ?? 0, awaitedSinceMs);
  return since + deadlineMs < nowMs;
}

function condition(deployment: Deployment, type: string): WorkloadCondition | undefined {
  return deployment.status?.conditions?.find((candidate) => candidate.type === type);
}

function timeMs(timestamp: string | undefined): number | undefined {
  const time = Date.parse(timestamp ?? '');
  return Number.isNaN(time) ? undefined : time;
}

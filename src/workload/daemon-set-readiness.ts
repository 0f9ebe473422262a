// SPDX-License-Identifier: Apache-2.0
import type { DaemonSet } from '../api/kubernetes.js';
import { isScaledToZero } from './daemon-set-scale.js';
import type { Readiness, WaitingCause } from './readiness.js';

export interface DaemonSetReadinessRule {
  /** Share of the pods that must be available. */
  readonly readyThresholdPercent: number;
  /** How long a rollout may stand still before waiting is given up. */
  readonly deadlineMs: number;
  /** How long nothing that `daemonSetProgress` tells of has moved: a DaemonSet itself tells no times (D52). */
  readonly stalledMs: number;
}

/** Judges a DaemonSet by its status alone; texts are those that users know. */
export function daemonSetReadiness(daemonSet: DaemonSet, rule: DaemonSetReadinessRule): Readiness {
  const { metadata, status } = daemonSet;
  if ((metadata.generation ?? 0) > (status?.observedGeneration ?? 0)) {
    return waiting('stale-generation', 'observed daemonset generation less than desired generation');
  }
  if (isScaledToZero(daemonSet)) return waiting('scaled-to-zero', 'the daemonset is scaled to zero');
  const progress = podProgress(daemonSet, rule.readyThresholdPercent);
  return progress.kind === 'waiting' && rule.stalledMs > rule.deadlineMs
    ? { kind: 'failed', message: `exceeded its progressDeadlineSeconds: ${Math.round(rule.deadlineMs / 1_000)}` }
    : progress;
}

/** What moves while a DaemonSet rolls; as long as this text stays the same, the rollout stands still. */
export function daemonSetProgress({ metadata, status = {} }: DaemonSet): string {
  const { desiredNumberScheduled, updatedNumberScheduled, numberAvailable, observedGeneration } = status;
  return [
    metadata.uid,
    metadata.generation,
    observedGeneration,
    desiredNumberScheduled,
    updatedNumberScheduled,
    numberAvailable,
  ].join('/');
}

function podProgress({ status = {} }: DaemonSet, percent: number): Readiness {
  const { desiredNumberScheduled: desired = 0, updatedNumberScheduled: updated = 0, numberAvailable = 0 } = status;
  // Without any pod it could not take traffic, whatever share of them is available (D12).
  if (desired === 0) return waiting('no-nodes', 'no node is to run its pods');
  if (updated < desired) {
    return waiting('updating', `${updated} out of ${desired} new pods have been updated`);
  }
  const needed = Math.floor((desired * percent) / 100);
  if (numberAvailable < needed) {
    return waiting(
      'unavailable',
      `${numberAvailable} of ${needed} (readyThreshold ${percent}%) updated pods are available`,
    );
  }
  return { kind: 'ready' };
}

function waiting(cause: WaitingCause, message: string): Readiness {
  return { kind: 'waiting', cause, message: `waiting for rollout to finish: ${message}` };
}

// SPDX-License-Identifier: Apache-2.0
import type { CanaryStatus } from '../api/canary-status.js';

export interface DataAgeQuestion {
  /** Wall time since which the routes say that the revision has traffic; undefined when they give it none. */
  readonly weightedSinceMs: number | undefined;
  readonly status: CanaryStatus | undefined;
  readonly intervalMs: number;
  readonly nowMs: number;
}

/**
 * How far back metrics can be asked for without those of another revision (R19): to the first traffic of this one. A
 * blue/green rollout has no routes of its own; there it is the least time that the analysis of this revision has taken,
 * of which the status tells that each recorded check but the first came an interval after the one before (R6).
 */
export function dataAgeMs({ weightedSinceMs, status, intervalMs, nowMs }: DataAgeQuestion): number {
  if (weightedSinceMs !== undefined) return Math.max(0, nowMs - weightedSinceMs);
  const recordedAtMs = Date.parse(status?.lastTransitionTime ?? '');
  const { iterations = 0, failedChecks = 0 } = status ?? {};
  const earlierMs = Math.max(0, iterations + failedChecks - 1) * intervalMs;
  return Number.isNaN(recordedAtMs) ? 0 : Math.max(0, nowMs - recordedAtMs) + earlierMs;
}

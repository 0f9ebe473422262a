// SPDX-License-Identifier: Apache-2.0
import type { CanaryStatus } from '../../api/canary-status.js';

export interface DataAgeQuestion {
  /** Wall time since which the revision gives data of its own; undefined when nothing tells. */
  readonly weightedSinceMs: number | undefined;
  readonly status: CanaryStatus | undefined;
  readonly nowMs: number;
}

/**
 * How far back metrics can be asked for without those of another revision (R19). Where nothing tells, as with routes that
 * Flagger wrote, it is the time since the status was last written: surely this revision's, and no data is not "too early" for
 * ever.
 */
export function dataAgeMs({ weightedSinceMs, status, nowMs }: DataAgeQuestion): number {
  const sinceMs = weightedSinceMs ?? Date.parse(status?.lastTransitionTime ?? '');
  return Number.isNaN(sinceMs) ? 0 : Math.max(0, nowMs - sinceMs);
}

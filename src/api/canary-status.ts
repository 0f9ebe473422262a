// SPDX-License-Identifier: Apache-2.0
import type { StringMap } from './kubernetes.js';

/** Every phase that the CRD accepts; the empty string is a Canary that nobody has looked at yet. */
export const phases = [
  '',
  'Initializing',
  'Initialized',
  'Waiting',
  'Progressing',
  'WaitingPromotion',
  'Promoting',
  'Finalising',
  'Succeeded',
  'Failed',
  'Terminating',
  'Terminated',
] as const;

export type Phase = (typeof phases)[number];

export interface CanaryCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message?: string;
  readonly lastUpdateTime?: string;
  readonly lastTransitionTime?: string;
}

/** What one check of a metric found: the reason of a verdict, kept on the object. */
export interface MeasuredCheck {
  readonly metric: string;
  /** In the unit of the bound; absent when the check failed for want of a number. */
  readonly value?: number;
  /** Absent for a metric that has a unit of its own. */
  readonly unit?: 'percent' | 'milliseconds';
  /** The range that passes, such as ">= 99" or "<= 500ms". */
  readonly bound: string;
  /** Requests that the value is about; absent where the source does not tell. */
  readonly samples?: number;
  /** Why the check failed; absent when it passed. Long ones are cut. */
  readonly message?: string;
  /** As it was sent; long ones are cut. Absent when it was not sent. */
  readonly query?: string;
  /** Kind of the metrics server; absent when none was asked. */
  readonly source?: string;
  /** RFC 3339. */
  readonly time: string;
}

/** `status` of a Canary. The four first members are always serialised, even when zero. */
export interface CanaryStatus {
  readonly phase: Phase;
  /** Percent. */
  readonly canaryWeight: number;
  readonly failedChecks: number;
  readonly iterations: number;
  /** Revision that the running or last rollout is about. Written by this program or, after a takeover, by Flagger. */
  readonly lastAppliedSpec?: string;
  readonly lastPromotedSpec?: string;
  /** "configmap/name" or "secret/name" to checksum. */
  readonly trackedConfigs?: StringMap;
  /** RFC 3339, whole seconds. */
  readonly lastTransitionTime?: string;
  readonly conditions?: readonly CanaryCondition[];
  /** "name=value" of users who met the canary of the running rollout. */
  readonly sessionAffinityCookie?: string;
  /** "name=value" of users who met the primary in the running rollout. */
  readonly primarySessionAffinityCookie?: string;
  /** "name=value" of the canary of the rollout before. */
  readonly previousSessionAffinityCookie?: string;
  /** What the last check of metrics measured. Absent on a cluster that still has Flagger's CRD. */
  readonly lastChecks?: readonly MeasuredCheck[];
}

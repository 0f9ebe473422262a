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
}

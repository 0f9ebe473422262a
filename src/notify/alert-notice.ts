// SPDX-License-Identifier: Apache-2.0
import type { Canary } from '../api/canary.js';
import type { Phase } from '../api/canary-status.js';
import type { AlertSeverity, RolloutSpec } from '../api/rollout-spec.js';

/** Something that people are to be told about a Canary. */
export interface AlertNotice {
  /** As it was observed when the decision was made; its status tells the weight at that moment. */
  readonly canary: Canary;
  readonly spec: RolloutSpec;
  readonly severity: AlertSeverity;
  readonly message: string;
  /** Whether threshold and deadline are shown, as Flagger does at the start of things. */
  readonly withMetadata: boolean;
  /** After the decision. */
  readonly phase: Phase;
  /** The revision that the rollout is about; empty before the first one. */
  readonly revision: string;
  /** What else the sender of the notice knows. */
  readonly facts?: AlertFacts;
}

export interface AlertFacts {
  /** After the decision. */
  readonly failedChecks?: number;
  readonly images?: readonly ImageChange[];
  /** What the last check measured. */
  readonly measurements?: readonly Measurement[];
}

/** The image of one container before and after the rollout; equal when the rollout is about something else. */
export interface ImageChange {
  readonly container: string;
  readonly before?: string;
  readonly after?: string;
}

export interface Measurement {
  readonly metric: string;
  /** Absent when there was no number to compare. */
  readonly value?: number;
  /** Absent for a metric that has a unit of its own. */
  readonly unit?: 'percent' | 'milliseconds';
  /** The range as text, such as ">= 99". */
  readonly bound: string;
}

// SPDX-License-Identifier: Apache-2.0
import type { MeasuredCheck, Phase } from '../api/canary-status.js';
import type { Announcement } from './decision.js';

/** The parts of a check, run in the order of the request; the first that does not pass ends the check. */
export type CheckPart =
  | 'metric-availability'
  | 'rollback'
  | 'confirm-rollout'
  | 'pre-rollout'
  | 'rollout'
  | 'metrics'
  | 'confirm-traffic-increase'
  | 'confirm-promotion'
  | 'post-rollout';

export type Gate = 'confirm-rollout' | 'confirm-traffic-increase' | 'confirm-promotion';

/**
 * What a check is about. Two requests with the same subject and attempt are the same check: it is started once,
 * and its result counts only for that subject (R5).
 */
export interface CheckRequest {
  /** Canary uid, revision, phase, weight or iteration, failed checks so far. */
  readonly subject: string;
  readonly attempt: number;
  readonly parts: readonly CheckPart[];
  readonly phase: Phase;
  readonly revision: string;
  /**
   * Wall time since which what is measured is about this revision (R19): it has had weight without a break, or while it is
   * mirrored copies; in blue/green without mirroring, its analysis has run. Undefined when nothing tells.
   */
  readonly weightedSinceMs: number | undefined;
  /** The revision answers copies of requests only: they are in no metric of what users got. */
  readonly mirrored: boolean;
}

export type CheckOutcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly event: Announcement }
  | { readonly kind: 'gateClosed'; readonly gate: Gate; readonly hook: string; readonly muteAlert: boolean }
  | { readonly kind: 'rollback'; readonly hook: string }
  /** No data yet, and too soon to hold that against the revision (R19). */
  | { readonly kind: 'tooEarly' };

export type CheckState =
  | { readonly kind: 'none' }
  | { readonly kind: 'running'; readonly subject: string; readonly attempt: number }
  | {
      readonly kind: 'done';
      readonly subject: string;
      readonly attempt: number;
      readonly outcome: CheckOutcome;
      /** What the check said on its way, in order. */
      readonly announcements: readonly Announcement[];
      /** What metrics said; empty when none were asked. */
      readonly measured: readonly MeasuredCheck[];
      readonly finishedAtMs: number;
      /** No decision has been made on this result yet. */
      readonly fresh: boolean;
    };

// SPDX-License-Identifier: Apache-2.0
import type { CanaryStatus } from '../api/canary-status.js';
import type { Gate } from './check.js';
import type { Announcement } from './decision.js';

/** Where a rollout stands, as its status records it. */
export type Position = Pick<CanaryStatus, 'canaryWeight' | 'iterations'>;

/** What the routes do. */
export interface Traffic {
  /** Percent. */
  readonly canaryWeight: number;
  /** Whether the weight counts for every request; false: only for those that match the conditions of an A/B test. */
  readonly everybody: boolean;
  /** The canary gets copies of the primary's requests, and nobody sees its answers. */
  readonly mirrored: boolean;
}

/**
 * The way from a new revision to its promotion. Each position but the first is judged by a check, one interval long;
 * everything that can go wrong on the way is the same for all strategies and not their concern.
 */
export interface Strategy {
  /** As metrics name it. */
  readonly name: 'canary' | 'blue-green' | 'ab-testing';
  /**
   * What the routes do at a position. A weight on record always counts for everybody: where it is not the strategy's own, the
   * canary stands in for a primary that cannot serve (R11, R13).
   */
  trafficAt(position: Position): Traffic;
  /** Where a passed check leads to; undefined: to the promotion. */
  next(position: Position): Position | undefined;
  /** Who is asked before the rollout goes on from a position. */
  gateAt(position: Position): Gate | undefined;
  /** What people are told when a position is reached; `title` is the Canary as messages name it. */
  announce(position: Position, title: string): readonly Announcement[];
}

export const start: Position = { canaryWeight: 0, iterations: 0 };

/** Before the first step: the revision has pods, and nothing else has happened. */
export function isStart({ canaryWeight, iterations }: Position): boolean {
  return canaryWeight === 0 && iterations === 0;
}

export const allOnPrimary: Traffic = { canaryWeight: 0, everybody: true, mirrored: false };

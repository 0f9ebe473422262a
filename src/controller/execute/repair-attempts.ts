// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../lib/clock.js';

/** How long an object that does not stay repaired is left alone between two attempts. */
export interface RepairPace {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** So many repairs are made at once: people edit a thing more than once, too. */
const freeAttempts = 3;
/** An object that stayed as it was for this long begins anew. */
const forgivenAfterMs = 60_000;

interface Attempts {
  readonly count: number;
  readonly lastMs: number;
}

/**
 * Repairs of objects that somebody changes back each time. A restart forgets them and begins with free attempts.
 * Bounded: a handful of objects for each Canary.
 */
export class RepairAttempts {
  private readonly byCanary = new Map<string, Map<string, Attempts>>();

  constructor(private readonly clock: Pick<Clock, 'monotonicMs'>) {}

  /** A repair was written. */
  note(uid: string, object: string): void {
    const objects = this.byCanary.get(uid) ?? new Map<string, Attempts>();
    this.byCanary.set(uid, objects);
    objects.set(object, { count: (objects.get(object)?.count ?? 0) + 1, lastMs: this.clock.monotonicMs() });
  }

  /** Milliseconds until an object that is not as wanted may be repaired again; 0: now. */
  waitMs(uid: string, object: string, pace: RepairPace): number {
    const attempts = this.byCanary.get(uid)?.get(object);
    if (attempts === undefined || attempts.count < freeAttempts) return 0;
    return Math.max(0, attempts.lastMs + delayMs(attempts.count, pace) - this.clock.monotonicMs());
  }

  /** The object is as wanted. Attempts count on for a while, because somebody may only be slower than we are. */
  noteConverged(uid: string, object: string): void {
    const objects = this.byCanary.get(uid);
    const attempts = objects?.get(object);
    if (attempts === undefined) return;
    if (this.clock.monotonicMs() - attempts.lastMs > forgivenAfterMs) objects?.delete(object);
  }

  forget(uid: string): void {
    this.byCanary.delete(uid);
  }
}

function delayMs(count: number, { firstMs, maxMs }: RepairPace): number {
  return Math.min(maxMs, firstMs * 2 ** Math.min(count - freeAttempts, 30));
}

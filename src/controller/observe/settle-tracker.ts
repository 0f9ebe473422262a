// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../lib/clock.js';

/**
 * How long this process has seen the routes and endpoints of each Canary, or its workloads, as they are. A new process starts at zero:
 * it waits the whole settle time by its own clock and never compares clocks of two machines (R7).
 */
export class SettleTracker {
  private readonly seen = new Map<string, Map<string, { readonly fingerprint: string; readonly sinceMs: number }>>();

  constructor(private readonly clock: Clock) {}

  /**
   * Milliseconds since the fingerprint of this Canary last changed; 0 when it changes with this call.
   * @param of what the fingerprint is about, when it is not the routes
   */
  stableMs(uid: string, fingerprint: string, of = 'routes'): number {
    const nowMs = this.clock.monotonicMs();
    const ofCanary = this.seen.get(uid) ?? new Map<string, never>();
    const known = ofCanary.get(of);
    if (known?.fingerprint === fingerprint) return nowMs - known.sinceMs;
    this.seen.set(uid, new Map([...ofCanary, [of, { fingerprint, sinceMs: nowMs }]]));
    return 0;
  }

  forget(uid: string): void {
    this.seen.delete(uid);
  }
}

// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../lib/clock.js';

export interface RateLimit {
  /** Requests per second in the long run. */
  readonly qps: number;
  /** Requests that may be sent at once after a pause. */
  readonly burst: number;
}

/** A token bucket: spaces requests out so that an error in this program cannot flood the apiserver. First come, first served. */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #toleranceMs: number;
  /** When the bucket would be full again. */
  #fullAtMs = 0;

  constructor(limit: RateLimit, clock: Clock) {
    this.#clock = clock;
    this.#intervalMs = 1_000 / limit.qps;
    this.#toleranceMs = this.#intervalMs * (Math.max(1, limit.burst) - 1);
  }

  /** Resolves when the next request may be sent, or at once when the signal is aborted. */
  async acquire(signal?: AbortSignal): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    const startMs = Math.max(nowMs, this.#fullAtMs);
    this.#fullAtMs = startMs + this.#intervalMs;
    const waitMs = startMs - this.#toleranceMs - nowMs;
    if (waitMs > 0) await this.#clock.sleep(waitMs, signal);
  }
}

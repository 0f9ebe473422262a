// SPDX-License-Identifier: Apache-2.0
import type { Random } from './random.js';

export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
  /** Growth per attempt. Default 2. */
  readonly factor?: number;
  /** Share of the delay that is random, 0 to 1: the delay lies in [d × (1 − jitter), d]. Default 0.5. */
  readonly jitter?: number;
}

/** Delay before the given attempt (0 = first retry): exponential, capped, with jitter. */
export function backoffMs(attempt: number, options: BackoffOptions, random: Random): number {
  const { firstMs, maxMs, factor = 2, jitter = 0.5 } = options;
  const delayMs = Math.min(maxMs, firstMs * factor ** Math.min(attempt, 60));
  return delayMs * (1 - jitter * random());
}

// SPDX-License-Identifier: Apache-2.0
import { systemClock } from '../../../src/lib/clock.js';
import { errorText } from '../../../src/lib/operator-error.js';

export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly everyMs?: number;
}

/**
 * Calls `probe` until it returns something other than undefined or false, and returns that.
 * A probe that throws has not succeeded yet; the last error is named when the deadline passes.
 */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  { timeoutMs = 60_000, everyMs = 250 }: WaitOptions = {},
): Promise<T> {
  const deadlineMs = systemClock.monotonicMs() + timeoutMs;
  for (;;) {
    let lastError = '';
    try {
      const seen = await probe();
      if (seen !== undefined && seen !== false) return seen;
    } catch (error) {
      lastError = `: ${errorText(error)}`;
    }
    if (systemClock.monotonicMs() > deadlineMs)
      throw new Error(`Not seen within ${timeoutMs / 1000} s: ${what}${lastError}`);
    await systemClock.sleep(everyMs);
  }
}

/** Waits a fixed time, for the few tests that measure what happens while nothing should happen. */
export function pause(delayMs: number): Promise<void> {
  return systemClock.sleep(delayMs);
}

// SPDX-License-Identifier: Apache-2.0

/** The only source of time. Wall time is for what people read; monotonic time is for waiting and for safety decisions. */
export interface Clock {
  /** Milliseconds since the Unix epoch. May jump. */
  nowMs(): number;
  /** Milliseconds from an arbitrary start. Never goes back. */
  monotonicMs(): number;
  /** Resolves after `delayMs`, or at once when `signal` is aborted. Never rejects. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
  /** Calls `callback` once after `delayMs`; the returned function cancels it. */
  schedule(delayMs: number, callback: () => void): () => void;
}

/** Longest delay that a timer of this platform accepts; longer ones are cut to it. */
const longestTimerMs = 2 ** 31 - 1;

/** The machine's own clock. Its timers keep the process alive only while something waits for them. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep(delayMs, signal) {
    return new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const finish = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      const timer = setTimeout(finish, Math.min(Math.max(0, delayMs), longestTimerMs));
      signal?.addEventListener('abort', finish, { once: true });
    });
  },
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), longestTimerMs));
    return () => {
      clearTimeout(timer);
    };
  },
};

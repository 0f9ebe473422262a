// SPDX-License-Identifier: Apache-2.0

/** Runs tasks with at most a given number at a time per key; the others wait in the order of their arrival. */
export interface ConcurrencyLimit {
  /**
   * Runs `task` when a place is free.
   * @throws the signal's reason when it is aborted while waiting; the task has not run then
   */
  run<T>(key: string, task: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

interface Lane {
  running: number;
  readonly waiting: Set<() => void>;
}

/** @param maxPerKey places per key, at least 1 */
export function createConcurrencyLimit(maxPerKey: number): ConcurrencyLimit {
  const lanes = new Map<string, Lane>();

  async function enter(key: string, signal: AbortSignal | undefined): Promise<Lane> {
    signal?.throwIfAborted();
    const lane = lanes.get(key) ?? { running: 0, waiting: new Set() };
    lanes.set(key, lane);
    if (lane.running < maxPerKey) lane.running += 1;
    else await turn(lane, signal);
    return lane;
  }

  function leave(key: string, lane: Lane): void {
    const [next] = lane.waiting;
    if (next !== undefined) {
      // The place goes straight to the next one, so that `running` stays as it is.
      lane.waiting.delete(next);
      next();
      return;
    }
    lane.running -= 1;
    if (lane.running === 0) lanes.delete(key);
  }

  return {
    async run(key, task, signal) {
      const lane = await enter(key, signal);
      try {
        return await task();
      } finally {
        leave(key, lane);
      }
    },
  };
}

function turn(lane: Lane, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const start = (): void => {
      signal?.removeEventListener('abort', giveUp);
      resolve();
    };
    const giveUp = (): void => {
      lane.waiting.delete(start);
      reject(abortReason(signal));
    };
    lane.waiting.add(start);
    signal?.addEventListener('abort', giveUp, { once: true });
  });
}

function abortReason(signal: AbortSignal | undefined): Error {
  return signal?.reason instanceof Error ? signal.reason : new Error('aborted');
}

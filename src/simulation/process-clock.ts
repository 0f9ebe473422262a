// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../lib/clock.js';
import { sleepOn } from './virtual-clock.js';

/** The clock of a machine: off from the cluster's by a fixed time, and silent once the process has died. */
export class ProcessClock implements Clock {
  #isAlive = true;
  readonly #onDeath: (() => void)[] = [];

  constructor(
    private readonly clock: Clock,
    /** Of the wall time; monotonic time has no meaning between machines anyway. */
    private readonly skewMs: number,
  ) {}

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** From now on nothing of the process runs: its timers do not ring and its requests are not answered. */
  die(): void {
    this.#isAlive = false;
    for (const end of this.#onDeath) end();
  }

  /** Calls back when the process dies. */
  onDeath(callback: () => void): void {
    this.#onDeath.push(callback);
  }

  nowMs(): number {
    return this.clock.nowMs() + this.skewMs;
  }

  monotonicMs(): number {
    return this.clock.monotonicMs();
  }

  schedule(delayMs: number, callback: () => void): () => void {
    return this.clock.schedule(delayMs, () => {
      if (this.#isAlive) callback();
    });
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }
}

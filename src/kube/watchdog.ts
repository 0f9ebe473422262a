// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../lib/clock.js';

export interface WatchdogOptions {
  /** Longest time without a `touch`. */
  readonly idleMs: number;
  /** Longest time in all. */
  readonly totalMs: number;
  /** Called at most once. */
  readonly stalled: () => void;
}

/** Notices that something has gone quiet. Costs one timer per idle period, however often it is touched. */
export class Watchdog {
  readonly #clock: Clock;
  readonly #options: WatchdogOptions;
  readonly #startedMs: number;
  #touchedMs: number;
  #cancelTimer: () => void;

  constructor(clock: Clock, options: WatchdogOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#startedMs = clock.monotonicMs();
    this.#touchedMs = this.#startedMs;
    this.#cancelTimer = this.#schedule();
  }

  touch(): void {
    this.#touchedMs = this.#clock.monotonicMs();
  }

  stop(): void {
    this.#cancelTimer();
  }

  #schedule(): () => void {
    const { idleMs, totalMs } = this.#options;
    const dueMs = Math.min(this.#touchedMs + idleMs, this.#startedMs + totalMs);
    return this.#clock.schedule(dueMs - this.#clock.monotonicMs(), () => this.#check());
  }

  #check(): void {
    const { idleMs, totalMs, stalled } = this.#options;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#startedMs >= totalMs || nowMs - this.#touchedMs >= idleMs) stalled();
    else this.#cancelTimer = this.#schedule();
  }
}

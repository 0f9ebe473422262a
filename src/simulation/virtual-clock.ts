// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../lib/clock.js';

interface Timer {
  readonly dueMs: number;
  /** Timers of one moment run in the order in which they were asked for. */
  readonly order: number;
  callback: (() => void) | undefined;
}

/**
 * Time as a queue of events: it stands still while something runs and jumps from one timer to the next. Equal inputs give
 * equal sequences, however fast the machine is. Wall and monotonic time advance together.
 */
export class VirtualClock implements Clock {
  readonly #heap: Timer[] = [];
  #elapsedMs = 0;
  #order = 0;

  constructor(private readonly startMs = Date.UTC(2026, 0, 1)) {}

  nowMs(): number {
    return this.startMs + this.#elapsedMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const timer: Timer = { dueMs: this.#elapsedMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#push(timer);
    return () => {
      // It stays in the queue, and nothing happens when its turn comes.
      timer.callback = undefined;
    };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  /**
   * Runs timers in order, and what they set off, until `isOver` or the given moment (monotonic).
   * @returns whether `isOver`
   */
  async runUntil(untilMs: number, isOver: () => boolean = () => false): Promise<boolean> {
    await settled();
    while (!isOver()) {
      const next = this.#heap[0];
      if (next === undefined || next.dueMs > untilMs) {
        this.#elapsedMs = Math.max(this.#elapsedMs, untilMs);
        return isOver();
      }
      this.#pop();
      const { callback } = next;
      if (callback === undefined) continue;
      this.#elapsedMs = next.dueMs;
      next.callback = undefined;
      callback();
      await settled();
    }
    return true;
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(timer);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(timer, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const child = this.#lesserChild(index);
      const below = heap[child];
      if (below === undefined || !isBefore(below, last)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }

  #lesserChild(index: number): number {
    const left = 2 * index + 1;
    const [one, other] = [this.#heap[left], this.#heap[left + 1]];
    return one !== undefined && other !== undefined && isBefore(other, one) ? left + 1 : left;
  }
}

/** A sleep made of one timer. Never rejects. */
export function sleepOn(clock: Pick<Clock, 'schedule'>, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const wake = (): void => {
      cancel();
      resolve();
    };
    const cancel = clock.schedule(delayMs, () => {
      signal?.removeEventListener('abort', wake);
      resolve();
    });
    signal?.addEventListener('abort', wake, { once: true });
  });
}

function isBefore(left: Timer, right: Timer): boolean {
  return left.dueMs < right.dueMs || (left.dueMs === right.dueMs && left.order < right.order);
}

/** Lets every promise callback that is ready run, and those that they make ready. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../lib/clock.js';
import type { BackoffOptions } from '../../lib/backoff.js';
import { backoffMs } from '../../lib/backoff.js';
import type { Random } from '../../lib/random.js';

export interface WorkQueueDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** Between failures of one key. */
  readonly backoff: BackoffOptions;
  /** Between looks at one key under which things move: a watch that lags behind must not be hammered at. */
  readonly again: BackoffOptions;
  /** How long after the signal the work that was begun may still take; what takes longer is abandoned. */
  readonly graceMs: number;
  /** Called with the time in milliseconds that a key waited for a worker. */
  readonly onTaken?: (waitedMs: number) => void;
  /** Called with the number of keys that wait whenever it changes. */
  readonly onDepth?: (depth: number) => void;
}

/** `again`: something moved under the work, which is to be done anew at once. */
export type WorkResult = 'done' | 'again';

/** Does the work of one key. Rejecting puts the key back with backoff. */
export type WorkHandler = (key: string, signal: AbortSignal) => Promise<WorkResult>;

/**
 * De-duplicating work queue: a key that is added while it waits is worked on once, a key that is added while it is
 * worked on is worked on again afterwards, and no key is ever worked on twice at the same time.
 */
export class WorkQueue {
  /** Since when (monotonic) each key has waited. */
  private readonly waiting = new Map<string, number>();
  private readonly active = new Set<string>();
  private readonly dirty = new Set<string>();
  private readonly timers = new Map<string, { readonly dueMs: number; readonly cancel: () => void }>();
  private readonly failures = new Map<string, number>();
  private readonly repeats = new Map<string, number>();
  private readonly idleWorkers: (() => void)[] = [];

  constructor(private readonly deps: WorkQueueDeps) {}

  /** Asks for the key to be worked on as soon as a worker is free. */
  add(key: string): void {
    this.cancelTimer(key);
    if (this.active.has(key)) {
      this.dirty.add(key);
      return;
    }
    if (!this.waiting.has(key)) this.waiting.set(key, this.deps.clock.monotonicMs());
    this.deps.onDepth?.(this.waiting.size);
    this.idleWorkers.shift()?.();
  }

  /** Asks for the key to be worked on after a delay; an earlier request for the same key stays. */
  addAfter(key: string, delayMs: number): void {
    const dueMs = this.deps.clock.monotonicMs() + delayMs;
    const pending = this.timers.get(key);
    if (pending !== undefined && pending.dueMs <= dueMs) return;
    this.cancelTimer(key);
    const cancel = this.deps.clock.schedule(delayMs, () => {
      this.timers.delete(key);
      this.add(key);
    });
    this.timers.set(key, { dueMs, cancel });
  }

  /**
   * Works on keys with the given number of workers until the signal; resolves when the last handler is done, or when the
   * time of grace is over: a request to an API server that does not answer must not outlive the process's own deadline.
   */
  async run(workers: number, handler: WorkHandler, signal: AbortSignal): Promise<void> {
    const wakeAll = (): void => {
      for (const wake of this.idleWorkers.splice(0)) wake();
    };
    signal.addEventListener('abort', wakeAll, { once: true });
    const over = new AbortController();
    const working = Promise.all(Array.from({ length: workers }, () => this.work(handler, signal)));
    await Promise.race([working, this.graceIsOver(signal, over.signal)]);
    over.abort();
    for (const { cancel } of this.timers.values()) cancel();
    this.timers.clear();
  }

  private async work(handler: WorkHandler, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const key = this.take();
      if (key === undefined) {
        await new Promise<void>((resolve) => this.idleWorkers.push(resolve));
      } else {
        await this.process(key, handler, signal);
      }
    }
  }

  private async graceIsOver(signal: AbortSignal, cancel: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await this.deps.clock.sleep(this.deps.graceMs, cancel);
  }

  private take(): string | undefined {
    for (const [key, sinceMs] of this.waiting) {
      this.waiting.delete(key);
      this.deps.onTaken?.(this.deps.clock.monotonicMs() - sinceMs);
      this.deps.onDepth?.(this.waiting.size);
      return key;
    }
    return undefined;
  }

  private async process(key: string, handler: WorkHandler, signal: AbortSignal): Promise<void> {
    this.active.add(key);
    try {
      const result = await handler(key, signal);
      this.failures.delete(key);
      if (result === 'again') this.retry(key, this.repeats, this.deps.again);
      else this.repeats.delete(key);
    } catch {
      // The handler has said why; here it only costs the key a delay.
      this.retry(key, this.failures, this.deps.backoff);
    } finally {
      this.active.delete(key);
      if (this.dirty.delete(key)) this.add(key);
    }
  }

  private retry(key: string, counts: Map<string, number>, backoff: BackoffOptions): void {
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    this.addAfter(key, backoffMs(count, backoff, this.deps.random));
  }

  private cancelTimer(key: string): void {
    this.timers.get(key)?.cancel();
    this.timers.delete(key);
  }
}

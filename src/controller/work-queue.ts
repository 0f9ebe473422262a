// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../lib/clock.js';
import type { BackoffOptions } from '../lib/backoff.js';
import { backoffMs } from '../lib/backoff.js';
import type { Random } from '../lib/random.js';

export interface WorkQueueDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly backoff: BackoffOptions;
  /** Called with the number of keys that wait whenever it changes. */
  readonly onDepth?: (depth: number) => void;
}

/** Does the work of one key. Rejecting puts the key back with backoff. */
export type WorkHandler = (key: string, signal: AbortSignal) => Promise<void>;

/**
 * De-duplicating work queue: a key that is added while it waits is worked on once, a key that is added while it is
 * worked on is worked on again afterwards, and no key is ever worked on twice at the same time.
 */
export class WorkQueue {
  private readonly waiting = new Set<string>();
  private readonly active = new Set<string>();
  private readonly dirty = new Set<string>();
  private readonly timers = new Map<string, { readonly dueMs: number; readonly cancel: () => void }>();
  private readonly failures = new Map<string, number>();
  private readonly idleWorkers: (() => void)[] = [];

  constructor(private readonly deps: WorkQueueDeps) {}

  /** Asks for the key to be worked on as soon as a worker is free. */
  add(key: string): void {
    this.cancelTimer(key);
    if (this.active.has(key)) {
      this.dirty.add(key);
      return;
    }
    this.waiting.add(key);
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

  /** Drops the key's timer and failure count, as for an object that is gone. */
  forget(key: string): void {
    this.cancelTimer(key);
    this.failures.delete(key);
    this.waiting.delete(key);
    this.dirty.delete(key);
    this.deps.onDepth?.(this.waiting.size);
  }

  /** Works on keys with the given number of workers until the signal; resolves when the last handler is done. */
  async run(workers: number, handler: WorkHandler, signal: AbortSignal): Promise<void> {
    const wakeAll = (): void => {
      for (const wake of this.idleWorkers.splice(0)) wake();
    };
    signal.addEventListener('abort', wakeAll, { once: true });
    await Promise.all(Array.from({ length: workers }, () => this.work(handler, signal)));
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

  private take(): string | undefined {
    for (const key of this.waiting) {
      this.waiting.delete(key);
      this.deps.onDepth?.(this.waiting.size);
      return key;
    }
    return undefined;
  }

  private async process(key: string, handler: WorkHandler, signal: AbortSignal): Promise<void> {
    this.active.add(key);
    try {
      await handler(key, signal);
      this.failures.delete(key);
    } catch {
      // The handler has said why; here it only costs the key a delay.
      const failures = this.failures.get(key) ?? 0;
      this.failures.set(key, failures + 1);
      this.addAfter(key, backoffMs(failures, this.deps.backoff, this.deps.random));
    } finally {
      this.active.delete(key);
      if (this.dirty.delete(key)) this.add(key);
    }
  }

  private cancelTimer(key: string): void {
    this.timers.get(key)?.cancel();
    this.timers.delete(key);
  }
}

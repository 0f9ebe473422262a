// SPDX-License-Identifier: Apache-2.0
import { backoffMs, type BackoffOptions } from '../lib/backoff.js';
import type { Clock } from '../lib/clock.js';
import { createConcurrencyLimit } from '../lib/concurrency-limit.js';
import type { Logger } from '../lib/logger.js';
import { errorText } from '../lib/operator-error.js';
import type { Random } from '../lib/random.js';
import type { DeliveryOutcome } from './delivery.js';

/** Something to deliver until it is delivered, refused or too old. */
export interface Delivery {
  /** Deliveries of one lane are made one after the other, in the order of their arrival. */
  readonly lane: string;
  /** Attempts at one server are few at a time, over all lanes. */
  readonly server: string;
  readonly log: Logger;
  attempt(signal: AbortSignal): Promise<DeliveryOutcome>;
  /** It will not be delivered. `error` is that of the last attempt. */
  onLost(error: string): void;
  /** The error of a delivery that failed without an attempt. */
  errorFor(cause: string): string;
}

export interface DeliveryQueueDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** Deliveries that may wait, over all lanes; beyond it the oldest is lost. */
  readonly maxWaiting: number;
}

interface Waiting {
  readonly delivery: Delivery;
  readonly enqueuedMs: number;
}

interface Lane {
  readonly waiting: Set<Waiting>;
  readonly done: Promise<void>;
}

const backoff: BackoffOptions = { firstMs: 1_000, maxMs: 60_000 };
/** An alert that is later than this tells nobody anything new. */
const maxAgeMs = 30 * 60_000;
const maxConcurrentPerServer = 4;

/** Ordered lanes with retries, beside everything else: nobody ever waits for it. Bounded in memory and in time. */
export class DeliveryQueue {
  private readonly lanes = new Map<string, Lane>();
  /** Of all lanes, the oldest first. */
  private readonly waiting = new Set<Waiting>();
  private readonly limit = createConcurrencyLimit(maxConcurrentPerServer);
  private abandon = new AbortController();

  constructor(private readonly deps: DeliveryQueueDeps) {}

  push(delivery: Delivery): void {
    if (this.waiting.size >= this.deps.maxWaiting) this.dropOldest();
    const entry: Waiting = { delivery, enqueuedMs: this.deps.clock.monotonicMs() };
    this.waiting.add(entry);
    const lane = this.lanes.get(delivery.lane);
    if (lane === undefined) this.open(delivery.lane, entry);
    else lane.waiting.add(entry);
  }

  /** Resolves when nothing is left to deliver, at the latest after `timeoutMs`; what is left then is lost. */
  async flush(timeoutMs: number): Promise<void> {
    const finished = new AbortController();
    const all = Promise.all([...this.lanes.values()].map(({ done }) => done)).then(() => {
      finished.abort();
    });
    await Promise.race([all, this.deps.clock.sleep(timeoutMs, finished.signal)]);
    if (!finished.signal.aborted) this.abandonAll();
  }

  private open(name: string, first: Waiting): void {
    const waiting = new Set([first]);
    this.lanes.set(name, { waiting, done: this.drain(name, waiting) });
  }

  private async drain(name: string, waiting: Set<Waiting>): Promise<void> {
    // Lets `push` return before anything is done, and the lane be known before it can end.
    await Promise.resolve();
    for (;;) {
      const [next] = waiting;
      if (next === undefined) break;
      this.take(next, waiting);
      await this.deliver(next);
    }
    this.lanes.delete(name);
  }

  private take(entry: Waiting, lane: Set<Waiting>): void {
    lane.delete(entry);
    this.waiting.delete(entry);
  }

  private async deliver({ delivery, enqueuedMs }: Waiting): Promise<void> {
    const { clock } = this.deps;
    const { signal } = this.abandon;
    for (let attempts = 1; ; attempts += 1) {
      const outcome = await this.attempt(delivery, signal);
      if (outcome.kind === 'sent') return;
      const delayMs = this.delayMs(attempts, outcome.retryAfterMs);
      const isTooLate = clock.monotonicMs() + delayMs - enqueuedMs > maxAgeMs;
      if (!outcome.mayPass || isTooLate || signal.aborted) {
        delivery.onLost(outcome.error);
        return;
      }
      delivery.log[attempts === 1 ? 'warn' : 'debug'](
        { error: outcome.error, attempts, delayMs },
        'alert is sent again later',
      );
      await clock.sleep(delayMs, signal);
    }
  }

  private async attempt(delivery: Delivery, signal: AbortSignal): Promise<DeliveryOutcome> {
    try {
      return await this.limit.run(delivery.server, () => delivery.attempt(signal), signal);
    } catch (error) {
      return { kind: 'failed', error: delivery.errorFor(errorText(error)), mayPass: false };
    }
  }

  /** Not before the server wants it, and not all at the moment that it names. */
  private delayMs(attempts: number, retryAfterMs = 0): number {
    const { random } = this.deps;
    return Math.max(backoffMs(attempts - 1, backoff, random), retryAfterMs * (1 + random() / 10));
  }

  private dropOldest(): void {
    const [oldest] = this.waiting;
    if (oldest === undefined) return;
    const lane = this.lanes.get(oldest.delivery.lane);
    if (lane !== undefined) this.take(oldest, lane.waiting);
    drop(oldest, 'too many alerts wait to be sent');
  }

  private abandonAll(): void {
    for (const { waiting } of this.lanes.values()) {
      for (const entry of waiting) {
        this.take(entry, waiting);
        drop(entry, 'the process ends');
      }
    }
    this.abandon.abort(new Error('the process ends'));
    this.abandon = new AbortController();
  }
}

function drop({ delivery }: Waiting, cause: string): void {
  delivery.onLost(delivery.errorFor(cause));
}

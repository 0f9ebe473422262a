// SPDX-License-Identifier: Apache-2.0
import type { Webhook } from '../api/rollout-spec.js';
import type { Clock } from '../lib/clock.js';
import { createConcurrencyLimit } from '../lib/concurrency-limit.js';
import type { Logger } from '../lib/logger.js';
import { redactUrl } from '../lib/redact-url.js';
import type { HookCaller } from './hook-caller.js';
import type { HookPayload } from './payload.js';

/** Delivers events to webhooks beside everything else; nobody waits for it and nobody hears of its failures but the log. */
export interface EventWebhookSender {
  /** Queues a delivery to each webhook and returns at once. A receiver gets the events of one Canary in the order of these calls. */
  send(webhooks: readonly Webhook[], payload: HookPayload): void;
  /** Resolves when all deliveries are made or given up, at the latest after `timeoutMs`; what is left then is abandoned. */
  flush(timeoutMs: number): Promise<void>;
}

export interface EventWebhookSenderDeps {
  readonly caller: Pick<HookCaller, 'call'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told, besides the log, of each delivery that was given up, dropped or abandoned. */
  readonly onLost?: () => void;
  /** Deliveries that may wait, over all receivers. Beyond it the longest queue loses its oldest one. Default 1000. */
  readonly maxPending?: number;
}

/** Retries of one delivery, whatever the webhook asks for: the events behind it wait. */
const maxRetries = 5;
/** Deliveries to one address at the same time. */
const maxConcurrent = 8;

interface Delivery {
  readonly webhook: Webhook;
  readonly payload: HookPayload;
}

/** Deliveries of one Canary to one receiver, made one after the other. The first of `waiting` is the oldest. */
interface Lane {
  readonly waiting: Delivery[];
  readonly done: Promise<void>;
}

export function createEventWebhookSender(deps: EventWebhookSenderDeps): EventWebhookSender {
  return new QueuedEventWebhookSender(deps);
}

class QueuedEventWebhookSender implements EventWebhookSender {
  private readonly lanes = new Map<string, Lane>();
  private readonly limit = createConcurrencyLimit(maxConcurrent);
  private readonly maxPending: number;
  private pending = 0;
  private abandon = new AbortController();

  constructor(private readonly deps: EventWebhookSenderDeps) {
    this.maxPending = deps.maxPending ?? 1_000;
  }

  send(webhooks: readonly Webhook[], payload: HookPayload): void {
    for (const webhook of webhooks) this.enqueue({ webhook, payload });
  }

  async flush(timeoutMs: number): Promise<void> {
    const finished = new AbortController();
    const lanes = [...this.lanes.values()];
    const all = Promise.all(lanes.map(({ done }) => done)).then(() => {
      finished.abort();
    });
    await Promise.race([all, this.deps.clock.sleep(timeoutMs, finished.signal)]);
    if (!finished.signal.aborted) this.abandonAll();
  }

  private enqueue(delivery: Delivery): void {
    const { webhook, payload } = delivery;
    const key = [payload.namespace, payload.name, webhook.url].join(' ');
    const lane = this.lanes.get(key);
    this.pending += 1;
    if (lane === undefined) {
      const waiting = [delivery];
      this.lanes.set(key, { waiting, done: this.run(key, waiting) });
    } else lane.waiting.push(delivery);
    if (this.pending > this.maxPending) this.dropOldest();
  }

  private async run(key: string, waiting: Delivery[]): Promise<void> {
    // Lets `send` return before anything is done, and the lane be known before it can end.
    await Promise.resolve();
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      this.pending -= 1;
      await this.deliver(next);
    }
    this.lanes.delete(key);
  }

  private async deliver({ webhook, payload }: Delivery): Promise<void> {
    const { caller, log } = this.deps;
    const { signal } = this.abandon;
    const bounded = { ...webhook, retries: Math.min(webhook.retries, maxRetries) };
    try {
      const result = await this.limit.run(webhook.url, () => caller.call(bounded, payload, signal), signal);
      if (result.kind === 'passed') return;
      log.error(fieldsOf({ webhook, payload }), `error sending event to webhook: ${result.message}`);
    } catch (error) {
      log.error({ ...fieldsOf({ webhook, payload }), err: error }, 'event webhook was not called');
    }
    this.deps.onLost?.();
  }

  private dropOldest(): void {
    let longest: Delivery[] = [];
    for (const { waiting } of this.lanes.values()) if (waiting.length > longest.length) longest = waiting;
    const dropped = longest.shift();
    if (dropped === undefined) return;
    this.pending -= 1;
    this.deps.log.warn(fieldsOf(dropped), 'too many events wait for their webhook, the oldest is dropped');
    this.deps.onLost?.();
  }

  private abandonAll(): void {
    this.deps.log.warn({ waiting: this.pending, receivers: this.lanes.size }, 'events were not delivered in time');
    for (const { waiting } of this.lanes.values()) {
      const abandoned = waiting.splice(0);
      this.pending -= abandoned.length;
      for (const _ of abandoned) this.deps.onLost?.();
    }
    // Those that are under way end as failed calls.
    this.abandon.abort();
    this.abandon = new AbortController();
  }
}

function fieldsOf({ webhook, payload }: Delivery): Readonly<Record<string, unknown>> {
  return {
    canary: `${payload.namespace}/${payload.name}`,
    webhook: webhook.name,
    url: redactUrl(webhook.url),
    event: payload.metadata?.eventMessage,
  };
}

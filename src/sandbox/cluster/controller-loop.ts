// SPDX-License-Identifier: Apache-2.0
import type { ObjectKey } from '../../api/index.js';
import type { Clock } from '../../lib/clock.js';
import { StatusError, type ApiServer, type ResourceType, type ServedObject, type Watch } from '../api-server/index.js';

/** First wait before something is tried again that the API server refused; each further one is twice as long. */
const firstRetryMs = 1_000;
const longestRetryMs = 60_000;

/** What a controller is told of a write. */
export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: ServedObject;
}

/** Keys that a controller has to look at. A key that waits already is not added again. */
export interface WorkQueue {
  add(key: ObjectKey): void;
  /** Looks again after a while; the earliest time that was asked for counts. */
  addAfter(key: ObjectKey, delayMs: number): void;
}

interface Subscription {
  readonly resource: ResourceType;
  readonly onChange: (change: Change) => void;
  watch: Watch;
}

/**
 * Runs level-based controllers on the direct door: a write wakes them, each turn takes the changes since the last one and
 * looks once at each object that they touch. Nothing runs while nothing changes. Turns are timers of the clock, so that the
 * loop runs in real time and in simulated time alike.
 */
export class ControllerLoop {
  readonly #subscriptions: Subscription[] = [];
  readonly #queues: KeyQueue[] = [];
  #cancelTurn: (() => void) | undefined;
  #isRunning = true;

  constructor(
    private readonly api: ApiServer,
    private readonly clock: Clock,
    /** From a write to the turn that sees it. */
    private readonly reactionMs: number,
  ) {}

  /** Tells of every object of a kind, first of those that are there. */
  subscribe(resource: ResourceType, onChange: (change: Change) => void): void {
    const watch = this.#open(resource);
    this.#subscriptions.push({ resource, onChange, watch });
    this.#wake();
  }

  /** A queue whose keys are worked off by `reconcile`. */
  queue(reconcile: (key: ObjectKey) => void): WorkQueue {
    const queue = new KeyQueue({ clock: this.clock, reconcile, wake: () => this.#wake() });
    this.#queues.push(queue);
    return queue;
  }

  stop(): void {
    this.#isRunning = false;
    this.#cancelTurn?.();
    this.#cancelTurn = undefined;
    for (const { watch } of this.#subscriptions) watch.stop();
    for (const queue of this.#queues) queue.stop();
  }

  #open(resource: ResourceType): Watch {
    return this.api.watch(resource, { namespace: '', onEvents: () => this.#wake() });
  }

  #wake(): void {
    if (!this.#isRunning) return;
    this.#cancelTurn ??= this.clock.schedule(this.reactionMs, () => this.#turn());
  }

  #turn(): void {
    this.#cancelTurn = undefined;
    for (const subscription of this.#subscriptions) {
      for (const event of subscription.watch.take()) subscription.onChange(event);
      // Fell behind: start over with what is there now.
      if (!subscription.watch.isOpen) subscription.watch = this.#reopened(subscription);
    }
    for (const queue of this.#queues) queue.work();
  }

  #reopened({ resource }: Subscription): Watch {
    this.#wake();
    return this.#open(resource);
  }
}

interface KeyQueueDeps {
  readonly clock: Clock;
  readonly reconcile: (key: ObjectKey) => void;
  readonly wake: () => void;
}

class KeyQueue implements WorkQueue {
  readonly #due = new Map<string, ObjectKey>();
  readonly #later = new Map<string, { readonly atMs: number; readonly cancel: () => void }>();
  readonly #failures = new Map<string, number>();

  constructor(private readonly deps: KeyQueueDeps) {}

  add(key: ObjectKey): void {
    this.#due.set(textOf(key), key);
    this.deps.wake();
  }

  addAfter(key: ObjectKey, delayMs: number): void {
    const { clock } = this.deps;
    const text = textOf(key);
    const atMs = clock.monotonicMs() + delayMs;
    const planned = this.#later.get(text);
    if (planned !== undefined && planned.atMs <= atMs) return;
    planned?.cancel();
    const cancel = clock.schedule(delayMs, () => {
      this.#later.delete(text);
      this.add(key);
    });
    this.#later.set(text, { atMs, cancel });
  }

  work(): void {
    const due = [...this.#due];
    this.#due.clear();
    for (const [text, key] of due) this.#reconcile(text, key);
  }

  stop(): void {
    for (const { cancel } of this.#later.values()) cancel();
    this.#later.clear();
    this.#due.clear();
  }

  #reconcile(text: string, key: ObjectKey): void {
    try {
      this.deps.reconcile(key);
      this.#failures.delete(text);
    } catch (error) {
      // A refusal is the API server's word: quota, a namespace that ends, an object that changed. All else is a bug here.
      if (!(error instanceof StatusError)) throw error;
      const failures = (this.#failures.get(text) ?? 0) + 1;
      this.#failures.set(text, failures);
      this.addAfter(key, Math.min(firstRetryMs * 2 ** (failures - 1), longestRetryMs));
    }
  }
}

function textOf({ namespace, name }: ObjectKey): string {
  return `${namespace}/${name}`;
}

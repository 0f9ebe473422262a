// SPDX-License-Identifier: Apache-2.0
import { atRevision, type ServedObject } from '../served-object.js';
import type { StoreEvent } from './event-history.js';

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: ServedObject;
}

export interface WatchSpec {
  /** Objects that the watcher wants to see. An object that enters or leaves this set is added or deleted to it. */
  readonly matches: (object: ServedObject) => boolean;
  /**
   * Called after each write that put something into an empty queue, and when the watch was dropped. Must not write: the
   * write under way is not done.
   */
  readonly onEvents: () => void;
}

interface WatchLimits {
  /** Only later events are shown. */
  readonly since: number;
  /** Events that may wait; a watcher that falls behind further is dropped, as by a real server. */
  readonly pending: number;
}

/** A watcher's queue of events. */
export class Watch {
  #pending: WatchEvent[] = [];
  #isOpen = true;
  #isArmed = false;

  constructor(
    private readonly spec: WatchSpec,
    private readonly limits: WatchLimits,
    private readonly unsubscribe: (watch: Watch) => void,
  ) {}

  /** False after `stop`, and when too many events waited: list again then. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Takes all events that wait, oldest first. */
  take(): readonly WatchEvent[] {
    const taken = this.#pending;
    this.#pending = [];
    return taken;
  }

  stop(): void {
    this.#isOpen = false;
    this.#pending = [];
    this.unsubscribe(this);
  }

  /** From now on events are announced: what the queue holds already is fetched by whoever opened the watch. */
  arm(): this {
    this.#isArmed = true;
    return this;
  }

  /** Puts objects that are there already into the queue, as added. */
  offerAll(objects: readonly ServedObject[]): void {
    for (const object of objects) {
      if (this.spec.matches(object)) this.#push({ type: 'ADDED', object });
    }
  }

  /** For the store only. */
  offer(event: StoreEvent): void {
    const seen = event.revision > this.limits.since ? this.#seen(event) : undefined;
    if (seen !== undefined) this.#push(seen);
  }

  #push(event: WatchEvent): void {
    this.#pending.push(event);
    if (this.#pending.length > this.limits.pending) this.stop();
    if (this.#isArmed && this.#pending.length <= 1) this.spec.onEvents();
  }

  #seen({ type, object, previous, revision }: StoreEvent): WatchEvent | undefined {
    const { matches } = this.spec;
    const wasSeen = previous !== undefined && matches(previous);
    const isSeen = type !== 'deleted' && matches(object);
    if (isSeen) return { type: wasSeen ? 'MODIFIED' : 'ADDED', object };
    if (!wasSeen) return undefined;
    // An object that has left the set is shown as it was when it was last in it.
    return { type: 'DELETED', object: type === 'deleted' ? object : atRevision(previous, revision) };
  }
}

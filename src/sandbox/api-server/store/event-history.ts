// SPDX-License-Identifier: Apache-2.0
import type { ServedObject } from '../served-object.js';

/** One write of one object. */
export interface StoreEvent {
  readonly type: 'added' | 'modified' | 'deleted';
  readonly revision: number;
  /** As it is now; of a deletion, as it was at the end, under the revision of the deletion. */
  readonly object: ServedObject;
  readonly previous: ServedObject | undefined;
}

/** The newest writes of one kind, in order. Older ones are forgotten. */
export class EventHistory {
  #events: StoreEvent[] = [];
  #forgottenUpTo: number;

  /** @param limit events that are kept at least; up to twice as many may be */
  constructor(
    private readonly limit: number,
    createdAt: number,
  ) {
    this.#forgottenUpTo = createdAt;
  }

  /** All writes after this revision are still here. */
  get oldest(): number {
    return this.#forgottenUpTo;
  }

  push(event: StoreEvent): void {
    this.#events.push(event);
    if (this.#events.length > 2 * this.limit) this.#forget(this.#events.length - this.limit);
  }

  /** Forgets everything up to a revision, as etcd's compaction does. */
  compact(revision: number): void {
    this.#forget(this.#firstAfter(revision));
    this.#forgottenUpTo = Math.max(this.#forgottenUpTo, revision);
  }

  /** Events after a revision that is not forgotten, oldest first. */
  after(revision: number): readonly StoreEvent[] {
    return this.#events.slice(this.#firstAfter(revision));
  }

  #forget(count: number): void {
    const last = this.#events[count - 1];
    if (last === undefined) return;
    this.#forgottenUpTo = last.revision;
    this.#events = this.#events.slice(count);
  }

  #firstAfter(revision: number): number {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle]?.revision ?? Infinity) <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

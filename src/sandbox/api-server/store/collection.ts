// SPDX-License-Identifier: Apache-2.0
import type { ObjectKey } from '../../../api/index.js';
import { atRevision, keyOf, keyText, type ServedObject } from '../served-object.js';
import { expired } from '../status-error.js';
import { EventHistory, type StoreEvent } from './event-history.js';
import type { RevisionCounter } from './revision.js';
import { Watch, type WatchSpec } from './watch.js';

/** Events that may wait for a watcher. */
const watchLimit = 20_000;

/** All objects of one kind, their recent history and those who watch it. */
export class Collection {
  readonly #objects = new Map<string, ServedObject>();
  readonly #history: EventHistory;
  readonly #watches = new Set<Watch>();
  #sorted: readonly string[] | undefined;

  /** @param historyLimit writes that watchers may still ask for */
  constructor(
    private readonly revisions: RevisionCounter,
    historyLimit: number,
  ) {
    this.#history = new EventHistory(historyLimit, revisions.current);
  }

  get(key: ObjectKey): ServedObject | undefined {
    return this.#objects.get(keyText(key));
  }

  /** Objects of one namespace, or of all when it is empty, in the order of their keys. */
  list(namespace: string): readonly ServedObject[] {
    const objects: ServedObject[] = [];
    for (const key of this.#keys()) {
      const object = this.#objects.get(key);
      if (object !== undefined && isWithin(object, namespace)) objects.push(object);
    }
    return objects;
  }

  /**
   * The same list as it was at a revision.
   * @throws StatusError 410 when that is too long ago
   */
  listAt(namespace: string, revision: number): readonly ServedObject[] {
    if (revision >= this.revisions.current) return this.list(namespace);
    this.#requireHistory(revision);
    const then = new Map(this.#objects);
    for (const { object, previous } of this.#history.after(revision).toReversed()) {
      if (previous === undefined) then.delete(keyText(keyOf(object)));
      else then.set(keyText(keyOf(object)), previous);
    }
    return [...then.entries()]
      .filter(([, object]) => isWithin(object, namespace))
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([, object]) => object);
  }

  /** Stores a new object or a new state of one, under the next revision. */
  put(object: ServedObject, previous: ServedObject | undefined): ServedObject {
    const revision = this.revisions.next();
    const stored = atRevision(object, revision);
    this.#objects.set(keyText(keyOf(object)), stored);
    if (previous === undefined) this.#sorted = undefined;
    this.#publish({ type: previous === undefined ? 'added' : 'modified', revision, object: stored, previous });
    return stored;
  }

  /** Removes an object. Watchers see it as it was stored last, under the next revision. */
  remove(previous: ServedObject): ServedObject {
    const revision = this.revisions.next();
    const object = atRevision(previous, revision);
    this.#objects.delete(keyText(keyOf(previous)));
    this.#sorted = undefined;
    this.#publish({ type: 'deleted', revision, object, previous });
    return object;
  }

  /**
   * Watches from a revision on; all that happened since is already in the queue.
   * @throws StatusError 410 when that is too long ago
   */
  watch(spec: WatchSpec, since: number): Watch {
    this.#requireHistory(since);
    const watch = new Watch(spec, { since, pending: watchLimit }, (closed) => this.#watches.delete(closed));
    for (const event of this.#history.after(since)) watch.offer(event);
    this.#watches.add(watch);
    return watch;
  }

  /** Forgets what happened up to now: every older watch and list gets 410. */
  compact(): void {
    this.#history.compact(this.revisions.current);
  }

  /** Ends all watches, as when the kind is no longer served. */
  close(): void {
    for (const watch of this.#watches) watch.stop();
  }

  #publish(event: StoreEvent): void {
    this.#history.push(event);
    for (const watch of this.#watches) watch.offer(event);
  }

  #requireHistory(revision: number): void {
    const { oldest } = this.#history;
    if (revision < oldest) throw expired(`too old resource version: ${revision} (${oldest})`);
  }

  #keys(): readonly string[] {
    this.#sorted ??= [...this.#objects.keys()].sort();
    return this.#sorted;
  }
}

function isWithin(object: ServedObject, namespace: string): boolean {
  return namespace === '' || object.metadata.namespace === namespace;
}

// SPDX-License-Identifier: Apache-2.0
import type { ObjectKey } from '../api/kubernetes.js';
import type { Logger } from '../lib/logger.js';
import { errorText } from '../lib/operator-error.js';
import { compareResourceVersions, isOlder } from './resource-version.js';

/** What the store must know of an object; a reflector may keep no more than this and what it derives. */
export interface StoredObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
  };
}

export type StoreChange<T> =
  | { readonly type: 'added'; readonly object: T; readonly previous: undefined }
  | { readonly type: 'updated'; readonly object: T; readonly previous: T }
  | { readonly type: 'deleted'; readonly object: T; readonly previous: T };

export type StoreListener<T> = (change: StoreChange<T>) => void;

/** Objects by a value computed from each. Kept up to date by its store. */
export interface StoreIndex<T> {
  get(value: string): readonly T[];
}

export interface Snapshot<T> {
  readonly objects: readonly T[];
  /** The moment that the list shows. */
  readonly resourceVersion: string;
}

/** Deleted uids that are remembered. A late event of a deletion older than so many others is not to be expected. */
const rememberedDeletions = 4096;

/**
 * The last known state of all objects of one kind, fed by a reflector (in the order of the server's history) and by the
 * results of the operator's own writes (at any time).
 * Promises, for one uid: never back to an older resourceVersion, and never back to life after a deletion.
 * An object deleted and created again under one name is two objects: listeners see 'deleted', then 'added'.
 * Objects are shared, never copied: treat them as frozen.
 */
export class ObjectStore<T extends StoredObject> {
  readonly #namespaces = new Map<string, Map<string, T>>();
  readonly #deletedUids = new Set<string>();
  readonly #indexes: MutableIndex<T>[] = [];
  readonly #listeners = new Set<StoreListener<T>>();
  readonly #log: Logger;
  #size = 0;
  #resourceVersion: string | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** The moment of the server's history up to which everything is in the store; undefined before the first list. */
  get resourceVersion(): string | undefined {
    return this.#resourceVersion;
  }

  get size(): number {
    return this.#size;
  }

  get(key: ObjectKey): T | undefined {
    return this.#namespaces.get(key.namespace)?.get(key.name);
  }

  /** All objects, or those of one namespace, in no particular order. */
  list(namespace?: string): readonly T[] {
    if (namespace !== undefined) return [...(this.#namespaces.get(namespace)?.values() ?? [])];
    return [...this.#namespaces.values()].flatMap((objects) => [...objects.values()]);
  }

  /** Calls the listener after every change, in order. What it throws is logged and stops nobody else. */
  subscribe(listener: StoreListener<T>): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Adds an index over the values that `valuesOf` gives for an object, including objects already stored. */
  createIndex(valuesOf: (object: T) => readonly string[]): StoreIndex<T> {
    const index = new MutableIndex(valuesOf);
    for (const object of this.list()) index.add(object);
    this.#indexes.push(index);
    return index;
  }

  /**
   * Takes in an object that one of our writes returned, so that the next decision sees it.
   * @returns whether it was news; false when the store knows the same or a later state
   */
  put(object: T): boolean {
    const order = compareResourceVersions(object.metadata.resourceVersion, this.#resourceVersion);
    // All up to our moment has been taken in, so an object of before that is not here has been deleted since.
    const isGone = order !== undefined && order <= 0 && this.get(keyOf(object)) === undefined;
    return !isGone && this.#takeIn(object);
  }

  /**
   * Takes in an object from the watch.
   * @returns as `put`
   */
  apply(object: T): boolean {
    this.advance(object.metadata.resourceVersion);
    return this.#takeIn(object);
  }

  /** Takes in a deletion from the watch. `object` is the last state, or any state of the uid that is gone. */
  remove(object: T): void {
    this.advance(object.metadata.resourceVersion);
    const current = this.get(keyOf(object));
    if (current !== undefined && current.metadata.uid === object.metadata.uid) this.#delete(current, object);
    else this.#bury(object);
  }

  /** Takes note that the watch has told everything up to this version. */
  advance(resourceVersion: string | undefined): void {
    if (resourceVersion === undefined || isOlder(resourceVersion, this.#resourceVersion)) return;
    this.#resourceVersion = resourceVersion;
  }

  /**
   * Takes in a whole list: objects that it lacks are deleted, unless they are newer than the list.
   * A list is never stale. One that is older than what the store has seen shows that the server's history was rewritten
   * (restored from a backup); it is believed whole, even where its objects are older.
   */
  replaceAll(snapshot: Snapshot<T>): void {
    const isRewritten = isOlder(snapshot.resourceVersion, this.#resourceVersion);
    if (isRewritten) this.#warnOfRestore(snapshot.resourceVersion);
    this.#resourceVersion = snapshot.resourceVersion;
    const listed = new Set(snapshot.objects.map(keyText));
    for (const current of this.list()) {
      const isNewer = isOlder(snapshot.resourceVersion, current.metadata.resourceVersion);
      if (!listed.has(keyText(current)) && (isRewritten || !isNewer)) this.#delete(current, current);
    }
    for (const object of snapshot.objects) {
      if (isRewritten) this.#overwrite(object);
      else this.#takeIn(object);
    }
    // Nor is anything gone for good: what the list lacks may be made after it.
    if (isRewritten) this.#deletedUids.clear();
  }

  #warnOfRestore(resourceVersion: string): void {
    const fields = { resourceVersion, latestSeen: this.#resourceVersion };
    this.#log.warn(fields, 'the API server was restored to an earlier state, believing its list');
  }

  #takeIn(object: T): boolean {
    const { uid, resourceVersion } = object.metadata;
    if (uid !== undefined && this.#deletedUids.has(uid)) return false;
    const current = this.get(keyOf(object));
    if (current === undefined) {
      this.#insert(object);
      return true;
    }
    if (current.metadata.uid !== uid) {
      if (isOlder(resourceVersion, current.metadata.resourceVersion)) return false;
      this.#delete(current, current);
      this.#insert(object);
      return true;
    }
    const order = compareResourceVersions(resourceVersion, current.metadata.resourceVersion);
    if (order !== undefined && order <= 0) return false;
    this.#replace(current, object);
    return true;
  }

  #overwrite(object: T): void {
    const current = this.get(keyOf(object));
    if (current === undefined) this.#insert(object);
    else if (current.metadata.uid !== object.metadata.uid) {
      this.#delete(current, current);
      this.#insert(object);
    } else if (current.metadata.resourceVersion !== object.metadata.resourceVersion) this.#replace(current, object);
  }

  #insert(object: T): void {
    const { namespace, name } = keyOf(object);
    const objects = this.#namespaces.get(namespace) ?? new Map<string, T>();
    this.#namespaces.set(namespace, objects.set(name, object));
    this.#size += 1;
    for (const index of this.#indexes) index.add(object);
    this.#notify({ type: 'added', object, previous: undefined });
  }

  #replace(previous: T, object: T): void {
    const { namespace, name } = keyOf(object);
    this.#namespaces.get(namespace)?.set(name, object);
    for (const index of this.#indexes) {
      index.remove(previous);
      index.add(object);
    }
    this.#notify({ type: 'updated', object, previous });
  }

  #delete(current: T, lastState: T): void {
    const { namespace, name } = keyOf(current);
    const objects = this.#namespaces.get(namespace);
    objects?.delete(name);
    if (objects?.size === 0) this.#namespaces.delete(namespace);
    this.#size -= 1;
    this.#bury(current);
    for (const index of this.#indexes) index.remove(current);
    this.#notify({ type: 'deleted', object: lastState, previous: current });
  }

  #bury(object: T): void {
    const { uid } = object.metadata;
    if (uid === undefined) return;
    this.#deletedUids.add(uid);
    for (const oldest of this.#deletedUids) {
      if (this.#deletedUids.size <= rememberedDeletions) return;
      this.#deletedUids.delete(oldest);
    }
  }

  #notify(change: StoreChange<T>): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(change);
      } catch (error) {
        this.#log.error({ error: errorText(error), object: keyText(change.object) }, 'listener of a store failed');
      }
    }
  }
}

class MutableIndex<T extends StoredObject> implements StoreIndex<T> {
  readonly #entries = new Map<string, Map<string, T>>();
  readonly #valuesOf: (object: T) => readonly string[];

  constructor(valuesOf: (object: T) => readonly string[]) {
    this.#valuesOf = valuesOf;
  }

  get(value: string): readonly T[] {
    return [...(this.#entries.get(value)?.values() ?? [])];
  }

  add(object: T): void {
    for (const value of this.#valuesOf(object)) {
      const objects = this.#entries.get(value) ?? new Map<string, T>();
      this.#entries.set(value, objects.set(keyText(object), object));
    }
  }

  remove(object: T): void {
    for (const value of this.#valuesOf(object)) {
      const objects = this.#entries.get(value);
      objects?.delete(keyText(object));
      if (objects?.size === 0) this.#entries.delete(value);
    }
  }
}

function keyOf(object: StoredObject): ObjectKey {
  return { namespace: object.metadata.namespace ?? '', name: object.metadata.name };
}

function keyText(object: StoredObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

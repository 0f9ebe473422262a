// SPDX-License-Identifier: Apache-2.0
import type { ObjectKey } from '../../../api/index.js';
import type { Clock } from '../../../lib/clock.js';
import type { Random } from '../../../lib/random.js';
import { AddressPool } from '../address-pool.js';
import { partsOf, type ObjectPart, type ResourceType, type RuleContext } from '../kinds/resource-type.js';
import type { ServedObject } from '../served-object.js';
import { notFound, type Subject } from '../status-error.js';
import { Collection } from '../store/collection.js';
import { RevisionCounter } from '../store/revision.js';
import { isObject } from '../json.js';
import { podSpecType } from '../defaults/pod-defaults.js';
import { markChecked } from '../types/checked-values.js';
import { ResourceRegistry } from './resource-registry.js';

/** One write, after it is done. */
export interface Commit {
  readonly resource: ResourceType;
  readonly type: 'added' | 'modified' | 'deleted';
  readonly object: ServedObject;
  readonly previous: ServedObject | undefined;
}

export interface ClusterStateOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Writes of each kind that watchers may still ask for. */
  readonly historyLimit: number;
}

/** Everything that the API server stores, and the only place where it is written. */
export class ClusterState implements RuleContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly registry = new ResourceRegistry();
  readonly revisions = new RevisionCounter();
  readonly addresses: AddressPool;
  readonly #collections = new Map<string, Collection>();
  readonly #parts = new WeakMap<ResourceType, readonly ObjectPart[]>();
  readonly #listeners: ((commit: Commit) => void)[] = [];
  readonly #historyLimit: number;

  constructor({ clock, random, historyLimit }: ClusterStateOptions) {
    this.clock = clock;
    this.random = random;
    this.addresses = new AddressPool(random);
    this.#historyLimit = historyLimit;
    // From the start, as lists and watches of kinds without objects tell of this moment too.
    for (const resource of this.registry.all()) this.collection(resource);
  }

  /** Called after each write, in order. May write itself only later. */
  onCommit(listener: (commit: Commit) => void): void {
    this.#listeners.push(listener);
  }

  /** Objects of a kind, whatever version it is asked for in. */
  collection({ group, plural }: ResourceType): Collection {
    const key = `${group}/${plural}`;
    let collection = this.#collections.get(key);
    if (collection === undefined) {
      collection = new Collection(this.revisions, this.#historyLimit);
      this.#collections.set(key, collection);
    }
    return collection;
  }

  /** Ends a kind that is no longer served. */
  dropCollection({ group, plural }: ResourceType): void {
    this.#collections.get(`${group}/${plural}`)?.close();
    this.#collections.delete(`${group}/${plural}`);
  }

  find(resource: ResourceType, key: ObjectKey): ServedObject | undefined {
    return this.collection(resource).get(key);
  }

  /** @throws StatusError 404 */
  get(resource: ResourceType, key: ObjectKey): ServedObject {
    const object = this.find(resource, key);
    if (object === undefined) throw notFound(subjectOf(resource, key.name));
    return object;
  }

  put(resource: ResourceType, object: ServedObject, previous: ServedObject | undefined): ServedObject {
    const stored = this.collection(resource).put(object, previous);
    for (const [field, by] of this.#partsOf(resource)) markChecked(stored[field], by);
    if (resource.group === 'apps') markTemplate(stored);
    this.#tell({ resource, type: previous === undefined ? 'added' : 'modified', object: stored, previous });
    return stored;
  }

  remove(resource: ResourceType, previous: ServedObject): ServedObject {
    const removed = this.collection(resource).remove(previous);
    this.#tell({ resource, type: 'deleted', object: removed, previous });
    return removed;
  }

  #partsOf(resource: ResourceType): readonly ObjectPart[] {
    const known = this.#parts.get(resource);
    if (known !== undefined) return known;
    const parts = partsOf(resource);
    this.#parts.set(resource, parts);
    return parts;
  }

  #tell(commit: Commit): void {
    for (const listener of this.#listeners) listener(commit);
  }
}

/** The template of a workload is most of it, and comes back in each of its pods. */
function markTemplate({ spec }: ServedObject): void {
  if (isObject(spec) && isObject(spec.template)) markChecked(spec.template.spec, podSpecType);
}

/** How errors name an object: by its resource. */
export function subjectOf({ group, plural }: ResourceType, name: string): Subject {
  return { group, resource: plural, name };
}

/** How errors name an object that is invalid: by its kind. */
export function kindSubjectOf({ group, kind }: ResourceType, name: string): Subject {
  return { group, resource: kind, name };
}

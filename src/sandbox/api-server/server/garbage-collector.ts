// SPDX-License-Identifier: Apache-2.0
import type { OwnerReference } from '../../../api/index.js';
import type { ResourceType } from '../kinds/resource-type.js';
import { keyOf, keyText, withMetadata, type ServedObject } from '../served-object.js';
import type { ClusterState, Commit } from './cluster-state.js';
import { collectorFinalizers, deleteObject } from './delete-object.js';
import { storeChange } from './update-object.js';

/** Something to look at again: an object, as it was when that was found out. */
interface Task {
  readonly resource: ResourceType;
  readonly object: ServedObject;
}

/**
 * Deletes objects whose owners are all gone, and carries out foreground and orphan deletion, `delayMs` after the write that
 * gave the reason, as the garbage collector of a real cluster does.
 */
export class GarbageCollector {
  /** Where the objects are that live, by uid. */
  readonly #known = new Map<string, Task>();
  /** Those that name an owner, by its uid. */
  readonly #dependents = new Map<string, Map<string, Task>>();
  readonly #tasks: Task[] = [];
  #isScheduled = false;

  constructor(
    private readonly state: ClusterState,
    private readonly delayMs: number,
  ) {
    state.onCommit((commit) => this.#observe(commit));
  }

  /** Objects that name an owner. */
  dependentsOf(uid: string): readonly ServedObject[] {
    return this.#dependentsOf(uid).map(({ object }) => object);
  }

  #observe({ resource, type, object, previous }: Commit): void {
    const task = { resource, object };
    const { uid } = object.metadata;
    if (previous !== undefined) this.#forget(previous);
    if (type === 'deleted') {
      this.#known.delete(uid);
      for (const dependent of this.#dependentsOf(uid)) this.#enqueue(dependent);
      for (const owner of ownersOf(object)) this.#enqueueOwner(owner);
      return;
    }
    this.#known.set(uid, task);
    for (const owner of ownersOf(object)) this.#remember(owner, task);
    const isGoing = collectorFinalizer(object) !== undefined;
    if (isGoing || ownersOf(object).some((owner) => !this.#isAlive(owner, object))) this.#enqueue(task);
  }

  /** An owner that waits for its dependents has perhaps lost the last one. */
  #enqueueOwner({ uid }: OwnerReference): void {
    const owner = this.#known.get(uid);
    if (owner !== undefined && collectorFinalizer(owner.object) !== undefined) this.#enqueue(owner);
  }

  #remember(owner: OwnerReference, task: Task): void {
    const dependents = this.#dependents.get(owner.uid) ?? new Map<string, Task>();
    this.#dependents.set(owner.uid, dependents);
    dependents.set(task.object.metadata.uid, task);
  }

  #forget(object: ServedObject): void {
    for (const { uid } of ownersOf(object)) {
      const dependents = this.#dependents.get(uid);
      dependents?.delete(object.metadata.uid);
      if (dependents?.size === 0) this.#dependents.delete(uid);
    }
  }

  #dependentsOf(uid: string): readonly Task[] {
    return [...(this.#dependents.get(uid)?.values() ?? [])];
  }

  #enqueue(task: Task): void {
    this.#tasks.push(task);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.state.clock.schedule(this.delayMs, () => this.#work());
  }

  #work(): void {
    this.#isScheduled = false;
    for (const { object } of this.#tasks.splice(0)) {
      const current = this.#known.get(object.metadata.uid);
      if (current !== undefined) this.#process(current);
    }
  }

  #process(task: Task): void {
    const { resource, object } = task;
    const finalizer = collectorFinalizer(object);
    if (finalizer !== undefined) {
      this.#finalize(task, finalizer);
      return;
    }
    const owners = ownersOf(object);
    const living = owners.filter((owner) => this.#isAlive(owner, object));
    if (owners.length === 0 || living.length === owners.length) return;
    if (living.length > 0) this.#change(task, { ownerReferences: living });
    else
      deleteObject(this.state, resource, keyOf(object), { uid: object.metadata.uid, propagationPolicy: 'Background' });
  }

  #finalize(task: Task, finalizer: string): void {
    const { uid } = task.object.metadata;
    if (finalizer === collectorFinalizers.Orphan) {
      for (const dependent of this.#dependentsOf(uid)) {
        const others = ownersOf(dependent.object).filter((owner) => owner.uid !== uid);
        this.#change(dependent, { ownerReferences: others.length === 0 ? undefined : others });
      }
    } else if (this.#deleteDependents(uid)) return;
    const finalizers = (task.object.metadata.finalizers ?? []).filter((each) => each !== finalizer);
    this.#change(task, { finalizers: finalizers.length === 0 ? undefined : finalizers });
  }

  /** @returns whether one is still there that the owner has to wait for */
  #deleteDependents(uid: string): boolean {
    for (const { resource, object } of this.#dependentsOf(uid)) {
      if (object.metadata.deletionTimestamp !== undefined) continue;
      deleteObject(this.state, resource, keyOf(object), { uid: object.metadata.uid, propagationPolicy: 'Foreground' });
    }
    return this.#dependentsOf(uid).some(({ object }) =>
      ownersOf(object).some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true),
    );
  }

  #change({ resource, object }: Task, fields: object): void {
    const decoded = withMetadata(object, fields);
    storeChange(this.state, { resource, decoded, previous: object, subresource: undefined, options: {} });
  }

  /** An owner counts when its uid lives where the reference says. */
  #isAlive({ uid, name }: OwnerReference, dependent: ServedObject): boolean {
    const owner = this.#known.get(uid)?.object;
    if (owner === undefined) return false;
    const { namespace } = owner.metadata;
    const key = { namespace: namespace ?? '', name };
    return (
      keyText(keyOf(owner)) === keyText(key) && (namespace === undefined || namespace === dependent.metadata.namespace)
    );
  }
}

function ownersOf({ metadata }: ServedObject): readonly OwnerReference[] {
  return metadata.ownerReferences ?? [];
}

/** The collector's finalizer on an object that is being deleted. */
function collectorFinalizer({ metadata }: ServedObject): string | undefined {
  if (metadata.deletionTimestamp === undefined) return undefined;
  const ofCollector: readonly string[] = Object.values(collectorFinalizers);
  return metadata.finalizers?.find((finalizer) => ofCollector.includes(finalizer));
}

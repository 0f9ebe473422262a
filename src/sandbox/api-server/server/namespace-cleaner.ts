// SPDX-License-Identifier: Apache-2.0
import type { ResourceType } from '../kinds/resource-type.js';
import { keyOf } from '../served-object.js';
import type { ClusterState, Commit } from './cluster-state.js';
import { deleteObject } from './delete-object.js';

/** Empties namespaces that are being deleted, `delayMs` after each write, and removes each once nothing is left in it. */
export function cleanNamespaces(state: ClusterState, delayMs: number): void {
  const cleaner = new NamespaceCleaner(state, delayMs);
  state.onCommit((commit) => cleaner.observe(commit));
}

class NamespaceCleaner {
  readonly #terminating = new Set<string>();
  #isScheduled = false;

  constructor(
    private readonly state: ClusterState,
    private readonly delayMs: number,
  ) {}

  observe({ resource, object }: Commit): void {
    const { name, namespace = '', deletionTimestamp } = object.metadata;
    if (isNamespaces(resource) && deletionTimestamp !== undefined) this.#terminating.add(name);
    if (this.#terminating.has(namespace === '' ? name : namespace)) this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.state.clock.schedule(this.delayMs, () => {
      this.#isScheduled = false;
      for (const name of this.#terminating) this.#clean(name);
    });
  }

  #clean(name: string): void {
    for (const resource of this.state.registry.all()) {
      if (resource.isNamespaced) this.#deleteAll(resource, name);
    }
    const namespaces = this.state.registry.find('', 'v1', 'namespaces');
    const namespace = namespaces && this.state.find(namespaces, { namespace: '', name });
    if (namespaces === undefined || namespace === undefined) {
      this.#terminating.delete(name);
    } else if (!this.#hasContent(name)) {
      this.#terminating.delete(name);
      this.state.remove(namespaces, namespace);
    }
  }

  #deleteAll(resource: ResourceType, namespace: string): void {
    for (const object of this.state.collection(resource).list(namespace)) {
      if (object.metadata.deletionTimestamp !== undefined) continue;
      deleteObject(this.state, resource, keyOf(object), { propagationPolicy: 'Background' });
    }
  }

  #hasContent(namespace: string): boolean {
    return this.state.registry
      .all()
      .some((resource) => resource.isNamespaced && this.state.collection(resource).list(namespace).length > 0);
  }
}

function isNamespaces({ group, plural }: ResourceType): boolean {
  return group === '' && plural === 'namespaces';
}

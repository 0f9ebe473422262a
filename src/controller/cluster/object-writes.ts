// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../../api/kubernetes.js';
import { objectKey } from '../../api/names.js';
import type { MergePatch, Writer } from '../../kube/index.js';
import type { WatchedKind } from './cluster-cache.js';

/** Writes whose answers enter the store at once: a write is never followed by a read of what was before it. */
export class ObjectWrites {
  constructor(private readonly client: Writer) {}

  async create<T extends KubeObject>(watched: WatchedKind<T, T>, object: T): Promise<T> {
    const created = await this.client.create(watched.kind, object);
    watched.admit(created);
    return created;
  }

  /** PUT with the object's resourceVersion as precondition. */
  async replace<T extends KubeObject>(watched: WatchedKind<T, T>, object: T): Promise<void> {
    watched.admit(await this.client.replace(watched.kind, object));
  }

  /** The patch names the resourceVersion itself. */
  async patch<T extends KubeObject>(watched: WatchedKind<T, T>, object: T, patch: MergePatch): Promise<void> {
    watched.admit(await this.client.mergePatch(watched.kind, objectKey(object), patch));
  }
}

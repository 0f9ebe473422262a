// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../../api/kubernetes.js';
import { objectKey } from '../../api/names.js';
import type { MergePatch, Reader, Writer } from '../../kube/index.js';
import { isConflict } from '../../kube/index.js';
import type { WatchedKind } from './cluster-cache.js';

/** Writes whose answers enter the store at once: a write is never followed by a read of what was before it. */
export class ObjectWrites {
  constructor(private readonly client: Pick<Reader, 'list'> & Writer) {}

  async create<T extends KubeObject>(watched: WatchedKind<T, T>, object: T): Promise<T> {
    const created = await this.client.create(watched.kind, object);
    watched.admit(created);
    return created;
  }

  /** PUT with the object's resourceVersion as precondition. */
  async replace<T extends KubeObject>(watched: WatchedKind<T, T>, object: T): Promise<void> {
    await this.write(watched, object, () => this.client.replace(watched.kind, object));
  }

  /** The patch names the resourceVersion itself. */
  async patch<T extends KubeObject>(watched: WatchedKind<T, T>, object: T, patch: MergePatch): Promise<void> {
    await this.write(watched, object, () => this.client.mergePatch(watched.kind, objectKey(object), patch));
  }

  /** After a conflict the next decision is made on what is there, which the watch may not show yet (R3). */
  private async write<T extends KubeObject>(
    watched: WatchedKind<T, T>,
    object: T,
    request: () => Promise<T>,
  ): Promise<void> {
    try {
      watched.admit(await request());
    } catch (error) {
      if (isConflict(error)) await this.lookAgain(watched, object);
      throw error;
    }
  }

  private async lookAgain<T extends KubeObject>(watched: WatchedKind<T, T>, object: T): Promise<void> {
    const { name, namespace } = objectKey(object);
    // A list of one, for which the permission to watch is enough. When it fails, the watch tells of it a little later.
    const found = this.client.list(watched.kind, namespace, { fieldSelector: `metadata.name=${name}` });
    for (const current of await found.catch(() => [])) watched.admit(current);
  }
}

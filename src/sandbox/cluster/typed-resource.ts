// SPDX-License-Identifier: Apache-2.0
import type { ObjectKey } from '../../api/index.js';
import type { ApiServer, DeleteOptions, ResourceType, ServedObject } from '../api-server/index.js';
import { controllerOf } from './objects.js';

/** One kind behind the direct door. What comes out is always the newest state: there is no cache that could be stale. */
export class TypedResource<T extends ServedObject> {
  constructor(
    private readonly api: ApiServer,
    readonly resource: ResourceType,
  ) {}

  find(key: ObjectKey): T | undefined {
    return this.#typed(this.api.find(this.resource, key));
  }

  list(namespace: string): readonly T[] {
    // Parse boundary: the API server stores only what its kind allows.
    return this.api.list(this.resource, { namespace }).items as readonly T[];
  }

  /** Those that the owner controls. */
  ownedBy({ metadata }: ServedObject): readonly T[] {
    return this.api
      .dependentsOf(metadata.uid)
      .filter((object) => object.kind === this.resource.kind && controllerOf(object)?.uid === metadata.uid)
      .map((object) => this.#known(object));
  }

  /** @throws StatusError */
  create(namespace: string, body: object): T {
    return this.#known(this.api.create(this.resource, namespace, body).object);
  }

  /** @throws StatusError */
  update(object: T): T {
    return this.#known(this.api.update(this.resource, keyOf(object), object).object);
  }

  /** @throws StatusError */
  updateStatus(object: T): T {
    return this.#known(this.api.update(this.resource, keyOf(object), object, { subresource: 'status' }).object);
  }

  /** @throws StatusError */
  delete(object: ServedObject, options: DeleteOptions = {}): void {
    this.api.delete(this.resource, keyOf(object), { uid: object.metadata.uid, ...options });
  }

  #typed(object: ServedObject | undefined): T | undefined {
    return object === undefined ? undefined : this.#known(object);
  }

  #known(object: ServedObject): T {
    // Parse boundary: the API server stores only what its kind allows.
    return object as T;
  }
}

export function keyOf({ metadata }: ServedObject): ObjectKey {
  return { namespace: metadata.namespace ?? '', name: metadata.name };
}

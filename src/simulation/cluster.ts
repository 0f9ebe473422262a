// SPDX-License-Identifier: Apache-2.0
import { customResourceDefinitions } from '../api/crds.js';
import type { KubeObject, ObjectKey } from '../api/kubernetes.js';
import type { Clock } from '../lib/clock.js';
import type { Random } from '../lib/random.js';
import type { MergePatch, ResourceKind } from '../kube/index.js';
import { ApiServer, type ResourceType } from '../sandbox/api-server/index.js';

export const namespace = 'app';

/** Made once: it takes longer than the whole rest of a cluster. */
const definitions = customResourceDefinitions();

/** Who changed something. */
export type Writer = 'operator' | 'user' | 'cluster';

/** One change of an object, after it is done. `after` is undefined for a deletion. */
export interface Write {
  readonly by: Writer;
  readonly kind: ResourceKind;
  readonly key: ObjectKey;
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
}

/** An API server in memory, with our kinds, whose changes are told to whoever checks them. */
export class Cluster {
  readonly server: ApiServer;
  readonly #types = new Map<string, ResourceType>();
  readonly #listeners: ((write: Write) => void)[] = [];

  constructor(
    clock: Clock,
    random: Random,
    /** Namespace of everything that is not looked for in another one. */
    private readonly home: string = namespace,
  ) {
    this.server = new ApiServer({ clock, random });
    const kinds = this.server.resource('apiextensions.k8s.io', 'v1', 'customresourcedefinitions');
    for (const definition of definitions) this.server.create(kinds, '', definition);
    const namespaces = this.server.resource('', 'v1', 'namespaces');
    if (this.server.find(namespaces, { namespace: '', name: home }) === undefined)
      this.server.create(namespaces, '', { metadata: { name: home } });
  }

  /** Called after each change that was made through this class. */
  onWrite(listener: (write: Write) => void): void {
    this.#listeners.push(listener);
  }

  typeOf({ apiVersion, plural }: ResourceKind): ResourceType {
    const id = `${apiVersion}/${plural}`;
    const known = this.#types.get(id);
    if (known !== undefined) return known;
    const slash = apiVersion.indexOf('/');
    const found = this.server.resource(apiVersion.slice(0, Math.max(0, slash)), apiVersion.slice(slash + 1), plural);
    this.#types.set(id, found);
    return found;
  }

  find<T extends KubeObject>(kind: ResourceKind<T>, name: string, namespace = this.home): T | undefined {
    // Parse boundary: the server holds objects of this kind only if they passed its schema.
    return this.server.find(this.typeOf(kind), { namespace, name }) as KubeObject | undefined as T | undefined;
  }

  list<T extends KubeObject>(kind: ResourceKind<T>): readonly T[] {
    // Parse boundary, as above.
    return this.server.list(this.typeOf(kind), { namespace: this.home }).items as readonly KubeObject[] as readonly T[];
  }

  /** Makes an object as a user would, unless it is there. */
  create(kind: ResourceKind, object: KubeObject, by: Writer = 'user'): void {
    if (this.find(kind, object.metadata.name) !== undefined) return;
    this.change(by, kind, object.metadata.name, () => {
      this.server.create(this.typeOf(kind), this.home, object);
    });
  }

  /** Changes fields of an object, if it is there. */
  patch(kind: ResourceKind, name: string, patch: MergePatch, by: Writer = 'user'): void {
    if (this.find(kind, name) === undefined) return;
    this.change(by, kind, name, () => {
      this.server.patch(this.typeOf(kind), { namespace: this.home, name }, { kind: 'merge', patch });
    });
  }

  delete(kind: ResourceKind, name: string): void {
    if (this.find(kind, name) === undefined) return;
    this.change('user', kind, name, () => {
      this.server.delete(this.typeOf(kind), { namespace: this.home, name }, { propagationPolicy: 'Background' });
    });
  }

  /** Carries out a request and tells of what it changed. What the request throws is passed on. */
  change<R>(by: Writer, kind: ResourceKind, name: string, request: () => R): R {
    const before = this.find(kind, name);
    const result = request();
    const after = this.find(kind, name);
    if (after !== before) {
      for (const listener of this.#listeners)
        listener({ by, kind, key: { namespace: this.home, name }, before, after });
    }
    return result;
  }
}

// SPDX-License-Identifier: Apache-2.0
import type { ObjectKey } from '../../../api/index.js';
import type { Clock } from '../../../lib/clock.js';
import type { Random } from '../../../lib/random.js';
import { isObject } from '../json.js';
import type { ResourceType } from '../kinds/resource-type.js';
import { keyOf, type ServedObject } from '../served-object.js';
import { badRequest, noSuchResource } from '../status-error.js';
import { parseRevision } from '../store/revision.js';
import type { Watch } from '../store/watch.js';
import { keepAddresses } from './address-keeper.js';
import { ClusterState } from './cluster-state.js';
import { createObject } from './create-object.js';
import { serveCustomKinds } from './custom-kinds.js';
import { deleteObject } from './delete-object.js';
import { bindPod } from './bind-pod.js';
import { GarbageCollector } from './garbage-collector.js';
import { listObjects, selectionOf, type ListQuery, type ObjectList, type Selection } from './list-objects.js';
import { cleanNamespaces } from './namespace-cleaner.js';
import { patched, patchObject } from './patch-object.js';
import type { ResourceRegistry } from './resource-registry.js';
import { scaleOf, updateScale } from './scale.js';
import { updateObject } from './update-object.js';
import type {
  DeleteOptions,
  DeleteResult,
  Patch,
  Subresource,
  UpdateOptions,
  WriteOptions,
  WriteResult,
} from './write-options.js';

export interface ApiServerOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Writes of each kind that watchers may still ask for; older versions are answered with 410. Default 1000. */
  readonly historyLimit?: number;
  /** From a deletion to what the garbage collector and the namespace controller make of it. Default 0. */
  readonly collectionDelayMs?: number;
}

export interface WatchQuery extends Selection {
  /** Empty or "0": everything that is there comes first, as added. */
  readonly resourceVersion?: string | undefined;
  /**
   * Called when events wait that did not before, and when the watch was dropped; `take` fetches them. Not called for what
   * waits when `watch` returns. Must not write.
   */
  readonly onEvents: () => void;
}

/** What a server holds from its start. */
const firstNamespaces = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

/** The Service by which pods reach the API server. */
const ownService = {
  metadata: { name: 'kubernetes', labels: { component: 'apiserver', provider: 'kubernetes' } },
  spec: { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, targetPort: 6443 }] },
};

/**
 * A Kubernetes API server in memory: this is its direct door, HTTP is served by `openApiDoor`. Every method is one request:
 * it returns what a real server would answer, or throws StatusError with a real server's reason and message.
 * Objects that come out are shared and must not be changed; objects that go in must not be changed afterwards.
 */
export class ApiServer {
  readonly #state: ClusterState;
  readonly #collector: GarbageCollector;

  constructor({ clock, random, historyLimit = 1_000, collectionDelayMs = 0 }: ApiServerOptions) {
    this.#state = new ClusterState({ clock, random, historyLimit });
    keepAddresses(this.#state);
    serveCustomKinds(this.#state);
    this.#collector = new GarbageCollector(this.#state, collectionDelayMs);
    cleanNamespaces(this.#state, collectionDelayMs);
    for (const name of firstNamespaces) this.create(this.resource('', 'v1', 'namespaces'), '', { metadata: { name } });
    this.create(this.resource('', 'v1', 'services'), 'default', ownService);
  }

  get clock(): Clock {
    return this.#state.clock;
  }

  /** The kinds that are served now. */
  get registry(): ResourceRegistry {
    return this.#state.registry;
  }

  /** Version of the newest write. */
  get resourceVersion(): string {
    return String(this.#state.revisions.current);
  }

  /** A kind by the parts of its URL. @throws StatusError 404 */
  resource(group: string, version: string, plural: string): ResourceType {
    const resource = this.#state.registry.find(group, version, plural);
    if (resource === undefined) throw noSuchResource();
    return resource;
  }

  /** @throws StatusError 404 */
  get(resource: ResourceType, key: ObjectKey, subresource?: Subresource): ServedObject {
    const object = this.#state.get(resource, key);
    return subresource === 'scale' ? scaleOf(object) : object;
  }

  /** Like `get`, for callers to whom absence is no failure. */
  find(resource: ResourceType, key: ObjectKey): ServedObject | undefined {
    return this.#state.find(resource, key);
  }

  /** The objects, of any kind, that name this uid among their owners. No request of a real server: an index for controllers. */
  dependentsOf(uid: string): readonly ServedObject[] {
    return this.#collector.dependentsOf(uid);
  }

  /** POST of a Binding: gives a pod its node. @throws StatusError 404, 409 when it has one */
  bindPod(key: ObjectKey, nodeName: string): ServedObject {
    return bindPod(this.#state, key, nodeName);
  }

  list(resource: ResourceType, query: ListQuery): ObjectList {
    return listObjects(this.#state, resource, query);
  }

  create(resource: ResourceType, namespace: string, body: unknown, options: WriteOptions = {}): WriteResult {
    return createObject(this.#state, { resource, namespace, body, options });
  }

  /** PUT, of a subresource if one is named. */
  update(resource: ResourceType, key: ObjectKey, body: unknown, options: UpdateOptions = {}): WriteResult {
    const { subresource } = options;
    if (subresource !== 'scale') return updateObject(this.#state, { resource, key, body, options, subresource });
    if (!isObject(body)) throw badRequest('the object provided is unrecognized (must be of type Scale)');
    const object = updateScale(this.#state, { resource, key, scale: body, options });
    return { object, isCreated: false, warnings: [] };
  }

  patch(resource: ResourceType, key: ObjectKey, patch: Patch, options: UpdateOptions = {}): WriteResult {
    const { subresource } = options;
    if (patch.kind === 'apply') throw badRequest('server-side apply is not served by the sandbox');
    if (subresource !== 'scale') return patchObject(this.#state, { resource, key, patch, options, subresource });
    const scale = patched(this.get(resource, key, 'scale'), patch, resource);
    return this.update(resource, key, scale, options);
  }

  delete(resource: ResourceType, key: ObjectKey, options: DeleteOptions = {}): DeleteResult {
    return deleteObject(this.#state, resource, key, options);
  }

  /** Deletes every object of a selection, and returns them as they were. */
  deleteCollection(resource: ResourceType, selection: Selection, options: DeleteOptions = {}): ObjectList {
    const list = this.list(resource, selection);
    for (const object of list.items) this.delete(resource, keyOf(object), options);
    return list;
  }

  /** Of a version from the future, nothing comes until then. @throws StatusError 410 when the version is too old */
  watch(resource: ResourceType, query: WatchQuery): Watch {
    const collection = this.#state.collection(resource);
    const { current } = this.#state.revisions;
    const since = parseRevision(query.resourceVersion ?? '', 'option');
    const spec = { matches: selectionOf(resource, query), onEvents: query.onEvents };
    if (since > 0) return collection.watch(spec, since).arm();
    const watch = collection.watch(spec, current);
    watch.offerAll(collection.list(query.namespace));
    return watch.arm();
  }

  /** Forgets the history, as etcd does every five minutes: older versions are answered with 410. */
  compact(): void {
    for (const resource of this.#state.registry.all()) this.#state.collection(resource).compact();
  }
}

// SPDX-License-Identifier: Apache-2.0
import type { Canary } from '../../api/canary.js';
import type {
  DaemonSet,
  Deployment,
  HorizontalPodAutoscaler,
  Ingress,
  KubeObject,
  ObjectKey,
  ScaledObject,
  Service,
} from '../../api/kubernetes.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import type { Random } from '../../lib/random.js';
import type {
  EndpointCount,
  ReflectorActivity,
  ResourceKind,
  StoredObject,
  StoreIndex,
  UntypedObject,
  Watcher,
} from '../../kube/index.js';
import { OnDemandWatch } from './on-demand-watch.js';
import { countReadyEndpoints, digestModulus, keepWhole, ObjectStore, Reflector, resources } from '../../kube/index.js';

/** What one watched kind offers to the controller. */
export interface WatchedKind<K extends KubeObject, T extends StoredObject> {
  readonly kind: ResourceKind<K>;
  readonly store: ObjectStore<T>;
  /** Takes in an object that a write returned: a write is never followed by a read of what was before it. */
  readonly admit: (object: K) => boolean;
}

export interface ClusterCacheDeps {
  readonly client: Watcher;
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  readonly trackConfigs: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly onActivity: (activity: ReflectorActivity) => void;
}

/** Every object that a decision may depend on, kept up to date by watches: a reconcile reads nothing from the API. */
export class ClusterCache {
  private readonly reflectors: {
    readonly run: (signal: AbortSignal) => Promise<void>;
    readonly hasSynced: () => boolean;
    readonly whenSynced: () => Promise<void>;
    readonly name: string;
  }[] = [];

  readonly canaries: WatchedKind<Canary, Canary>;
  readonly metricTemplates: WatchedKind<UntypedObject, UntypedObject>;
  readonly alertProviders: WatchedKind<UntypedObject, UntypedObject>;
  readonly deployments: WatchedKind<Deployment, Deployment>;
  readonly daemonSets: WatchedKind<DaemonSet, DaemonSet>;
  readonly services: WatchedKind<Service, Service>;
  readonly ingresses: WatchedKind<Ingress, Ingress>;
  readonly autoscalers: WatchedKind<HorizontalPodAutoscaler, HorizontalPodAutoscaler>;
  /** Filled once `openScaledObjects` has been called. */
  readonly scaledObjects: WatchedKind<ScaledObject, ScaledObject>;
  readonly endpoints: WatchedKind<KubeObject, EndpointCount>;
  readonly configMaps: WatchedKind<KubeObject, StoredObject>;
  readonly secrets: WatchedKind<KubeObject, StoredObject>;
  private readonly scaledObjectWatch: OnDemandWatch;
  private readonly endpointsByService: StoreIndex<EndpointCount>;
  private readonly ingressesByOwner: StoreIndex<Ingress>;

  constructor(private readonly deps: ClusterCacheDeps) {
    this.canaries = this.watch(resources.canaries, keepWhole);
    this.metricTemplates = this.watch(resources.metricTemplates, keepWhole);
    this.alertProviders = this.watch(resources.alertProviders, keepWhole);
    this.deployments = this.watch(resources.deployments, keepWhole);
    this.daemonSets = this.watch(resources.daemonSets, keepWhole);
    this.services = this.watch(resources.services, keepWhole);
    this.ingresses = this.watch(resources.ingresses, keepWhole);
    this.autoscalers = this.watch(resources.horizontalPodAutoscalers, keepWhole);
    const { watched: scaledObjects, reflector } = this.reflect(resources.scaledObjects, keepWhole, {
      onListFailed: (error) => this.scaledObjectWatch.noteFailure(error),
    });
    this.scaledObjects = scaledObjects;
    this.scaledObjectWatch = new OnDemandWatch(resources.scaledObjects.kind, reflector);
    this.endpoints = this.watch(resources.endpointSlices, countReadyEndpoints);
    const tracked = { metadataOnly: true, active: deps.trackConfigs };
    this.configMaps = this.watch(resources.configMaps, keepIdentity, tracked);
    this.secrets = this.watch(resources.secrets, keepIdentity, tracked);
    this.endpointsByService = this.endpoints.store.createIndex((slice) => [keyText(slice.namespace, slice.service)]);
    this.ingressesByOwner = this.ingresses.store.createIndex((ingress) =>
      (ingress.metadata.ownerReferences ?? []).map(({ uid }) => uid),
    );
  }

  /** Keeps all stores up to date until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.scaledObjectWatch, ...this.reflectors].map((each) => each.run(signal)));
  }

  /**
   * Watches KEDA's ScaledObjects from now on, which most clusters do not have.
   * @returns why none are known yet; undefined when `scaledObjects` holds all there are
   */
  openScaledObjects(): Promise<string | undefined> {
    return this.scaledObjectWatch.open();
  }

  /** Kinds that have not been listed yet, by their plural names; empty once decisions may be made. */
  unsynced(): readonly string[] {
    return this.reflectors.filter(({ hasSynced }) => !hasSynced()).map(({ name }) => name);
  }

  /** Resolves when every kind has been listed, or when the signal is aborted. */
  async whenSynced(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    await Promise.race([aborted, Promise.all(this.reflectors.map(({ whenSynced }) => whenSynced()))]);
  }

  /** Ready addresses behind a Service. */
  readyEndpoints({ namespace, name }: ObjectKey): number {
    const slices = this.endpointsByService.get(keyText(namespace, name));
    return slices.reduce((sum, { readyAddresses }) => sum + readyAddresses, 0);
  }

  /** Whether two Services lead to the same pods, and to one at least. */
  sameEndpoints(one: ObjectKey, other: ObjectKey): boolean {
    const [left, right] = [one, other].map(({ namespace, name }) =>
      this.endpointsByService
        .get(keyText(namespace, name))
        .reduce((sum, slice) => (sum + slice.addressDigest) % digestModulus, 0),
    );
    return this.readyEndpoints(one) > 0 && this.readyEndpoints(one) === this.readyEndpoints(other) && left === right;
  }

  ingressesOwnedBy(uid: string): readonly Ingress[] {
    return this.ingressesByOwner.get(uid);
  }

  private watch<K extends KubeObject, T extends StoredObject>(
    kind: ResourceKind<K>,
    transform: (object: K) => T,
    { metadataOnly = false, active = true } = {},
  ): WatchedKind<K, T> {
    const { watched, reflector } = this.reflect(kind, transform, { metadataOnly });
    if (active) {
      this.reflectors.push({
        name: kind.plural,
        run: (signal) => reflector.run(signal),
        hasSynced: () => reflector.hasSynced(),
        whenSynced: () => reflector.whenSynced(),
      });
    }
    return watched;
  }

  private reflect<K extends KubeObject, T extends StoredObject>(
    kind: ResourceKind<K>,
    transform: (object: K) => T,
    { metadataOnly = false, onListFailed = (_error: unknown): void => undefined },
  ): { readonly watched: WatchedKind<K, T>; readonly reflector: Reflector<K, T> } {
    const { client, namespace, clock, random, log, onActivity } = this.deps;
    const store = new ObjectStore<T>(log);
    const reflector = new Reflector<K, T>({
      client,
      kind,
      namespace,
      metadataOnly,
      transform,
      store,
      clock,
      random,
      log,
      onActivity: (activity) => {
        if (activity.kind === 'listFailed') onListFailed(activity.error);
        onActivity(activity);
      },
    });
    return { watched: { kind, store, admit: (object) => reflector.put(object) }, reflector };
  }
}

/** Of ConfigMaps and Secrets no more is kept than what tells whether their data must be read again. */
function keepIdentity({ metadata }: KubeObject): StoredObject {
  const { name, namespace = '', uid = '', resourceVersion = '' } = metadata;
  return { metadata: { name, namespace, uid, resourceVersion } };
}

function keyText(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

// SPDX-License-Identifier: Apache-2.0
/** A namespace in the stores of a cluster cache, for the tests of this folder. Not part of the program. */
import { readFileSync } from 'node:fs';
import type { Canary } from '../api/canary.js';
import type { EndpointSlice, KubeObject } from '../api/kubernetes.js';
import { normaliseSpec } from '../api/normalise-spec.js';
import type { RolloutSpec } from '../api/rollout-spec.js';
import { FakeClock } from '../lib/fake-clock.js';
import { silentLogger } from '../lib/logger.js';
import { ClusterCache } from './cluster/cluster-cache.js';

export const namespace = 'test';

/** Every read of a test comes from the stores; nothing listens behind this. */
function noServer(): Promise<never> {
  return Promise.reject(new Error('There is no API server'));
}

/** A cache with empty stores. */
export function anEmptyCache(clock = new FakeClock()): ClusterCache {
  return new ClusterCache({
    client: { listPage: noServer, watch: noServer },
    namespace: undefined,
    trackConfigs: true,
    clock,
    random: () => 0,
    log: silentLogger,
    onActivity: () => undefined,
  });
}

interface Store {
  readonly store: ClusterCache['configMaps']['store'];
  readonly admit: (object: KubeObject) => boolean;
}

/** Objects of namespace "test" as a real Flagger left them, by kind and name. */
export class FlaggerNamespace {
  private readonly items: readonly KubeObject[];
  private version = 1_000_000;

  constructor(
    moment: 'after-init' | 'after-promote' | 'after-rollback' | 'mid-rollout-weight-20',
    readonly cache = anEmptyCache(),
  ) {
    const file = new URL(`../../test/fixtures/flagger-state/${moment}.json`, import.meta.url);
    const list = JSON.parse(readFileSync(file, 'utf8')) as { readonly items: readonly KubeObject[] }; // our own fixture
    this.items = list.items;
    for (const item of this.items) this.admit(item);
    for (const name of ['podinfo', 'podinfo-primary', 'podinfo-canary']) this.serve(name, 2);
  }

  get canary(): Canary {
    return this.get<Canary>('Canary', 'podinfo');
  }

  get spec(): RolloutSpec {
    const read = normaliseSpec(this.canary, { provider: 'skipper', intervalFloorMs: 1_000 });
    if (read.kind === 'invalid') throw new Error(read.problems.join('; '));
    return read.spec;
  }

  /** The object of the fixture; the caller knows its type. */
  get<T extends KubeObject>(kind: T['kind'], name: string): T {
    const found = this.items.find((item) => item.kind === kind && item.metadata.name === name);
    if (found === undefined) throw new Error(`The fixture has no ${kind} ${name}`);
    return found as T; // our own fixture
  }

  /** Puts a later version of an object into its store. */
  put(object: KubeObject): void {
    this.version += 1;
    this.admit({ ...object, metadata: { ...object.metadata, resourceVersion: String(this.version) } });
  }

  /** Takes an object out of its store. */
  remove(object: KubeObject): void {
    const { store } = this.watched(object);
    const current = store.get({ namespace, name: object.metadata.name });
    if (current !== undefined) store.remove(current);
  }

  /** Lets a Service have this many ready addresses, of the pods of its own or of another Service. */
  serve(service: string, addresses: number, podsOf = service): void {
    const slice: EndpointSlice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${service}-1`,
        namespace,
        uid: `slice-${service}`,
        labels: { 'kubernetes.io/service-name': service },
      },
      endpoints: Array.from({ length: addresses }, (_, index) => ({
        addresses: [`10.0.${podsOf.length}.${index + 1}`],
        conditions: { ready: true },
      })),
    };
    this.put(slice);
  }

  private admit(object: KubeObject): void {
    this.watched(object).admit(object);
  }

  private watched(object: KubeObject): Store {
    const { cache } = this;
    const all = [
      cache.canaries,
      cache.deployments,
      cache.daemonSets,
      cache.services,
      cache.ingresses,
      cache.autoscalers,
      cache.scaledObjects,
      cache.endpoints,
      cache.configMaps,
      cache.secrets,
    ];
    const found = all.find(({ kind }) => kind.kind === object.kind);
    if (found === undefined) throw new Error(`Nobody watches ${object.kind}`);
    return found as Store; // by its kind
  }
}

// SPDX-License-Identifier: Apache-2.0
import type { ConfigMap, ObjectKey, Secret } from '../../api/kubernetes.js';
import type { Reader } from '../../kube/index.js';
import { resources } from '../../kube/index.js';
import type { ConfigCopyFacts, ConfigFacts, ConfigKey } from '../../workload/index.js';
import { configCopyFacts, configFacts } from '../../workload/index.js';
import type { ClusterCache } from './cluster-cache.js';

interface Entry {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly facts: ConfigFacts;
  readonly copyFacts: ConfigCopyFacts;
}

/**
 * Checksums of ConfigMaps and Secrets. Only their metadata is watched; data is read when the resourceVersion has moved,
 * and forgotten as soon as it is hashed.
 */
export class ConfigFactsReader {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly reader: Pick<Reader, 'get'>,
    private readonly cache: ClusterCache,
  ) {
    for (const { kind, store } of [cache.configMaps, cache.secrets]) {
      store.subscribe((change) => {
        if (change.type !== 'deleted') return;
        const { namespace = '', name } = change.object.metadata;
        this.entries.delete(`${kind.plural}/${namespace}/${name}`);
      });
    }
  }

  /** Facts of those of the given configs that exist. */
  async sources(namespace: string, keys: readonly ConfigKey[]): Promise<ReadonlyMap<ConfigKey, ConfigFacts>> {
    const entries = await this.read(namespace, keys, (name) => name);
    return new Map([...entries].map(([key, { facts }]) => [key, facts]));
  }

  /** Facts of those `-primary` copies of the given configs that exist. */
  async copies(namespace: string, keys: readonly ConfigKey[]): Promise<ReadonlyMap<ConfigKey, ConfigCopyFacts>> {
    const entries = await this.read(namespace, keys, (name) => `${name}-primary`);
    return new Map([...entries].map(([key, { copyFacts }]) => [key, copyFacts]));
  }

  private async read(
    namespace: string,
    keys: readonly ConfigKey[],
    nameOf: (name: string) => string,
  ): Promise<ReadonlyMap<ConfigKey, Entry>> {
    const found = new Map<ConfigKey, Entry>();
    await Promise.all(
      keys.map(async (key) => {
        const { plural, name } = splitConfigKey(key);
        const entry = await this.entry(plural, { namespace, name: nameOf(name) });
        if (entry !== undefined) found.set(key, entry);
      }),
    );
    return found;
  }

  private async entry(plural: 'configmaps' | 'secrets', key: ObjectKey): Promise<Entry | undefined> {
    const watched = plural === 'secrets' ? this.cache.secrets : this.cache.configMaps;
    const known = watched.store.get(key);
    if (known === undefined) return undefined;
    const id = `${plural}/${key.namespace}/${key.name}`;
    const cached = this.entries.get(id);
    const { uid, resourceVersion } = known.metadata;
    if (cached?.uid === uid && cached?.resourceVersion === resourceVersion) return cached;
    const object = await this.get(plural, key);
    if (object === undefined) return undefined;
    const entry: Entry = {
      uid: object.metadata.uid ?? '',
      resourceVersion: object.metadata.resourceVersion ?? '',
      facts: configFacts(object),
      copyFacts: configCopyFacts(object),
    };
    watched.admit(object);
    this.entries.set(id, entry);
    return entry;
  }

  private get(plural: 'configmaps' | 'secrets', key: ObjectKey): Promise<ConfigMap | Secret | undefined> {
    return plural === 'secrets' ? this.reader.get(resources.secrets, key) : this.reader.get(resources.configMaps, key);
  }
}

/** The parts of "configmap/name" and "secret/name". */
export function splitConfigKey(key: ConfigKey): { readonly plural: 'configmaps' | 'secrets'; readonly name: string } {
  const slash = key.indexOf('/');
  return { plural: key.startsWith('secret/') ? 'secrets' : 'configmaps', name: key.slice(slash + 1) };
}

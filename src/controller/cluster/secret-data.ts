// SPDX-License-Identifier: Apache-2.0
import type { ObjectKey, StringMap } from '../../api/kubernetes.js';
import type { Reader, StoredObject } from '../../kube/index.js';
import { resources } from '../../kube/index.js';
import type { ClusterCache } from './cluster-cache.js';

interface Entry {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly data: StringMap;
}

const maxEntries = 200;

/**
 * Decoded data of the Secrets that are in use. Their metadata is watched; data is read when the resourceVersion has
 * moved, so that a Secret that is asked for at each interval costs nothing and a rotated one is used by the next call.
 * Without a watch (config tracking is off) every question is a request.
 */
export class SecretDataReader {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly reader: Pick<Reader, 'get'>,
    private readonly secrets: ClusterCache['secrets'],
  ) {
    secrets.store.subscribe((change) => {
      const { namespace = '', name } = change.object.metadata;
      // What may no longer be used is not kept in memory either.
      if (change.type === 'deleted') this.entries.delete(idOf({ namespace, name }));
    });
  }

  /** @returns undefined when there is no such Secret */
  async read(key: ObjectKey, signal?: AbortSignal): Promise<StringMap | undefined> {
    const known = this.secrets.store.get(key);
    return this.kept(key, known) ?? (await this.fetch(key, known !== undefined, signal));
  }

  private kept(key: ObjectKey, known: StoredObject | undefined): StringMap | undefined {
    const kept = this.entries.get(idOf(key));
    if (kept === undefined || kept.uid !== known?.metadata.uid) return undefined;
    return kept.resourceVersion === known.metadata.resourceVersion ? kept.data : undefined;
  }

  private async fetch(
    key: ObjectKey,
    isWatched: boolean,
    signal: AbortSignal | undefined,
  ): Promise<StringMap | undefined> {
    const secret = await this.reader.get(resources.secrets, key, signal === undefined ? {} : { signal });
    if (secret === undefined) {
      this.entries.delete(idOf(key));
      return undefined;
    }
    const { uid = '', resourceVersion = '' } = secret.metadata;
    const data = decoded(secret.data ?? {});
    if (isWatched) this.keep(idOf(key), { uid, resourceVersion, data });
    return data;
  }

  private keep(id: string, entry: Entry): void {
    this.entries.delete(id);
    this.entries.set(id, entry);
    const [oldest] = this.entries.keys();
    if (this.entries.size > maxEntries && oldest !== undefined) this.entries.delete(oldest);
  }
}

function idOf({ namespace, name }: ObjectKey): string {
  return `${namespace}/${name}`;
}

function decoded(data: StringMap): StringMap {
  const entries = Object.entries(data).map(
    ([name, value]) => [name, Buffer.from(value, 'base64').toString('utf8')] as const,
  );
  return Object.fromEntries(entries);
}

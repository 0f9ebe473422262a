// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { ConfigMap, KubeObject, ObjectKey } from '../../api/kubernetes.js';
import type { ResourceKind } from '../../kube/index.js';
import { ConfigFactsReader, splitConfigKey } from './config-facts.js';
import { FlaggerNamespace, namespace } from '../testing.js';

const key = 'configmap/podinfo-env';

/** A reader of the fixture's configs that notes what is read. */
function aReader() {
  const cluster = new FlaggerNamespace('after-init');
  const reads: string[] = [];
  const contents = new Map<string, KubeObject>();
  const facts = new ConfigFactsReader(
    {
      get: <T extends KubeObject>(kind: ResourceKind<T>, { name }: ObjectKey): Promise<T | undefined> => {
        reads.push(`${kind.plural}/${name}`);
        return Promise.resolve((contents.get(name) ?? cluster.get<T>(kind.kind, name)) as T | undefined); // by its kind
      },
    },
    cluster.cache,
  );
  return { cluster, facts, reads, contents, config: cluster.get<ConfigMap>('ConfigMap', 'podinfo-env') };
}

/** A later version of the config, in the store and on the server. */
function change(
  { cluster, contents, config }: ReturnType<typeof aReader>,
  data: Readonly<Record<string, string>>,
): void {
  const changed = { ...config, data };
  cluster.put(changed);
  const { metadata } = cluster.cache.configMaps.store.get({ namespace, name: 'podinfo-env' }) ?? config;
  contents.set('podinfo-env', { ...changed, metadata: { ...config.metadata, ...metadata } });
}

describe('ConfigFactsReader', () => {
  it('reads the data of a config once, and again only when its version has moved', async () => {
    const view = aReader();
    const first = await view.facts.sources(namespace, [key]);
    await view.facts.sources(namespace, [key]);
    expect(view.reads).toEqual(['configmaps/podinfo-env']);
    change(view, { another: 'value' });
    const second = await view.facts.sources(namespace, [key]);
    expect(view.reads).toHaveLength(2);
    expect(second.get(key)?.checksum).not.toBe(first.get(key)?.checksum);
  });

  it('reads nothing that does not exist', async () => {
    const { facts, reads } = aReader();
    expect(await facts.sources(namespace, ['configmap/other', 'secret/other'])).toEqual(new Map());
    expect(reads).toEqual([]);
  });

  it('finds the copies under the keys of what they are copies of', async () => {
    const { facts, reads } = aReader();
    const copies = await facts.copies(namespace, [key, 'secret/podinfo-token']);
    expect([...copies.keys()].sort()).toEqual([key, 'secret/podinfo-token']);
    expect([...reads].sort()).toEqual(['configmaps/podinfo-env-primary', 'secrets/podinfo-token-primary']);
  });

  it('never takes a config that was made anew for the one that was deleted', async () => {
    const view = aReader();
    const first = await view.facts.sources(namespace, [key]);
    view.cluster.remove(view.config);
    expect(await view.facts.sources(namespace, [key])).toEqual(new Map());
    const anew = {
      ...view.config,
      metadata: { ...view.config.metadata, uid: 'other', resourceVersion: '99' },
      data: {},
    };
    view.contents.set('podinfo-env', anew);
    view.cluster.put({ ...anew });
    const facts = await view.facts.sources(namespace, [key]);
    expect(view.reads).toHaveLength(2);
    expect(facts.get(key)?.checksum).not.toBe(first.get(key)?.checksum);
  });
});

describe('splitConfigKey', () => {
  it.each([
    ['configmap/a', { plural: 'configmaps', name: 'a' }],
    ['secret/a.b', { plural: 'secrets', name: 'a.b' }],
  ] as const)('%s', (text, parts) => {
    expect(splitConfigKey(text)).toEqual(parts);
  });
});

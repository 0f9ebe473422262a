// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { KubeObject, Secret } from '../../api/kubernetes.js';
import type { Reader } from '../../kube/index.js';
import { SecretDataReader } from './secret-data.js';
import { anEmptyCache, namespace } from '../testing.js';

const key = { namespace, name: 'tester' };

function aSecret(resourceVersion: string, token: string, uid = 'uid-1'): Secret {
  const data = { token: Buffer.from(token).toString('base64') };
  return { apiVersion: 'v1', kind: 'Secret', metadata: { ...key, uid, resourceVersion }, data };
}

/** A server with at most one Secret, and the watch of it. */
function aBench() {
  const cache = anEmptyCache();
  let onServer: Secret | undefined;
  let reads = 0;
  const get: Reader['get'] = <T extends KubeObject>() => {
    reads += 1;
    return Promise.resolve(onServer as T | undefined); // only Secrets are asked for
  };
  return {
    cache,
    secrets: new SecretDataReader({ get }, cache.secrets),
    reads: () => reads,
    /** On the server; the watch has not heard of it yet. */
    set: (secret: Secret | undefined) => (onServer = secret),
    /** The watch has heard of it. */
    watch: (secret: Secret) => cache.secrets.store.put({ metadata: { ...key, ...secret.metadata } }),
  };
}

describe('SecretDataReader', () => {
  it('reads a Secret once, and again only when its resourceVersion has moved', async () => {
    const { secrets, reads, set, watch } = aBench();
    set(aSecret('1', 'first'));
    watch(aSecret('1', ''));
    expect(await secrets.read(key)).toEqual({ token: 'first' });
    expect(await secrets.read(key)).toEqual({ token: 'first' });
    expect(reads()).toBe(1);
    set(aSecret('2', 'second'));
    watch(aSecret('2', ''));
    expect(await secrets.read(key)).toEqual({ token: 'second' });
    expect(reads()).toBe(2);
  });

  it('asks the server for what the watch does not know, each time', async () => {
    const { secrets, reads, set } = aBench();
    expect(await secrets.read(key)).toBeUndefined();
    set(aSecret('1', 'new'));
    expect(await secrets.read(key)).toEqual({ token: 'new' });
    expect(await secrets.read(key)).toEqual({ token: 'new' });
    expect(reads()).toBe(3);
  });

  it('does not take a Secret that was made anew for the one before, nor keep one that is gone', async () => {
    const { cache, secrets, set, watch } = aBench();
    set(aSecret('1', 'first'));
    watch(aSecret('1', ''));
    await secrets.read(key);
    set(undefined);
    const gone = cache.secrets.store.get(key);
    if (gone !== undefined) cache.secrets.store.remove(gone);
    expect(await secrets.read(key)).toBeUndefined();
    set(aSecret('3', 'anew', 'uid-2'));
    watch(aSecret('3', '', 'uid-2'));
    expect(await secrets.read(key)).toEqual({ token: 'anew' });
  });
});

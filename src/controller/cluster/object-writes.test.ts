// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { Ingress } from '../../api/kubernetes.js';
import { ApiError } from '../../kube/index.js';
import { anEmptyCache, namespace } from '../testing.js';
import { ObjectWrites } from './object-writes.js';

const ingress = (resourceVersion: string): Ingress => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'web', namespace, uid: 'u1', resourceVersion },
  spec: {},
});

function conflicting(list: () => Promise<readonly Ingress[]>): ObjectWrites {
  const conflict = new ApiError({ code: 'API_CONFLICT', message: 'the object has been modified', status: 409 });
  const refuse = (): Promise<never> => Promise.reject(conflict);
  // The only object is an Ingress.
  const client = { list, create: refuse, replace: refuse, mergePatch: refuse } as unknown as ConstructorParameters<
    typeof ObjectWrites
  >[0];
  return new ObjectWrites(client);
}

describe('a write that meets a conflict', () => {
  it('R3: leaves what is there in the store, which the watch may not have shown yet', async () => {
    const cache = anEmptyCache();
    cache.ingresses.admit(ingress('7'));
    const writes = conflicting(() => Promise.resolve([ingress('8')]));
    await expect(writes.replace(cache.ingresses, ingress('7'))).rejects.toThrow('modified');
    expect(cache.ingresses.store.get({ namespace, name: 'web' })?.metadata.resourceVersion).toBe('8');
  });

  it('is still that conflict when the object cannot be read', async () => {
    const cache = anEmptyCache();
    const writes = conflicting(() => Promise.reject(new Error('no answer')));
    await expect(writes.patch(cache.ingresses, ingress('7'), {})).rejects.toThrow('modified');
  });
});

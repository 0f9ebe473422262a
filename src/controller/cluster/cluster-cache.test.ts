// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { ConfigMap, Ingress } from '../../api/kubernetes.js';
import { anEmptyCache, FlaggerNamespace, namespace } from '../testing.js';

describe('ClusterCache', () => {
  it('is not ready before every kind has been listed', () => {
    expect(anEmptyCache().unsynced()).toEqual([
      'canaries',
      'metrictemplates',
      'alertproviders',
      'deployments',
      'daemonsets',
      'services',
      'ingresses',
      'horizontalpodautoscalers',
      'endpointslices',
      'configmaps',
      'secrets',
    ]);
  });

  it('stops waiting when the process is told to stop', async () => {
    const stop = new AbortController();
    const synced = anEmptyCache().whenSynced(stop.signal);
    stop.abort();
    await expect(synced).resolves.toBeUndefined();
  });

  it('counts ready addresses over all slices of a Service, and of no other namespace', () => {
    const { cache } = new FlaggerNamespace('after-init');
    cache.endpoints.admit({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: 'podinfo-2',
        namespace,
        uid: 'slice-2',
        resourceVersion: '2000000',
        labels: { 'kubernetes.io/service-name': 'podinfo' },
      },
      endpoints: [
        { addresses: ['10.0.1.1'] },
        { addresses: ['10.0.1.2'], conditions: { ready: false } },
        { addresses: ['10.0.1.3'], conditions: { ready: true, terminating: true } },
      ],
    } as Parameters<typeof cache.endpoints.admit>[0]); // an EndpointSlice
    expect(cache.readyEndpoints({ namespace, name: 'podinfo' })).toBe(3);
    expect(cache.readyEndpoints({ namespace: 'prod', name: 'podinfo' })).toBe(0);
    expect(cache.readyEndpoints({ namespace, name: 'other' })).toBe(0);
  });

  it('finds the Ingresses of a Canary by their owner', () => {
    const cluster = new FlaggerNamespace('after-init');
    const { cache, canary } = cluster;
    const uid = canary.metadata.uid ?? '';
    expect(cache.ingressesOwnedBy(uid).map(({ metadata }) => metadata.name)).toEqual(['podinfo-canary']);
    const ingress = cluster.get<Ingress>('Ingress', 'podinfo-canary');
    cluster.put({ ...ingress, metadata: { ...ingress.metadata, ownerReferences: [] } });
    expect(cache.ingressesOwnedBy(uid)).toEqual([]);
  });

  it('keeps of ConfigMaps and Secrets nothing but their identity', () => {
    const cluster = new FlaggerNamespace('after-init');
    const { uid, resourceVersion } = cluster.get<ConfigMap>('ConfigMap', 'podinfo-env').metadata;
    expect(cluster.cache.configMaps.store.get({ namespace, name: 'podinfo-env' })).toEqual({
      metadata: { name: 'podinfo-env', namespace, uid, resourceVersion },
    });
  });

  it('never goes back behind what a write returned', () => {
    const cluster = new FlaggerNamespace('after-init');
    const ingress = cluster.get<Ingress>('Ingress', 'podinfo-canary');
    cluster.put({ ...ingress, metadata: { ...ingress.metadata, labels: { written: 'yes' } } });
    expect(cluster.cache.ingresses.admit(ingress)).toBe(false);
    const stored = cluster.cache.ingresses.store.get({ namespace, name: 'podinfo-canary' });
    expect(stored?.metadata.labels).toEqual({ written: 'yes' });
  });
});

// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { EndpointSlice } from '../api/kubernetes.js';
import { countReadyEndpoints, digestModulus } from './endpoint-count.js';

function slice(endpoints: EndpointSlice['endpoints']): EndpointSlice {
  const labels = { 'kubernetes.io/service-name': 'podinfo-canary' };
  const metadata = { namespace: 'test', name: 'podinfo-canary-x', uid: 'u', resourceVersion: '5', labels };
  const whole = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata };
  return endpoints === undefined ? whole : { ...whole, endpoints };
}

const addresses = ['10.0.0.1'];

describe('countReadyEndpoints', () => {
  it.each<readonly [name: string, endpoints: EndpointSlice['endpoints'], count: number]>([
    ['no endpoints', undefined, 0],
    ['ready', [{ addresses, conditions: { ready: true } }], 1],
    ['not ready', [{ addresses, conditions: { ready: false, serving: true } }], 0],
    ['ready not set', [{ addresses, conditions: {} }, { addresses }], 2],
    ['terminating', [{ addresses, conditions: { ready: true, terminating: true } }], 0],
    ['without an address', [{ addresses: [] }], 0],
  ])('R8: %s', (_name, endpoints, readyAddresses) => {
    expect(countReadyEndpoints(slice(endpoints))).toMatchObject({
      metadata: { namespace: 'test', name: 'podinfo-canary-x', uid: 'u', resourceVersion: '5' },
      namespace: 'test',
      service: 'podinfo-canary',
      readyAddresses,
    });
  });

  it('R7: the digest tells sets of addresses apart, however they are cut into slices', () => {
    const digest = (...names: readonly string[]): number =>
      countReadyEndpoints(slice(names.map((name) => ({ addresses: [name] })))).addressDigest;
    expect(digest('10.0.0.1', '10.0.0.2')).toBe((digest('10.0.0.2') + digest('10.0.0.1')) % digestModulus);
    expect(digest('10.0.0.1')).not.toBe(digest('10.0.0.2'));
  });
});

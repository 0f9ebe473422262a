// SPDX-License-Identifier: Apache-2.0
import { expect, it } from '@jest/globals';
import type { EndpointSlice } from '../api/kubernetes.js';
import type { EndpointCount } from '../kube/index.js';
import { countReadyEndpoints } from '../kube/index.js';
import { sameEndpoints } from './operator.js';

function slice(...addresses: readonly string[]): EndpointCount {
  const whole: EndpointSlice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'test', name: 'podinfo-x' },
    endpoints: addresses.map((address) => ({ addresses: [address] })),
  };
  return countReadyEndpoints(whole);
}

it.each([
  ['the same pods', slice('10.0.0.1', '10.0.0.2'), true],
  ['one pod less', slice('10.0.0.1'), false],
  ['R7: as many other pods', slice('10.0.0.3', '10.0.0.4'), false],
])('an apex Service that leads to %s is the same: %#', (_name, other, same) => {
  expect(sameEndpoints(slice('10.0.0.1', '10.0.0.2'), other)).toBe(same);
});

// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { EndpointSlice } from '../../api/kubernetes.js';

import { endpointAddresses } from './endpoint-addresses.js';

function slice(endpoints: EndpointSlice['endpoints'], addressType = 'IPv4'): EndpointSlice {
  const common = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 'x' }, addressType };
  return endpoints === undefined ? common : { ...common, endpoints };
}

const addresses = ['10.0.0.7'];

describe('endpointAddresses', () => {
  it.each<readonly [name: string, slices: readonly EndpointSlice[], found: readonly string[]]>([
    ['nothing', [], []],
    ['a slice without endpoints', [slice(undefined)], []],
    ['a ready pod', [slice([{ addresses, conditions: { ready: true } }])], ['http://10.0.0.7:9911']],
    ['a pod of unknown state', [slice([{ addresses }])], ['http://10.0.0.7:9911']],
    ['a pod that is not ready', [slice([{ addresses, conditions: { ready: false } }])], []],
    [
      'a pod that ends and still serves',
      [slice([{ addresses, conditions: { ready: false, serving: true, terminating: true } }])],
      ['http://10.0.0.7:9911'],
    ],
    [
      'a pod that ends and serves no more',
      [slice([{ addresses, conditions: { ready: false, serving: false, terminating: true } }])],
      [],
    ],
    ['IPv6', [slice([{ addresses: ['fd00::1'] }], 'IPv6')], ['http://[fd00::1]:9911']],
    ['host names', [slice([{ addresses: ['a.example.com'] }], 'FQDN')], []],
    [
      'one pod in several slices, in a fixed order',
      [slice([{ addresses: ['10.0.0.9'] }, { addresses }]), slice([{ addresses }, { addresses: [] }])],
      ['http://10.0.0.7:9911', 'http://10.0.0.9:9911'],
    ],
  ])('%s', (_name, slices, found) => {
    expect(endpointAddresses(slices, 9_911)).toEqual(found);
  });
});

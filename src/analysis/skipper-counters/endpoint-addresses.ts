// SPDX-License-Identifier: Apache-2.0
import { isIPv6 } from 'node:net';
import type { EndpointSlice } from '../../api/kubernetes.js';

/** Base URLs of the metrics of all pods that get requests, each once, in a fixed order. */
export function endpointAddresses(slices: readonly EndpointSlice[], port: number): readonly string[] {
  const addresses = slices
    .filter(({ addressType }) => addressType !== 'FQDN')
    .flatMap(({ endpoints }) => endpoints ?? [])
    // A pod that is about to end still serves what it has, and its errors count.
    .filter(({ conditions }) => conditions?.serving ?? conditions?.ready ?? true)
    .flatMap(({ addresses: [first] }) => (first === undefined ? [] : [first]));
  return [...new Set(addresses)]
    .sort()
    .map((address) => `http://${isIPv6(address) ? `[${address}]` : address}:${port}`);
}

// SPDX-License-Identifier: Apache-2.0
import type { EndpointSlice } from '../api/kubernetes.js';
import { defined } from '../lib/defined.js';
import { sha256Hex } from '../lib/hash.js';
import type { StoredObject } from './object-store.js';

/** What is kept of an EndpointSlice: how many pods of a Service may get requests. */
export interface EndpointCount extends StoredObject {
  readonly namespace: string;
  /** The Service; empty for a slice that belongs to none. */
  readonly service: string;
  readonly readyAddresses: number;
  /** Sum of a hash of each ready address: equal sets of addresses have equal sums, however they are cut into slices. */
  readonly addressDigest: number;
}

/** Digests of several slices are added modulo this. */
export const digestModulus = 2 ** 48;

const serviceNameLabel = 'kubernetes.io/service-name';

/** Counts as kube-proxy and Skipper do: no `ready` condition means ready, and a terminating pod gets no new requests. */
export function countReadyEndpoints(slice: EndpointSlice): EndpointCount {
  const { name, namespace = '', uid, resourceVersion, labels } = slice.metadata;
  const ready = (slice.endpoints ?? []).filter(
    ({ addresses, conditions }) =>
      addresses.length > 0 && (conditions?.ready ?? true) && conditions?.terminating !== true,
  );
  return {
    metadata: defined({ name, namespace, uid, resourceVersion }),
    namespace,
    service: labels?.[serviceNameLabel] ?? '',
    readyAddresses: ready.length,
    addressDigest: ready.reduce((sum, { addresses }) => (sum + addressHash(addresses[0] ?? '')) % digestModulus, 0),
  };
}

function addressHash(address: string): number {
  return Number.parseInt(sha256Hex(address).slice(0, 12), 16);
}

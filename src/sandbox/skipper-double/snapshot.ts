// SPDX-License-Identifier: Apache-2.0
import type { EndpointSlice, Ingress, Service } from '../../api/index.js';

/** What Skipper reads of a cluster in one poll. Items need no apiVersion and kind: a LIST answer has none on its items. */
export interface Snapshot {
  readonly ingresses: readonly SnapshotObject<Ingress>[];
  readonly services: readonly SnapshotObject<Service>[];
  readonly endpointSlices: readonly SnapshotObject<EndpointSlice>[];
}

export type SnapshotObject<T> = Omit<T, 'apiVersion' | 'kind'>;

/** Where the double reads the cluster from. */
export interface SnapshotSource {
  /** One read of everything, in Skipper's order: ingresses, services, endpoints. Rejects when the API cannot be read. */
  snapshot(signal: AbortSignal): Promise<Snapshot>;
}

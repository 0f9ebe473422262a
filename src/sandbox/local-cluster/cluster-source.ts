// SPDX-License-Identifier: Apache-2.0
import type { EndpointSlice, Ingress, Service } from '../../api/index.js';
import type { ApiServer, ResourceType, ServedObject } from '../api-server/index.js';
import type { SnapshotSource } from '../skipper-double/index.js';

/** Reads a cluster in memory, as Skipper reads one over HTTP. */
export function clusterSource(api: ApiServer): SnapshotSource {
  const ingresses = api.resource('networking.k8s.io', 'v1', 'ingresses');
  const services = api.resource('', 'v1', 'services');
  const slices = api.resource('discovery.k8s.io', 'v1', 'endpointslices');
  const list = (resource: ResourceType): readonly unknown[] =>
    api.list(resource, { namespace: '' }).items.map(withoutNulls);
  return {
    snapshot: () =>
      Promise.resolve({
        // Parse boundary: the API server stores only what each kind allows.
        ingresses: list(ingresses) as readonly Ingress[],
        services: list(services) as readonly Service[],
        endpointSlices: list(slices) as readonly EndpointSlice[],
      }),
  };
}

/** Lists that are empty are null in some kinds. */
function withoutNulls(object: ServedObject): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));
}

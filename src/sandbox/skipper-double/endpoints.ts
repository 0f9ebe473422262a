// SPDX-License-Identifier: Apache-2.0
import type { EndpointSlice, IngressServiceBackend, Service, ServicePort } from '../../api/index.js';
import type { Snapshot, SnapshotObject } from './snapshot.js';

export type ServiceLookup =
  | { readonly kind: 'missing' }
  /** Sorted `http://address:port`; empty when nothing is ready or the port does not exist. */
  | { readonly kind: 'found'; readonly urls: readonly string[] };

/** Finds the pod addresses behind the Services of one snapshot. */
export class EndpointIndex {
  private readonly services: ReadonlyMap<string, SnapshotObject<Service>>;
  private readonly slices: ReadonlyMap<string, readonly SnapshotObject<EndpointSlice>[]>;

  constructor(snapshot: Pick<Snapshot, 'services' | 'endpointSlices'>) {
    this.services = new Map(
      snapshot.services.map((service) => [keyOf(service.metadata.namespace, service.metadata.name), service]),
    );
    this.slices = Map.groupBy(snapshot.endpointSlices, (slice) =>
      keyOf(slice.metadata.namespace, slice.metadata.labels?.['kubernetes.io/service-name'] ?? ''),
    );
  }

  /** A Service without cluster address of its own (ExternalName) counts as missing: Skipper makes no route for it. */
  lookup(namespace: string | undefined, backend: IngressServiceBackend): ServiceLookup {
    const key = keyOf(namespace, backend.name);
    const service = this.services.get(key);
    if (service === undefined || service.spec.type === 'ExternalName') return { kind: 'missing' };
    const port = (service.spec.ports ?? []).find((candidate) => isReferenced(candidate, backend));
    if (port === undefined) return { kind: 'found', urls: [] };
    const urls = (this.slices.get(key) ?? []).flatMap((slice) => urlsOf(slice, port));
    return { kind: 'found', urls: [...new Set(urls)].sort() };
  }
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? 'default'}/${name}`;
}

/** An Ingress names a Service port by number or by name, never the pods' port. */
function isReferenced(port: ServicePort, backend: IngressServiceBackend): boolean {
  const { number, name } = backend.port ?? {};
  return number === undefined ? name !== undefined && port.name === name : port.port === number;
}

function urlsOf(slice: SnapshotObject<EndpointSlice>, servicePort: ServicePort): readonly string[] {
  const portNumber = podPort(slice, servicePort);
  if (portNumber === undefined) return [];
  return (slice.endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false && conditions?.terminating !== true)
    .flatMap((endpoint) => endpoint.addresses)
    .map((address) => `http://${address.includes(':') ? `[${address}]` : address}:${portNumber}`);
}

function podPort(slice: SnapshotObject<EndpointSlice>, servicePort: ServicePort): number | undefined {
  const ports = slice.ports ?? [];
  const named = ports.find((port) => (port.name ?? '') === (servicePort.name ?? ''));
  return (named ?? ports.find((port) => port.port === servicePort.targetPort))?.port;
}

// SPDX-License-Identifier: Apache-2.0
import type { EndpointSlice, Ingress, IngressPath, Service, StringMap } from '../src/api/index.js';
import type { Snapshot } from '../src/sandbox/skipper-double/index.js';

/** An Ingress of namespace `default` for app.example.com. */
export function anIngress(
  name: string,
  {
    annotations = {},
    services = ['app'],
    ...rest
  }: {
    readonly annotations?: StringMap;
    readonly services?: readonly string[];
    readonly host?: string;
    readonly path?: Pick<IngressPath, 'path' | 'pathType'>;
  } = {},
): Ingress {
  const { host = 'app.example.com', path = { path: '/', pathType: 'Prefix' } } = rest;
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace: 'default', annotations },
    spec: {
      rules: [
        {
          ...(host === '' ? {} : { host }),
          http: {
            paths: services.map((service) => ({
              ...path,
              backend: { service: { name: service, port: { number: 80 } } },
            })),
          },
        },
      ],
    },
  };
}

/** A Service on port 80 and its slice: each address with the pods' port behind it, as `address:port`. */
export function aService(name: string, ...addresses: readonly string[]): Pick<Snapshot, 'services' | 'endpointSlices'> {
  const service: Service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { ports: [{ port: 80, targetPort: 9898 }] },
  };
  const endpointSlices = addresses.map((address, index): EndpointSlice => {
    const [host = '', port = '9898'] = address.split(':');
    return {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${name}-${index}`, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ name: '', port: Number(port) }],
      endpoints: [{ addresses: [host], conditions: { ready: true } }],
    };
  });
  return { services: [service], endpointSlices };
}

/** All Ingresses and Services together. */
export function aSnapshot(
  ingresses: readonly Ingress[],
  ...services: readonly Pick<Snapshot, 'services' | 'endpointSlices'>[]
): Snapshot {
  return {
    ingresses,
    services: services.flatMap((part) => part.services),
    endpointSlices: services.flatMap((part) => part.endpointSlices),
  };
}

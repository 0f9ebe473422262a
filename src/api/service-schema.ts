// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { StringMapSchema } from './schema-fields.js';
import { flag, foreign, opaqueList, opaqueObject, stringList, stringMap, text } from './schema-fields.js';

type RoleMetadataSchema = z.ZodDefault<z.ZodObject<{ labels: StringMapSchema; annotations: StringMapSchema }>>;

function roleMetadata(role: string, name: string): RoleMetadataSchema {
  return z
    .object({
      labels: stringMap(`Labels of the ${role} Service. Default: none.`),
      annotations: stringMap(`Annotations of the ${role} Service. Default: none.`),
    })
    .default({ labels: {}, annotations: {} })
    .meta({ description: `Labels and annotations to put on the ${role} Service, ${name}. Default: none.` });
}

/** Parts that this program acts on. */
const ownFields = {
  name: text(
    'Base name of the three generated Services: {name} (apex), {name}-primary and {name}-canary. Default: the name of the target.',
  ),
  port: z.number().meta({
    description:
      'Port of the generated Services; the paths of the apex Ingress must refer to this port or to portName. Unit: port number, 1 to 65535. Required.',
  }),
  portName: text('Name of that port. Default: http.'),
  targetPort: z.union([z.number(), z.string()]).optional().meta({
    description: 'Number or name of the container port that receives the traffic. Default: the value of port.',
    'x-kubernetes-int-or-string': true,
  }),
  appProtocol: text('Application protocol of the port, such as http or kubernetes.io/h2c. Default: not set.'),
  trafficDistribution: text(
    'Preference for nearby endpoints, set on the generated Services: PreferClose, PreferSameZone or PreferSameNode. Default: not set.',
    { enum: ['PreferClose', 'PreferSameZone', 'PreferSameNode'] },
  ),
  portDiscovery: flag(
    'Adds the other container ports of the target to the generated Services; those of containers named istio-proxy or envoy are left out.',
  ),
  headless: flag('Generates headless Services (clusterIP: None). Read only when a Service is created.'),
  apex: roleMetadata('apex', '{name}'),
  primary: roleMetadata('primary', '{name}-primary'),
  canary: roleMetadata('canary', '{name}-canary'),
  unmanagedMetadata: z
    .object({
      annotations: stringList('Keys of annotations to leave alone. Default: none.'),
      labels: stringList('Keys of labels to leave alone. Default: none.'),
    })
    .default({ annotations: [], labels: [] })
    .meta({
      description:
        'Keys of metadata on the generated Services that belong to other tools: their live values are kept. Every other key that is not asked for here is removed. Default: none.',
    }),
};

/** Parts that other routing providers of Flagger act on: admitted and stored, so that one manifest serves both. */
const foreignFields = {
  timeout: text(foreign('meshes and gateways', 'Timeout of a request, as a duration.')),
  backendTimeout: text(foreign('the Gateway API', 'Timeout of a request to the backend, as a duration.')),
  meshName: text(foreign('App Mesh', 'Name of the mesh.')),
  backends: stringList(foreign('App Mesh', 'Backends that the workload may call.')).optional(),
  hosts: stringList(foreign('Istio and the Gateway API', 'Host names of the route.')).optional(),
  gateways: stringList(foreign('Istio', 'Gateways that the VirtualService is bound to.')).optional(),
  delegation: flag(foreign('Istio', 'Makes the VirtualService a delegate without hosts and gateways.')).optional(),
  match: opaqueList(foreign('Istio and the Gateway API', 'Conditions that a request must meet to be routed.')),
  retries: opaqueObject(foreign('meshes', 'Retry policy: attempts, perTryTimeout and retryOn.')),
  rewrite: opaqueObject(foreign('meshes and gateways', 'Rewriting of requests: uri, authority and type.')),
  mirror: opaqueList(foreign('the Gateway API', 'Backends that get a copy of each request.')),
  headers: opaqueObject(foreign('meshes and gateways', 'Headers to add, set or remove on requests and responses.')),
  gatewayRefs: opaqueList(foreign('the Gateway API', 'Gateways that the HTTPRoute is attached to.')),
  corsPolicy: opaqueObject(foreign('Istio', 'Cross-origin resource sharing policy.')),
  trafficPolicy: opaqueObject(
    foreign('Istio', 'Traffic policy of the DestinationRule: connectionPool, loadBalancer, outlierDetection and tls.'),
  ),
};

/** Names of those parts. */
export const foreignServiceFields: readonly string[] = Object.keys(foreignFields);

/** `spec.service` of a Canary. */
export const CanaryServiceSchema = z.object({ ...ownFields, ...foreignFields }).meta({
  description:
    'The Kubernetes Services to generate. Each selects the pods of one role: apex and primary those of the primary copy, canary those of the target. Required for its port.',
});

// SPDX-License-Identifier: Apache-2.0
import {
  isObject,
  listAt,
  mapField,
  mapItems,
  objectAt,
  objectsAt,
  textAt,
  withDefaults,
  withFields,
  type JsonObject,
} from '../json.js';

/** Kinds of Services that have an address of their own. */
export function hasClusterAddress(spec: JsonObject): boolean {
  return spec.type !== 'ExternalName' && spec.clusterIP !== 'None';
}

/** Kinds of Services that have ports on each node. */
export function hasNodePorts(spec: JsonObject): boolean {
  return spec.type === 'NodePort' || spec.type === 'LoadBalancer';
}

export function serviceDefaults(service: JsonObject): JsonObject {
  return mapField(service, 'spec', (spec) => {
    const typed = mapItems(withDefaults(spec, { type: 'ClusterIP', sessionAffinity: 'None' }), 'ports', portDefaults);
    if (typed.type === 'ExternalName') return typed;
    const isHeadlessForAll = typed.clusterIP === 'None' && Object.keys(spec.selector ?? {}).length === 0;
    const sticky = typed.sessionAffinity === 'ClientIP' && typed.sessionAffinityConfig === undefined;
    return withDefaults(typed, {
      ...(isHeadlessForAll
        ? { ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack' }
        : { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' }),
      internalTrafficPolicy: 'Cluster',
      ...(hasNodePorts(typed) && { externalTrafficPolicy: 'Cluster' }),
      ...(typed.type === 'LoadBalancer' && { allocateLoadBalancerNodePorts: true }),
      ...(sticky && { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } } }),
    });
  });
}

function portDefaults(port: JsonObject): JsonObject {
  const filled = withDefaults(port, { protocol: 'TCP' });
  // Zero is what Go has for "not given".
  const isMissing = filled.targetPort === undefined || filled.targetPort === 0 || filled.targetPort === '';
  return isMissing ? withFields(filled, { targetPort: filled.port }) : filled;
}

export function endpointSliceDefaults(slice: JsonObject): JsonObject {
  return mapItems(slice, 'ports', (port) => withDefaults(port, { name: '', protocol: 'TCP' }));
}

/** Subjects and roles name their API group; for most it follows from the kind. */
export function roleBindingDefaults(binding: JsonObject): JsonObject {
  const group = 'rbac.authorization.k8s.io';
  const bound = mapField(binding, 'roleRef', (role) =>
    withFields(role, { apiGroup: textAt(role, 'apiGroup') || group }),
  );
  return mapItems(bound, 'subjects', (subject) =>
    ['User', 'Group'].includes(textAt(subject, 'kind')) ? withDefaults(subject, { apiGroup: group }) : subject,
  );
}

/** The old text form of a Secret's values becomes base64. */
export function secretDefaults(secret: JsonObject): JsonObject {
  const filled = withDefaults(secret, { type: 'Opaque' });
  if (!isObject(filled.stringData)) return filled;
  const data: Record<string, unknown> = { ...objectAt(filled, 'data') };
  for (const [key, text] of Object.entries(filled.stringData)) {
    data[key] = Buffer.from(String(text), 'utf8').toString('base64');
  }
  return withFields(filled, { stringData: undefined, data });
}

export function definitionDefaults(definition: JsonObject): JsonObject {
  return mapField(definition, 'spec', (spec) =>
    mapField(withDefaults(spec, { conversion: { strategy: 'None' } }), 'names', (names) => {
      const kind = textAt(names, 'kind');
      return withDefaults(names, { singular: kind.toLowerCase(), listKind: `${kind}List` });
    }),
  );
}

/** Ports on nodes that a Service holds. */
export function nodePortsOf(spec: JsonObject): readonly number[] {
  return objectsAt(spec, 'ports').flatMap(({ nodePort }) =>
    typeof nodePort === 'number' && nodePort > 0 ? [nodePort] : [],
  );
}

/** The cluster address that a Service holds; empty when it has none. */
export function clusterAddressOf(spec: JsonObject): string {
  const address = textAt(spec, 'clusterIP') || listAt(spec, 'clusterIPs')[0];
  return typeof address === 'string' && address !== 'None' ? address : '';
}

/** A policy is about what comes in, and about what goes out if it says so. */
export function networkPolicyDefaults(policy: JsonObject): JsonObject {
  return mapField(policy, 'spec', (spec) => {
    const policyTypes = spec.egress === undefined ? ['Ingress'] : ['Ingress', 'Egress'];
    const withTypes = withDefaults(spec, { policyTypes });
    const portDefaults = (rule: JsonObject): JsonObject =>
      mapItems(rule, 'ports', (port) => withDefaults(port, { protocol: 'TCP' }));
    return mapItems(mapItems(withTypes, 'ingress', portDefaults), 'egress', portDefaults);
  });
}

// SPDX-License-Identifier: Apache-2.0
import {
  clusterAddressOf,
  endpointSliceDefaults,
  hasClusterAddress,
  hasNodePorts,
  networkPolicyDefaults,
  nodePortsOf,
  serviceDefaults,
} from '../defaults/network-defaults.js';
import { objectAt, objectsAt, sameValue, withFields, type JsonObject } from '../json.js';
import type { ServedObject } from '../served-object.js';
import { invalid } from '../status-error.js';
import { invalidValue } from '../validation/field-problems.js';
import { serviceNameProblems } from '../validation/names.js';
import {
  endpointSliceProblems,
  endpointSliceUpdateProblems,
  ingressProblems,
  serviceProblems,
  serviceUpdateProblems,
} from '../validation/network.js';
import { contentChanged, plainRules, type ResourceRules, type RuleContext } from './resource-type.js';

const noBalancer: JsonObject = { loadBalancer: {} };

export const serviceRules: ResourceRules = {
  ...plainRules,
  nameProblems: serviceNameProblems,
  defaults: serviceDefaults,
  onCreate: (service, context) => ({ ...allocated(service, undefined, context), status: noBalancer }),
  onUpdate: allocated,
  problems: serviceProblems,
  updateProblems: serviceUpdateProblems,
  hasStatus: true,
  createsOnUpdate: true,
  answersWithDeleted: true,
};

/** The Service with an address and node ports: what it asks for, what it had, else free ones. */
function allocated(service: ServedObject, previous: ServedObject | undefined, context: RuleContext): ServedObject {
  const before = previous === undefined ? {} : objectAt(previous, 'spec');
  const spec = withPorts(objectAt(service, 'spec'), before, context);
  return { ...service, spec: withAddress(spec, before, { service, context }) };
}

interface Allocation {
  readonly service: ServedObject;
  readonly context: RuleContext;
}

function withAddress(spec: JsonObject, before: JsonObject, { service, context }: Allocation): JsonObject {
  if (spec.type === 'ExternalName') return withFields(spec, { clusterIP: undefined, clusterIPs: undefined });
  if (!hasClusterAddress(spec)) return { ...spec, clusterIPs: ['None'] };
  const held = hasClusterAddress(before) ? clusterAddressOf(before) : '';
  const asked = clusterAddressOf(spec);
  if (asked !== '' && asked !== held && context.addresses.isHeld(asked)) {
    const fact = `failed to allocate IP ${asked}: provided IP is already allocated`;
    const subject = { group: '', resource: 'Service', name: service.metadata.name };
    throw invalid(subject, [invalidValue('spec.clusterIPs', [asked], fact)]);
  }
  const address = asked || held || context.addresses.freeAddress();
  return { ...spec, clusterIP: address, clusterIPs: [address] };
}

function withPorts(spec: JsonObject, before: JsonObject, { addresses }: RuleContext): JsonObject {
  const ports = objectsAt(spec, 'ports');
  if (!hasNodePorts(spec)) {
    const isClean = ports.every(({ nodePort }) => nodePort === undefined);
    return isClean ? spec : { ...spec, ports: ports.map((port) => withFields(port, { nodePort: undefined })) };
  }
  const taken = new Set(nodePortsOf(spec));
  const allocatedPorts = ports.map((port) => {
    if (typeof port.nodePort === 'number' && port.nodePort > 0) return port;
    const same = objectsAt(before, 'ports').find((old) => old.port === port.port && old.protocol === port.protocol);
    const nodePort = typeof same?.nodePort === 'number' ? same.nodePort : addresses.freePort(taken);
    taken.add(nodePort);
    return { ...port, nodePort };
  });
  return { ...spec, ports: allocatedPorts };
}

export const ingressRules: ResourceRules = {
  ...plainRules,
  onCreate: (ingress) => ({ ...ingress, status: noBalancer }),
  problems: ingressProblems,
  generation: contentChanged,
  hasStatus: true,
};

export const ingressClassRules: ResourceRules = { ...plainRules, generation: contentChanged };

export const networkPolicyRules: ResourceRules = {
  ...plainRules,
  defaults: networkPolicyDefaults,
  generation: contentChanged,
};

export const endpointSliceRules: ResourceRules = {
  ...plainRules,
  defaults: endpointSliceDefaults,
  problems: endpointSliceProblems,
  updateProblems: endpointSliceUpdateProblems,
  generation: (slice, previous) =>
    contentChanged(slice, previous) || !sameValue(slice.metadata.labels, previous.metadata.labels),
};

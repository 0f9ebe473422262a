// SPDX-License-Identifier: Apache-2.0
import { labelSelectorText } from '../selectors/label-selector.js';
import { listAt, numberAt, objectAt, objectsAt, textAt, type JsonObject } from '../json.js';
import type { ServedObject } from '../served-object.js';
import { ageColumn, ageText, column, nameColumn, wide, type TableColumn } from './column.js';
import { labelsText } from './workload-columns.js';

export const plainColumns: readonly TableColumn[] = [nameColumn, ageColumn];

/** Kinds without a table of their own. */
export const genericColumns: readonly TableColumn[] = [
  nameColumn,
  column('Created At', ({ metadata }) => metadata.creationTimestamp, { type: 'date' }),
];

export const namespaceColumns: readonly TableColumn[] = [
  nameColumn,
  column('Status', (object) => textAt(objectAt(object, 'status'), 'phase')),
  ageColumn,
];

export const nodeColumns: readonly TableColumn[] = [
  nameColumn,
  column('Status', nodeStatus),
  column('Roles', nodeRoles),
  ageColumn,
  column('Version', (node) => textAt(objectAt(objectAt(node, 'status'), 'nodeInfo'), 'kubeletVersion')),
  column('Internal-IP', (node) => nodeAddress(node, 'InternalIP'), wide),
  column('External-IP', (node) => nodeAddress(node, 'ExternalIP'), wide),
  column('OS-Image', (node) => nodeInfo(node, 'osImage'), wide),
  column('Kernel-Version', (node) => nodeInfo(node, 'kernelVersion'), wide),
  column('Container-Runtime', (node) => nodeInfo(node, 'containerRuntimeVersion'), wide),
];

export const serviceColumns: readonly TableColumn[] = [
  nameColumn,
  column('Type', (service) => textAt(objectAt(service, 'spec'), 'type')),
  column('Cluster-IP', (service) => textAt(objectAt(service, 'spec'), 'clusterIP') || '<none>'),
  column('External-IP', externalAddress),
  column('Port(s)', (service) => servicePorts(objectsAt(objectAt(service, 'spec'), 'ports'))),
  ageColumn,
  column('Selector', (service) => labelsText(objectAt(objectAt(service, 'spec'), 'selector')), wide),
];

export const endpointSliceColumns: readonly TableColumn[] = [
  nameColumn,
  column('AddressType', ({ addressType }) => String(addressType)),
  column('Ports', (slice) =>
    upToThree(
      objectsAt(slice, 'ports').map(({ port }) => String(port)),
      '<unset>',
    ),
  ),
  column('Endpoints', (slice) =>
    upToThree(
      objectsAt(slice, 'endpoints').flatMap((endpoint) => listAt(endpoint, 'addresses').map(String)),
      '<unset>',
    ),
  ),
  ageColumn,
];

export const ingressColumns: readonly TableColumn[] = [
  nameColumn,
  column('Class', ingressClass),
  column('Hosts', ingressHosts),
  column('Address', ingressAddress),
  column('Ports', (ingress) => (listAt(objectAt(ingress, 'spec'), 'tls').length > 0 ? '80, 443' : '80')),
  ageColumn,
];

export const networkPolicyColumns: readonly TableColumn[] = [
  nameColumn,
  column('Pod-Selector', (policy) => labelSelectorText(objectAt(objectAt(policy, 'spec'), 'podSelector')) || '<none>'),
  ageColumn,
];

export const ingressClassColumns: readonly TableColumn[] = [
  nameColumn,
  column('Controller', (object) => textAt(objectAt(object, 'spec'), 'controller')),
  column('Parameters', (object) => {
    const parameters = objectAt(objectAt(object, 'spec'), 'parameters');
    const group = textAt(parameters, 'apiGroup');
    const name = textAt(parameters, 'name');
    return name === '' ? '<none>' : `${textAt(parameters, 'kind')}${group === '' ? '' : `.${group}`}/${name}`;
  }),
  ageColumn,
];

export const configMapColumns: readonly TableColumn[] = [
  nameColumn,
  column('Data', (config) => memberCount(config, 'data') + memberCount(config, 'binaryData')),
  ageColumn,
];

export const secretColumns: readonly TableColumn[] = [
  nameColumn,
  column('Type', ({ type }) => String(type)),
  column('Data', (secret) => memberCount(secret, 'data')),
  ageColumn,
];

export const leaseColumns: readonly TableColumn[] = [
  nameColumn,
  column('Holder', (lease) => textAt(objectAt(lease, 'spec'), 'holderIdentity')),
  ageColumn,
];

export const bindingColumns: readonly TableColumn[] = [
  nameColumn,
  column('Role', (binding) => {
    const role = objectAt(binding, 'roleRef');
    return `${textAt(role, 'kind')}/${textAt(role, 'name')}`;
  }),
  ageColumn,
  column('Users', (binding) => subjectNames(binding, 'User'), wide),
  column('Groups', (binding) => subjectNames(binding, 'Group'), wide),
  column('ServiceAccounts', (binding) => subjectNames(binding, 'ServiceAccount'), wide),
];

export const eventColumns: readonly TableColumn[] = [
  column('Last Seen', (event, nowMs) => ageText(lastSeen(event), nowMs)),
  column('Type', (event) => textAt(event, 'type')),
  column('Reason', (event) => textAt(event, 'reason')),
  column('Object', (event) => {
    const about = objectAt(event, 'involvedObject');
    return `${textAt(about, 'kind').toLowerCase()}/${textAt(about, 'name')}`;
  }),
  column('Subobject', (event) => textAt(objectAt(event, 'involvedObject'), 'fieldPath'), wide),
  column('Source', eventSource, wide),
  column('Message', (event) => textAt(event, 'message').trim()),
  column('First Seen', (event, nowMs) => ageText(event.firstTimestamp ?? event.eventTime, nowMs), wide),
  column('Count', (event) => Math.max(1, numberAt(event, 'count') ?? 1), wide),
  column('Name', ({ metadata }) => metadata.name, { ...wide, format: 'name' }),
];

function lastSeen(event: ServedObject): unknown {
  return objectAt(event, 'series').lastObservedTime ?? event.lastTimestamp ?? event.firstTimestamp ?? event.eventTime;
}

function eventSource(event: ServedObject): string {
  const source = objectAt(event, 'source');
  const component = textAt(source, 'component') || textAt(event, 'reportingComponent');
  const host = textAt(source, 'host') || textAt(event, 'reportingInstance');
  return [component, host].filter((part) => part !== '').join(', ');
}

function memberCount(object: ServedObject, field: string): number {
  return Object.keys(objectAt(object, field)).length;
}

function subjectNames(binding: ServedObject, kind: string): string {
  return objectsAt(binding, 'subjects')
    .filter((subject) => subject.kind === kind)
    .map((subject) => (kind === 'ServiceAccount' ? `${textAt(subject, 'namespace')}/` : '') + textAt(subject, 'name'))
    .join(', ');
}

function nodeStatus(node: ServedObject): string {
  const ready = objectsAt(objectAt(node, 'status'), 'conditions').find(({ type }) => type === 'Ready');
  const word = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return objectAt(node, 'spec').unschedulable === true ? `${word},SchedulingDisabled` : word;
}

function nodeRoles(node: ServedObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.keys(objectAt(node.metadata, 'labels')).filter((label) => label.startsWith(prefix));
  return roles.length === 0
    ? '<none>'
    : roles
        .map((label) => label.slice(prefix.length))
        .sort()
        .join(',');
}

function nodeAddress(node: ServedObject, type: string): string {
  const addresses = objectsAt(objectAt(node, 'status'), 'addresses');
  return textAt(addresses.find((address) => address.type === type) ?? {}, 'address') || '<none>';
}

function nodeInfo(node: ServedObject, field: string): string {
  return textAt(objectAt(objectAt(node, 'status'), 'nodeInfo'), field) || '<unknown>';
}

function externalAddress(service: ServedObject): string {
  const spec = objectAt(service, 'spec');
  const given = listAt(spec, 'externalIPs').map(String);
  if (spec.type === 'ExternalName') return textAt(spec, 'externalName');
  if (spec.type !== 'LoadBalancer') return given.length === 0 ? '<none>' : given.join(',');
  const balancers = balancerAddresses(service);
  return balancers.length + given.length === 0 ? '<pending>' : [...balancers, ...given].join(',');
}

function balancerAddresses(object: ServedObject): readonly string[] {
  const entries = objectsAt(objectAt(objectAt(object, 'status'), 'loadBalancer'), 'ingress');
  return entries.map((entry) => textAt(entry, 'ip') || textAt(entry, 'hostname'));
}

function servicePorts(ports: readonly JsonObject[]): string {
  const texts = ports.map(({ port, nodePort, protocol }) => {
    const onNodes = typeof nodePort === 'number' && nodePort > 0 ? `:${nodePort}` : '';
    return `${String(port)}${onNodes}/${String(protocol)}`;
  });
  return texts.length === 0 ? '<none>' : texts.join(',');
}

function ingressClass(ingress: ServedObject): string {
  const old = textAt(objectAt(ingress.metadata, 'annotations'), 'kubernetes.io/ingress.class');
  return textAt(objectAt(ingress, 'spec'), 'ingressClassName') || old || '<none>';
}

function ingressHosts(ingress: ServedObject): string {
  const hosts = objectsAt(objectAt(ingress, 'spec'), 'rules').map((rule) => textAt(rule, 'host'));
  return upToThree(
    hosts.filter((host) => host !== ''),
    '*',
  );
}

function ingressAddress(ingress: ServedObject): string {
  return [...new Set(balancerAddresses(ingress))].sort().join(',');
}

function upToThree(texts: readonly string[], none: string): string {
  if (texts.length === 0) return none;
  const shown = texts.slice(0, 3).join(',');
  return texts.length > 3 ? `${shown} + ${texts.length - 3} more...` : shown;
}

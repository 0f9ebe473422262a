// SPDX-License-Identifier: Apache-2.0
import { isIP } from 'node:net';
import { hasClusterAddress } from '../defaults/network-defaults.js';
import { asText, isObject, listAt, objectAt, objectsAt, sameValue, textAt, type JsonObject } from '../json.js';
import type { ServedObject } from '../served-object.js';
import type { FieldProblem } from '../status-error.js';
import { isPortNumber, portNameProblems } from './container.js';
import { duplicate, immutable, invalidValue, notSupported, required } from './field-problems.js';
import { labelProblems, serviceNameProblems, subdomainProblems } from './names.js';

const serviceTypes = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const protocols = ['SCTP', 'TCP', 'UDP'];
const affinities = ['ClientIP', 'None'];
const portRange = 'must be between 1 and 65535, inclusive';
const addressForm = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

export function serviceProblems(service: ServedObject): readonly FieldProblem[] {
  const spec = objectAt(service, 'spec');
  const ports = objectsAt(spec, 'ports');
  const type = textAt(spec, 'type');
  const needsPorts = hasClusterAddress(spec) && ports.length === 0;
  const isNameless = type === 'ExternalName' && textAt(spec, 'externalName') === '';
  return [
    ...(needsPorts ? [required('spec.ports')] : []),
    ...(isNameless ? [required('spec.externalName')] : []),
    ...ports.flatMap((port, index) => servicePortProblems(port, `spec.ports[${index}]`, ports.length > 1)),
    ...repeatedPorts(ports),
    ...(affinities.includes(textAt(spec, 'sessionAffinity'))
      ? []
      : [notSupported('spec.sessionAffinity', spec.sessionAffinity, affinities)]),
    ...(serviceTypes.includes(type) ? [] : [notSupported('spec.type', type, serviceTypes)]),
    ...clusterAddressProblems(spec),
  ];
}

/** The address of a Service is its own for ever, unless it becomes one without. */
export function serviceUpdateProblems(service: ServedObject, previous: ServedObject): readonly FieldProblem[] {
  const [spec, before] = [objectAt(service, 'spec'), objectAt(previous, 'spec')];
  if (spec.type === 'ExternalName' || before.type === 'ExternalName') return [];
  const addresses = listAt(spec, 'clusterIPs');
  if (before.clusterIP === undefined || sameValue(addresses[0], listAt(before, 'clusterIPs')[0])) return [];
  return [invalidValue('spec.clusterIPs[0]', addresses, 'may not change once set')];
}

function servicePortProblems(port: JsonObject, field: string, isNameRequired: boolean): readonly FieldProblem[] {
  const name = textAt(port, 'name');
  const { targetPort } = port;
  return [
    ...(name === '' && isNameRequired ? [required(`${field}.name`)] : []),
    ...(name === '' ? [] : labelProblems(name).map((fact) => invalidValue(`${field}.name`, name, fact))),
    ...(isPortNumber(port.port) ? [] : [invalidValue(`${field}.port`, port.port, portRange)]),
    ...(protocols.includes(textAt(port, 'protocol'))
      ? []
      : [notSupported(`${field}.protocol`, port.protocol, protocols)]),
    ...(typeof targetPort === 'string'
      ? portNameProblems(targetPort).map((fact) => invalidValue(`${field}.targetPort`, targetPort, fact))
      : isPortNumber(targetPort)
        ? []
        : [invalidValue(`${field}.targetPort`, targetPort, portRange)]),
  ];
}

function repeatedPorts(ports: readonly JsonObject[]): readonly FieldProblem[] {
  const names = ports.map((port) => textAt(port, 'name'));
  const numbers = ports.map((port) => `${textAt(port, 'protocol')}/${String(port.port)}`);
  return ports.flatMap((port, index) => {
    const name = names[index] ?? '';
    const isNameRepeated = name !== '' && names.indexOf(name) < index;
    const isNumberRepeated = numbers.indexOf(numbers[index] ?? '') < index;
    return [
      ...(isNameRepeated ? [duplicate(`spec.ports[${index}].name`, name)] : []),
      ...(isNumberRepeated ? [duplicate(`spec.ports[${index}]`, internalPort(port))] : []),
    ];
  });
}

/** The API server shows this one value in its internal form. */
function internalPort({ protocol, port }: JsonObject): JsonObject {
  return { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 };
}

function clusterAddressProblems(spec: JsonObject): readonly FieldProblem[] {
  const address = textAt(spec, 'clusterIP');
  if (address === '' || address === 'None' || isIP(address) !== 0) return [];
  return [invalidValue('spec.clusterIPs[0]', address, addressForm)];
}

export function ingressProblems(ingress: ServedObject): readonly FieldProblem[] {
  const spec = objectAt(ingress, 'spec');
  const rules = objectsAt(spec, 'rules');
  const isEmpty = rules.length === 0 && spec.defaultBackend === undefined;
  return [
    ...(isEmpty ? [invalidValue('spec', null, 'either `defaultBackend` or `rules` must be specified')] : []),
    ...rules.flatMap((rule, index) => ruleProblems(rule, `spec.rules[${index}]`)),
    ...(isObject(spec.defaultBackend) ? backendProblems(spec.defaultBackend, 'spec.defaultBackend') : []),
  ];
}

function ruleProblems(rule: JsonObject, field: string): readonly FieldProblem[] {
  const paths = objectsAt(objectAt(rule, 'http'), 'paths');
  return [
    ...hostProblems(textAt(rule, 'host'), `${field}.host`),
    ...(isObject(rule.http) && paths.length === 0 ? [required(`${field}.http.paths`)] : []),
    ...paths.flatMap((path, index) => pathProblems(path, `${field}.http.paths[${index}]`)),
  ];
}

function hostProblems(host: string, field: string): readonly FieldProblem[] {
  if (host === '') return [];
  if (isIP(host) !== 0) return [invalidValue(field, host, 'must be a DNS name, not an IP address')];
  return subdomainProblems(host.replace(/^\*\./, '')).map((fact) => invalidValue(field, host, fact));
}

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];

function pathProblems(path: JsonObject, field: string): readonly FieldProblem[] {
  const { pathType } = path;
  const text = textAt(path, 'path');
  if (pathType === undefined || pathType === '') return [required(`${field}.pathType`, 'pathType must be specified')];
  const isAbsolute = text.startsWith('/') || (text === '' && pathType === 'ImplementationSpecific');
  return [
    ...(pathTypes.includes(asText(pathType)) ? [] : [notSupported(`${field}.pathType`, pathType, pathTypes)]),
    ...(isAbsolute ? [] : [invalidValue(`${field}.path`, text, 'must be an absolute path')]),
    ...backendProblems(objectAt(path, 'backend'), `${field}.backend`),
  ];
}

function backendProblems(backend: JsonObject, field: string): readonly FieldProblem[] {
  if (isObject(backend.resource)) {
    return backend.service === undefined
      ? []
      : [invalidValue(field, '', 'cannot set both resource and service backends')];
  }
  const { service } = backend;
  if (!isObject(service)) return [invalidValue(field, '', 'resource or service backend is required')];
  const name = textAt(service, 'name');
  return [
    ...(name === ''
      ? [required(`${field}.service.name`)]
      : serviceNameProblems(name).map((fact) => invalidValue(`${field}.service.name`, name, fact))),
    ...backendPortProblems(objectAt(service, 'port'), field),
  ];
}

function backendPortProblems(port: JsonObject, field: string): readonly FieldProblem[] {
  const name = textAt(port, 'name');
  const hasNumber = typeof port.number === 'number' && port.number !== 0;
  if (name !== '' && hasNumber) return [invalidValue(field, '', 'cannot set both port name & port number')];
  if (name === '' && !hasNumber) return [required(field, 'port name or number is required')];
  if (hasNumber)
    return isPortNumber(port.number) ? [] : [invalidValue(`${field}.service.port.number`, port.number, portRange)];
  return portNameProblems(name).map((fact) => invalidValue(`${field}.service.port.name`, name, fact));
}

const addressTypes = ['FQDN', 'IPv4', 'IPv6'];
const ipVersion: Readonly<Record<string, number>> = { IPv4: 4, IPv6: 6 };

export function endpointSliceProblems(slice: ServedObject): readonly FieldProblem[] {
  const type = textAt(slice, 'addressType');
  if (type === '') return [required('addressType')];
  if (!addressTypes.includes(type)) return [notSupported('addressType', type, addressTypes)];
  return objectsAt(slice, 'endpoints').flatMap((endpoint, index) =>
    listAt(endpoint, 'addresses').flatMap((address, at) =>
      isIP(String(address)) !== 0 || ipVersion[type] === undefined
        ? []
        : [invalidValue(`endpoints[${index}].addresses[${at}]`, address, addressForm)],
    ),
  );
}

export function endpointSliceUpdateProblems(slice: ServedObject, previous: ServedObject): readonly FieldProblem[] {
  return slice.addressType === previous.addressType ? [] : [immutable('addressType', slice.addressType)];
}

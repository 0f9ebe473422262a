// SPDX-License-Identifier: Apache-2.0
import { asText, isObject, numberAt, objectAt, objectsAt, textAt, type JsonObject } from '../json.js';
import type { FieldProblem } from '../status-error.js';
import { canonicalQuantity, quantityValue } from '../types/quantity.js';
import { duplicate, invalidValue, notSupported, required } from './field-problems.js';
import { envNameProblems, labelProblems } from './names.js';

/** What is wrong with a container of a pod that has these volumes. */
export function containerProblems(
  container: JsonObject,
  field: string,
  volumes: ReadonlySet<string>,
): readonly FieldProblem[] {
  const name = textAt(container, 'name');
  return [
    ...(name === ''
      ? [required(`${field}.name`)]
      : labelProblems(name).map((fact) => invalidValue(`${field}.name`, name, fact))),
    ...(textAt(container, 'image') === '' ? [required(`${field}.image`)] : []),
    ...pullPolicyProblems(container, field),
    ...['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((probe) => probeProblems(container, probe, field)),
    ...portProblems(objectsAt(container, 'ports'), `${field}.ports`),
    ...objectsAt(container, 'env').flatMap((variable, index) => envProblems(variable, `${field}.env[${index}]`)),
    ...mountProblems(objectsAt(container, 'volumeMounts'), `${field}.volumeMounts`, volumes),
    ...resourceProblems(objectAt(container, 'resources'), `${field}.resources`),
  ];
}

const pullPolicies = ['Always', 'IfNotPresent', 'Never'];

function pullPolicyProblems(container: JsonObject, field: string): readonly FieldProblem[] {
  const policy = container.imagePullPolicy;
  if (policy === undefined || pullPolicies.includes(asText(policy))) return [];
  return [notSupported(`${field}.imagePullPolicy`, policy, pullPolicies)];
}

const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc'];

function probeProblems(container: JsonObject, name: string, field: string): readonly FieldProblem[] {
  const probe = container[name];
  if (!isObject(probe)) return [];
  const at = `${field}.${name}`;
  const given = handlers.filter((handler) => probe[handler] !== undefined);
  const negative = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold']
    .filter((count) => (numberAt(probe, count) ?? 0) < 0)
    .map((count) => invalidValue(`${at}.${count}`, probe[count], 'must be greater than or equal to 0'));
  const isRepeatedSuccess = name !== 'readinessProbe' && (numberAt(probe, 'successThreshold') ?? 1) !== 1;
  return [
    ...(given.length === 0 ? [required(at, 'must specify a handler type')] : []),
    ...negative,
    ...(isRepeatedSuccess ? [invalidValue(`${at}.successThreshold`, probe.successThreshold, 'must be 1')] : []),
  ];
}

const protocols = ['SCTP', 'TCP', 'UDP'];
const portRange = 'must be between 1 and 65535, inclusive';

/** Whether a number is that of a port. */
export function isPortNumber(port: unknown): boolean {
  return typeof port === 'number' && port >= 1 && port <= 65_535;
}

function portProblems(ports: readonly JsonObject[], field: string): readonly FieldProblem[] {
  const names = ports.map((port) => textAt(port, 'name'));
  return ports.flatMap((port, index) => {
    const at = `${field}[${index}]`;
    const name = names[index] ?? '';
    const number = port.containerPort;
    const isRepeated = name !== '' && names.indexOf(name) < index;
    return [
      ...(name === '' ? [] : portNameProblems(name).map((fact) => invalidValue(`${at}.name`, name, fact))),
      ...(isRepeated ? [duplicate(`${at}.name`, name)] : []),
      ...(number === 0 ? [required(`${at}.containerPort`)] : []),
      ...(number !== 0 && !isPortNumber(number) ? [invalidValue(`${at}.containerPort`, number, portRange)] : []),
      ...(protocols.includes(textAt(port, 'protocol'))
        ? []
        : [notSupported(`${at}.protocol`, port.protocol, protocols)]),
    ];
  });
}

/** What is wrong with the name of a port that a Service may point to. */
export function portNameProblems(name: string): readonly string[] {
  return [
    ...(name.length > 15 ? ['must be no more than 15 characters'] : []),
    ...(/^[-a-z0-9]+$/.test(name) ? [] : ['must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)']),
    ...(/[a-z]/.test(name) ? [] : ['must contain at least one letter (a-z)']),
    ...(name.includes('--') ? ['must not contain consecutive hyphens'] : []),
    ...(/^-|-$/.test(name) ? ['must not begin or end with a hyphen'] : []),
  ];
}

const valueSources = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'];

function envProblems(variable: JsonObject, field: string): readonly FieldProblem[] {
  const name = textAt(variable, 'name');
  return [
    ...(name === ''
      ? [required(`${field}.name`)]
      : envNameProblems(name).map((fact) => invalidValue(`${field}.name`, name, fact))),
    ...valueSourceProblems(variable, `${field}.valueFrom`),
  ];
}

function valueSourceProblems(variable: JsonObject, field: string): readonly FieldProblem[] {
  const source = variable.valueFrom;
  if (!isObject(source)) return [];
  const given = valueSources.filter((name) => source[name] !== undefined);
  if (given.length === 0) {
    const fact =
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
    return [invalidValue(field, '', fact)];
  }
  if (textAt(variable, 'value') !== '')
    return [invalidValue(field, '', 'may not be specified when `value` is not empty')];
  return given.length > 1 ? [invalidValue(field, '', 'may not have more than one field specified at a time')] : [];
}

function mountProblems(
  mounts: readonly JsonObject[],
  field: string,
  volumes: ReadonlySet<string>,
): readonly FieldProblem[] {
  const paths = mounts.map((mount) => textAt(mount, 'mountPath'));
  return mounts.flatMap((mount, index) => {
    const at = `${field}[${index}]`;
    const name = textAt(mount, 'name');
    const path = paths[index] ?? '';
    return [
      ...(name === '' ? [required(`${at}.name`)] : []),
      ...(name === '' || volumes.has(name) ? [] : [notFoundValue(`${at}.name`, name)]),
      ...(path === '' ? [required(`${at}.mountPath`)] : []),
      ...(path !== '' && paths.indexOf(path) < index ? [invalidValue(`${at}.mountPath`, path, 'must be unique')] : []),
    ];
  });
}

function notFoundValue(field: string, value: string): FieldProblem {
  return { reason: 'FieldValueNotFound', field, message: `Not found: ${JSON.stringify(value)}` };
}

function resourceProblems(resources: JsonObject, field: string): readonly FieldProblem[] {
  const limits = objectAt(resources, 'limits');
  return Object.entries(objectAt(resources, 'requests')).flatMap(([name, request]) => {
    const limit = limits[name];
    if (limit === undefined || quantityValue(asText(request)) <= quantityValue(asText(limit))) return [];
    const fact = `must be less than or equal to ${name} limit of ${canonicalQuantity(asText(limit)) ?? ''}`;
    return [invalidValue(`${field}.requests`, request, fact)];
  });
}

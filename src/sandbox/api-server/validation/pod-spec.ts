// SPDX-License-Identifier: Apache-2.0
import { asText, isObject, objectsAt, textAt, type JsonObject } from '../json.js';
import { podSpecType } from '../defaults/pod-defaults.js';
import { isChecked } from '../types/checked-values.js';
import type { FieldProblem } from '../status-error.js';
import { containerProblems } from './container.js';
import { duplicate, invalidValue, notSupported, required } from './field-problems.js';
import { labelProblems, subdomainProblems } from './names.js';

/** What is wrong with a pod's spec, or with the one in a template. `field` is its path. */
export function podSpecProblems(spec: JsonObject, field: string): readonly FieldProblem[] {
  if (isChecked(spec, podSpecType)) return [];
  const volumes = new Set(objectsAt(spec, 'volumes').map((volume) => textAt(volume, 'name')));
  const containers = objectsAt(spec, 'containers');
  const initContainers = objectsAt(spec, 'initContainers');
  const ofEach = (list: readonly JsonObject[], name: string): readonly FieldProblem[] =>
    list.flatMap((container, index) => containerProblems(container, `${field}.${name}[${index}]`, volumes));
  return [
    ...volumeProblems(objectsAt(spec, 'volumes'), `${field}.volumes`),
    ...(containers.length === 0 ? [required(`${field}.containers`)] : []),
    ...ofEach(containers, 'containers'),
    ...duplicateNames(containers, `${field}.containers`),
    ...ofEach(initContainers, 'initContainers'),
    ...duplicateNames([...containers, ...initContainers], `${field}.initContainers`, containers.length),
    ...oneOf(spec, `${field}.restartPolicy`, ['Always', 'OnFailure', 'Never']),
    ...oneOf(spec, `${field}.dnsPolicy`, ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']),
    ...accountProblems(spec, field),
  ];
}

function oneOf(spec: JsonObject, field: string, values: readonly string[]): readonly FieldProblem[] {
  const value = spec[field.slice(field.lastIndexOf('.') + 1)];
  return value === undefined || values.includes(asText(value)) ? [] : [notSupported(field, value, values)];
}

function accountProblems(spec: JsonObject, field: string): readonly FieldProblem[] {
  const account = textAt(spec, 'serviceAccountName');
  if (account === '') return [];
  return subdomainProblems(account).map((fact) => invalidValue(`${field}.serviceAccountName`, account, fact));
}

/** Items from an index on whose name was there before. */
function duplicateNames(items: readonly JsonObject[], field: string, from = 0): readonly FieldProblem[] {
  const names = items.map((item) => textAt(item, 'name'));
  return names.flatMap((name, index) =>
    index >= from && name !== '' && names.indexOf(name) < index
      ? [duplicate(`${field}[${index - from}].name`, name)]
      : [],
  );
}

function volumeProblems(volumes: readonly JsonObject[], field: string): readonly FieldProblem[] {
  const names = volumes.map((volume) => textAt(volume, 'name'));
  return volumes.flatMap((volume, index) => {
    const at = `${field}[${index}]`;
    const name = names[index] ?? '';
    const isRepeated = name !== '' && names.indexOf(name) < index;
    return [
      ...(name === '' ? [required(`${at}.name`)] : []),
      ...(name === '' ? [] : labelProblems(name).map((fact) => invalidValue(`${at}.name`, name, fact))),
      ...(isRepeated ? [duplicate(`${at}.name`, name)] : []),
      ...sourceProblems(volume, at),
    ];
  });
}

const requiredOfSource = { configMap: 'name', secret: 'secretName', hostPath: 'path' } as const;

function sourceProblems(volume: JsonObject, field: string): readonly FieldProblem[] {
  return Object.entries(requiredOfSource).flatMap(([source, name]) => {
    const value = volume[source];
    return isObject(value) && textAt(value, name) === '' ? [required(`${field}.${source}.${name}`)] : [];
  });
}

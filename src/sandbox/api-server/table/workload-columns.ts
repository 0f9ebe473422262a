// SPDX-License-Identifier: Apache-2.0
import { asText, isObject, numberAt, objectAt, objectsAt, textAt, type JsonObject } from '../json.js';
import { labelSelectorText } from '../selectors/label-selector.js';
import type { ServedObject } from '../served-object.js';
import { ageColumn, column, integer, nameColumn, wide, type TableColumn } from './column.js';

const templateColumns: readonly TableColumn[] = [
  column('Containers', (object) => templateContainers(object, 'name'), wide),
  column('Images', (object) => templateContainers(object, 'image'), wide),
  column('Selector', (object) => labelSelectorText(objectAt(objectAt(object, 'spec'), 'selector')), wide),
];

export const deploymentColumns: readonly TableColumn[] = [
  nameColumn,
  column('Ready', (object) => `${statusCount(object, 'readyReplicas')}/${specCount(object, 'replicas')}`),
  column('Up-to-date', (object) => statusCount(object, 'updatedReplicas'), integer),
  column('Available', (object) => statusCount(object, 'availableReplicas'), integer),
  ageColumn,
  ...templateColumns,
];

export const replicaSetColumns: readonly TableColumn[] = [
  nameColumn,
  column('Desired', (object) => specCount(object, 'replicas'), integer),
  column('Current', (object) => statusCount(object, 'replicas'), integer),
  column('Ready', (object) => statusCount(object, 'readyReplicas'), integer),
  ageColumn,
  ...templateColumns,
];

export const daemonSetColumns: readonly TableColumn[] = [
  nameColumn,
  column('Desired', (object) => statusCount(object, 'desiredNumberScheduled'), integer),
  column('Current', (object) => statusCount(object, 'currentNumberScheduled'), integer),
  column('Ready', (object) => statusCount(object, 'numberReady'), integer),
  column('Up-to-date', (object) => statusCount(object, 'updatedNumberScheduled'), integer),
  column('Available', (object) => statusCount(object, 'numberAvailable'), integer),
  column('Node Selector', (object) => labelsText(objectAt(podSpec(object), 'nodeSelector'))),
  ageColumn,
  ...templateColumns,
];

export const controllerRevisionColumns: readonly TableColumn[] = [
  nameColumn,
  column('Controller', controllerText),
  column('Revision', ({ revision }) => Number(revision)),
  ageColumn,
];

export const autoscalerColumns: readonly TableColumn[] = [
  nameColumn,
  column('Reference', (object) => {
    const target = objectAt(objectAt(object, 'spec'), 'scaleTargetRef');
    return `${textAt(target, 'kind')}/${textAt(target, 'name')}`;
  }),
  column('Targets', targetsText),
  column('MinPods', (object) => String(numberAt(objectAt(object, 'spec'), 'minReplicas') ?? '<unset>')),
  column('MaxPods', (object) => specCount(object, 'maxReplicas')),
  column('Replicas', (object) => statusCount(object, 'currentReplicas')),
  ageColumn,
];

/** Labels as kubectl shows them: `a=b,c=d`. */
export function labelsText(labels: JsonObject): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${String(value)}`);
  return pairs.length === 0 ? '<none>' : pairs.sort().join(',');
}

function podSpec(object: ServedObject): JsonObject {
  return objectAt(objectAt(objectAt(object, 'spec'), 'template'), 'spec');
}

function templateContainers(object: ServedObject, field: string): string {
  return objectsAt(podSpec(object), 'containers')
    .map((container) => textAt(container, field))
    .join(',');
}

function specCount(object: ServedObject, field: string): number {
  return numberAt(objectAt(object, 'spec'), field) ?? 0;
}

function statusCount(object: ServedObject, field: string): number {
  return numberAt(objectAt(object, 'status'), field) ?? 0;
}

function controllerText(object: ServedObject): string {
  const owner = objectsAt(object.metadata, 'ownerReferences').find(({ controller }) => controller === true);
  if (owner === undefined) return '<none>';
  const group = textAt(owner, 'apiVersion').split('/').slice(0, -1).join('');
  return `${textAt(owner, 'kind').toLowerCase()}${group === '' ? '' : `.${group}`}/${textAt(owner, 'name')}`;
}

function targetsText(object: ServedObject): string {
  const current = objectsAt(objectAt(object, 'status'), 'currentMetrics');
  const texts = objectsAt(objectAt(object, 'spec'), 'metrics').map((metric, index) =>
    metricText(metric, current[index] ?? {}),
  );
  return texts.length === 0 ? '<none>' : texts.join(', ');
}

function metricText(metric: JsonObject, status: JsonObject): string {
  const type = textAt(metric, 'type');
  const field = type.charAt(0).toLowerCase() + type.slice(1);
  const source = objectAt(metric, field);
  const target = objectAt(source, 'target');
  const value = objectAt(objectAt(status, field), 'current');
  const name = textAt(source, 'name') || textAt(objectAt(source, 'metric'), 'name');
  if (target.averageUtilization !== undefined) {
    return `${name}: ${amount(value.averageUtilization, '%')}/${amount(target.averageUtilization, '%')}`;
  }
  const kind = target.averageValue === undefined ? 'value' : 'averageValue';
  const suffix = kind === 'averageValue' && type !== 'Resource' && type !== 'Pods' ? ' (avg)' : '';
  const text = `${amount(value[kind], '')}/${amount(target[kind], '')}${suffix}`;
  return isObject(metric.resource) ? `${name}: ${text}` : text;
}

function amount(value: unknown, unit: string): string {
  return value === undefined ? '<unknown>' : `${asText(value)}${unit}`;
}

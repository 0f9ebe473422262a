// SPDX-License-Identifier: Apache-2.0
import { asText, isObject, numberAt, objectAt, objectsAt, textAt, type JsonObject } from '../json.js';
import type { ServedObject } from '../served-object.js';
import { ageColumn, ageText, column, nameColumn, wide, type TableColumn } from './column.js';

export const podColumns: readonly TableColumn[] = [
  nameColumn,
  column('Ready', readyText),
  column('Status', statusText),
  column('Restarts', restartsText),
  ageColumn,
  column('IP', (pod) => textAt(objectAt(pod, 'status'), 'podIP') || '<none>', wide),
  column('Node', (pod) => textAt(objectAt(pod, 'spec'), 'nodeName') || '<none>', wide),
  column('Nominated Node', (pod) => textAt(objectAt(pod, 'status'), 'nominatedNodeName') || '<none>', wide),
  column('Readiness Gates', gatesText, wide),
];

function containerStatuses(pod: ServedObject): readonly JsonObject[] {
  return objectsAt(objectAt(pod, 'status'), 'containerStatuses');
}

function isRunning(status: JsonObject): boolean {
  return status.ready === true && isObject(objectAt(status, 'state').running);
}

function readyText(pod: ServedObject): string {
  const total = objectsAt(objectAt(pod, 'spec'), 'containers').length;
  return `${containerStatuses(pod).filter(isRunning).length}/${total}`;
}

/** The most telling word about a pod: why a container does not run, else its phase. */
function statusText(pod: ServedObject): string {
  const status = objectAt(pod, 'status');
  const usual = textAt(status, 'reason') || textAt(status, 'phase');
  const stuck = containerStatuses(pod)
    .map(stuckReason)
    .findLast((reason) => reason !== '');
  const reason = stuck ?? usual;
  if (pod.metadata.deletionTimestamp === undefined) return reason;
  return ['Succeeded', 'Failed', 'Completed'].includes(reason) ? reason : 'Terminating';
}

function stuckReason(status: JsonObject): string {
  const state = objectAt(status, 'state');
  const waiting = textAt(objectAt(state, 'waiting'), 'reason');
  if (waiting !== '') return waiting;
  const terminated = objectAt(state, 'terminated');
  if (terminated.exitCode === undefined) return '';
  return textAt(terminated, 'reason') || `ExitCode:${asText(terminated.exitCode)}`;
}

function restartsText(pod: ServedObject, nowMs: number): string {
  const statuses = containerStatuses(pod);
  const restarts = statuses.reduce((sum, status) => sum + (numberAt(status, 'restartCount') ?? 0), 0);
  const ends = statuses.map((status) => textAt(objectAt(objectAt(status, 'lastState'), 'terminated'), 'finishedAt'));
  const last = ends.toSorted().at(-1) ?? '';
  return restarts === 0 || last === '' ? String(restarts) : `${restarts} (${ageText(last, nowMs)} ago)`;
}

function gatesText(pod: ServedObject): string {
  const gates = objectsAt(objectAt(pod, 'spec'), 'readinessGates').map((gate) => textAt(gate, 'conditionType'));
  if (gates.length === 0) return '<none>';
  const conditions = objectsAt(objectAt(pod, 'status'), 'conditions');
  const met = gates.filter((gate) => conditions.some(({ type, status }) => type === gate && status === 'True'));
  return `${met.length}/${gates.length}`;
}

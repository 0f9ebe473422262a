// SPDX-License-Identifier: Apache-2.0
import { podDefaults, qualityOfService } from '../defaults/pod-defaults.js';
import {
  mapItems,
  numberAt,
  objectAt,
  objectsAt,
  sameValue,
  textAt,
  withDefaults,
  withFields,
  type JsonObject,
} from '../json.js';
import type { ServedObject } from '../served-object.js';
import type { FieldProblem } from '../status-error.js';
import { forbiddenField } from '../validation/field-problems.js';
import { podSpecProblems } from '../validation/pod-spec.js';
import { contentChanged, plainRules, type ResourceRules } from './resource-type.js';

export const podRules: ResourceRules = {
  ...plainRules,
  defaults: podDefaults,
  onCreate: (pod) => ({
    ...pod,
    spec: admittedSpec(objectAt(pod, 'spec')),
    status: { phase: 'Pending', qosClass: qualityOfService(objectAt(pod, 'spec')) },
  }),
  problems: (pod) => podSpecProblems(objectAt(pod, 'spec'), 'spec'),
  updateProblems: fixedSpecProblems,
  generation: contentChanged,
  hasStatus: true,
  answersWithDeleted: true,
  gracePeriodSeconds,
};

/** A node in trouble keeps its pods for five minutes. */
const nodeTroubles = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];
const troubleSeconds = 300;

/** What the API server's admission plugins add to every pod. */
function admittedSpec(spec: JsonObject): JsonObject {
  const tolerations = objectsAt(spec, 'tolerations');
  const added = nodeTroubles
    .filter((key) => !tolerations.some((toleration) => tolerates(toleration, key)))
    .map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: troubleSeconds }));
  const admitted = added.length === 0 ? spec : { ...spec, tolerations: [...tolerations, ...added] };
  return withDefaults(admitted, { priority: 0, preemptionPolicy: 'PreemptLowerPriority' });
}

function tolerates(toleration: JsonObject, key: string): boolean {
  const isEffect = ['', 'NoExecute'].includes(textAt(toleration, 'effect'));
  const isKey =
    textAt(toleration, 'key') === key || (textAt(toleration, 'key') === '' && toleration.operator === 'Exists');
  return isEffect && isKey;
}

const fixedSpecMessage =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

function fixedSpecProblems(pod: ServedObject, previous: ServedObject): readonly FieldProblem[] {
  const isSame = sameValue(fixedPart(objectAt(pod, 'spec')), fixedPart(objectAt(previous, 'spec')));
  return isSame ? [] : [forbiddenField('spec', fixedSpecMessage)];
}

function fixedPart(spec: JsonObject): JsonObject {
  const withoutImage = (container: JsonObject): JsonObject => withFields(container, { image: undefined });
  const fixed = mapItems(mapItems(spec, 'containers', withoutImage), 'initContainers', withoutImage);
  return withFields(fixed, {
    activeDeadlineSeconds: undefined,
    tolerations: undefined,
    terminationGracePeriodSeconds: undefined,
  });
}

/** A pod that nobody runs is gone at once. */
function gracePeriodSeconds(pod: ServedObject, asked: number | undefined): number {
  const spec = objectAt(pod, 'spec');
  const isOver = ['Succeeded', 'Failed'].includes(textAt(objectAt(pod, 'status'), 'phase'));
  if (textAt(spec, 'nodeName') === '' || isOver) return 0;
  const seconds = asked ?? numberAt(spec, 'terminationGracePeriodSeconds') ?? 30;
  return seconds < 0 ? 1 : seconds;
}

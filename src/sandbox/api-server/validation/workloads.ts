// SPDX-License-Identifier: Apache-2.0
import { isObject, numberAt, objectAt, objectsAt, sameValue, textAt, type JsonObject } from '../json.js';
import { labelSelectorOf } from '../selectors/label-selector.js';
import type { ServedObject } from '../served-object.js';
import type { FieldProblem } from '../status-error.js';
import { forbiddenField, immutable, invalidValue, notSupported, required } from './field-problems.js';
import { labelProblemsAt } from './metadata.js';
import { podSpecProblems } from './pod-spec.js';

export function deploymentProblems(deployment: ServedObject): readonly FieldProblem[] {
  const spec = objectAt(deployment, 'spec');
  return [
    ...countProblems(spec, ['replicas']),
    ...selectorProblems(spec, 'deployment'),
    ...templateProblems(spec),
    ...strategyProblems(objectAt(spec, 'strategy')),
    ...countProblems(spec, ['minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds']),
    ...deadlineProblems(spec),
  ];
}

export function replicaSetProblems(replicaSet: ServedObject): readonly FieldProblem[] {
  const spec = objectAt(replicaSet, 'spec');
  return [
    ...countProblems(spec, ['replicas', 'minReadySeconds']),
    ...selectorProblems(spec, 'replica set'),
    ...templateProblems(spec),
  ];
}

export function daemonSetProblems(daemonSet: ServedObject): readonly FieldProblem[] {
  const spec = objectAt(daemonSet, 'spec');
  return [
    // A DaemonSet without a selector gets no line of its own: only its labels do not match.
    ...selectorProblems(spec, 'daemonset').filter(({ message }) => message !== required('').message),
    ...templateProblems(spec),
    ...countProblems(spec, ['minReadySeconds', 'revisionHistoryLimit']),
  ];
}

/** The pods of a workload are its own for ever. */
export function selectorUpdateProblems(object: ServedObject, previous: ServedObject): readonly FieldProblem[] {
  const selector = objectAt(object, 'spec').selector;
  return sameValue(selector, objectAt(previous, 'spec').selector) ? [] : [immutable('spec.selector', selector)];
}

export function scaleProblems(scale: JsonObject): readonly FieldProblem[] {
  return countProblems(objectAt(scale, 'spec'), ['replicas']);
}

function countProblems(spec: JsonObject, fields: readonly string[]): readonly FieldProblem[] {
  return fields
    .filter((field) => (numberAt(spec, field) ?? 0) < 0)
    .map((field) => invalidValue(`spec.${field}`, spec[field], 'must be greater than or equal to 0'));
}

function selectorProblems(spec: JsonObject, kind: string): readonly FieldProblem[] {
  const { selector } = spec;
  const labels = objectAt(objectAt(objectAt(spec, 'template'), 'metadata'), 'labels');
  const given = Object.keys(labels).length === 0 ? null : labels;
  const mismatch = invalidValue('spec.template.metadata.labels', given, '`selector` does not match template `labels`');
  if (!isObject(selector)) return [required('spec.selector'), mismatch];
  const isEmpty =
    Object.keys(objectAt(selector, 'matchLabels')).length + objectsAt(selector, 'matchExpressions').length;
  if (isEmpty === 0) return [invalidValue('spec.selector', {}, `empty selector is invalid for ${kind}`)];
  const problems = labelProblemsAt('spec.selector.matchLabels', objectAt(selector, 'matchLabels'));
  return labelSelectorOf(selector)(labels) ? problems : [...problems, mismatch];
}

function templateProblems(spec: JsonObject): readonly FieldProblem[] {
  const template = objectAt(spec, 'template');
  const pod = objectAt(template, 'spec');
  const { restartPolicy } = pod;
  const isOther = restartPolicy !== undefined && restartPolicy !== 'Always';
  return [
    ...labelProblemsAt('spec.template.labels', objectAt(objectAt(template, 'metadata'), 'labels')),
    ...podSpecProblems(pod, 'spec.template.spec'),
    ...(isOther ? [notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always'])] : []),
  ];
}

function strategyProblems(strategy: JsonObject): readonly FieldProblem[] {
  const rolling = strategy.rollingUpdate;
  if (strategy.type === 'RollingUpdate') return rollingUpdateProblems(isObject(rolling) ? rolling : {});
  if (strategy.type !== 'Recreate') {
    const value = { Type: strategy.type, RollingUpdate: rolling ?? null };
    return [notSupported('spec.strategy', value, ['Recreate', 'RollingUpdate'])];
  }
  if (rolling === undefined) return [];
  return [forbiddenField('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'")];
}

const percentForm =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

function rollingUpdateProblems(rolling: JsonObject): readonly FieldProblem[] {
  const field = 'spec.strategy.rollingUpdate';
  const { maxUnavailable, maxSurge } = rolling;
  return [
    ...shareProblems(maxUnavailable, `${field}.maxUnavailable`),
    ...shareProblems(maxSurge, `${field}.maxSurge`),
    ...(isZeroShare(maxUnavailable) && isZeroShare(maxSurge)
      ? [invalidValue(`${field}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0')]
      : []),
  ];
}

function shareProblems(share: unknown, field: string): readonly FieldProblem[] {
  if (typeof share === 'string' && !/^\d+%$/.test(share)) return [invalidValue(field, share, percentForm)];
  if (typeof share === 'number' && share < 0) return [invalidValue(field, share, 'must be greater than or equal to 0')];
  return [];
}

function isZeroShare(share: unknown): boolean {
  return share === 0 || (typeof share === 'string' && /^0+%$/.test(share));
}

function deadlineProblems(spec: JsonObject): readonly FieldProblem[] {
  const deadline = numberAt(spec, 'progressDeadlineSeconds');
  if (deadline === undefined || deadline > (numberAt(spec, 'minReadySeconds') ?? 0)) return [];
  return [invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')];
}

const metricTypes = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];

export function autoscalerProblems(autoscaler: ServedObject): readonly FieldProblem[] {
  const spec = objectAt(autoscaler, 'spec');
  const least = numberAt(spec, 'minReplicas') ?? 1;
  const most = numberAt(spec, 'maxReplicas') ?? 0;
  const tooFew = 'must be greater than or equal to `minReplicas`';
  return [
    ...(least < 1 ? [invalidValue('spec.minReplicas', least, 'must be greater than or equal to 1')] : []),
    ...(most < 1 ? [invalidValue('spec.maxReplicas', most, 'must be greater than 0')] : []),
    ...(most < least ? [invalidValue('spec.maxReplicas', most, tooFew)] : []),
    ...scaleTargetProblems(objectAt(spec, 'scaleTargetRef')),
    ...objectsAt(spec, 'metrics').flatMap((metric, index) => metricProblems(metric, `spec.metrics[${index}]`)),
  ];
}

function scaleTargetProblems(target: JsonObject): readonly FieldProblem[] {
  const field = 'spec.scaleTargetRef';
  const version = textAt(target, 'apiVersion');
  return [
    ...(textAt(target, 'kind') === '' ? [required(`${field}.kind`)] : []),
    ...(textAt(target, 'name') === '' ? [required(`${field}.name`)] : []),
    ...(version.includes('/')
      ? []
      : [invalidValue(`${field}.apiVersion`, version, 'apiVersion must specify API group')]),
  ];
}

function metricProblems(metric: JsonObject, field: string): readonly FieldProblem[] {
  const type = textAt(metric, 'type');
  if (!metricTypes.includes(type)) return [notSupported(`${field}.type`, type, metricTypes)];
  const source = type.charAt(0).toLowerCase() + type.slice(1);
  if (isObject(metric[source])) return [];
  return [required(`${field}.${source}`, 'must populate information for the given metric source')];
}

// SPDX-License-Identifier: Apache-2.0
import {
  autoscalerDefaults,
  daemonSetDefaults,
  deploymentDefaults,
  replicaSetDefaults,
} from '../defaults/workload-defaults.js';
import { objectAt, sameValue } from '../json.js';
import { withMetadata, type ServedObject } from '../served-object.js';
import { immutable } from '../validation/field-problems.js';
import {
  autoscalerProblems,
  daemonSetProblems,
  deploymentProblems,
  replicaSetProblems,
  selectorUpdateProblems,
} from '../validation/workloads.js';
import { contentChanged, plainRules, type ResourceRules } from './resource-type.js';

export const deploymentRules: ResourceRules = {
  ...plainRules,
  defaults: deploymentDefaults,
  onCreate: (deployment) => ({ ...deployment, status: {} }),
  problems: deploymentProblems,
  updateProblems: selectorUpdateProblems,
  // A Deployment hands its annotations on to its ReplicaSets, so that they count as content.
  generation: (deployment, previous) =>
    contentChanged(deployment, previous) || !sameValue(deployment.metadata.annotations, previous.metadata.annotations),
  hasStatus: true,
};

export const replicaSetRules: ResourceRules = {
  ...plainRules,
  defaults: replicaSetDefaults,
  onCreate: (replicaSet) => ({ ...replicaSet, status: { replicas: 0 } }),
  problems: replicaSetProblems,
  updateProblems: selectorUpdateProblems,
  generation: contentChanged,
  hasStatus: true,
};

const templateGeneration = 'deprecated.daemonset.template.generation';

export const daemonSetRules: ResourceRules = {
  ...plainRules,
  defaults: daemonSetDefaults,
  onCreate: (daemonSet) => ({
    ...withTemplateGeneration(daemonSet, 1),
    status: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
  }),
  onUpdate: (daemonSet, previous) => {
    const before = Number(previous.metadata.annotations?.[templateGeneration] ?? 0);
    const isSame = sameValue(objectAt(daemonSet, 'spec').template, objectAt(previous, 'spec').template);
    return withTemplateGeneration(daemonSet, isSame ? before : before + 1);
  },
  problems: daemonSetProblems,
  updateProblems: selectorUpdateProblems,
  generation: contentChanged,
  hasStatus: true,
};

function withTemplateGeneration(daemonSet: ServedObject, generation: number): ServedObject {
  const { annotations } = daemonSet.metadata;
  return withMetadata(daemonSet, { annotations: { ...annotations, [templateGeneration]: String(generation) } });
}

export const controllerRevisionRules: ResourceRules = {
  ...plainRules,
  updateProblems: (revision, previous) =>
    sameValue(revision.data, previous.data) ? [] : [immutable('data', revision.data)],
};

export const autoscalerRules: ResourceRules = {
  ...plainRules,
  defaults: autoscalerDefaults,
  onCreate: (autoscaler) => ({ ...autoscaler, status: { desiredReplicas: 0, currentMetrics: null } }),
  problems: autoscalerProblems,
  hasStatus: true,
};

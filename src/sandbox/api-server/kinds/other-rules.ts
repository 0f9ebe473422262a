// SPDX-License-Identifier: Apache-2.0
import { definitionDefaults, roleBindingDefaults, secretDefaults } from '../defaults/network-defaults.js';
import { objectAt, objectsAt } from '../json.js';
import { withMetadata, type ServedObject } from '../served-object.js';
import {
  configMapProblems,
  definitionProblems,
  eventProblems,
  immutableDataProblems,
  leaseProblems,
  namespaceNameProblems,
  roleBindingProblems,
  roleBindingUpdateProblems,
  secretProblems,
  secretUpdateProblems,
} from '../validation/configuration.js';
import { pathSegmentProblems } from '../validation/names.js';
import { timeText } from '../time-text.js';
import { contentChanged, plainRules, type ResourceRules, type RuleContext } from './resource-type.js';

export const configMapRules: ResourceRules = {
  ...plainRules,
  problems: configMapProblems,
  updateProblems: immutableDataProblems,
};

export const secretRules: ResourceRules = {
  ...plainRules,
  defaults: secretDefaults,
  problems: secretProblems,
  updateProblems: secretUpdateProblems,
};

export const serviceAccountRules: ResourceRules = { ...plainRules, answersWithDeleted: true };

export const eventRules: ResourceRules = { ...plainRules, problems: eventProblems, createsOnUpdate: true };

export const leaseRules: ResourceRules = {
  ...plainRules,
  problems: leaseProblems,
  createsOnUpdate: true,
  allowsUnconditionalUpdate: false,
};

export const namespaceRules: ResourceRules = {
  ...plainRules,
  nameProblems: namespaceNameProblems,
  onCreate: (namespace) => ({
    ...withNameLabel(namespace),
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  }),
  onUpdate: (namespace, previous) => ({ ...withNameLabel(namespace), spec: previous.spec }),
  hasStatus: true,
  answersWithDeleted: true,
};

function withNameLabel(namespace: ServedObject): ServedObject {
  const { name, labels } = namespace.metadata;
  return withMetadata(namespace, { labels: { ...labels, 'kubernetes.io/metadata.name': name } });
}

export const nodeRules: ResourceRules = { ...plainRules, hasStatus: true };

export const roleRules: ResourceRules = { ...plainRules, nameProblems: pathSegmentProblems, createsOnUpdate: true };

export const roleBindingRules: ResourceRules = {
  ...roleRules,
  defaults: roleBindingDefaults,
  problems: roleBindingProblems,
  updateProblems: roleBindingUpdateProblems,
};

export const definitionRules: ResourceRules = {
  ...plainRules,
  defaults: definitionDefaults,
  onCreate: (definition, context) => ({ ...definition, status: established(definition, context) }),
  problems: definitionProblems,
  generation: contentChanged,
  hasStatus: true,
  allowsUnconditionalUpdate: false,
};

/** There is nobody else whose names could clash: a new kind is served at once. */
function established(definition: ServedObject, { clock }: RuleContext): object {
  const spec = objectAt(definition, 'spec');
  const lastTransitionTime = timeText(clock.nowMs());
  const stored = objectsAt(spec, 'versions').filter(({ storage }) => storage === true);
  return {
    conditions: [
      {
        type: 'NamesAccepted',
        status: 'True',
        lastTransitionTime,
        reason: 'NoConflicts',
        message: 'no conflicts found',
      },
      {
        type: 'Established',
        status: 'True',
        lastTransitionTime,
        reason: 'InitialNamesAccepted',
        message: 'the initial names have been accepted',
      },
    ],
    acceptedNames: spec.names,
    storedVersions: stored.map(({ name }) => name),
  };
}

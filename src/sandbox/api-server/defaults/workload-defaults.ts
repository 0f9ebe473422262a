// SPDX-License-Identifier: Apache-2.0
import { mapField, objectAt, withDefaults, withFields, type JsonObject } from '../json.js';
import { templateDefaults } from './pod-defaults.js';

export function deploymentDefaults(deployment: JsonObject): JsonObject {
  return mapField(deployment, 'spec', (spec) =>
    mapField(
      templateDefaults(withDefaults(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 })),
      'strategy',
      (strategy) => rollingUpdateDefaults(strategy, { maxUnavailable: '25%', maxSurge: '25%' }),
    ),
  );
}

export function replicaSetDefaults(replicaSet: JsonObject): JsonObject {
  return mapField(replicaSet, 'spec', (spec) => templateDefaults(withDefaults(spec, { replicas: 1 })));
}

export function daemonSetDefaults(daemonSet: JsonObject): JsonObject {
  return mapField(daemonSet, 'spec', (spec) =>
    mapField(templateDefaults(withDefaults(spec, { revisionHistoryLimit: 10 })), 'updateStrategy', (strategy) =>
      rollingUpdateDefaults(strategy, { maxUnavailable: 1, maxSurge: 0 }),
    ),
  );
}

function rollingUpdateDefaults(strategy: JsonObject, values: JsonObject): JsonObject {
  const typed = withDefaults(strategy, { type: 'RollingUpdate' });
  if (typed.type !== 'RollingUpdate') return typed;
  const rollingUpdate = withDefaults(objectAt(typed, 'rollingUpdate'), values);
  return rollingUpdate === typed.rollingUpdate ? typed : withFields(typed, { rollingUpdate });
}

const scaleUp: JsonObject = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
};
const scaleDown: JsonObject = { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] };
const metrics = [
  { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
];

export function autoscalerDefaults(autoscaler: JsonObject): JsonObject {
  return mapField(autoscaler, 'spec', (spec) =>
    mapField(withDefaults(spec, { minReplicas: 1, metrics }), 'behavior', (behavior) => ({
      scaleUp: withDefaults(objectAt(behavior, 'scaleUp'), scaleUp),
      scaleDown: withDefaults(objectAt(behavior, 'scaleDown'), scaleDown),
    })),
  );
}

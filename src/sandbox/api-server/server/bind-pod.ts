// SPDX-License-Identifier: Apache-2.0
import type { ObjectKey } from '../../../api/index.js';
import { objectAt, objectsAt, textAt } from '../json.js';
import type { ServedObject } from '../served-object.js';
import { conflict } from '../status-error.js';
import { timeText } from '../time-text.js';
import { subjectOf, type ClusterState } from './cluster-state.js';

/** The only way in which a pod gets a node. @throws StatusError 404, 409 */
export function bindPod(state: ClusterState, key: ObjectKey, nodeName: string): ServedObject {
  const pods = state.registry.find('', 'v1', 'pods');
  if (pods === undefined) throw new Error('Pods are built in');
  const pod = state.get(pods, key);
  const spec = objectAt(pod, 'spec');
  const before = textAt(spec, 'nodeName');
  const subject = { ...subjectOf(pods, key.name), resource: 'pods/binding' };
  if (pod.metadata.deletionTimestamp !== undefined) {
    throw conflict(subject, `pod ${key.name} is being deleted, cannot be assigned to a host`);
  }
  if (before !== '') throw conflict(subject, `pod ${key.name} is already assigned to node "${before}"`);
  const status = objectAt(pod, 'status');
  const scheduled = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: timeText(state.clock.nowMs()),
  };
  const others = objectsAt(status, 'conditions').filter(({ type }) => type !== 'PodScheduled');
  const bound = {
    ...pod,
    spec: { ...spec, nodeName },
    status: { ...status, conditions: [...others, scheduled] },
  };
  return state.put(pods, bound, pod);
}

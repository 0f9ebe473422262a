// SPDX-License-Identifier: Apache-2.0
import type { DaemonSet, Deployment, PodTemplate, ReplicaSet } from '../api/kubernetes.js';
import { templateHash } from './revision.js';
import type { TemplateHash } from './revision.js';
import { entriesWhere } from './metadata.js';

const podTemplateHashLabel = 'pod-template-hash';

/**
 * The pod template with this hash among those that the target ran before (R14); undefined when none is left. ReplicaSets of
 * other owners may be in the list.
 */
export function findTemplate(
  replicaSets: readonly ReplicaSet[],
  target: Deployment,
  hash: TemplateHash,
): PodTemplate | undefined {
  return replicaSets
    .filter((replicaSet) => replicaSet.metadata.ownerReferences?.some((owner) => owner.uid === target.metadata.uid))
    .map((replicaSet) => withoutPodTemplateHash(replicaSet.spec.template))
    .find((template) => templateHash(template) === hash);
}

/** The workload with another pod template and nothing else changed: what a lost primary is rebuilt from. */
export function withTemplate<T extends Deployment | DaemonSet>(workload: T, template: PodTemplate): T {
  return { ...workload, spec: { ...workload.spec, template } };
}

/** The deployment controller adds this label to the template of each ReplicaSet. */
function withoutPodTemplateHash(template: PodTemplate): PodTemplate {
  const labels = entriesWhere(template.metadata?.labels, (key) => key !== podTemplateHashLabel);
  return { ...template, metadata: { ...template.metadata, labels } };
}

// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type {
  ControllerRevision,
  DaemonSet,
  Deployment,
  KubeObject,
  PodTemplate,
  ReplicaSet,
} from '../api/kubernetes.js';
import { entriesWhere } from './metadata.js';
import { templateHash } from './revision.js';
import type { TemplateHash } from './revision.js';

/*
 * The templates that a workload had before are kept by its controller: by ReplicaSets for a Deployment, by ControllerRevisions
 * for a DaemonSet. A lost primary is rebuilt from them.
 */

const podTemplateHashLabel = 'pod-template-hash';

/** The pod templates of those ReplicaSets that belong to the target. */
export function replicaSetTemplates(replicaSets: readonly ReplicaSet[], target: Deployment): readonly PodTemplate[] {
  return ownedBy(target, replicaSets).map((replicaSet) => withoutPodTemplateHash(replicaSet.spec.template));
}

/** The pod templates of those ControllerRevisions that belong to the target; one that cannot be read is left out. */
export function controllerRevisionTemplates(
  revisions: readonly ControllerRevision[],
  target: DaemonSet,
): readonly PodTemplate[] {
  return ownedBy(target, revisions).flatMap(({ data }) => {
    const patch = TemplatePatch.safeParse(data);
    if (!patch.success) return [];
    const { $patch: _directive, ...template } = patch.data.spec.template;
    // Parse boundary: the controller copied it from a DaemonSet that the API server had accepted.
    return [template as unknown as PodTemplate];
  });
}

/** The template with this hash (R14); undefined when none is left. */
export function findTemplate(templates: readonly PodTemplate[], hash: TemplateHash): PodTemplate | undefined {
  return templates.find((template) => templateHash(template) === hash);
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

/** As the daemonset controller writes `data`: a strategic merge patch that replaces the template. */
const TemplatePatch = z.object({
  spec: z.object({
    template: z.looseObject({ spec: z.looseObject({ containers: z.array(z.looseObject({})) }) }),
  }),
});

function ownedBy<T extends KubeObject>(target: KubeObject, objects: readonly T[]): readonly T[] {
  return objects.filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === target.metadata.uid));
}

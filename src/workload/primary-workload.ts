// SPDX-License-Identifier: Apache-2.0
import type {
  DaemonSet,
  Deployment,
  KubeObject,
  ObjectMeta,
  OwnerReference,
  PodTemplate,
  StringMap,
} from '../api/kubernetes.js';
import { primaryName, revisionAnnotation } from '../api/names.js';
import { OperatorError } from '../lib/operator-error.js';
import { describesItsObject, entriesWhere, includedByPrefix, isControllerAnnotation } from './metadata.js';
import { primaryTemplate } from './pod-template.js';
import type { PrimaryNaming } from './pod-template.js';
import { flaggerId, templateHash, templateHashOf } from './revision.js';
import type { Revision } from './revision.js';
import { primaryLabels } from './selector-label.js';

/** What the primary of every kind of workload is made with, besides the target itself. */
export interface PrimaryContext {
  /** The Canary. */
  readonly owner: OwnerReference;
  /** What the primary is made from; the target that is given along must carry exactly its template. */
  readonly revision: Revision;
  readonly selectorLabel: PrimaryNaming['selectorLabel'];
  readonly trackedConfigs: PrimaryNaming['trackedConfigs'];
  readonly includeLabelPrefix: readonly string[];
}

/** The target moved on after the revision was read from it: copying it now would promote something that nobody analysed. */
export class TemplateIsNotOfRevision extends OperatorError {
  readonly code = 'TEMPLATE_IS_NOT_OF_REVISION';
  readonly retry = 'requeue';

  constructor(target: KubeObject, revision: Revision) {
    super(
      `${target.kind} ${target.metadata.name}.${target.metadata.namespace ?? ''} no longer has the template of revision ` +
        `${revision}; the primary is left as it is`,
    );
  }
}

/** Metadata of a new primary. */
export function newPrimaryMetadata(target: Deployment | DaemonSet, context: PrimaryContext): ObjectMeta {
  const { name, namespace } = target.metadata;
  return {
    name: primaryName(name),
    ...(namespace !== undefined && { namespace }),
    ...copiedMetadata(target, {}, context),
    ownerReferences: [context.owner],
  };
}

/** Metadata of a primary after promotion: labels and annotations made anew by the rule of creation (D38). */
export function promotedMetadata(
  live: ObjectMeta,
  target: Deployment | DaemonSet,
  context: PrimaryContext,
): ObjectMeta {
  return { ...live, ...copiedMetadata(target, live.annotations, context) };
}

/**
 * The pod template of a primary that runs the context's revision.
 * @throws TemplateIsNotOfRevision when the target carries another template (D50).
 */
export function primaryTemplateOf(target: Deployment | DaemonSet, context: PrimaryContext): PodTemplate {
  const { owner, revision, selectorLabel, trackedConfigs } = context;
  const { template } = target.spec;
  if (templateHash(template) !== templateHashOf(revision)) throw new TemplateIsNotOfRevision(target, revision);
  const naming = { targetName: target.metadata.name, selectorLabel, trackedConfigs };
  return primaryTemplate(template, naming, flaggerId(owner.uid, revision));
}

function copiedMetadata(
  target: Deployment | DaemonSet,
  liveAnnotations: StringMap | undefined,
  { revision, selectorLabel, includeLabelPrefix }: PrimaryContext,
): { readonly labels: StringMap; readonly annotations: StringMap } {
  const { labels, annotations } = target.metadata;
  return {
    labels: primaryLabels(includedByPrefix(labels, includeLabelPrefix), selectorLabel),
    annotations: {
      ...entriesWhere(includedByPrefix(annotations, includeLabelPrefix), (key) => !describesItsObject(key)),
      ...entriesWhere(liveAnnotations, isControllerAnnotation),
      [revisionAnnotation]: revision,
    },
  };
}

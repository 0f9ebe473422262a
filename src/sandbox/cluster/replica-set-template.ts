// SPDX-License-Identifier: Apache-2.0
import type { PodTemplate, StringMap } from '../../api/index.js';
import { canonicalJson } from '../../lib/hash.js';
import { sameValue } from '../api-server/json.js';
import { controlledBy, type DeploymentObject, type ReplicaSetObject } from './objects.js';
import { maxSurgeOf } from './rolling-arithmetic.js';

export const hashLabel = 'pod-template-hash';
export const revisionAnnotation = 'deployment.kubernetes.io/revision';
const historyAnnotation = 'deployment.kubernetes.io/revision-history';
const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas';
const mostAnnotation = 'deployment.kubernetes.io/max-replicas';

/** Annotations that a ReplicaSet does not take over from its Deployment. */
const ownAnnotations = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  mostAnnotation,
]);

const letters = 'bcdfghjklmnpqrstvwxz2456789';

/**
 * The hash in names and labels of ReplicaSets. A real one hashes Go's print of the template, so that only its form is the
 * same. `collisions` gives another hash to a template whose name is taken.
 */
export function templateHash(template: object, collisions = 0): string {
  let hash = 2_166_136_261;
  for (const byte of Buffer.from(`${canonicalJson(template)}${collisions === 0 ? '' : collisions}`)) {
    hash = Math.imul(hash ^ byte, 16_777_619) >>> 0;
  }
  return String(hash).replace(/\d/g, (digit) => letters.charAt(digit.charCodeAt(0) % letters.length));
}

/** Whether a ReplicaSet runs this template. */
export function runsTemplate({ spec }: ReplicaSetObject, template: PodTemplate): boolean {
  const own = spec.template;
  if (!sameValue(own.spec, template.spec)) return false;
  const { [hashLabel]: _own, ...labels } = own.metadata?.labels ?? {};
  const { [hashLabel]: _given, ...wanted } = template.metadata?.labels ?? {};
  return sameValue(labels, wanted) && sameValue({ ...own.metadata, labels }, { ...template.metadata, labels: wanted });
}

export interface NewSet {
  readonly revision: number;
  readonly replicas: number;
}

/** A new ReplicaSet for the Deployment's template. */
export function newReplicaSet(deployment: DeploymentObject, { revision, replicas }: NewSet): object {
  const { metadata, spec, status } = deployment;
  const hash = templateHash(spec.template, status.collisionCount);
  const labels = { ...spec.template.metadata?.labels, [hashLabel]: hash };
  return {
    metadata: {
      name: `${metadata.name}-${hash}`,
      labels,
      annotations: {
        ...inherited(metadata.annotations ?? {}),
        ...sizeAnnotations(deployment),
        [revisionAnnotation]: String(revision),
      },
      ownerReferences: [controlledBy(deployment)],
    },
    spec: {
      replicas,
      ...(spec.minReadySeconds !== undefined && { minReadySeconds: spec.minReadySeconds }),
      selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [hashLabel]: hash } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  };
}

function inherited(annotations: StringMap): StringMap {
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => !ownAnnotations.has(name)));
}

/** The Deployment's size at the time when a ReplicaSet got its own. */
function sizeAnnotations(deployment: DeploymentObject): StringMap {
  const { replicas } = deployment.spec;
  return { [desiredAnnotation]: String(replicas), [mostAnnotation]: String(replicas + maxSurgeOf(deployment)) };
}

/** The ReplicaSet at a size, or itself when it has it and tells of it. */
export function resized(set: ReplicaSetObject, replicas: number, deployment: DeploymentObject): ReplicaSetObject {
  const { annotations = {} } = set.metadata;
  const wanted = sizeAnnotations(deployment);
  const isTold = Object.entries(wanted).every(([name, value]) => annotations[name] === value);
  if (isTold && set.spec.replicas === replicas) return set;
  return {
    ...set,
    metadata: { ...set.metadata, annotations: { ...annotations, ...wanted } },
    spec: { ...set.spec, replicas },
  };
}

/** The current ReplicaSet as the Deployment wants it to describe itself, or itself. */
export function described(set: ReplicaSetObject, deployment: DeploymentObject, revision: number): ReplicaSetObject {
  const { annotations = {} } = set.metadata;
  const wanted = { ...annotations, ...inherited(deployment.metadata.annotations ?? {}), ...promoted(set, revision) };
  const { minReadySeconds } = deployment.spec;
  if (sameValue(annotations, wanted) && (set.spec.minReadySeconds ?? 0) === (minReadySeconds ?? 0)) return set;
  return {
    ...set,
    metadata: { ...set.metadata, annotations: wanted },
    spec: { ...set.spec, ...(minReadySeconds !== undefined && { minReadySeconds }) },
  };
}

/** An old ReplicaSet that is the current one again gets a new revision, and remembers those that it had. */
function promoted(set: ReplicaSetObject, revision: number): StringMap {
  const { annotations = {} } = set.metadata;
  const before = annotations[revisionAnnotation] ?? '';
  if (revisionOf(set) >= revision) return {};
  const history = annotations[historyAnnotation];
  return {
    [revisionAnnotation]: String(revision),
    ...(before !== '' && { [historyAnnotation]: history === undefined ? before : `${history},${before}` }),
  };
}

export function revisionOf({ metadata }: { readonly metadata: { readonly annotations?: StringMap } }): number {
  return Number(metadata.annotations?.[revisionAnnotation] ?? 0);
}

/** What the Deployment wanted when the ReplicaSet got its size; undefined when it does not tell. */
export function desiredOf({ metadata }: ReplicaSetObject): number | undefined {
  const text = metadata.annotations?.[desiredAnnotation];
  return text === undefined ? undefined : Number(text);
}

/** The most pods that the Deployment could have when the ReplicaSet got its size. */
export function mostOf({ metadata }: ReplicaSetObject): number | undefined {
  const text = metadata.annotations?.[mostAnnotation];
  return text === undefined ? undefined : Number(text);
}

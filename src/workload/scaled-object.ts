// SPDX-License-Identifier: Apache-2.0
import type { ScaledObject, ScaleTrigger, StringMap } from '../api/kubernetes.js';
import { pausedReplicasAnnotation, primaryName } from '../api/names.js';
import { defined } from '../lib/defined.js';
import { sameJson } from '../lib/hash.js';
import { entriesWhere, isControlledBy, isToolAnnotation, withoutFlux } from './metadata.js';
import type { AutoscalerKind, PrimaryScalerContext } from './primary-scaler.js';

/** KEDA names on the object itself which ScaledObject it is. */
const kedaNameLabel = 'scaledobject.keda.sh/name';

/** The primary's KEDA autoscaler, made from the target's. Fields that are not known here are copied as they are (D32). */
export function newPrimaryScaledObject(target: ScaledObject, context: PrimaryScalerContext): ScaledObject {
  const { namespace } = target.metadata;
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: {
      name: primaryName(context.autoscaler.name),
      ...(namespace !== undefined && { namespace }),
      ...copiedMetadata(target),
      ownerReferences: [context.owner],
    },
    spec: wantedSpec(target, context),
  };
}

/**
 * The observed primary scaler as it shall be after a promotion, labels and annotations by the rule of its creation (D32);
 * undefined when it is so already, or when it is not the Canary's own.
 */
export function promotedScaledObject(
  primary: ScaledObject,
  target: ScaledObject,
  context: PrimaryScalerContext,
): ScaledObject | undefined {
  if (!isControlledBy(primary, context.owner)) return undefined;
  const { labels, annotations } = copiedMetadata(target);
  const kept = entriesWhere(primary.metadata.labels, (key) => key === kedaNameLabel);
  const metadata = { labels: { ...labels, ...kept }, annotations };
  const spec = wantedSpec(target, context);
  const isAsWanted =
    sameJson(primary.spec, spec) &&
    sameJson(primary.metadata.labels ?? {}, metadata.labels) &&
    sameJson(primary.metadata.annotations ?? {}, metadata.annotations);
  return isAsWanted ? undefined : { ...primary, metadata: { ...primary.metadata, ...metadata }, spec };
}

export const scaledObjectKind: AutoscalerKind<ScaledObject> = {
  newPrimary: newPrimaryScaledObject,
  promoted: promotedScaledObject,
  minReplicas: ({ spec }) => spec.minReplicaCount,
  title: 'Keda ScaledObject',
};

/** Whether KEDA is told to keep the target at zero pods. */
export function isPausedAtZero({ metadata }: ScaledObject): boolean {
  return metadata.annotations?.[pausedReplicasAnnotation] === '0';
}

/** Merge patch of nothing but the annotation that keeps KEDA's hands off a target at zero (D32). */
export function pausePatch(scaler: ScaledObject, paused: boolean): Readonly<Record<string, unknown>> {
  return {
    metadata: {
      ...defined({ resourceVersion: scaler.metadata.resourceVersion }),
      annotations: { [pausedReplicasAnnotation]: paused ? '0' : null },
    },
  };
}

function wantedSpec({ spec }: ScaledObject, { autoscaler, targetName }: PrimaryScalerContext): ScaledObject['spec'] {
  const { primaryMinReplicas, primaryMaxReplicas, primaryScalerQueries } = autoscaler;
  const hpaName = spec.advanced?.horizontalPodAutoscalerConfig?.name;
  return {
    ...spec,
    scaleTargetRef: { ...spec.scaleTargetRef, name: primaryName(targetName) },
    ...defined({ minReplicaCount: primaryMinReplicas ?? spec.minReplicaCount }),
    ...defined({ maxReplicaCount: primaryMaxReplicas ?? spec.maxReplicaCount }),
    advanced: {
      ...spec.advanced,
      horizontalPodAutoscalerConfig: {
        ...spec.advanced?.horizontalPodAutoscalerConfig,
        ...(hpaName !== undefined && hpaName !== '' && { name: primaryName(hpaName) }),
      },
    },
    triggers: (spec.triggers ?? []).map((trigger) => primaryTrigger(trigger, targetName, primaryScalerQueries)),
  };
}

/** The Canary's own queries, when it has any, and no other change then; else every query asks about the primary. */
function primaryTrigger(trigger: ScaleTrigger, targetName: string, queries: StringMap): ScaleTrigger {
  if (Object.keys(queries).length > 0) {
    const own = queries[trigger.name ?? ''];
    return own === undefined ? trigger : withQuery(trigger, own);
  }
  const { query } = trigger.metadata ?? {};
  return query === undefined ? trigger : withQuery(trigger, primaryQuery(query, targetName));
}

function withQuery(trigger: ScaleTrigger, query: string): ScaleTrigger {
  return { ...trigger, metadata: { ...trigger.metadata, query } };
}

/** The target's name becomes the primary's, as a whole word: a metric's name that begins with it stays. */
function primaryQuery(query: string, targetName: string): string {
  const literal = targetName.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return query.replace(new RegExp(`(?<!\\w)${literal}(?:-canary|-primary)?(?!\\w)`, 'g'), () =>
    primaryName(targetName),
  );
}

/** A primary must neither be paused with the target (D21) nor take the target's name for its own. */
function copiedMetadata({ metadata }: ScaledObject): { readonly labels: StringMap; readonly annotations: StringMap } {
  const isCopied = (key: string): boolean => key !== pausedReplicasAnnotation && !isToolAnnotation(key);
  return {
    labels: entriesWhere(withoutFlux(metadata.labels), (key) => key !== kedaNameLabel),
    annotations: entriesWhere(withoutFlux(metadata.annotations), isCopied),
  };
}

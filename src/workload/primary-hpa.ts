// SPDX-License-Identifier: Apache-2.0
import type { HorizontalPodAutoscaler, StringMap } from '../api/kubernetes.js';
import { primaryName } from '../api/names.js';
import { sameJson } from '../lib/hash.js';
import { entriesWhere, isControlledBy, isToolAnnotation, withoutFlux } from './metadata.js';
import type { AutoscalerKind, PrimaryScalerContext } from './primary-scaler.js';

/**
 * The primary's autoscaler, made from the target's. Always autoscaling/v2, whatever version the Canary names: the older ones
 * are gone from today's Kubernetes.
 */
export function newPrimaryHpa(target: HorizontalPodAutoscaler, context: PrimaryScalerContext): HorizontalPodAutoscaler {
  const { namespace } = target.metadata;
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
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
 * The observed primary autoscaler as it shall be after a promotion, labels and annotations included (D31); undefined when it is
 * so already, or when it is not the Canary's own.
 */
export function promotedHpa(
  primary: HorizontalPodAutoscaler,
  target: HorizontalPodAutoscaler,
  context: PrimaryScalerContext,
): HorizontalPodAutoscaler | undefined {
  if (!isControlledBy(primary, context.owner)) return undefined;
  const metadata = copiedMetadata(target);
  const spec = wantedSpec(target, context);
  const isAsWanted =
    sameJson(comparable(primary.spec), comparable(spec)) &&
    sameJson(primary.metadata.labels ?? {}, metadata.labels) &&
    sameJson(primary.metadata.annotations ?? {}, metadata.annotations);
  return isAsWanted ? undefined : { ...primary, metadata: { ...primary.metadata, ...metadata }, spec };
}

export const horizontalPodAutoscalerKind: AutoscalerKind<HorizontalPodAutoscaler> = {
  newPrimary: newPrimaryHpa,
  promoted: promotedHpa,
  minReplicas: ({ spec }) => spec.minReplicas,
  title: 'HorizontalPodAutoscaler v2',
};

function wantedSpec(
  { spec }: HorizontalPodAutoscaler,
  { autoscaler, targetName }: PrimaryScalerContext,
): HorizontalPodAutoscaler['spec'] {
  const { primaryMinReplicas, primaryMaxReplicas } = autoscaler;
  return {
    ...spec,
    scaleTargetRef: { ...spec.scaleTargetRef, name: primaryName(targetName) },
    ...(primaryMinReplicas !== undefined && { minReplicas: primaryMinReplicas }),
    ...(primaryMaxReplicas !== undefined && { maxReplicas: primaryMaxReplicas }),
  };
}

function comparable(spec: HorizontalPodAutoscaler['spec']): HorizontalPodAutoscaler['spec'] {
  return { ...spec, minReplicas: spec.minReplicas ?? 1 };
}

function copiedMetadata({ metadata }: HorizontalPodAutoscaler): { labels: StringMap; annotations: StringMap } {
  return {
    labels: withoutFlux(metadata.labels),
    annotations: entriesWhere(withoutFlux(metadata.annotations), (key) => !isToolAnnotation(key)),
  };
}

// SPDX-License-Identifier: Apache-2.0
import type { HorizontalPodAutoscaler, ScaledObject, Service } from '../api/kubernetes.js';
import { primaryName } from '../api/names.js';
import { isCanaryReference } from './metadata.js';
import type { ServiceChange } from './service-change.js';

/*
 * Objects of the user under names that the operator needs for its own. They are never changed (S7); only the apex Service may
 * be the user's, because it is the one that is adopted.
 */

/** Why the primary or canary Service cannot be made as wanted; undefined when it can, or when the user's own will do as it is. */
export function foreignServiceProblem({ kind, service }: ServiceChange): string | undefined {
  // Only a Service that no Canary made is patched; one of a Canary is replaced whole.
  if (kind !== 'patch') return undefined;
  const { name, namespace = '' } = service.metadata;
  return (
    `Service ${name}.${namespace} exists and was not made for a Canary; delete or rename it, or choose another ` +
    'spec.service.name'
  );
}

/** The Service left as it is. */
export function untouchedService({ problems }: ServiceChange, observed: Service): ServiceChange {
  return { kind: 'none', service: observed, problems };
}

/** Why an autoscaler cannot be that of the primary: somebody made it for something else. */
export function foreignAutoscalerProblem(
  autoscaler: HorizontalPodAutoscaler | ScaledObject | undefined,
  targetName: string,
): string | undefined {
  if (autoscaler === undefined) return undefined;
  const { kind, metadata, spec } = autoscaler;
  const isOurs =
    spec.scaleTargetRef.name === primaryName(targetName) ||
    (metadata.ownerReferences ?? []).some((reference) => isCanaryReference(reference));
  if (isOurs) return undefined;
  return (
    `${kind} ${metadata.name}.${metadata.namespace ?? ''} exists and was not made for a Canary; ` +
    'delete or rename it'
  );
}

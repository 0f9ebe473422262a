// SPDX-License-Identifier: Apache-2.0
import type { Deployment, KubeObject } from '../api/kubernetes.js';
import { revisionAnnotation } from '../api/names.js';
import { newPrimaryMetadata, primaryTemplateOf, promotedMetadata } from './primary-workload.js';
import type { PrimaryContext } from './primary-workload.js';
import type { Revision } from './revision.js';
import { rebuiltReplicas } from './scale.js';
import { primaryLabelValue } from './selector-label.js';

/** What of a Deployment's specification follows the target, besides the template. */
type RolloutSettings = Pick<
  Required<Deployment['spec']>,
  'strategy' | 'minReadySeconds' | 'progressDeadlineSeconds' | 'revisionHistoryLimit'
>;

/**
 * A primary that does not exist yet, with the target's replicas, or the autoscaler's minimum when the target has none.
 * `target` is the observed target, or, to rebuild a lost primary, the target with an earlier template (`withTemplate`).
 * @throws TemplateIsNotOfRevision
 */
export function newPrimaryDeployment(
  target: Deployment,
  context: PrimaryContext,
  autoscalerMinReplicas: number | undefined,
): Deployment {
  const { selectorLabel } = context;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: newPrimaryMetadata(target, context),
    spec: {
      ...rolloutSettings(target),
      replicas: rebuiltReplicas(target, autoscalerMinReplicas),
      selector: { matchLabels: { [selectorLabel.key]: primaryLabelValue(selectorLabel) } },
      template: primaryTemplateOf(target, context),
    },
  };
}

/**
 * The observed primary with everything that follows the target replaced whole: what the new template lacks is gone (R3).
 * With an autoscaler the live replicas stay; without, the target's are taken, but never 0 (D12). Doing it twice changes nothing.
 * @throws TemplateIsNotOfRevision
 */
export function promotedDeployment(
  primary: Deployment,
  target: Deployment,
  context: PrimaryContext,
  hasAutoscaler: boolean,
): Deployment {
  return {
    ...primary,
    metadata: promotedMetadata(primary.metadata, target, context),
    spec: {
      ...primary.spec,
      ...rolloutSettings(target),
      replicas: promotedReplicas(primary, target, hasAutoscaler),
      template: primaryTemplateOf(target, context),
    },
  };
}

/** A primary that Flagger made, with nothing changed but the note which revision it runs. */
export function adoptedPrimary<T extends KubeObject>(primary: T, revision: Revision): T {
  const annotations = { ...primary.metadata.annotations, [revisionAnnotation]: revision };
  return { ...primary, metadata: { ...primary.metadata, annotations } };
}

function promotedReplicas(primary: Deployment, target: Deployment, hasAutoscaler: boolean): number {
  const live = primary.spec.replicas ?? 1;
  if (hasAutoscaler) return live;
  const wanted = target.spec.replicas ?? 1;
  return wanted > 0 ? wanted : Math.max(live, 1);
}

/** Absent members stand for the API server's defaults, so that a setting which the target gave up is given up here too. */
function rolloutSettings({ spec }: Deployment): RolloutSettings {
  return {
    strategy: spec.strategy ?? { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    minReadySeconds: spec.minReadySeconds ?? 0,
    progressDeadlineSeconds: spec.progressDeadlineSeconds ?? 600,
    revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
  };
}

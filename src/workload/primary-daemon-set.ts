// SPDX-License-Identifier: Apache-2.0
import type { DaemonSet } from '../api/kubernetes.js';
import { newPrimaryMetadata, primaryTemplateOf, promotedMetadata } from './primary-workload.js';
import type { PrimaryContext } from './primary-workload.js';
import { primaryLabelValue } from './selector-label.js';

/** What of a DaemonSet's specification follows the target, besides the template. */
type RolloutSettings = Pick<Required<DaemonSet['spec']>, 'updateStrategy' | 'minReadySeconds' | 'revisionHistoryLimit'>;

/**
 * A primary that does not exist yet. It never inherits that the target is scaled to zero (D21).
 * `target` is the observed target, or, to rebuild a lost primary, the target with an earlier template (`withTemplate`).
 * @throws TemplateIsNotOfRevision
 */
export function newPrimaryDaemonSet(target: DaemonSet, context: PrimaryContext): DaemonSet {
  const { selectorLabel } = context;
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: newPrimaryMetadata(target, context),
    spec: {
      ...rolloutSettings(target),
      selector: { matchLabels: { [selectorLabel.key]: primaryLabelValue(selectorLabel) } },
      template: primaryTemplateOf(target, context),
    },
  };
}

/**
 * The observed primary with everything that follows the target replaced whole (R3). Doing it twice changes nothing.
 * @throws TemplateIsNotOfRevision
 */
export function promotedDaemonSet(primary: DaemonSet, target: DaemonSet, context: PrimaryContext): DaemonSet {
  return {
    ...primary,
    metadata: promotedMetadata(primary.metadata, target, context),
    spec: { ...primary.spec, ...rolloutSettings(target), template: primaryTemplateOf(target, context) },
  };
}

/** Why a DaemonSet cannot be promoted: with the strategy OnDelete its pods would never take a new template over. */
export function updateStrategyProblem({ metadata, spec }: DaemonSet): string | undefined {
  const { type = '' } = spec.updateStrategy ?? {};
  if (type === '' || type === 'RollingUpdate') return undefined;
  const name = `${metadata.name}.${metadata.namespace ?? ''}`;
  return `createPrimaryDaemonSet failed: daemonset ${name} must have RollingUpdate strategy but have ${type}`;
}

/** Absent members stand for the API server's defaults, so that a setting which the target gave up is given up here too. */
function rolloutSettings({ spec }: DaemonSet): RolloutSettings {
  return {
    updateStrategy: spec.updateStrategy ?? { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
    minReadySeconds: spec.minReadySeconds ?? 0,
    revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
  };
}

// SPDX-License-Identifier: Apache-2.0
import type { Canary } from '../../api/canary.js';
import { ownerReferenceOf, primaryName } from '../../api/names.js';
import type { RolloutSpec } from '../../api/rollout-spec.js';
import { isControlledBy } from '../../workload/index.js';
import type { ClusterCache } from '../cluster/cluster-cache.js';

/**
 * What a Canary that was deleted without `revertOnDeletion` leaves its user without: the primary goes with it, and the target has
 * no pods. Without a finalizer nothing can be done before that, so it is said when it has happened; undefined when the app lives
 * on, or goes as well.
 */
export function leftBehind(
  canary: Canary,
  spec: RolloutSpec,
  cache: Pick<ClusterCache, 'deployments' | 'services'>,
): string | undefined {
  const { name, namespace = '' } = canary.metadata;
  if (spec.revertOnDeletion || spec.target.kind !== 'Deployment') return undefined;
  const target = cache.deployments.store.get({ namespace, name: spec.target.name });
  if (target === undefined || target.metadata.deletionTimestamp !== undefined || target.spec.replicas !== 0) {
    return undefined;
  }
  const apex = cache.services.store.get({ namespace, name: spec.service.name });
  const primary = primaryName(spec.target.name);
  const isLost = apex !== undefined && !isControlledBy(apex, ownerReferenceOf(canary));
  const service = isLost
    ? `, Service ${spec.service.name} still leads to the pods of ${primary}, which go with it`
    : '';
  return (
    `Canary ${name}.${namespace} was deleted without spec.revertOnDeletion: Deployment ${spec.target.name} stays at 0 ` +
    `replicas${service}; scale it up${isLost ? ' and give the Service its selector back' : ''}`
  );
}

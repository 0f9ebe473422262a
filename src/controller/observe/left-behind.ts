// SPDX-License-Identifier: Apache-2.0
import type { Canary } from '../../api/canary.js';
import type { DaemonSet, Deployment } from '../../api/kubernetes.js';
import { ownerReferenceOf, primaryName, scaleToZeroNodeSelector } from '../../api/names.js';
import type { RolloutSpec } from '../../api/rollout-spec.js';
import { isControlledBy } from '../../workload/index.js';
import type { ClusterCache } from '../cluster/cluster-cache.js';

type Watched = Pick<ClusterCache, 'deployments' | 'daemonSets' | 'services'>;

/** Something that does not work any more, and what to do about it. */
interface Leftover {
  readonly fact: string;
  readonly wayOut: string;
}

/**
 * What a Canary that was deleted without `revertOnDeletion` leaves its user without: the primary goes with it, the target may have
 * no pods, and the user's own Service still leads to the primary's. Without a finalizer nothing can be done before that, so it is
 * said when it has happened; undefined when the app lives on, or goes as well. A target of kind Service is what users are led to
 * then.
 */
export function leftBehind(canary: Canary, spec: RolloutSpec, cache: Watched): string | undefined {
  const { name, namespace = '' } = canary.metadata;
  const target = spec.revertOnDeletion ? undefined : targetOf(spec, namespace, cache);
  if (target === undefined) return undefined;
  const leftovers = [idleTarget(target, spec), lostService(canary, spec, cache)].filter((found) => found !== undefined);
  if (leftovers.length === 0) return undefined;
  const facts = leftovers.map(({ fact }) => fact).join(', ');
  const waysOut = leftovers.map(({ wayOut }) => wayOut).join(' and ');
  return `Canary ${name}.${namespace} was deleted without spec.revertOnDeletion: ${facts}; ${waysOut}`;
}

/** A target with pods of its own that stays. */
function targetOf(
  { target: { kind, name } }: RolloutSpec,
  namespace: string,
  { deployments, daemonSets }: Watched,
): Deployment | DaemonSet | undefined {
  if (kind === 'Service') return undefined;
  const { store } = kind === 'Deployment' ? deployments : daemonSets;
  const found = store.get({ namespace, name });
  return found?.metadata.deletionTimestamp === undefined ? found : undefined;
}

function idleTarget({ spec }: Deployment | DaemonSet, { target: { kind, name } }: RolloutSpec): Leftover | undefined {
  if ('replicas' in spec && spec.replicas === 0) {
    return { fact: `${kind} ${name} stays at 0 replicas`, wayOut: 'scale it up' };
  }
  if (spec.template.spec.nodeSelector?.[scaleToZeroNodeSelector] === undefined) return undefined;
  const fact = `${kind} ${name} keeps the node selector ${scaleToZeroNodeSelector}, with which it has no pods`;
  return { fact, wayOut: 'remove that' };
}

function lostService(canary: Canary, spec: RolloutSpec, { services }: Watched): Leftover | undefined {
  const { name } = spec.service;
  const apex = services.store.get({ namespace: canary.metadata.namespace ?? '', name });
  const primary = primaryName(spec.target.name);
  if (apex === undefined || isControlledBy(apex, ownerReferenceOf(canary))) return undefined;
  if (!Object.values(apex.spec.selector ?? {}).includes(primary)) return undefined;
  const fact = `Service ${name} still leads to the pods of ${primary}, which go with it`;
  return { fact, wayOut: 'give the Service its selector back' };
}

// SPDX-License-Identifier: Apache-2.0
import type { IntOrString } from '../../api/index.js';
import { byAge, type DeploymentObject, type ReplicaSetObject } from './objects.js';

/*
 * How many pods a Deployment's ReplicaSets may have, as the deployment controller computes it. Pure.
 */

/** A count, or a percentage of `total` rounded to a whole. */
export function countOf(value: IntOrString, total: number, round: (count: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(value)?.[1];
  return percent === undefined ? 0 : round((Number(percent) * total) / 100);
}

/** Pods above `replicas` that a rolling update may have. */
export function maxSurgeOf({ spec }: DeploymentObject): number {
  const { type, rollingUpdate } = spec.strategy;
  if (type !== 'RollingUpdate') return 0;
  return countOf(rollingUpdate?.maxSurge ?? 0, spec.replicas, Math.ceil);
}

/** Pods that may be unavailable. At least one when there is no surge either, else nothing could move. */
export function maxUnavailableOf(deployment: DeploymentObject): number {
  const { replicas, strategy } = deployment.spec;
  if (strategy.type !== 'RollingUpdate' || replicas === 0) return 0;
  const unavailable = countOf(strategy.rollingUpdate?.maxUnavailable ?? 0, replicas, Math.floor);
  const movable = unavailable === 0 && maxSurgeOf(deployment) === 0 ? 1 : unavailable;
  return Math.min(movable, replicas);
}

export function wantedPods(sets: readonly ReplicaSetObject[]): number {
  return sum(sets, ({ spec }) => spec.replicas);
}

export function availablePods(sets: readonly ReplicaSetObject[]): number {
  return sum(sets, ({ status }) => status.availableReplicas ?? 0);
}

export function sum<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((total, item) => total + count(item), 0);
}

/** Size of the new ReplicaSet: as large as the surge allows beside the others. `current` is zero before it exists. */
export function newSetSize(deployment: DeploymentObject, all: readonly ReplicaSetObject[], current: number): number {
  const { replicas, strategy } = deployment.spec;
  if (strategy.type === 'Recreate') return replicas;
  const room = replicas + maxSurgeOf(deployment) - wantedPods(all);
  if (room <= 0) return current;
  return current + Math.min(room, replicas - current);
}

/** Pods that old ReplicaSets may lose now, healthy or not. */
export function removablePods(
  deployment: DeploymentObject,
  all: readonly ReplicaSetObject[],
  current: ReplicaSetObject,
): number {
  const minAvailable = deployment.spec.replicas - maxUnavailableOf(deployment);
  const newUnavailable = current.spec.replicas - (current.status.availableReplicas ?? 0);
  return wantedPods(all) - minAvailable - newUnavailable;
}

/** A ReplicaSet, and the size that it shall have. */
export type Resize = readonly [set: ReplicaSetObject, replicas: number];

/** Takes at most `limit` pods that are not available from old ReplicaSets, oldest first. */
export function withoutUnhealthy(old: readonly ReplicaSetObject[], limit: number): readonly Resize[] {
  let left = limit;
  return old.flatMap((set): readonly Resize[] => {
    const unhealthy = set.spec.replicas - (set.status.availableReplicas ?? 0);
    const count = Math.min(left, unhealthy);
    if (count <= 0) return [];
    left -= count;
    return [[set, set.spec.replicas - count]];
  });
}

/** Takes at most `limit` pods from old ReplicaSets, oldest first. */
export function shrunk(old: readonly ReplicaSetObject[], limit: number): readonly Resize[] {
  let left = limit;
  return old.flatMap((set): readonly Resize[] => {
    const count = Math.min(left, set.spec.replicas);
    if (count <= 0) return [];
    left -= count;
    return [[set, set.spec.replicas - count]];
  });
}

/**
 * New sizes of the ReplicaSets of a Deployment that is scaled in the midst of a rollout: each keeps its share. `before` tells
 * the largest number of pods that the Deployment could have when a ReplicaSet got its size.
 */
export function proportionalSizes(
  deployment: DeploymentObject,
  active: readonly ReplicaSetObject[],
  before: (set: ReplicaSetObject) => number,
): readonly Resize[] {
  const { replicas } = deployment.spec;
  const most = replicas > 0 ? replicas + maxSurgeOf(deployment) : 0;
  const toAdd = most - wantedPods(active);
  let added = 0;
  const sizes = [...active].sort(largerFirst(toAdd > 0)).map((set): [ReplicaSetObject, number] => {
    const share = toAdd === 0 || toAdd === added ? 0 : shareOf(set, { replicas, most, before: before(set) });
    const given = toAdd > 0 ? Math.min(share, toAdd - added) : Math.max(share, toAdd - added);
    added += given;
    return [set, set.spec.replicas + given];
  });
  const [first] = sizes;
  // What rounding left over goes to the largest one.
  if (first !== undefined) first[1] = Math.max(0, first[1] + toAdd - added);
  return sizes;
}

interface Share {
  readonly replicas: number;
  readonly most: number;
  readonly before: number;
}

function shareOf({ spec }: ReplicaSetObject, { replicas, most, before }: Share): number {
  if (spec.replicas === 0) return 0;
  if (replicas === 0 || before === 0) return -spec.replicas;
  return Math.round((spec.replicas * most) / before) - spec.replicas;
}

function largerFirst(isGrowing: boolean): (left: ReplicaSetObject, right: ReplicaSetObject) => number {
  return (left, right) =>
    right.spec.replicas - left.spec.replicas || (isGrowing ? byAge(right, left) : byAge(left, right));
}

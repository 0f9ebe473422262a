// SPDX-License-Identifier: Apache-2.0
import {
  conditionOf,
  type Condition,
  type DeploymentObject,
  type DeploymentStatus,
  type ReplicaSetObject,
} from './objects.js';
import { availablePods, maxUnavailableOf, sum, wantedPods } from './rolling-arithmetic.js';

/*
 * The status of a Deployment, as the deployment controller of Kubernetes words it. Pure.
 */

/** What a status is computed from. */
export interface StatusInput {
  readonly deployment: DeploymentObject;
  readonly all: readonly ReplicaSetObject[];
  readonly current: ReplicaSetObject | undefined;
  /** As Kubernetes writes it, and in milliseconds since 1970. */
  readonly now: { readonly text: string; readonly ms: number };
}

/** Counts of pods and the Available condition. */
export function countedStatus({ deployment, all, current, now }: StatusInput): DeploymentStatus {
  const { spec, metadata, status } = deployment;
  const available = availablePods(all);
  const isAvailable = available >= spec.replicas - maxUnavailableOf(deployment);
  const condition: Condition = {
    type: 'Available',
    status: isAvailable ? 'True' : 'False',
    lastUpdateTime: now.text,
    lastTransitionTime: now.text,
    reason: isAvailable ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: isAvailable ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
  };
  return {
    ...(metadata.generation !== undefined && { observedGeneration: metadata.generation }),
    ...count(
      'replicas',
      sum(all, (set) => set.status.replicas),
    ),
    ...count('updatedReplicas', current?.status.replicas ?? 0),
    ...count(
      'readyReplicas',
      sum(all, (set) => set.status.readyReplicas ?? 0),
    ),
    ...count('availableReplicas', available),
    ...count('unavailableReplicas', Math.max(0, wantedPods(all) - available)),
    ...terminatingCount(all),
    conditions: withCondition(status.conditions ?? [], condition),
    ...(status.collisionCount !== undefined && { collisionCount: status.collisionCount }),
  };
}

/** Zero is what Go leaves out. */
function count<Name extends string>(name: Name, value: number): Partial<Record<Name, number>> {
  // The computed name is the only one of the object.
  return value === 0 ? {} : ({ [name]: value } as Partial<Record<Name, number>>);
}

/** Known only when each ReplicaSet has counted its own. */
function terminatingCount(all: readonly ReplicaSetObject[]): Pick<DeploymentStatus, 'terminatingReplicas'> {
  if (all.some(({ status }) => status.terminatingReplicas === undefined)) return {};
  return { terminatingReplicas: sum(all, (set) => set.status.terminatingReplicas ?? 0) };
}

/** The conditions with one set: unchanged if it says the same already, else moved to the end. */
export function withCondition(conditions: readonly Condition[], next: Condition): readonly Condition[] {
  const before = conditionOf(conditions, next.type);
  if (before?.status === next.status && before.reason === next.reason) return conditions;
  const since = before?.status === next.status ? before.lastTransitionTime : next.lastTransitionTime;
  return [
    ...withoutCondition(conditions, next.type),
    { ...next, ...(since !== undefined && { lastTransitionTime: since }) },
  ];
}

export function withoutCondition(conditions: readonly Condition[], type: string): readonly Condition[] {
  return conditions.some((condition) => condition.type === type)
    ? conditions.filter((condition) => condition.type !== type)
    : conditions;
}

/** Status of a Deployment in a rollout: its counts, and how the rollout gets on. */
export function rolloutStatus(input: StatusInput): DeploymentStatus {
  const { deployment, current } = input;
  const counted = countedStatus(input);
  const { conditions = [] } = counted;
  const failure = (current === undefined ? input.all : [current, ...input.all])
    .map((set) => conditionOf(set.status.conditions, 'ReplicaFailure'))
    .find((condition) => condition !== undefined);
  const progressed = hasDeadline(deployment)
    ? withProgress(counted, input)
    : withoutCondition(conditions, 'Progressing');
  return {
    ...counted,
    conditions:
      failure === undefined
        ? withoutCondition(progressed, 'ReplicaFailure')
        : withCondition(progressed, { ...failure, lastUpdateTime: input.now.text }),
  };
}

/** The largest 32-bit number means: no deadline. */
const noDeadline = 2 ** 31 - 1;

export function hasDeadline({ spec }: DeploymentObject): boolean {
  return (spec.progressDeadlineSeconds ?? noDeadline) !== noDeadline;
}

export function isComplete({ spec, metadata }: DeploymentObject, status: DeploymentStatus): boolean {
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0, observedGeneration = 0 } = status;
  const isWhole = [replicas, updatedReplicas, availableReplicas].every((pods) => pods === spec.replicas);
  return isWhole && observedGeneration >= (metadata.generation ?? 0);
}

function withProgress(counted: DeploymentStatus, input: StatusInput): readonly Condition[] {
  const { deployment, current } = input;
  const { conditions = [], replicas = 0, updatedReplicas = 0 } = counted;
  const before = conditionOf(deployment.status.conditions, 'Progressing');
  // A finished rollout stays finished, whatever happens to its pods.
  if (replicas === updatedReplicas && before?.reason === 'NewReplicaSetAvailable') return conditions;
  const subject =
    current === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${current.metadata.name}"`;
  return withOutcome(counted, input, subject);
}

function withOutcome(counted: DeploymentStatus, input: StatusInput, subject: string): readonly Condition[] {
  const { deployment, now } = input;
  const { conditions = [] } = counted;
  const told = { type: 'Progressing', lastUpdateTime: now.text, lastTransitionTime: now.text } as const;
  if (isComplete(deployment, counted)) {
    const message = `${subject} has successfully progressed.`;
    return withCondition(conditions, { ...told, status: 'True', reason: 'NewReplicaSetAvailable', message });
  }
  if (hasProgressed(deployment.status, counted)) {
    const message = `${subject} is progressing.`;
    // Not kept when nothing changed: each progress starts the deadline anew.
    const since = sinceOf(deployment.status, 'Progressing') ?? now.text;
    const next: Condition = { ...told, status: 'True', reason: 'ReplicaSetUpdated', message };
    return [...withoutCondition(conditions, 'Progressing'), { ...next, lastTransitionTime: since }];
  }
  if (!isTimedOut(deployment, conditions, now.ms)) return conditions;
  const message = `${subject} has timed out progressing.`;
  return withCondition(conditions, { ...told, status: 'False', reason: 'ProgressDeadlineExceeded', message });
}

/** Since when a condition has been true; undefined when it is not. */
function sinceOf({ conditions }: DeploymentStatus, type: string): string | undefined {
  const condition = conditionOf(conditions, type);
  return condition?.status === 'True' ? condition.lastTransitionTime : undefined;
}

function hasProgressed(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const old = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus): number => replicas - updatedReplicas;
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function isTimedOut(deployment: DeploymentObject, conditions: readonly Condition[], nowMs: number): boolean {
  const condition = conditionOf(conditions, 'Progressing');
  if (condition === undefined || condition.reason === 'NewReplicaSetAvailable') return false;
  if (condition.reason === 'ProgressDeadlineExceeded') return true;
  return deadlineMs(deployment, condition) < nowMs;
}

/** When a rollout that does not get on will have failed; undefined when nothing is to be waited for. */
export function progressDeadlineMs(deployment: DeploymentObject): number | undefined {
  const condition = conditionOf(deployment.status.conditions, 'Progressing');
  const ends = ['NewReplicaSetAvailable', 'ProgressDeadlineExceeded'];
  if (!hasDeadline(deployment) || condition === undefined || ends.includes(condition.reason ?? '')) return undefined;
  return isComplete(deployment, deployment.status) ? undefined : deadlineMs(deployment, condition);
}

function deadlineMs({ spec }: DeploymentObject, { lastUpdateTime = '' }: Condition): number {
  return Date.parse(lastUpdateTime) + (spec.progressDeadlineSeconds ?? 0) * 1_000;
}

// SPDX-License-Identifier: Apache-2.0
import type { ObjectKey } from '../../api/index.js';
import type { Clock } from '../../lib/clock.js';
import { sameValue } from '../api-server/json.js';
import { timeText } from '../api-server/time-text.js';
import type { WorkQueue } from './controller-loop.js';
import {
  countedStatus,
  hasDeadline,
  isComplete,
  progressDeadlineMs,
  rolloutStatus,
  withCondition,
} from './deployment-status.js';
import type { EventRecorder } from './event-recorder.js';
import {
  byAge,
  conditionOf,
  isGoing,
  type Condition,
  type DeploymentObject,
  type DeploymentStatus,
  type PodObject,
  type ReplicaSetObject,
} from './objects.js';
import {
  availablePods,
  maxUnavailableOf,
  newSetSize,
  proportionalSizes,
  removablePods,
  shrunk,
  wantedPods,
  withoutUnhealthy,
  type Resize,
} from './rolling-arithmetic.js';
import {
  described,
  desiredOf,
  mostOf,
  newReplicaSet,
  resized,
  revisionAnnotation,
  revisionOf,
  runsTemplate,
} from './replica-set-template.js';
import { keyOf, type TypedResource } from './typed-resource.js';

export interface DeploymentControllerDeps {
  readonly deployments: TypedResource<DeploymentObject>;
  readonly replicaSets: TypedResource<ReplicaSetObject>;
  readonly pods: TypedResource<PodObject>;
  readonly clock: Clock;
  readonly events: EventRecorder;
}

/** A Deployment and its ReplicaSets at one moment. */
interface Rollout {
  readonly deployment: DeploymentObject;
  /** The one that runs the Deployment's template. */
  readonly current: ReplicaSetObject | undefined;
  /** All others, oldest first. */
  readonly old: readonly ReplicaSetObject[];
  /**
   * The Deployment was written since it was looked at: a real controller's next write of it meets a conflict, and what it
   * would have told is not told.
   */
  readonly isWritten?: boolean;
}

/** Keeps the ReplicaSets of Deployments: what one does when it is looked at is what kube-controller-manager does. */
export class DeploymentController {
  constructor(private readonly deps: DeploymentControllerDeps) {}

  /** Looks at a Deployment once, and asks the queue to come again when a deadline will pass. */
  reconcile(key: ObjectKey, queue: WorkQueue): void {
    const found = this.deps.deployments.find(key);
    if (found === undefined) return;
    const rollout = this.#observe(found);
    if (isGoing(found)) {
      this.#writeStatus(rollout, countedStatus);
      return;
    }
    const deployment = this.#withPauseCondition(found);
    const marked = { ...rollout, deployment, isWritten: deployment !== found };
    if (deployment.spec.paused === true || this.#isScaled(marked)) this.#scale(this.#withRevision(marked));
    else if (deployment.spec.strategy.type === 'Recreate') this.#recreate(marked);
    else this.#roll(marked);
    this.#awaitDeadline(key, queue);
  }

  #observe(deployment: DeploymentObject): Rollout {
    const sets = [...this.deps.replicaSets.ownedBy(deployment)].sort(byAge);
    const current = sets.find((set) => runsTemplate(set, deployment.spec.template));
    return { deployment, current, old: sets.filter((set) => set !== current) };
  }

  #awaitDeadline(key: ObjectKey, queue: WorkQueue): void {
    const deployment = this.deps.deployments.find(key);
    const deadlineMs = deployment === undefined ? undefined : progressDeadlineMs(deployment);
    if (deadlineMs === undefined) return;
    // A second more, as times are cut to seconds.
    queue.addAfter(key, Math.max(0, deadlineMs - this.deps.clock.nowMs()) + 1_000);
  }

  /** Tells in a condition that a rollout was paused or goes on, which also starts its deadline anew. */
  #withPauseCondition(deployment: DeploymentObject): DeploymentObject {
    if (!hasDeadline(deployment)) return deployment;
    const isPaused = deployment.spec.paused === true;
    const before = conditionOf(deployment.status.conditions, 'Progressing')?.reason;
    const wasPaused = before === 'DeploymentPaused';
    if (before === 'ProgressDeadlineExceeded' || isPaused === wasPaused) return deployment;
    const reason = isPaused ? 'DeploymentPaused' : 'DeploymentResumed';
    const message = isPaused ? 'Deployment is paused' : 'Deployment is resumed';
    return this.#saveCondition(deployment, this.#progressing('Unknown', reason, message));
  }

  #progressing(status: Condition['status'], reason: string, message: string): Condition {
    const now = timeText(this.deps.clock.nowMs());
    return { type: 'Progressing', status, lastUpdateTime: now, lastTransitionTime: now, reason, message };
  }

  #saveCondition(deployment: DeploymentObject, condition: Condition): DeploymentObject {
    const { status } = deployment;
    const conditions = withCondition(status.conditions ?? [], condition);
    return this.deps.deployments.updateStatus({ ...deployment, status: { ...status, conditions } });
  }

  #isScaled({ deployment, current, old }: Rollout): boolean {
    const sets = current === undefined ? old : [...old, current];
    return activeOf(sets).some((set) => (desiredOf(set) ?? deployment.spec.replicas) !== deployment.spec.replicas);
  }

  /** The Deployment at a new size, or paused: no new ReplicaSet, no progress. */
  #scale(rollout: Rollout): void {
    const { deployment, current, old } = rollout;
    const sizes = sizesOf(rollout);
    for (const size of sizes) this.#resize(deployment, size);
    if (deployment.spec.paused === true) this.#prune(deployment, old);
    const after = sizes.length === 0 ? { deployment, current, old } : this.#observe(deployment);
    this.#writeStatus(after, countedStatus);
  }

  #roll(before: Rollout): void {
    const rollout = this.#withNewSet(this.#withRevision(before));
    const isMoved = this.#grow(rollout) || this.#shrink(rollout);
    if (!isMoved && isComplete(rollout.deployment, rollout.deployment.status)) {
      this.#prune(rollout.deployment, rollout.old);
    }
    this.#writeStatus(isMoved ? this.#observe(rollout.deployment) : rollout, rolloutStatus);
  }

  /** @returns whether the size of the current ReplicaSet was changed */
  #grow({ deployment, current, old }: CurrentRollout): boolean {
    const { replicas } = deployment.spec;
    const size =
      current.spec.replicas > replicas ? replicas : newSetSize(deployment, [current, ...old], current.spec.replicas);
    return this.#resize(deployment, [current, size]);
  }

  /** @returns whether an old ReplicaSet lost pods */
  #shrink({ deployment, current, old }: CurrentRollout): boolean {
    const active = activeOf(old);
    if (active.length === 0) return false;
    const limit = removablePods(deployment, [current, ...active], current);
    if (limit <= 0) return false;
    let isMoved = false;
    for (const size of withoutUnhealthy(active, limit)) isMoved = this.#resize(deployment, size) || isMoved;
    const left = isMoved ? activeOf(this.#observe(deployment).old) : active;
    const spare = availablePods([current, ...left]) - (deployment.spec.replicas - maxUnavailableOf(deployment));
    for (const size of shrunk(left, spare)) isMoved = this.#resize(deployment, size) || isMoved;
    return isMoved;
  }

  #recreate(before: Rollout): void {
    const rollout = this.#withRevision(before);
    const { deployment, old } = rollout;
    const active = activeOf(old);
    for (const set of active) this.#resize(deployment, [set, 0]);
    if (active.length > 0 || this.#hasPods(old)) {
      this.#writeStatus(this.#observe(deployment), rolloutStatus);
      return;
    }
    const renewed = this.#withNewSet(rollout);
    const isMoved = this.#resize(renewed.deployment, [renewed.current, deployment.spec.replicas]);
    if (isComplete(renewed.deployment, renewed.deployment.status)) this.#prune(renewed.deployment, renewed.old);
    this.#writeStatus(isMoved ? this.#observe(renewed.deployment) : renewed, rolloutStatus);
  }

  /** Pods that end still count: the new ones come when the last one is gone. */
  #hasPods(sets: readonly ReplicaSetObject[]): boolean {
    return sets.some((set) =>
      this.deps.pods.ownedBy(set).some(({ status }) => status.phase !== 'Failed' && status.phase !== 'Succeeded'),
    );
  }

  /** Gives the current ReplicaSet, if there is one, and its Deployment the newest revision. */
  #withRevision(rollout: Rollout): Rollout {
    const { deployment, current, old } = rollout;
    if (current === undefined) return rollout;
    const wanted = described(current, deployment, nextRevision(old));
    if (wanted !== current) return { ...rollout, current: this.deps.replicaSets.update(wanted) };
    const isNew = conditionOf(deployment.status.conditions, 'Progressing') === undefined && hasDeadline(deployment);
    const found = this.#progressing('True', 'FoundNewReplicaSet', `Found new replica set "${current.metadata.name}"`);
    return { ...rollout, deployment: this.#saveRevision(deployment, revisionOf(current), isNew ? found : undefined) };
  }

  #saveRevision(deployment: DeploymentObject, revision: number, condition: Condition | undefined): DeploymentObject {
    const { metadata, status } = deployment;
    if (condition === undefined && revisionOf(deployment) === revision) return deployment;
    const conditions = condition === undefined ? status.conditions : withCondition(status.conditions ?? [], condition);
    return this.deps.deployments.updateStatus({
      ...deployment,
      metadata: { ...metadata, annotations: { ...metadata.annotations, [revisionAnnotation]: String(revision) } },
      status: { ...status, ...(conditions !== undefined && { conditions }) },
    });
  }

  #withNewSet(rollout: Rollout): CurrentRollout {
    const { deployment, current, old } = rollout;
    if (current !== undefined) return { ...rollout, current };
    const revision = nextRevision(old);
    const replicas = newSetSize(deployment, old, 0);
    const created = this.deps.replicaSets.create(
      deployment.metadata.namespace ?? '',
      newReplicaSet(deployment, { revision, replicas }),
    );
    const { name } = created.metadata;
    if (replicas > 0) this.#tellOfScaling(deployment, `Scaled up replica set ${name} from 0 to ${replicas}`);
    const message = `Created new replica set "${name}"`;
    const condition = hasDeadline(deployment) ? this.#progressing('True', 'NewReplicaSetCreated', message) : undefined;
    const saved = rollout.isWritten === true ? deployment : this.#saveRevision(deployment, revision, condition);
    return { deployment: saved, current: created, old };
  }

  /** @returns whether the number of pods was changed */
  #resize(deployment: DeploymentObject, [set, replicas]: Resize): boolean {
    const wanted = resized(set, replicas, deployment);
    if (wanted === set) return false;
    this.deps.replicaSets.update(wanted);
    const before = set.spec.replicas;
    if (before === replicas) return false;
    const direction = before < replicas ? 'up' : 'down';
    this.#tellOfScaling(
      deployment,
      `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${replicas}`,
    );
    return true;
  }

  #tellOfScaling(deployment: DeploymentObject, message: string): void {
    this.deps.events.record(deployment, 'Normal', 'ScalingReplicaSet', message);
  }

  /** Deletes the oldest empty ReplicaSets beyond the history limit. */
  #prune({ spec }: DeploymentObject, old: readonly ReplicaSetObject[]): void {
    const { revisionHistoryLimit } = spec;
    const kept = old.filter((set) => !isGoing(set));
    if (revisionHistoryLimit === undefined || kept.length <= revisionHistoryLimit) return;
    const oldest = kept.toSorted((left, right) => revisionOf(left) - revisionOf(right));
    for (const set of oldest.slice(0, kept.length - revisionHistoryLimit)) {
      const isEmpty = set.status.replicas === 0 && set.spec.replicas === 0;
      const isObserved = (set.metadata.generation ?? 0) <= (set.status.observedGeneration ?? 0);
      if (isEmpty && isObserved) this.deps.replicaSets.delete(set, { propagationPolicy: 'Background' });
    }
  }

  #writeStatus({ deployment, current, old }: Rollout, statusOf: typeof rolloutStatus): void {
    const ms = this.deps.clock.nowMs();
    const all = current === undefined ? old : [...old, current];
    const status: DeploymentStatus = statusOf({ deployment, all, current, now: { text: timeText(ms), ms } });
    const latest = this.deps.deployments.find(keyOf(deployment)) ?? deployment;
    if (!sameValue(latest.status, status)) this.deps.deployments.updateStatus({ ...latest, status });
  }
}

/** A rollout whose current ReplicaSet exists. */
type CurrentRollout = Rollout & { readonly current: ReplicaSetObject };

function activeOf(sets: readonly ReplicaSetObject[]): readonly ReplicaSetObject[] {
  return sets.filter(({ spec }) => spec.replicas > 0);
}

function nextRevision(old: readonly ReplicaSetObject[]): number {
  return Math.max(0, ...old.map(revisionOf)) + 1;
}

/** The sizes that ReplicaSets get when the Deployment is scaled. */
function sizesOf({ deployment, current, old }: Rollout): readonly Resize[] {
  const { replicas, strategy } = deployment.spec;
  const all = current === undefined ? old : [...old, current];
  const active = activeOf(all);
  if (active.length <= 1) {
    const only = active[0] ?? current ?? old.at(-1);
    return only === undefined ? [] : [[only, replicas]];
  }
  if (current !== undefined && isSaturated(current, replicas)) {
    return activeOf(old).map((set): Resize => [set, 0]);
  }
  if (strategy.type !== 'RollingUpdate') return [];
  return proportionalSizes(deployment, active, (set) => mostOf(set) ?? deployment.status.replicas ?? wantedPods(all));
}

function isSaturated(set: ReplicaSetObject, replicas: number): boolean {
  return set.spec.replicas === replicas && desiredOf(set) === replicas && set.status.availableReplicas === replicas;
}

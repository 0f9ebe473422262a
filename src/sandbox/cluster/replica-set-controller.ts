// SPDX-License-Identifier: Apache-2.0
import type { ObjectKey } from '../../api/index.js';
import type { Clock } from '../../lib/clock.js';
import { sameValue } from '../api-server/json.js';
import { StatusError } from '../api-server/index.js';
import { timeText } from '../api-server/time-text.js';
import type { WorkQueue } from './controller-loop.js';
import { withCondition, withoutCondition } from './deployment-status.js';
import type { EventRecorder } from './event-recorder.js';
import { controlledBy, isGoing, type PodObject, type ReplicaSetObject, type ReplicaSetStatus } from './objects.js';
import { isFinished, isReady, readyForMs, removalOrder } from './pod-state.js';
import type { TypedResource } from './typed-resource.js';

export interface ReplicaSetControllerDeps {
  readonly replicaSets: TypedResource<ReplicaSetObject>;
  readonly pods: TypedResource<PodObject>;
  readonly clock: Clock;
  readonly events: EventRecorder;
}

/** Keeps as many pods of each ReplicaSet as it wants. */
export class ReplicaSetController {
  constructor(private readonly deps: ReplicaSetControllerDeps) {}

  /** Looks at a ReplicaSet once, and asks the queue to come again when pods will have been ready for long enough. */
  reconcile(key: ObjectKey, queue: WorkQueue): void {
    const { replicaSets, pods } = this.deps;
    const set = replicaSets.find(key);
    if (set === undefined) return;
    const owned = pods.ownedBy(set);
    const active = owned.filter((pod) => !isGoing(pod) && !isFinished(pod));
    const failure = isGoing(set) ? undefined : this.#adjust(set, active);
    const terminating = owned.filter((pod) => isGoing(pod) && !isFinished(pod)).length;
    this.#writeStatus(set, this.#statusOf(set, { active, terminating, failure }));
    this.#awaitAvailability(set, active, { key, queue });
    if (failure !== undefined) throw failure;
  }

  /** Creates or deletes pods. @returns the API server's refusal */
  #adjust(set: ReplicaSetObject, active: readonly PodObject[]): StatusError | undefined {
    const missing = set.spec.replicas - active.length;
    try {
      for (let made = 0; made < missing; made += 1) this.#createPod(set);
      for (const pod of [...active].sort(removalOrder).slice(0, Math.max(0, -missing))) this.#deletePod(set, pod);
      return undefined;
    } catch (error) {
      if (error instanceof StatusError) return error;
      throw error;
    }
  }

  #createPod(set: ReplicaSetObject): void {
    const { metadata = {}, spec } = set.spec.template;
    const pod = this.deps.pods.create(set.metadata.namespace ?? '', {
      metadata: {
        generateName: `${set.metadata.name}-`,
        labels: metadata.labels,
        ...(metadata.annotations !== undefined && { annotations: metadata.annotations }),
        ownerReferences: [controlledBy(set)],
      },
      spec,
    });
    this.deps.events.record(set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
  }

  #deletePod(set: ReplicaSetObject, pod: PodObject): void {
    this.deps.pods.delete(pod, { propagationPolicy: 'Background' });
    this.deps.events.record(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
  }

  #statusOf({ spec, status, metadata }: ReplicaSetObject, { active, terminating, failure }: Counted): ReplicaSetStatus {
    const { clock } = this.deps;
    const ready = active.filter(isReady);
    const minReadyMs = (spec.minReadySeconds ?? 0) * 1_000;
    const available = ready.filter((pod) => readyForMs(pod, clock.nowMs()) >= minReadyMs);
    const labels = Object.entries(spec.template.metadata?.labels ?? {});
    const labelled = active.filter((pod) => labels.every(([name, value]) => pod.metadata.labels?.[name] === value));
    const conditions = failureCondition(status.conditions ?? [], {
      failure,
      isScalingUp: active.length < spec.replicas,
      now: timeText(clock.nowMs()),
    });
    return {
      replicas: active.length,
      ...(labelled.length > 0 && { fullyLabeledReplicas: labelled.length }),
      ...(ready.length > 0 && { readyReplicas: ready.length }),
      ...(available.length > 0 && { availableReplicas: available.length }),
      terminatingReplicas: terminating,
      ...(metadata.generation !== undefined && { observedGeneration: metadata.generation }),
      ...(conditions.length > 0 && { conditions }),
    };
  }

  #writeStatus(set: ReplicaSetObject, status: ReplicaSetStatus): void {
    if (!sameValue(set.status, status)) this.deps.replicaSets.updateStatus({ ...set, status });
  }

  #awaitAvailability({ spec }: ReplicaSetObject, active: readonly PodObject[], { key, queue }: Retry): void {
    const { minReadySeconds = 0 } = spec;
    if (minReadySeconds === 0) return;
    const nowMs = this.deps.clock.nowMs();
    const waits = active
      .filter(isReady)
      .map((pod) => minReadySeconds * 1_000 - readyForMs(pod, nowMs))
      .filter((waitMs) => waitMs > 0);
    if (waits.length > 0) queue.addAfter(key, Math.min(...waits));
  }
}

interface Counted {
  readonly active: readonly PodObject[];
  readonly terminating: number;
  readonly failure: StatusError | undefined;
}

interface Retry {
  readonly key: ObjectKey;
  readonly queue: WorkQueue;
}

interface Failure {
  readonly failure: StatusError | undefined;
  readonly isScalingUp: boolean;
  readonly now: string;
}

function failureCondition(
  before: NonNullable<ReplicaSetStatus['conditions']>,
  { failure, isScalingUp, now }: Failure,
): NonNullable<ReplicaSetStatus['conditions']> {
  if (failure === undefined) return withoutCondition(before, 'ReplicaFailure');
  return withCondition(before, {
    type: 'ReplicaFailure',
    status: 'True',
    lastTransitionTime: now,
    reason: isScalingUp ? 'FailedCreate' : 'FailedDelete',
    message: failure.message,
  });
}

// SPDX-License-Identifier: Apache-2.0
import type { ObjectKey } from '../../api/index.js';
import type { Clock } from '../../lib/clock.js';
import { sameValue } from '../api-server/json.js';
import { timeText } from '../api-server/time-text.js';
import type { WorkQueue } from './controller-loop.js';
import type { EventRecorder } from './event-recorder.js';
import {
  conditionOf,
  isGoing,
  type AutoscalerObject,
  type AutoscalerStatus,
  type Condition,
  type DeploymentObject,
} from './objects.js';
import { keyOf, type TypedResource } from './typed-resource.js';

/** How much of what they asked for the pods of a workload use, in percent, on average; undefined when nobody has measured. */
export type LoadOf = (target: DeploymentObject) => number | undefined;

export interface AutoscalerControllerDeps {
  readonly autoscalers: TypedResource<AutoscalerObject>;
  readonly deployments: TypedResource<DeploymentObject>;
  readonly clock: Clock;
  readonly events: EventRecorder;
  readonly loadOf: LoadOf | undefined;
  /** Pause between two looks at the load. */
  readonly syncMs: number;
}

/** As in a real cluster. */
export const autoscalerSyncMs = 15_000;
/** How far the load may be from its target without consequence. */
const tolerance = 0.1;
/** A workload shrinks only to the largest size that was right within this time. */
const stabilizationMs = 300_000;

/** Sizes Deployments by their load, within the bounds of their HorizontalPodAutoscalers. */
export class AutoscalerController {
  /** What was right at a time, by the autoscaler's uid. */
  readonly #advice = new Map<string, readonly Advice[]>();

  constructor(private readonly deps: AutoscalerControllerDeps) {}

  reconcile(key: ObjectKey, queue: WorkQueue): void {
    const autoscaler = this.deps.autoscalers.find(key);
    if (autoscaler === undefined || isGoing(autoscaler)) return;
    const target = this.#targetOf(autoscaler);
    const now = timeText(this.deps.clock.nowMs());
    if (target === undefined) {
      const { kind, name } = autoscaler.spec.scaleTargetRef;
      const message = `the HPA controller was unable to get the target's current scale: ${kind.toLowerCase()}s.apps "${name}" not found`;
      this.#write(autoscaler, { conditions: [condition('AbleToScale', 'False', 'FailedGetScale', message)] }, now);
      return;
    }
    this.#write(autoscaler, this.#sized(autoscaler, target, now), now);
    if (this.deps.loadOf !== undefined && target.spec.replicas > 0) queue.addAfter(key, this.deps.syncMs);
  }

  forget({ metadata }: AutoscalerObject): void {
    this.#advice.delete(metadata.uid);
  }

  #targetOf({ metadata, spec }: AutoscalerObject): DeploymentObject | undefined {
    const { kind, name } = spec.scaleTargetRef;
    return kind === 'Deployment'
      ? this.deps.deployments.find({ namespace: metadata.namespace ?? '', name })
      : undefined;
  }

  #sized(autoscaler: AutoscalerObject, target: DeploymentObject, now: string): NewStatus {
    const { minReplicas = 1, maxReplicas } = autoscaler.spec;
    const current = target.spec.replicas;
    const found = condition('AbleToScale', 'True', 'SucceededGetScale', ableMessage);
    if (current === 0 && minReplicas > 0) {
      const disabled = condition('ScalingActive', 'False', 'ScalingDisabled', disabledMessage);
      return { conditions: [found, disabled], desired: 0, current };
    }
    const advice = this.#advised(autoscaler, target);
    const bounded = Math.min(Math.max(advice.replicas ?? current, minReplicas), maxReplicas);
    if (bounded === current) {
      const ready = condition('AbleToScale', 'True', 'ReadyForNewScale', 'recommended size matches current size');
      return { ...advice, conditions: [ready, ...advice.conditions], desired: current, current };
    }
    this.deps.deployments.update({ ...target, spec: { ...target.spec, replicas: bounded } });
    const reason = reasonOf({ current, minReplicas, maxReplicas, bounded });
    const message = `New size: ${bounded}; reason: ${reason}`;
    this.deps.events.record(autoscaler, 'Normal', 'SuccessfulRescale', message);
    const text = `the HPA controller was able to update the target scale to ${bounded}`;
    const scaled = condition('AbleToScale', 'True', 'SucceededRescale', text);
    return { ...advice, conditions: [scaled, ...advice.conditions], desired: bounded, current, lastScaleTime: now };
  }

  /** What the load asks for. */
  #advised(autoscaler: AutoscalerObject, target: DeploymentObject): Advised {
    const metric = autoscaler.spec.metrics?.find(({ type }) => type === 'Resource')?.resource;
    const wanted = metric?.target.averageUtilization;
    const load = this.deps.loadOf?.(target);
    if (metric === undefined || wanted === undefined || load === undefined) {
      const conditions = [condition('ScalingActive', 'False', 'FailedGetResourceMetric', noMetricMessage)];
      return { conditions, replicas: undefined, currentMetrics: null };
    }
    const ratio = load / wanted;
    const current = target.spec.replicas;
    const right = Math.abs(ratio - 1) <= tolerance ? current : Math.ceil(current * ratio);
    const replicas = Math.min(this.#stabilized(autoscaler, right, current), Math.max(2 * current, 4));
    const text = `the HPA was able to successfully calculate a replica count from ${metric.name} resource utilization (percentage of request)`;
    const averageUtilization = Math.round(load);
    return {
      conditions: [condition('ScalingActive', 'True', 'ValidMetricFound', text)],
      replicas,
      currentMetrics: [{ type: 'Resource', resource: { name: metric.name, current: { averageUtilization } } }],
    };
  }

  #stabilized({ metadata }: AutoscalerObject, right: number, current: number): number {
    const nowMs = this.deps.clock.nowMs();
    const before = (this.#advice.get(metadata.uid) ?? []).filter(({ atMs }) => atMs > nowMs - stabilizationMs);
    this.#advice.set(metadata.uid, [...before, { atMs: nowMs, replicas: right }]);
    if (right >= current) return right;
    return Math.min(current, Math.max(right, ...before.map(({ replicas }) => replicas)));
  }

  #write(autoscaler: AutoscalerObject, next: NewStatus, now: string): void {
    const { status } = autoscaler;
    const conditions = next.conditions.map((each): Condition => {
      const before = conditionOf(status.conditions, each.type);
      const since = before?.status === each.status ? before.lastTransitionTime : now;
      return { ...each, ...(since !== undefined && { lastTransitionTime: since }) };
    });
    const lastScaleTime = next.lastScaleTime ?? status.lastScaleTime;
    const written: AutoscalerStatus = {
      ...(lastScaleTime !== undefined && { lastScaleTime }),
      ...(next.current !== undefined && next.current > 0 && { currentReplicas: next.current }),
      desiredReplicas: next.desired ?? 0,
      currentMetrics: next.currentMetrics ?? null,
      conditions,
    };
    const latest = this.deps.autoscalers.find(keyOf(autoscaler));
    if (latest !== undefined && !sameValue(latest.status, written)) {
      this.deps.autoscalers.updateStatus({ ...latest, status: written });
    }
  }
}

interface Advice {
  readonly atMs: number;
  readonly replicas: number;
}

interface Advised {
  readonly conditions: readonly Condition[];
  readonly replicas: number | undefined;
  readonly currentMetrics: readonly object[] | null;
}

interface NewStatus {
  readonly conditions: readonly Condition[];
  readonly desired?: number;
  readonly current?: number;
  readonly currentMetrics?: readonly object[] | null;
  readonly lastScaleTime?: string;
}

const ableMessage = "the HPA controller was able to get the target's current scale";
const disabledMessage = 'scaling is disabled since the replica count of the target is zero';
const noMetricMessage =
  'the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API';

function condition(type: string, status: Condition['status'], reason: string, message: string): Condition {
  return { type, status, reason, message };
}

interface Bounds {
  readonly current: number;
  readonly bounded: number;
  readonly minReplicas: number;
  readonly maxReplicas: number;
}

function reasonOf({ current, bounded, minReplicas, maxReplicas }: Bounds): string {
  if (current > maxReplicas) return 'Current number of replicas above Spec.MaxReplicas';
  if (current < minReplicas) return 'Current number of replicas below Spec.MinReplicas';
  if (bounded < current) return 'All metrics below target';
  return 'cpu resource utilization (percentage of request) above target';
}

// SPDX-License-Identifier: Apache-2.0
import type { HorizontalPodAutoscaler, KubeObject, ScaledObject } from '../../api/kubernetes.js';
import { primaryName } from '../../api/names.js';
import type { AutoscalerRef } from '../../api/rollout-spec.js';
import type { ObjectState, TargetState } from '../../rollout/index.js';
import type { AutoscalerKind } from '../../workload/index.js';
import {
  foreignAutoscalerProblem,
  horizontalPodAutoscalerKind,
  isPausedAtZero,
  pausePatch,
  scaledObjectKind,
} from '../../workload/index.js';
import type { WatchedKind } from '../cluster/cluster-cache.js';
import { ObjectWrites } from '../cluster/object-writes.js';
import type { Lookup, WriteRun } from './workloads.js';

/** The autoscalers of target and primary as they were observed. Here alone their kinds differ. */
export interface ObservedAutoscaler {
  /** Undefined when the target's autoscaler names none, or is missing. */
  readonly minReplicas: number | undefined;
  /** How the primary's compares with that of the target. */
  readonly primaryState: ObjectState;
  /** The primary's autoscaler and how it shall be, when it is not so. */
  readonly drift: { readonly live: KubeObject; readonly wanted: KubeObject } | undefined;
  /** Whether the target's has to be told to leave a target at zero alone, and has been told. */
  readonly scaler: TargetState['scaler'];
  /** Makes the primary's as wanted. */
  writePrimary(run: WriteRun): Promise<void>;
  /** Nothing for an autoscaler that Kubernetes itself switches off at zero replicas. */
  setPaused(paused: boolean, run: WriteRun): Promise<void>;
}

type Scaler = HorizontalPodAutoscaler | ScaledObject;

/** Undefined when the Canary names none. */
export async function observeAutoscaler(look: Lookup): Promise<ObservedAutoscaler | undefined> {
  const { autoscaler } = look.spec;
  if (autoscaler === undefined) return undefined;
  const { cache } = look.deps;
  if (autoscaler.kind === 'HorizontalPodAutoscaler') {
    const missing = `HorizontalPodAutoscaler ${autoscaler.name}.${look.namespace} get query error: horizontalpodautoscalers.autoscaling "${autoscaler.name}" not found`;
    return observed(look, { ref: autoscaler, kind: horizontalPodAutoscalerKind, watched: cache.autoscalers, missing });
  }
  const prefix = `Keda ScaledObject ${autoscaler.name}.${look.namespace} get query error: `;
  const failure = await cache.openScaledObjects();
  if (failure !== undefined) look.obstacle(`${prefix}${failure}; install KEDA, or remove spec.autoscalerRef`);
  const missing = failure === undefined ? `${prefix}scaledobjects.keda.sh "${autoscaler.name}" not found` : undefined;
  return observed(look, { ref: autoscaler, kind: scaledObjectKind, watched: cache.scaledObjects, missing }, pausing);
}

interface Question<T extends Scaler> {
  readonly ref: AutoscalerRef;
  readonly kind: AutoscalerKind<T>;
  readonly watched: WatchedKind<T, T>;
  /** What is said when the target's does not exist. */
  readonly missing: string | undefined;
}

/** How an autoscaler that does not stop at zero replicas by itself is paused. */
interface Pausing<T extends Scaler> {
  readonly isPaused: (scaler: T) => boolean;
  readonly patch: (scaler: T, paused: boolean) => Readonly<Record<string, unknown>>;
}

const pausing: Pausing<ScaledObject> = { isPaused: isPausedAtZero, patch: pausePatch };

function observed<T extends Scaler>(look: Lookup, question: Question<T>, pause?: Pausing<T>): ObservedAutoscaler {
  const { ref, kind, watched, missing } = question;
  const { owner, spec } = look;
  const target = look.find(watched, ref.name);
  const primary = look.find(watched, primaryName(ref.name));
  if (target === undefined && missing !== undefined) look.obstacle(missing);
  const foreign = foreignAutoscalerProblem(primary, spec.target.name);
  if (foreign !== undefined) look.obstacle(foreign);
  const context = { owner, targetName: spec.target.name, autoscaler: ref };
  const wanted = primary === undefined || target === undefined ? undefined : kind.promoted(primary, target, context);
  return {
    minReplicas: target === undefined ? undefined : kind.minReplicas(target),
    primaryState: primaryState(target, primary, wanted),
    drift: primary === undefined || wanted === undefined ? undefined : { live: primary, wanted },
    scaler: scalerState(target, pause),
    async writePrimary({ deps, situation, log }) {
      if (target === undefined) return;
      const title = `${kind.title} ${primaryName(ref.name)}.${situation.namespace}`;
      const writes = new ObjectWrites(deps.client);
      if (primary === undefined) {
        await writes.create(watched, kind.newPrimary(target, context));
        log.info({}, `${title} created`);
      } else if (wanted !== undefined) {
        await writes.replace(watched, wanted);
        log.info({}, `${title} updated`);
      }
    },
    async setPaused(paused, { deps }) {
      if (target === undefined || pause === undefined || pause.isPaused(target) === paused) return;
      await new ObjectWrites(deps.client).patch(watched, target, pause.patch(target, paused));
    },
  };
}

function scalerState<T extends Scaler>(target: T | undefined, pause: Pausing<T> | undefined): TargetState['scaler'] {
  if (target === undefined || pause === undefined) return 'none';
  return pause.isPaused(target) ? 'paused' : 'running';
}

function primaryState(
  target: KubeObject | undefined,
  primary: KubeObject | undefined,
  wanted: KubeObject | undefined,
): ObjectState {
  if (target === undefined) return 'notWanted';
  if (primary === undefined) return 'missing';
  return wanted === undefined ? 'asWanted' : 'drifted';
}

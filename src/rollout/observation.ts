// SPDX-License-Identifier: Apache-2.0
import type { CanaryStatus } from '../api/canary-status.js';
import type { StringMap } from '../api/kubernetes.js';
import type { RolloutSpec } from '../api/rollout-spec.js';
import type { CheckState } from './check.js';

/** Identity of a pod template together with its tracked configs (R1). Equal revisions run the same code with the same settings. */
export type Revision = string;

/** Whether a workload may be given traffic or waited for. Messages are those that users see in events. */
export type Readiness =
  | { readonly kind: 'ready' }
  | { readonly kind: 'waiting'; readonly cause: string; readonly message: string }
  /** Past its progress deadline: waiting longer does not help. */
  | { readonly kind: 'failed'; readonly message: string };

export interface TargetState {
  /** Undefined while a tracked config cannot be read; `configProblem` says why. */
  readonly revision: Revision | undefined;
  readonly configProblem: string | undefined;
  readonly trackedConfigs: StringMap | undefined;
  readonly replicas: number;
  readonly readiness: Readiness;
  /** Ready addresses behind the canary Service. */
  readonly readyEndpoints: number;
  /** Wall time at which the workload controller last saw its rollout go on or end (R22, R19 where nothing else tells). */
  readonly templateChangedAtMs: number | undefined;
  /** An autoscaler that has to be paused for a target at zero; 'none' when there is none or it stops there by itself. */
  readonly scaler: 'none' | 'running' | 'paused';
}

export interface PrimaryState {
  readonly replicas: number;
  /** The revision that the primary was made from, while its config copies still agree with it; else undefined (R1). */
  readonly revision: Revision | undefined;
  /** Whether the revision is written on the object; false for a primary that Flagger made. */
  readonly annotated: boolean;
  /** Whether its config copies are those of the revision that is written on it; the target's configs may still be (R1). */
  readonly copies: 'asPromoted' | 'restorable' | 'unknown';
  readonly readiness: Readiness;
  /** Ready addresses behind the primary Service. */
  readonly readyEndpoints: number;
  /** Whether a rolling update of it can leave no pod serving (R11). */
  readonly canReachZeroAvailable: boolean;
}

export interface Verdict {
  readonly revision: Revision;
  readonly result: 'failed' | 'cancelled' | 'promoted';
  readonly reason: string;
}

/**
 * 'shadow': a route takes copies, but none are made; 'on': the primary's requests are copied to it. Always entered and
 * left through 'shadow', since a copy that finds no route of its own would be copied again.
 */
export type Mirroring = 'off' | 'shadow' | 'on';

export interface RouteState {
  /** Whether the canary Ingress exists. */
  readonly present: boolean;
  /** Percent that the canary gets as Skipper reads it; undefined when the weights are damaged. */
  readonly canaryWeight: number | undefined;
  /** False when the canary Ingress is switched off by its predicate and the apex Ingress serves. */
  readonly enabled: boolean;
  readonly mirror: Mirroring;
  /** Whether the weight counts for every request; false while only those that match the conditions of an A/B test have it. */
  readonly everybody: boolean;
  /** Anything but the weights is not as wanted. */
  readonly drifted: boolean;
  readonly changedAtMs: number | undefined;
  /** Wall time since which the canary has had weight without a break; undefined at weight 0. */
  readonly weightedSinceMs: number | undefined;
  readonly verdict: Verdict | undefined;
  /** Ingresses of this Canary that an edit of it left behind; 'active' ones still give the canary traffic (R16). */
  readonly stale: 'none' | 'active' | 'disabled';
  /** Whether the primary that stale routes lead to can take all of their traffic. */
  readonly stalePrimaryServes: boolean;
  /** The edit named another target: the Canary is to be initialized anew. */
  readonly retargeted: boolean;
  /** How long this process has seen routes and endpoints as they are, by its own clock (R7). */
  readonly stableMs: number;
}

/** How a generated object compares with what the Canary asks for. */
export type ObjectState = 'asWanted' | 'missing' | 'drifted' | 'notWanted';

export interface GeneratedObjects {
  readonly canaryService: ObjectState;
  readonly primaryService: ObjectState;
  readonly apexService: ObjectState;
  readonly primaryAutoscaler: ObjectState;
}

/** Everything one reconcile knows about a Canary. Built by controller/observe.ts, never partially filled. */
export interface Observation {
  /** Wall time. */
  readonly nowMs: number;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly deleting: boolean;
  /** Whether the Canary carries our finalizer: it is to be given back before it may go. */
  readonly finalizer: boolean;
  /** Behind the apex Service are exactly the pods of the primary Service. */
  readonly apexServesPrimary: boolean;
  /** The apex Service leads to the target's pods, or is gone, or goes with the Canary. */
  readonly apexReverted: boolean;
  readonly spec: RolloutSpec;
  readonly status: CanaryStatus;
  /** The status names revisions in another program's form: Flagger ran this Canary before (R22). */
  readonly foreignStatus: boolean;
  /** What keeps the rollout from going on although the Canary itself is sound: sentences for Warning events. */
  readonly obstacles: readonly string[];
  readonly target: TargetState | undefined;
  readonly primary: PrimaryState | undefined;
  readonly objects: GeneratedObjects;
  readonly routes: RouteState;
  readonly check: CheckState;
  /** Wait until Skipper has certainly taken over a change of routes. */
  readonly settleMs: number;
}

/** Ready addresses behind the canary Service; 0 when there is no target. */
export function canaryEndpoints(seen: Observation): number {
  return seen.target?.readyEndpoints ?? 0;
}

/** Ready addresses behind the primary Service; 0 when there is no primary. */
export function primaryEndpoints(seen: Observation): number {
  return seen.primary?.readyEndpoints ?? 0;
}

/** Whether the target shall run no pods although it is to have some. */
export function isScaledDown({ replicas, scaler }: TargetState): boolean {
  return replicas === 0 || scaler === 'paused';
}

/** Whether the target has pods, or would get some. */
export function isScaledUp({ replicas, scaler }: TargetState): boolean {
  return replicas > 0 || scaler === 'running';
}

/** Whether the target carries another revision than the one that the status is about. */
export function targetMovedOn({ target, status }: Observation): boolean {
  return target?.revision !== undefined && target.revision !== status.lastAppliedSpec;
}

// SPDX-License-Identifier: Apache-2.0
import type { Ingress, StringMap } from '../api/kubernetes.js';
import {
  routesChangedAtAnnotation,
  skipperPredicateAnnotation,
  skipperWeightsAnnotation,
  verdictAnnotation,
} from '../api/names.js';
import { canonicalJson } from '../lib/hash.js';
import { remembered } from '../lib/remembered.js';
import { trafficShapeAnnotation, weightedSinceAnnotation } from './annotations.js';
import { parseWeightPair } from './backend-weights.js';
import type { WeightPair } from './backend-weights.js';
import { jsonMembers } from './json-members.js';
import { mirrorGroupOf } from './own-filter.js';
import { canMatch } from './predicate.js';

const verdictResults = ['failed', 'cancelled', 'promoted'] as const;

/** How a rollout ended; kept beside the routes until its rollback or promotion is complete (R9). */
export interface Verdict {
  readonly revision: string;
  readonly result: (typeof verdictResults)[number];
  readonly reason: string;
}

/** What the canary Ingress shall do, written in one request. */
export interface RouteIntent {
  /** Percent, 0..100, fractions allowed. Counts only while enabled. */
  readonly canaryWeight: number;
  /** False: no request goes through the canary Ingress, the apex Ingress serves alone. */
  readonly enabled: boolean;
  /** RFC 3339 with milliseconds: when the weights became what they are. */
  readonly changedAt: string;
  readonly verdict?: Verdict | undefined;
  /** Opaque text of everything in the Canary that shapes its traffic. */
  readonly shape: string;
  /** The weight counts for every request, also where a split is for some of them only. */
  readonly everybody?: boolean | undefined;
  readonly mirror?: MirrorIntent | undefined;
}

/** Copies of the primary's requests for the canary, whose answers nobody sees. */
export interface MirrorIntent {
  /** 'shadow': a route takes copies, but none are made; 'on': the primary's requests are copied, at weight 0. */
  readonly phase: 'shadow' | 'on';
  /** Leads the copies to their route. Must be unguessable: a client that knows it is served by the canary. */
  readonly group: string;
  /** Of requests that are copied; 0 and 100 are all. */
  readonly percent: number;
}

/** What the canary Ingress does and says, whoever wrote it. */
export interface RouteState {
  /** Undefined when the annotation is damaged, so that Skipper may split in a way that nobody asked for (D27). */
  readonly weights: WeightPair | undefined;
  /** Whether requests go through the canary Ingress. */
  readonly enabled: boolean;
  readonly changedAt: string | undefined;
  readonly changedAtMs: number | undefined;
  /** Since when the canary has had weight without a break; undefined at weight 0 and on an Ingress that Flagger wrote. */
  readonly weightedSinceMs: number | undefined;
  readonly verdict: Verdict | undefined;
  /** Undefined on an Ingress that Flagger wrote. */
  readonly shape: string | undefined;
}

/** Reads the canary Ingress of the app whose Services are named after `serviceName`. */
export const readRoutes = remembered((observed: Ingress, serviceName: string): RouteState => {
  const annotations = observed.metadata.annotations ?? {};
  const changedAt = annotations[routesChangedAtAnnotation];
  return {
    weights: parseWeightPair(annotations[skipperWeightsAnnotation], serviceName),
    enabled: canMatch(annotations[skipperPredicateAnnotation]),
    changedAt,
    changedAtMs: parseTime(changedAt),
    weightedSinceMs: parseTime(annotations[weightedSinceAnnotation]),
    verdict: parseVerdict(annotations[verdictAnnotation]),
    shape: annotations[trafficShapeAnnotation],
  };
});

const recordKeys: ReadonlySet<string> = new Set([
  routesChangedAtAnnotation,
  trafficShapeAnnotation,
  weightedSinceAnnotation,
  verdictAnnotation,
]);

/** Annotations without those that `routeRecord` may write. */
export function withoutRouteRecord(annotations: StringMap): StringMap {
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => !recordKeys.has(key)));
}

/** The annotations that carry an intent beyond weights and predicate. */
export function routeRecord(intent: RouteIntent, observed: Ingress | undefined, serviceName: string): StringMap {
  const weightedSince = hasWeight(intent) ? (unbrokenSince(observed, serviceName) ?? intent.changedAt) : undefined;
  return {
    [routesChangedAtAnnotation]: intent.changedAt,
    [trafficShapeAnnotation]: intent.shape,
    ...(weightedSince !== undefined && { [weightedSinceAnnotation]: weightedSince }),
    ...(intent.verdict && { [verdictAnnotation]: canonicalJson(intent.verdict) }),
  };
}

/** Copies count: they are the first that the revision gets to do. */
function hasWeight(intent: RouteIntent): boolean {
  return (intent.enabled && intent.canaryWeight > 0) || intent.mirror?.phase === 'on';
}

function unbrokenSince(observed: Ingress | undefined, serviceName: string): string | undefined {
  if (observed === undefined) return undefined;
  const { enabled, weights } = readRoutes(observed, serviceName);
  const since = observed.metadata.annotations?.[weightedSinceAnnotation];
  const hasRequests = (weights?.canary ?? 0) > 0 || mirrorGroupOf(observed) !== undefined;
  return enabled && hasRequests && parseTime(since) !== undefined ? since : undefined;
}

function parseTime(text: string | undefined): number | undefined {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}

function parseVerdict(text: string | undefined): Verdict | undefined {
  const members = jsonMembers(text);
  const revision = members?.get('revision');
  const reason = members?.get('reason');
  const result = verdictResults.find((known) => known === members?.get('result'));
  if (typeof revision !== 'string' || result === undefined) return undefined;
  return { revision, result, reason: typeof reason === 'string' ? reason : '' };
}

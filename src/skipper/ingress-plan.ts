// SPDX-License-Identifier: Apache-2.0
import type { MatchCondition, SessionAffinity } from '../api/rollout-spec.js';
import type { Variant } from './apex-layout.js';
import { weightPair } from './backend-weights.js';
import type { WeightPair } from './backend-weights.js';
import { callText } from './eskip-text.js';
import { readMatch } from './match-predicates.js';
import type { OwnFilter } from './own-filter.js';
import type { RouteIntent } from './route-state.js';
import { cookieFilter, cookiePredicate } from './session-cookie.js';
import type { SessionCookie } from './session-cookie.js';

/*
 * Skipper's annotations count for a whole Ingress, so every group of requests that is treated in its own way has an
 * Ingress of its own: the canary Ingress and, beside it, helpers whose names it begins.
 */

/** How the requests of an app are divided between canary and primary. */
export type Split = Division & {
  /**
   * Requests that the division leaves out do not go by way of the apex, because it leads to the target: an Ingress of ours
   * leads them to the primary.
   */
  readonly floor?: boolean;
};

type Division =
  /** By weight alone. */
  | { readonly kind: 'weights' }
  /** The weight counts for requests that meet one of the conditions; all others go to the primary. */
  | { readonly kind: 'match'; readonly match: readonly MatchCondition[] }
  /** By weight, and who met the canary stays there. */
  | {
      readonly kind: 'affinity';
      readonly affinity: SessionAffinity;
      readonly canaryCookie: SessionCookie;
      /** Users who met the primary stay there while it takes part. */
      readonly primaryCookie: SessionCookie | undefined;
    };

/** What one Ingress of the set does besides what it takes over from the apex. */
export interface IngressPlan {
  /** Appended to the name of the canary Ingress; empty for that itself. */
  readonly suffix: string;
  readonly enabled: boolean;
  /** Added to the `Weight()` by which the canary Ingress beats the apex. */
  readonly raise: number;
  /** Further own predicates. */
  readonly predicates: readonly string[];
  /** Services behind each path of the app. */
  readonly variants: readonly Variant[];
  /** Before the filters of the apex, or after them. */
  readonly filter: OwnFilter | undefined;
  /** For the annotation; with a single Service behind each path a record only. */
  readonly weights: WeightPair;
}

/** Requests that a helper with this raise takes never reach the canary Ingress itself. */
const aboveAll = 100;
const belowSticky = 50;
const belowCanary = -1;

const both: readonly Variant[] = ['canary', 'primary'];

/** The Ingresses that carry out an intent, the canary Ingress first. */
export function planIngresses(intent: RouteIntent, split: Split): readonly [IngressPlan, ...IngressPlan[]] {
  const shadow = intent.mirror === undefined ? [] : [shadowPlan(intent.mirror.group)];
  const [main, ...helpers] = splitPlans(intent, split);
  return [mirrorPlan(intent) ?? main, ...(split.floor === true ? withFloor(intent, helpers) : helpers), ...shadow];
}

export interface HelperNeeds {
  readonly kind: Split['kind'];
  readonly matchCount: number;
  readonly mirror: boolean;
  readonly floor: boolean;
}

/** Suffixes of every helper that a split may have at some time. */
export function helperSuffixes({ kind, matchCount, mirror, floor }: HelperNeeds): readonly string[] {
  const bySplit = {
    weights: [],
    match: Array.from({ length: Math.max(0, matchCount - 1) }, (_, index) => `-${index + 1}`),
    affinity: [stickySuffix, primarySuffix, pinnedSuffix],
  };
  const suffixes = [...bySplit[kind], ...(mirror ? [mirrorSuffix] : [])];
  return floor && !suffixes.includes(primarySuffix) ? [...suffixes, primarySuffix] : suffixes;
}

/** Takes copies of requests. */
export const mirrorSuffix = '-mirror';
/** Users who met the canary. */
const stickySuffix = '-sticky';
/** Users who meet the primary for the first time, or whoever is left. */
const primarySuffix = '-primary';
/** Users who met the primary. */
const pinnedSuffix = '-pinned';

function splitPlans(intent: RouteIntent, split: Split): readonly [IngressPlan, ...IngressPlan[]] {
  switch (split.kind) {
    case 'weights':
      return [weightPlan(intent)];
    case 'match':
      return matchPlans(intent, split.match);
    case 'affinity':
      return affinityPlans(intent, split);
  }
}

function weightPlan({ enabled, canaryWeight }: RouteIntent): IngressPlan {
  const weights = weightPair(enabled ? canaryWeight : 0);
  return { suffix: '', enabled, raise: 0, predicates: [], variants: both, filter: undefined, weights };
}

/** The first entry that a request meets has it, so that no two routes have the same rank. */
function matchPlans(intent: RouteIntent, match: readonly MatchCondition[]): readonly [IngressPlan, ...IngressPlan[]] {
  const plain = weightPlan(intent);
  const entries = readMatch(match).map(({ predicates }) => predicates);
  const raises = raisesOf(entries.map((predicates) => predicates.length));
  const plans = entries.map((predicates, index) => ({
    ...plain,
    suffix: index === 0 ? '' : `-${index}`,
    raise: raises[index] ?? 0,
    predicates,
  }));
  const [first = plain, ...others] = plans;
  return [intent.everybody === true ? plain : first, ...others];
}

/** The smallest raises with which every entry outranks those after it, from the predicates that each has. */
function raisesOf(counts: readonly number[]): readonly number[] {
  return counts.reduceRight<readonly number[]>((raises, count, index) => {
    const next = (raises[0] ?? -1) + (counts[index + 1] ?? count);
    return [Math.max(0, next + 1 - count), ...raises];
  }, []);
}

function affinityPlans(
  intent: RouteIntent,
  { affinity, canaryCookie, primaryCookie }: Extract<Split, { kind: 'affinity' }>,
): readonly [IngressPlan, ...IngressPlan[]] {
  const plain = weightPlan(intent);
  const { canary } = plain.weights;
  const isSplit = intent.enabled && canary > 0 && canary < 100;
  const helper = { enabled: intent.enabled && canary > 0, filter: undefined };
  const sticky: IngressPlan = {
    ...helper,
    suffix: stickySuffix,
    raise: aboveAll,
    predicates: [cookiePredicate(canaryCookie)],
    variants: ['canary'],
    weights: weightPair(100),
  };
  const main: IngressPlan = {
    ...plain,
    predicates: [callText('Traffic', canary / 100)],
    variants: ['canary'],
    filter: { text: cookieFilter(canaryCookie, affinity), place: 'last' },
  };
  // Without a share the canary Ingress is the plain one: with a single Service behind a path its weights would not count.
  const drawn = helper.enabled ? main : plain;
  if (primaryCookie === undefined) return [drawn, sticky];
  // At weight 100 nobody is held on the primary, which may be about to have no pods.
  const held = { enabled: isSplit, variants: ['primary'], weights: weightPair(0) } as const;
  const pinned: IngressPlan = {
    ...held,
    suffix: pinnedSuffix,
    raise: belowSticky,
    predicates: [cookiePredicate(primaryCookie)],
    filter: undefined,
  };
  const first: IngressPlan = {
    ...held,
    suffix: primarySuffix,
    raise: belowCanary,
    predicates: [],
    filter: { text: cookieFilter(primaryCookie, affinity), place: 'last' },
  };
  return [drawn, sticky, pinned, first];
}

/** Whatever no other Ingress takes is led to the primary, by the one that leads new users there or in its place. */
function withFloor({ enabled, mirror }: RouteIntent, helpers: readonly IngressPlan[]): readonly IngressPlan[] {
  const isFloor = (plan: IngressPlan): boolean => plan.suffix === primarySuffix;
  if (helpers.some((plan) => isFloor(plan) && plan.enabled)) return helpers;
  const floor: IngressPlan = {
    suffix: primarySuffix,
    enabled: enabled || mirror?.phase === 'on',
    raise: belowCanary,
    predicates: [],
    variants: ['primary'],
    filter: undefined,
    weights: weightPair(0),
  };
  return [...helpers.filter((plan) => !isFloor(plan)), floor];
}

/** The primary's requests are copied: those that the draw leaves out go to it by way of the apex. */
function mirrorPlan({ mirror }: RouteIntent): IngressPlan | undefined {
  if (mirror?.phase !== 'on') return undefined;
  const isPart = mirror.percent > 0 && mirror.percent < 100;
  return {
    suffix: '',
    enabled: true,
    raise: 0,
    predicates: isPart ? [callText('Traffic', mirror.percent / 100)] : [],
    variants: ['primary'],
    // First, so that the copy is the request as it came, which the shadow's own filters then treat in their turn.
    filter: { text: callText('teeLoopback', mirror.group), place: 'first' },
    weights: weightPair(0),
  };
}

function shadowPlan(group: string): IngressPlan {
  return {
    suffix: mirrorSuffix,
    enabled: true,
    raise: aboveAll,
    predicates: [callText('Tee', group)],
    variants: ['canary'],
    filter: undefined,
    weights: weightPair(100),
  };
}

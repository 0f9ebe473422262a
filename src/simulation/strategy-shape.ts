// SPDX-License-Identifier: Apache-2.0
import { defined } from '../lib/defined.js';
import type { Dice } from './dice.js';

/** How a Canary divides the requests; what the summary counts by. */
export const strategyNames = [
  'canary',
  'canary, stepwise promotion',
  'canary, mirrored',
  'canary, affinity',
  'canary, both cookies',
  'A/B testing',
  'blue/green',
  'blue/green, mirrored',
  'kubernetes',
] as const;

export type StrategyName = (typeof strategyNames)[number];

/** Users whom an A/B test can ask for. */
export const audiences = ['insiders', 'cookie holders', 'beta testers'] as const;

export type Audience = (typeof audiences)[number];

/** What of a Canary says how requests are divided. */
export interface StrategyShape {
  /** Default: skipper. */
  readonly provider?: 'kubernetes';
  readonly stepWeight?: number;
  readonly stepWeights?: readonly number[];
  readonly stepWeightPromotion?: number;
  readonly maxWeight?: number;
  readonly iterations?: number;
  readonly match?: readonly Audience[];
  /** Percent of the requests that are copied; absent: none, and no mirroring. */
  readonly mirrorWeight?: number;
  /** Which variants hold their users. */
  readonly affinity?: 'canary' | 'both';
}

type Ladder = Pick<StrategyShape, 'stepWeight' | 'stepWeights' | 'stepWeightPromotion' | 'maxWeight'>;

export function nameOfStrategy(shape: StrategyShape): StrategyName {
  const { provider, iterations = 0, match = [], mirrorWeight } = shape;
  if (provider === 'kubernetes') return 'kubernetes';
  if (iterations === 0) return nameOfProgressive(shape);
  if (match.length > 0) return 'A/B testing';
  return mirrorWeight === undefined ? 'blue/green' : 'blue/green, mirrored';
}

function nameOfProgressive({ mirrorWeight, affinity, stepWeightPromotion }: StrategyShape): StrategyName {
  if (mirrorWeight !== undefined) return 'canary, mirrored';
  if (affinity !== undefined) return affinity === 'both' ? 'canary, both cookies' : 'canary, affinity';
  return stepWeightPromotion === undefined ? 'canary' : 'canary, stepwise promotion';
}

/** A strategy that a team might choose. */
export function drawStrategy(dice: Dice, mayLackRoutes: boolean): StrategyShape {
  const name = dice.pick([...strategyNames, 'canary', 'canary, mirrored', 'canary, both cookies', 'A/B testing']);
  if (name === 'kubernetes' && !mayLackRoutes) return { ...drawLadder(dice) };
  return strategyOfName(name, dice);
}

/** The same app with another strategy. */
export function withStrategy<T extends StrategyShape>(shape: T, strategy: StrategyShape): T {
  const { provider: _p, stepWeight: _s, stepWeights: _ss, stepWeightPromotion: _sp, maxWeight: _m, ...rest } = shape;
  const { iterations: _i, match: _ma, mirrorWeight: _mi, affinity: _a, ...others } = rest;
  // What was taken out is optional.
  return { ...others, ...strategy } as T;
}

function strategyOfName(name: StrategyName, dice: Dice): StrategyShape {
  const iterations = dice.between(1, 3);
  const back = dice.chance(0.3) ? { stepWeightPromotion: dice.pick([30, 50]) } : {};
  switch (name) {
    case 'canary':
      return drawLadder(dice);
    case 'canary, stepwise promotion':
      return { ...drawLadder(dice), stepWeightPromotion: dice.pick([20, 40]) };
    case 'canary, mirrored':
      return { ...drawLadder(dice), ...back, mirrorWeight: drawMirrorWeight(dice) };
    case 'canary, affinity':
      return { ...drawLadder(dice), ...back, affinity: 'canary' };
    case 'canary, both cookies':
      return { ...drawLadder(dice), ...back, affinity: 'both' };
    case 'A/B testing':
      return { iterations, match: drawMatch(dice) };
    case 'blue/green':
      return { iterations, ...back };
    case 'blue/green, mirrored':
      return { iterations, ...back, mirrorWeight: drawMirrorWeight(dice) };
    case 'kubernetes':
      return { iterations, provider: 'kubernetes' };
  }
}

function drawLadder(dice: Dice): Ladder {
  return dice.pick<Ladder>([
    { stepWeight: 50, maxWeight: 50 },
    { stepWeight: 20, maxWeight: 60 },
    { stepWeight: 30, maxWeight: 100 },
    { stepWeights: [1, 10, 50] },
    { stepWeights: [5, 80] },
  ]);
}

function drawMirrorWeight(dice: Dice): number {
  return dice.pick([100, 100, 20]);
}

function drawMatch(dice: Dice): readonly Audience[] {
  const first = dice.between(0, audiences.length - 1);
  const turned = [...audiences.slice(first), ...audiences.slice(0, first)];
  return turned.slice(0, dice.between(1, audiences.length));
}

/** Conditions of an A/B test as a user writes them. */
const conditions: Readonly<Record<Audience, Readonly<Record<string, unknown>>>> = {
  insiders: { headers: { 'x-canary': { exact: 'insider' } } },
  'cookie holders': { headers: { cookie: { regex: '^(.*?;\\s*)?(canary=always)(;.*)?$' } } },
  'beta testers': { headers: { 'user-agent': { prefix: 'Mozilla' } }, queryParams: { beta: { exact: 'yes' } } },
};

const nothingAsked = {
  stepWeight: null,
  stepWeights: null,
  stepWeightPromotion: null,
  maxWeight: null,
  iterations: null,
  mirror: null,
  mirrorWeight: null,
};

/** The members of `spec.analysis` that say how requests are divided, each with a value: null where there is none. */
export function strategyFields(shape: StrategyShape): Readonly<Record<string, unknown>> {
  const { stepWeight, stepWeights, stepWeightPromotion, maxWeight, iterations, match, mirrorWeight, affinity } = shape;
  const asked = defined({ stepWeight, stepWeights, stepWeightPromotion, maxWeight, iterations, mirrorWeight });
  return {
    ...nothingAsked,
    ...asked,
    ...(mirrorWeight !== undefined && { mirror: true }),
    match: match?.map((audience) => conditions[audience]) ?? null,
    sessionAffinity: cookiesOf(affinity),
  };
}

function cookiesOf(affinity: StrategyShape['affinity']): Readonly<Record<string, unknown>> | null {
  if (affinity === undefined) return null;
  return { cookieName: 'variant', primaryCookieName: affinity === 'both' ? 'stable' : null, maxAge: 3_600 };
}

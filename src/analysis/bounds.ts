// SPDX-License-Identifier: Apache-2.0
import type { MetricCheck } from '../api/rollout-spec.js';

/** An inclusive range; an absent end is open. */
export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

export type Judgement =
  | { readonly kind: 'noValues' }
  | { readonly kind: 'inRange'; readonly value: number }
  | { readonly kind: 'outOfRange'; readonly value: number; readonly sign: '<' | '>'; readonly bound: number };

/** The range of a metric. Its deprecated single threshold is a minimum or a maximum, as the kind of check has it. */
export function boundsOf({ thresholdRange, threshold }: MetricCheck, single: 'min' | 'max'): Bounds {
  if (thresholdRange !== undefined) return thresholdRange;
  return single === 'min' ? { min: threshold } : { max: threshold };
}

/**
 * Judges the numbers of all series (R20): one out of range decides, the worst is reported; the minimum counts before
 * the maximum. Otherwise no numbers, or any that is NaN or infinite, are "no values".
 */
export function judge(numbers: readonly number[], bounds: Bounds): Judgement {
  const usable = numbers.filter(Number.isFinite).sort((left, right) => left - right);
  const lowest = usable[0];
  const highest = usable.at(-1);
  if (lowest === undefined || highest === undefined) return { kind: 'noValues' };
  const { min, max } = bounds;
  if (min !== undefined && lowest < min) return { kind: 'outOfRange', value: lowest, sign: '<', bound: min };
  if (max !== undefined && highest > max) return { kind: 'outOfRange', value: highest, sign: '>', bound: max };
  if (usable.length < numbers.length) return { kind: 'noValues' };
  return { kind: 'inRange', value: max === undefined ? lowest : highest };
}

/** The range for people: ">= 1, <= 5". */
export function boundsText({ min, max }: Bounds, format: (bound: number) => string): string {
  const parts = [
    ...(min === undefined ? [] : [`>= ${format(min)}`]),
    ...(max === undefined ? [] : [`<= ${format(max)}`]),
  ];
  return parts.length === 0 ? 'any' : parts.join(', ');
}

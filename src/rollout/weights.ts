// SPDX-License-Identifier: Apache-2.0
import type { AnalysisSpec } from '../api/rollout-spec.js';

/** Weights closer than this are the same weight: Skipper takes floats, and 0.1 + 0.2 is not 0.3. */
const tolerance = 1e-6;

export function sameWeight(left: number, right: number): boolean {
  return Math.abs(left - right) < tolerance;
}

/** Weight of the canary after the given one: the next step, never above 100 (maxWeight may be overshot, as in Flagger). */
export function nextWeight(analysis: AnalysisSpec, weight: number): number {
  if (analysis.stepWeight > 0) return rounded(Math.min(100, weight + analysis.stepWeight));
  return analysis.stepWeights.find((step) => step > weight + tolerance) ?? weight;
}

/** Whether a revision that passed at this weight is promoted. */
export function isLastWeight(analysis: AnalysisSpec, weight: number): boolean {
  return weight >= analysis.maxWeight - tolerance || sameWeight(nextWeight(analysis, weight), weight);
}

/** Weight of the canary after the given one while traffic moves back to the promoted primary. */
export function nextPromotionWeight(analysis: AnalysisSpec, weight: number): number {
  if (analysis.stepWeightPromotion <= 0) return 0;
  return rounded(Math.max(0, weight - analysis.stepWeightPromotion));
}

/** What the canary leaves to the primary. */
export function primaryWeight(canaryWeight: number): number {
  return rounded(100 - canaryWeight);
}

function rounded(weight: number): number {
  return Math.round(weight * 1e6) / 1e6;
}

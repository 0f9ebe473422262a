// SPDX-License-Identifier: Apache-2.0
import { canaryName, primaryName } from '../api/names.js';
import { canonicalJson } from '../lib/hash.js';
import { jsonMembers } from './json-members.js';

/** Percent of the app's traffic for each variant; they sum to 100. */
export interface WeightPair {
  readonly primary: number;
  readonly canary: number;
}

export type BackendWeights = ReadonlyMap<string, number>;

/** Sums of decimal fractions are off by rounding. */
const sumTolerance = 1e-6;
const primaryDecimals = 9;

/**
 * Weights as Skipper reads the annotation: a value that is no number counts 0, a text that is no JSON object holds none.
 */
export function parseWeights(text: string | undefined): BackendWeights {
  const members = [...(jsonMembers(text) ?? [])];
  return new Map(members.map(([service, weight]) => [service, typeof weight === 'number' ? weight : 0]));
}

/**
 * The two weights of an app, or undefined when Skipper would split in a way that nobody asked for (D27): a value that is
 * missing, no number or negative, or a pair that does not sum to 100.
 */
export function parseWeightPair(text: string | undefined, serviceName: string): WeightPair | undefined {
  const members = jsonMembers(text);
  const primary = members?.get(primaryName(serviceName));
  const canary = members?.get(canaryName(serviceName));
  if (!isWeight(primary) || !isWeight(canary)) return undefined;
  return Math.abs(primary + canary - 100) < sumTolerance ? { primary, canary } : undefined;
}

/**
 * Any number made a safe pair: whatever is not a number in 0..100 is moved to the nearest safe value, towards the primary
 * when there is none, because Skipper splits equally when it cannot read a weight.
 */
export function weightPair(canaryWeight: number): WeightPair {
  const canary = Number.isFinite(canaryWeight) ? Math.min(100, Math.max(0, canaryWeight)) : 0;
  return { canary, primary: Number((100 - canary).toFixed(primaryDecimals)) };
}

/** The annotation's text: compact JSON with sorted keys and numbers only (S1). */
export function formatWeights(serviceName: string, pair: WeightPair, others: BackendWeights): string {
  const all = new Map(others).set(primaryName(serviceName), pair.primary).set(canaryName(serviceName), pair.canary);
  return canonicalJson(Object.fromEntries(all));
}

function isWeight(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

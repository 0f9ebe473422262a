// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { call, type EskipCall } from './eskip.js';

/** Skipper's flag -kubernetes-backend-traffic-algorithm. */
export type TrafficAlgorithm = 'traffic-predicate' | 'traffic-segment-predicate';

/** The predicates that give a Service its share of a path; a Service that is not in the map gets no route at all. */
export type TrafficSplit = ReadonlyMap<string, readonly EskipCall[]>;

export interface ParsedWeights {
  readonly weights: ReadonlyMap<string, number>;
  /** Why the annotation is not what its author meant; Skipper only logs it. */
  readonly problems: readonly string[];
}

/** Reads `zalando.org/backend-weights` as leniently as Skipper: a bad value counts 0, a bad document as no weights. */
export function parseWeights(annotation: string | undefined): ParsedWeights {
  if (annotation === undefined) return { weights: new Map(), problems: [] };
  const document = parseObject(annotation);
  if (document === undefined) return { weights: new Map(), problems: ['backend-weights is no JSON object'] };
  const entries = Object.entries(document).map(([service, value]) => ({ service, value, weight: weightOf(value) }));
  return {
    weights: new Map(entries.map(({ service, weight }) => [service, weight])),
    problems: entries
      .filter(({ value, weight }) => value !== weight)
      .map(({ service }) => `backend-weights of ${service} is no number from 0`),
  };
}

const WeightDocument = z.record(z.string(), z.unknown());

function parseObject(text: string): z.infer<typeof WeightDocument> | undefined {
  try {
    return WeightDocument.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Negative weights make Skipper's split nonsense; they count 0 here and are reported. */
function weightOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
}

/**
 * Splits one path of one rule among the Services listed for it, in that order. Without any positive weight all get an
 * equal share. Services listed twice share one route, so the last share computed for them counts.
 */
export function splitTraffic(
  services: readonly string[],
  weights: ReadonlyMap<string, number>,
  algorithm: TrafficAlgorithm,
): TrafficSplit {
  const weighted = services.map((service) => ({ service, weight: weights.get(service) ?? 0 }));
  const isEqual = weighted.every(({ weight }) => weight === 0);
  const shares = isEqual ? services.map((service) => ({ service, weight: 1 })) : weighted;
  return algorithm === 'traffic-predicate' ? byChance(shares) : bySegment(isEqual ? shares : withoutRepeats(shares));
}

interface Share {
  readonly service: string;
  readonly weight: number;
}

/**
 * Each Service draws for its part of what the ones before it left; the last takes the rest without a draw. True()
 * predicates keep earlier routes above later ones.
 */
function byChance(shares: readonly Share[]): TrafficSplit {
  const split = new Map<string, readonly EskipCall[]>();
  let rest = shares.reduce((sum, { weight }) => sum + weight, 0);
  const lastIndex = shares.findLastIndex(({ weight }) => weight > 0);
  for (const [index, { service, weight }] of shares.entries()) {
    if (weight > 0) {
      const order = Array.from({ length: Math.max(0, shares.length - index - 2) }, () => call('True'));
      split.set(service, index === lastIndex ? [] : [call('Traffic', weight / rest), ...order]);
    }
    rest -= weight;
  }
  return split;
}

/** Each Service owns a part of [0, 1); one draw per request decides. */
function bySegment(shares: readonly Share[]): TrafficSplit {
  const split = new Map<string, readonly EskipCall[]>();
  const total = shares.reduce((sum, { weight }) => sum + weight, 0);
  let before = 0;
  for (const { service, weight } of shares) {
    const until = before + weight;
    const segment = weight === total ? [] : [call('TrafficSegment', before / total, until / total)];
    if (weight > 0) split.set(service, segment);
    before = until;
  }
  return split;
}

function withoutRepeats(shares: readonly Share[]): readonly Share[] {
  return [...new Map(shares.map((share) => [share.service, share])).values()];
}

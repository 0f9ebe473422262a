// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseWeights, splitTraffic, type TrafficAlgorithm } from './traffic-split.js';

describe('parseWeights', () => {
  it.each<[string | undefined, Record<string, number>, number]>([
    [undefined, {}, 0],
    ['{"a":95,"b":5}', { a: 95, b: 5 }, 0],
    ['{"a":0.7,"b":3e1}', { a: 0.7, b: 30 }, 0],
    ['{"a":"95","b":5}', { a: 0, b: 5 }, 1],
    ['{"a":null,"b":-5}', { a: 0, b: 0 }, 2],
    ['{"a":95,', {}, 1],
    ['[95,5]', {}, 1],
    ['null', {}, 1],
  ])('reads %s as %j with %i problems', (annotation, weights, problems) => {
    const parsed = parseWeights(annotation);
    expect([Object.fromEntries(parsed.weights), parsed.problems.length]).toEqual([weights, problems]);
  });
});

describe('splitTraffic', () => {
  /** What a Service gets of the share that the ones before it left. */
  const shareOf: Readonly<Record<TrafficAlgorithm, (args: readonly number[], rest: number) => number>> = {
    'traffic-predicate': ([chance = 1], rest) => rest * chance,
    'traffic-segment-predicate': ([from = 0, until = 1]) => until - from,
  };

  function sharesOf(services: readonly string[], weights: ReadonlyMap<string, number>, algorithm: TrafficAlgorithm) {
    const shares = new Map<string, number>();
    let rest = 1;
    for (const [service, predicates] of splitTraffic(services, weights, algorithm)) {
      const share = shareOf[algorithm](predicates[0]?.args.map(Number) ?? [], rest);
      shares.set(service, share);
      rest -= share;
    }
    return shares;
  }

  it.each<TrafficAlgorithm>(['traffic-predicate', 'traffic-segment-predicate'])(
    'with %s gives each Service its share of the weights, and none to weight 0',
    (algorithm) => {
      const weights = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 5 });
      fc.assert(
        fc.property(weights, (values) => {
          const services = values.map((_, index) => `s${index}`);
          const sum = values.reduce((total, value) => total + value, 0);
          const shares = sharesOf(
            services,
            new Map(services.map((name, index) => [name, values[index] ?? 0])),
            algorithm,
          );
          for (const [index, service] of services.entries()) {
            const expected = sum === 0 ? 1 / values.length : (values[index] ?? 0) / sum;
            expect(shares.get(service) ?? 0).toBeCloseTo(expected, 9);
            expect(shares.has(service)).toBe(expected > 0);
          }
        }),
      );
    },
  );
});

// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';

import { meanSeconds, quantileSeconds, successPercent, type Traffic } from './traffic.js';

function traffic(values: Partial<Traffic>): Traffic {
  return { requests: 0, failures: 0, uncoded: 0, timed: 0, seconds: 0, buckets: new Map(), ...values };
}

const infinite = Number.POSITIVE_INFINITY;

/** Upper bounds with the requests up to each. */
function histogram(...buckets: readonly (readonly [bound: number, upTo: number])[]): Traffic {
  return traffic({ buckets: new Map(buckets) });
}

describe('successPercent', () => {
  it.each`
    requests | failures | percent
    ${0}     | ${0}     | ${undefined}
    ${10}    | ${0}     | ${100}
    ${10}    | ${10}    | ${0}
    ${200}   | ${3}     | ${98.5}
  `('is $percent for $failures failures of $requests', ({ requests, failures, percent }) => {
    expect(successPercent(traffic({ requests: Number(requests), failures: Number(failures) }))).toBe(percent);
  });

  it('refuses to call requests without a status code good', () => {
    expect(() => successPercent(traffic({ requests: 10, uncoded: 1 }))).toThrow('-serve-status-code-metric=false');
  });
});

describe('meanSeconds', () => {
  it('is nothing without a request', () => {
    expect(meanSeconds(traffic({ timed: 0, seconds: 0 }))).toBeUndefined();
    expect(meanSeconds(traffic({ requests: 6, timed: 4, seconds: 2 }))).toBe(0.5);
  });
});

describe('quantileSeconds', () => {
  const even = histogram([0.1, 50], [0.2, 90], [0.4, 100], [infinite, 100]);

  it.each<readonly [name: string, traffic: Traffic, quantile: number, seconds: number | undefined]>([
    ['a bound', even, 0.5, 0.1],
    ['within the first bucket', even, 0.25, 0.05],
    ['within another bucket', even, 0.7, 0.15],
    ['within the last finite bucket', even, 0.95, 0.3],
    ['beyond all finite bounds', histogram([0.1, 1], [10, 2], [infinite, 100]), 0.99, 10],
    ['bounds in any order', histogram([infinite, 4], [0.2, 4], [0.1, 2]), 0.75, 0.15],
    ['empty buckets before and behind', histogram([0.1, 0], [0.2, 0], [0.3, 8], [0.4, 8], [infinite, 8]), 0.5, 0.25],
    ['sums that fall, as replicas with other buckets make them', histogram([1, 8], [2, 2], [infinite, 8]), 0.5, 0.5],
    ['no request', histogram([0.1, 0], [infinite, 0]), 0.5, undefined],
    ['no buckets', traffic({ requests: 5 }), 0.5, undefined],
    ['only an infinite bucket', histogram([infinite, 5]), 0.5, undefined],
  ])('%s', (_name, seen, quantile, seconds) => {
    const found = quantileSeconds(seen, quantile);
    if (seconds === undefined) expect(found).toBeUndefined();
    else expect(found).toBeCloseTo(seconds, 9);
  });

  it('lies in the bucket of the request that it is about, and grows with the quantile', () => {
    const counts = fc
      .array(fc.nat(50), { minLength: 3, maxLength: 12 })
      .filter((all) => all.some((count) => count > 0));
    const quantile = fc.double({ min: 0.001, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(counts, quantile, quantile, (inBucket, left, right) => {
        let upTo = 0;
        const buckets = inBucket.map((count, index) => [index + 1, (upTo += count)] as const);
        const seen = histogram(...buckets, [infinite, upTo]);
        const bucket = buckets.find(([, sum]) => sum >= left * upTo)?.[0] ?? 0;
        const found = quantileSeconds(seen, left) ?? Number.NaN;
        expect(found > bucket - 1 - 1e-9 && found <= bucket).toBe(true);
        const [low = 0, high = 0] = [left, right].sort((a, b) => a - b);
        expect(quantileSeconds(seen, low)).toBeLessThanOrEqual(quantileSeconds(seen, high) ?? Number.NaN);
      }),
    );
  });
});

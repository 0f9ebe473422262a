// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LatencyHistogram } from './latency-histogram.js';

function histogramOf(durations: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const durationMs of durations) histogram.record(durationMs);
  return histogram;
}

describe('LatencyHistogram', () => {
  it('is zero without durations', () => {
    const { count, meanMs, maxMs } = histogramOf([]);
    expect([count, meanMs, maxMs, histogramOf([]).percentileMs(0.99)]).toEqual([0, 0, 0, 0]);
  });

  it('knows the mean and the highest exactly', () => {
    const { count, meanMs, maxMs } = histogramOf([1, 2, 6]);
    expect([count, meanMs, maxMs]).toEqual([3, 3, 6]);
  });

  it('knows every percentile within 2 %', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.01, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 200 }),
        fc.constantFrom(0, 0.5, 0.9, 0.99, 1),
        (durations, share) => {
          const sorted = [...durations].sort((left, right) => left - right);
          const exactMs = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? 0;
          const ratio = histogramOf(durations).percentileMs(share) / exactMs;
          expect(ratio).toBeGreaterThan(0.999_999);
          expect(ratio).toBeLessThan(1.020_001);
        },
      ),
    );
  });
});

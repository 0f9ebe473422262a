// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anAnalysis } from '../../test/support/rollout-observation.js';
import { isLastWeight, nextPromotionWeight, nextWeight } from './weights.js';

describe('nextWeight', () => {
  it.each([
    ['stepWeight 20', { stepWeight: 20, maxWeight: 50 }, [20, 40, 60]],
    ['stepWeight 30', { stepWeight: 30, maxWeight: 100 }, [30, 60, 90, 100]],
    ['stepWeights 1, 2, 10', { stepWeight: 0, stepWeights: [1, 2, 10], maxWeight: 10 }, [1, 2, 10]],
    ['fractions', { stepWeight: 0, stepWeights: [0.1, 1, 5], maxWeight: 5 }, [0.1, 1, 5]],
    ['fractional step', { stepWeight: 0.1, maxWeight: 0.3 }, [0.1, 0.2, 0.3]],
  ])('walks %s up to the last weight', (_name, overrides, expected) => {
    const analysis = anAnalysis(overrides);
    const walked: number[] = [];
    for (let weight = 0; walked.length < 20;) {
      weight = nextWeight(analysis, weight);
      walked.push(weight);
      if (isLastWeight(analysis, weight)) break;
    }
    expect(walked).toEqual(expected);
  });

  it('D24: goes on with the first greater step when the list was edited in mid-rollout', () => {
    expect(nextWeight(anAnalysis({ stepWeight: 0, stepWeights: [5, 25, 60] }), 10)).toBe(25);
  });

  it('D24: ends at the last step even if it is below maxWeight', () => {
    const analysis = anAnalysis({ stepWeight: 0, stepWeights: [5, 10], maxWeight: 100 });
    expect(isLastWeight(analysis, 10)).toBe(true);
  });

  it('always ends, within 0 and 100, without ever standing still', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.double({ min: 1, max: 100, noNaN: true }),
        (stepWeight, maxWeight) => {
          const analysis = anAnalysis({ stepWeight, maxWeight });
          let weight = 0;
          while (weight === 0 || !isLastWeight(analysis, weight)) {
            const next = nextWeight(analysis, weight);
            expect(next).toBeGreaterThan(weight);
            expect(next).toBeLessThanOrEqual(100);
            weight = next;
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('nextPromotionWeight', () => {
  it.each([
    [0, 50, 0],
    [20, 50, 30],
    [20, 10, 0],
    [100, 50, 0],
  ])('with stepWeightPromotion %d goes from %d to %d', (stepWeightPromotion, weight, next) => {
    expect(nextPromotionWeight(anAnalysis({ stepWeightPromotion }), weight)).toBe(next);
  });
});

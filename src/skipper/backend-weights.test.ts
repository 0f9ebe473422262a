// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatWeights, parseWeightPair, parseWeights, weightPair } from './backend-weights.js';

describe('parseWeightPair', () => {
  it.each<{ text: string | undefined; pair: unknown }>`
    text                                                 | pair
    ${'{"podinfo-canary":20,"podinfo-primary":80}'}      | ${{ canary: 20, primary: 80 }}
    ${'{"podinfo-canary":0.1,"podinfo-primary":99.9}'}   | ${{ canary: 0.1, primary: 99.9 }}
    ${'{"podinfo-canary":5,"podinfo-primary":95,"x":7}'} | ${{ canary: 5, primary: 95 }}
    ${undefined}                                         | ${undefined}
    ${''}                                                | ${undefined}
    ${'null'}                                            | ${undefined}
    ${'[20,80]'}                                         | ${undefined}
    ${'{"podinfo-canary":20'}                            | ${undefined}
    ${'{"podinfo-canary":100}'}                          | ${undefined}
    ${'{"podinfo-canary":0,"podinfo-primary":0}'}        | ${undefined}
    ${'{"podinfo-canary":5,"podinfo-primary":"95"}'}     | ${undefined}
    ${'{"podinfo-canary":null,"podinfo-primary":100}'}   | ${undefined}
    ${'{"podinfo-canary":-10,"podinfo-primary":110}'}    | ${undefined}
    ${'{"podinfo-canary":20,"podinfo-primary":79}'}      | ${undefined}
    ${'{"podinfo-canary":1e999,"podinfo-primary":0}'}    | ${undefined}
  `('D27: reads $text as $pair', ({ text, pair }) => {
    expect(parseWeightPair(text, 'podinfo')).toEqual(pair);
  });

  it('does not take a member that every object has for a weight', () => {
    expect(parseWeights('{}').get('constructor')).toBeUndefined();
  });
});

describe('weightPair', () => {
  it.each<Record<'asked' | 'canary' | 'primary', number>>`
    asked       | canary  | primary
    ${33.3}     | ${33.3} | ${66.7}
    ${99.9}     | ${99.9} | ${0.1}
    ${-1}       | ${0}    | ${100}
    ${100.5}    | ${100}  | ${0}
    ${NaN}      | ${0}    | ${100}
    ${Infinity} | ${0}    | ${100}
  `('of $asked is $canary/$primary', ({ asked, canary, primary }) => {
    expect(weightPair(asked)).toEqual({ canary, primary });
  });
});

describe('formatWeights', () => {
  it('is compact JSON with sorted keys', () => {
    expect(formatWeights('podinfo', weightPair(5), new Map([['assets', 25]]))).toBe(
      '{"assets":25,"podinfo-canary":5,"podinfo-primary":95}',
    );
  });

  it('S1, D24: always writes numbers that sum to 100 and are read back as asked', () => {
    const weight = fc.oneof(
      fc.double({ min: 0, max: 100, noNaN: true }),
      fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100),
    );
    fc.assert(
      fc.property(weight, (canaryWeight) => {
        const text = formatWeights('podinfo', weightPair(canaryWeight), new Map());
        const weights = [...parseWeights(text).values()];
        expect(weights.every((each) => Number.isFinite(each) && each >= 0)).toBe(true);
        expect(weights.reduce((sum, each) => sum + each, 0)).toBeCloseTo(100, 6);
        expect(parseWeightPair(text, 'podinfo')?.canary).toBeCloseTo(canaryWeight, 12);
      }),
    );
  });
});

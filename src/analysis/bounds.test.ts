// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';

import { boundsText, judge } from './bounds.js';

describe('judge', () => {
  it.each`
    numbers        | min          | max          | judgement
    ${[]}          | ${1}         | ${undefined} | ${{ kind: 'noValues' }}
    ${[NaN]}       | ${1}         | ${undefined} | ${{ kind: 'noValues' }}
    ${[Infinity]}  | ${undefined} | ${5}         | ${{ kind: 'noValues' }}
    ${[-Infinity]} | ${1}         | ${undefined} | ${{ kind: 'noValues' }}
    ${[NaN]}       | ${undefined} | ${undefined} | ${{ kind: 'noValues' }}
    ${[99]}        | ${99}        | ${99}        | ${{ kind: 'inRange', value: 99 }}
    ${[7]}         | ${undefined} | ${undefined} | ${{ kind: 'inRange', value: 7 }}
    ${[98.99]}     | ${99}        | ${undefined} | ${{ kind: 'outOfRange', value: 98.99, sign: '<', bound: 99 }}
    ${[6]}         | ${1}         | ${5}         | ${{ kind: 'outOfRange', value: 6, sign: '>', bound: 5 }}
    ${[0]}         | ${undefined} | ${0}         | ${{ kind: 'inRange', value: 0 }}
  `('judges $numbers between $min and $max: $judgement', ({ numbers, min, max, judgement }) => {
    expect(judge(numbers as number[], bounds(min, max))).toEqual(judgement);
  });

  it.each`
    numbers      | min          | max          | judgement
    ${[3, 1, 2]} | ${undefined} | ${5}         | ${{ kind: 'inRange', value: 3 }}
    ${[3, 1, 2]} | ${1}         | ${undefined} | ${{ kind: 'inRange', value: 1 }}
    ${[9, 7, 1]} | ${undefined} | ${5}         | ${{ kind: 'outOfRange', value: 9, sign: '>', bound: 5 }}
    ${[1, 0, 9]} | ${2}         | ${5}         | ${{ kind: 'outOfRange', value: 0, sign: '<', bound: 2 }}
    ${[1, NaN]}  | ${undefined} | ${5}         | ${{ kind: 'noValues' }}
    ${[NaN, 9]}  | ${undefined} | ${5}         | ${{ kind: 'outOfRange', value: 9, sign: '>', bound: 5 }}
  `('R20: judges all of $numbers and reports the worst', ({ numbers, min, max, judgement }) => {
    expect(judge(numbers as number[], bounds(min, max))).toEqual(judgement);
  });

  function bounds(min: unknown, max: unknown) {
    return { ...(typeof min === 'number' ? { min } : {}), ...(typeof max === 'number' ? { max } : {}) };
  }
});

describe('boundsText', () => {
  it('names the ends of the range', () => {
    expect(boundsText({ min: 1, max: 2 }, String)).toBe('>= 1, <= 2');
    expect(boundsText({ max: 2 }, String)).toBe('<= 2');
    expect(boundsText({}, String)).toBe('any');
  });
});

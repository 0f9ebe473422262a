// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';

import { parseQuantity } from './quantity.js';

describe('parseQuantity', () => {
  it.each`
    text        | number
    ${'0'}      | ${0}
    ${'100'}    | ${100}
    ${'1.5'}    | ${1.5}
    ${'.5'}     | ${0.5}
    ${'5.'}     | ${5}
    ${'-3'}     | ${-3}
    ${'+3'}     | ${3}
    ${'1500m'}  | ${1.5}
    ${'99900m'} | ${99.9}
    ${'3u'}     | ${0.000003}
    ${'7n'}     | ${0.000000007}
    ${'2k'}     | ${2_000}
    ${'2Ki'}    | ${2_048}
    ${'1.5Gi'}  | ${1.5 * 2 ** 30}
    ${'1E'}     | ${1e18}
    ${'1Ei'}    | ${2 ** 60}
    ${'12e6'}   | ${12_000_000}
    ${'12E6'}   | ${12_000_000}
    ${'1e-3'}   | ${0.001}
    ${''}       | ${undefined}
    ${'m'}      | ${undefined}
    ${'1.5.1'}  | ${undefined}
    ${'1 k'}    | ${undefined}
    ${'1K'}     | ${undefined}
    ${'1e3m'}   | ${undefined}
    ${'NaN'}    | ${undefined}
  `('reads "$text" as $number', ({ text, number }) => {
    expect(parseQuantity(String(text))).toBe(number);
  });
});

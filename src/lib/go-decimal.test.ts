// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { formatExponent, formatFixed, formatGeneral } from './go-decimal.js';

describe('Go decimals', () => {
  it.each`
    value         | decimals | text
    ${99.5}       | ${2}     | ${'99.50'}
    ${0.125}      | ${2}     | ${'0.12'}
    ${0.375}      | ${2}     | ${'0.38'}
    ${2.675}      | ${2}     | ${'2.67'}
    ${2.5}        | ${0}     | ${'2'}
    ${-0.001}     | ${2}     | ${'-0.00'}
    ${1e21}       | ${2}     | ${'1000000000000000000000.00'}
    ${5e-324}     | ${3}     | ${'0.000'}
    ${0}          | ${2}     | ${'0.00'}
    ${Number.NaN} | ${2}     | ${'NaN'}
    ${-Infinity}  | ${2}     | ${'-Inf'}
  `('prints $value with $decimals decimals as $text', ({ value, decimals, text }) => {
    expect(formatFixed(Number(value), Number(decimals))).toBe(text);
  });

  it.each`
    value      | decimals | text
    ${31415.9} | ${3}     | ${'3.142e+04'}
    ${15}      | ${0}     | ${'2e+01'}
    ${0}       | ${6}     | ${'0.000000e+00'}
    ${9.99}    | ${1}     | ${'1.0e+01'}
    ${1e-10}   | ${0}     | ${'1e-10'}
    ${-2.5e99} | ${1}     | ${'-2.5e+99'}
  `('prints $value in exponent form as $text', ({ value, decimals, text }) => {
    expect(formatExponent(Number(value), Number(decimals))).toBe(text);
  });

  it.each`
    value      | precision | text
    ${31415.9} | ${3}      | ${'3.14e+04'}
    ${1.5}     | ${10}     | ${'1.5'}
    ${100}     | ${3}      | ${'100'}
    ${0.00001} | ${2}      | ${'1e-05'}
    ${0}       | ${0}      | ${'0'}
  `('prints $value with $precision digits as $text', ({ value, precision, text }) => {
    expect(formatGeneral(Number(value), Number(precision))).toBe(text);
  });

  it('stays within half a unit of the last decimal', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.nat(6), (value, decimals) => {
        expect(Math.abs(Number(formatFixed(value, decimals)) - value)).toBeLessThanOrEqual(0.5001 * 10 ** -decimals);
      }),
    );
  });
});

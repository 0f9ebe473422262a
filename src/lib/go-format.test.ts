// SPDX-License-Identifier: Apache-2.0
import { expect, it } from '@jest/globals';
import { formatFloat } from './go-format.js';

it.each([
  [99, '99'],
  [99.5, '99.5'],
  [0.5, '0.5'],
  [100_000, '100000'],
  [1_000_000, '1e+06'],
  [1_500_000, '1.5e+06'],
  [1_234_567, '1.234567e+06'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [-0.000015, '-1.5e-05'],
  [0, '0'],
  [Number.POSITIVE_INFINITY, '+Inf'],
])('prints %s as %s', (value, text) => {
  expect(formatFloat(value)).toBe(text);
});

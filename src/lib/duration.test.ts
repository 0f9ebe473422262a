// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatDuration, parseDurationMs } from './duration.js';

describe('parseDurationMs', () => {
  it.each([
    ['30s', 30_000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['10ms', 10],
    ['0', 0],
    ['-2s', -2_000],
    ['', undefined],
    ['30', undefined],
    ['1m 30s', undefined],
    ['s', undefined],
    ['1d', undefined],
  ])('reads %s as %s ms', (text, expected) => {
    expect(parseDurationMs(text)).toBe(expected);
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0s'],
    [523, '523ms'],
    [1_200, '1.2s'],
    [1_515, '1.515s'],
    [61_000, '1m1s'],
    [90_500, '1m30.5s'],
    [3_600_000, '1h0m0s'],
    [0.5, '500µs'],
    [-1_500, '-1.5s'],
  ])('prints %s ms as %s', (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });

  it('is read back as the same number of milliseconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e11 }), (durationMs) => {
        expect(parseDurationMs(formatDuration(durationMs))).toBeCloseTo(durationMs, 3);
      }),
    );
  });
});

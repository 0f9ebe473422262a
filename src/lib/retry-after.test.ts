// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseRetryAfterMs } from './retry-after.js';

const clock = { nowMs: () => Date.UTC(2026, 0, 1) };

describe('parseRetryAfterMs', () => {
  it.each`
    header                                | ms
    ${undefined}                          | ${undefined}
    ${''}                                 | ${undefined}
    ${'0'}                                | ${0}
    ${'7'}                                | ${7_000}
    ${' 7 '}                              | ${7_000}
    ${'1.5'}                              | ${1_500}
    ${'-1'}                               | ${undefined}
    ${'0x10'}                             | ${undefined}
    ${'1e3'}                              | ${undefined}
    ${'9'.repeat(400)}                    | ${undefined}
    ${'Thu, 01 Jan 2026 00:00:30 GMT'}    | ${30_000}
    ${'Thursday, 01-Jan-26 00:00:30 GMT'} | ${30_000}
    ${'Wed, 31 Dec 2025 23:59:00 GMT'}    | ${0}
    ${'Thu, 99 Jan 2026 00:00:30 GMT'}    | ${undefined}
    ${'2026'}                             | ${2_026_000}
    ${'soon'}                             | ${undefined}
    ${'January 2, 2026'}                  | ${undefined}
  `('reads "$header" as $ms ms', ({ header, ms }) => {
    expect(parseRetryAfterMs(header as string | undefined, clock)).toBe(ms);
  });

  it('gives a finite wait or none, whatever a server sends', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (header) => {
        const ms = parseRetryAfterMs(header, clock);
        expect(ms === undefined || (Number.isFinite(ms) && ms >= 0)).toBe(true);
      }),
    );
  });
});

// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { excerpt } from './excerpt.js';

describe('excerpt', () => {
  it.each`
    text                   | shown
    ${''}                  | ${''}
    ${' a\r\n\tb\u2028c '} | ${'a b c'}
    ${'\u001b[31mred'}     | ${'[31mred'}
    ${'x'.repeat(500)}     | ${'x'.repeat(500)}
    ${'x'.repeat(501)}     | ${`${'x'.repeat(499)}…`}
    ${'🐳'.repeat(500)}    | ${'🐳'.repeat(500)}
    ${'🐳'.repeat(501)}    | ${`${'🐳'.repeat(499)}…`}
  `('shows $text as $shown', ({ text, shown }) => {
    expect(excerpt(String(text))).toBe(shown);
  });

  it('is one line of whole characters, at most 500 of them', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 1_500, size: 'max' }), (text) => {
        const shown = excerpt(text);
        expect(Array.from(shown).length).toBeLessThanOrEqual(500);
        expect(shown).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        expect(shown.isWellFormed()).toBe(true);
        expect(excerpt(shown)).toBe(shown);
      }),
      { numRuns: 50 },
    );
  });
});

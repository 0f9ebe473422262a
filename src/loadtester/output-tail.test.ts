// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { OutputTail } from './output-tail.js';

function tailOf(limitBytes: number, chunks: readonly string[]): string {
  const tail = new OutputTail(limitBytes);
  for (const chunk of chunks) tail.append(Buffer.from(chunk));
  return tail.text();
}

describe('OutputTail', () => {
  it.each([
    { chunks: [], text: '' },
    { chunks: ['abc', 'de'], text: 'abcde' },
    { chunks: ['abc', 'def'], text: '[1 bytes cut]\nbcdef' },
    { chunks: ['abcdefghijklmnopqr'], text: '[13 bytes cut]\nnopqr' },
    { chunks: ['aé', 'ébcd'], text: '[3 bytes cut]\nébcd' },
    { chunks: ['é', 'abcd'], text: '[2 bytes cut]\nabcd' },
  ])('keeps the last 5 bytes of $chunks', ({ chunks, text }) => {
    expect(tailOf(5, chunks)).toBe(text);
  });

  it('keeps the same text however it arrives', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 9 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 60 }),
        (chunks, limit) => {
          expect(tailOf(limit, chunks)).toBe(tailOf(limit, [chunks.join('')]));
        },
      ),
    );
  });
});

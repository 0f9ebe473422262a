// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { remembered, rememberedFor } from './remembered.js';

const shared = {};

/** How often it is worked out when asked with the one rest and then with the other. */
function computations(first: unknown, second: unknown): number {
  let count = 0;
  const ask = remembered((_key: object, _rest: unknown) => (count += 1));
  const key = {};
  ask(key, first);
  ask(key, second);
  return count;
}

describe('remembered', () => {
  it.each<{ first: unknown; second: unknown; times: number }>`
    first                       | second                      | times
    ${'a'}                      | ${'a'}                      | ${1}
    ${undefined}                | ${undefined}                | ${1}
    ${['a', shared]}            | ${['a', shared]}            | ${1}
    ${{ one: shared }}          | ${{ one: shared }}          | ${1}
    ${'a'}                      | ${'b'}                      | ${2}
    ${['a']}                    | ${['a', undefined]}         | ${2}
    ${{ one: {} }}              | ${{ one: {} }}              | ${2}
    ${{ one: undefined }}       | ${{ other: 1 }}             | ${2}
    ${new Map([['a', shared]])} | ${new Map([['a', shared]])} | ${2}
  `('works out $times times: first $first, then $second', ({ first, second, times }) => {
    expect(computations(first, second)).toBe(times);
  });

  it('gives the same result for the same object, and keeps one for each', () => {
    const ask = rememberedFor((key: { readonly text: string }) => [key.text]);
    const [one, other] = [{ text: 'one' }, { text: 'other' }];
    const result = ask(one);
    expect(ask(other)).toEqual(['other']);
    expect(ask(one)).toBe(result);
  });

  it('keeps nothing of a failure', () => {
    let isBroken = true;
    const ask = rememberedFor(() => {
      if (isBroken) throw new Error('broken');
      return 'mended';
    });
    expect(() => ask(shared)).toThrow('broken');
    isBroken = false;
    expect(ask(shared)).toBe('mended');
  });
});

// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { differingFields } from './differing-fields.js';

describe('differingFields', () => {
  it.each<[string, unknown, unknown, readonly string[]]>([
    ['nothing', { a: 1, b: [1] }, { b: [1], a: 1 }, []],
    ['a value', { spec: { type: 'a', ports: [1] } }, { spec: { type: 'b', ports: [1] } }, ['spec.type']],
    ['a list as a whole', { spec: { ports: [1, 2] } }, { spec: { ports: [1] } }, ['spec.ports']],
    ['a key with dots', { metadata: { labels: { 'a.b/c': 'x' } } }, { metadata: {} }, ['metadata.labels[a.b/c]']],
    ['members on both sides', { a: 1 }, { b: 1 }, ['a', 'b']],
    ['no absent map', { metadata: { labels: {} } }, { metadata: {} }, []],
    ['no further than asked', { a: { b: { c: { d: 1 } } } }, { a: { b: { c: { d: 2 } } } }, ['a.b.c']],
  ])('names %s', (_, left, right, expected) => {
    expect(differingFields(left, right)).toEqual(expected);
  });

  it('finds no difference of a value from itself', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(differingFields(value, value)).toEqual([]);
      }),
    );
  });
});

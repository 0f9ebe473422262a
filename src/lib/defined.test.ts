// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { defined } from './defined.js';

describe('defined', () => {
  it('drops undefined members and keeps every other falsy value', () => {
    expect(defined({ a: undefined, b: null, c: 0, d: '', e: false })).toStrictEqual({ b: null, c: 0, d: '', e: false });
  });
});

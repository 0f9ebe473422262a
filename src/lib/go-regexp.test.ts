// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { compileGoRegExp } from './go-regexp.js';

describe('compileGoRegExp', () => {
  it.each([
    { text: '^team-', matching: 'team-a', other: 'xteam-a' },
    { text: 'team-a', matching: 'xteam-ab', other: 'team-b' },
    { text: '^(test|stage)$', matching: 'stage', other: 'stages' },
    { text: '(?i)^TEAM', matching: 'team', other: 'eam' },
    { text: '(?is)^a.b$', matching: 'A\nB', other: 'ab' },
    { text: String.raw`^\w+\.\d$`, matching: 'a.1', other: 'a11' },
  ])('$text matches $matching and not $other', ({ text, matching, other }) => {
    expect([compileGoRegExp(text)?.test(matching), compileGoRegExp(text)?.test(other)]).toEqual([true, false]);
  });

  it.each(['(', '[', '*', String.raw`\A`, String.raw`a\z`])('%s is refused', (text) => {
    expect(compileGoRegExp(text)).toBeUndefined();
  });
});

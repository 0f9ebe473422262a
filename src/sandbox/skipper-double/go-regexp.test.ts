// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { compileGoRegexp } from './go-regexp.js';

describe('compileGoRegexp', () => {
  it.each([
    ['^v\\d+/a$', 'v12/a', true],
    ['skipper', 'my-skipper-2', true],
    ['(?i)^firefox', 'FireFox/1', true],
    ['^firefox', 'FireFox/1', false],
    ['^(?P<name>[[:alpha:]]+)$', 'abc', true],
    ['^[[:digit:]]$', 'a', false],
    ['\\Aa\\z', 'a', true],
    ['\\Aa\\z', 'ab', false],
    ['^\\Qa.b\\E$', 'axb', false],
    ['^\\Qa.b\\E$', 'a.b', true],
    ['^\\\\Q!$', '\\Q!', true],
    ['^\\\\Q!$', '!', false],
    ['^\\\\A$', '\\A', true],
    ['^\\(?=1$', '(=1', true],
  ])('%s on %s is %s', (pattern, text, matches) => {
    expect(compileGoRegexp(pattern)?.test(text)).toBe(matches);
  });

  it.each(['[', '(?=a)', '(?<!a)b', '(a)\\1', '^(*[.]example[.]com)$', 'a**'])('refuses %s', (pattern) => {
    expect(compileGoRegexp(pattern)).toBeUndefined();
  });
});

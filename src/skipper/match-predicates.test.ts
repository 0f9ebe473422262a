// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { MatchCondition, StringMatch } from '../api/rollout-spec.js';
import { parsePredicates } from '../sandbox/skipper-double/eskip-parser.js';
import { compilePredicate } from '../sandbox/skipper-double/predicates.js';
import { RequestMatch } from '../sandbox/skipper-double/routed-request.js';
import { readMatch } from './match-predicates.js';

function condition(parts: Partial<MatchCondition>): MatchCondition {
  return { headers: {}, queryParams: {}, sourceLabels: {}, ...parts };
}

function read(parts: Partial<MatchCondition>): { readonly text: string; readonly problems: readonly string[] } {
  const [reading] = readMatch([condition(parts)]);
  return { text: reading?.predicates.join(' && ') ?? '', problems: reading?.problems ?? [] };
}

describe('readMatch', () => {
  it.each<{ parts: Partial<MatchCondition>; text: string }>`
    parts                                                                   | text
    ${{ headers: { 'X-Canary': { exact: 'insider' } } }}                    | ${'Header("X-Canary", "insider")'}
    ${{ headers: { 'X-Canary': { prefix: 'v1.' } } }}                       | ${'HeaderRegexp("X-Canary", "^v1\\\\.")'}
    ${{ headers: { 'X-Canary': { suffix: '+a' } } }}                        | ${'HeaderRegexp("X-Canary", "\\\\+a$")'}
    ${{ headers: { 'User-Agent': { regex: '.*Firefox.*' } } }}              | ${'HeaderRegexp("User-Agent", "^(?:.*Firefox.*)$")'}
    ${{ headers: { 'User-Agent': { regex: '(?i)a|b' } } }}                  | ${'HeaderRegexp("User-Agent", "(?i)^(?:a|b)$")'}
    ${{ headers: { cookie: { regex: '^(.*?;)?(canary=always)(;.*)?$' } } }} | ${'HeaderRegexp("cookie", "^(?:^(.*?;)?(canary=always)(;.*)?$)$")'}
    ${{ headers: { 'X-Q': { exact: 'a"b && c' } } }}                        | ${'Header("X-Q", "a\\"b && c")'}
    ${{ headers: { 'X-Q': { regex: 'v\\d+/a' } } }}                         | ${'HeaderRegexp("X-Q", "^(?:v\\\\d+/a)$")'}
    ${{ headers: { 'X-B': { exact: '1' }, 'X-A': { exact: '2' } } }}        | ${'Header("X-A", "2") && Header("X-B", "1")'}
    ${{ headers: { 'X-A': {} } }}                                           | ${'HeaderRegexp("X-A", "")'}
    ${{ queryParams: { v: { exact: 'a.b' } } }}                             | ${'QueryParam("v", "^a\\\\.b$")'}
    ${{ queryParams: { v: { prefix: 'a' } } }}                              | ${'QueryParam("v", "^a")'}
    ${{ queryParams: { v: { regex: 'a|b' } } }}                             | ${'QueryParam("v", "^(?:a|b)$")'}
    ${{ queryParams: { v: {} } }}                                           | ${'QueryParam("v")'}
    ${{ headers: { 'X-A': { exact: '1' } }, queryParams: { v: {} } }}       | ${'Header("X-A", "1") && QueryParam("v")'}
  `('D4: makes $parts $text', ({ parts, text }) => {
    expect(read(parts)).toEqual({ text, problems: [] });
  });

  it.each<{ parts: Partial<MatchCondition>; problem: RegExp }>`
    parts                                                                 | problem
    ${{}}                                                                 | ${/^spec\.analysis\.match\[0\] has no condition/}
    ${{ sourceLabels: { app: 'x' } }}                                     | ${/^spec\.analysis\.match\[0\]\.sourceLabels cannot be expressed/}
    ${{ sourceLabels: { app: 'x' }, headers: { 'X-A': { exact: '1' } } }} | ${/sourceLabels cannot be expressed/}
    ${{ headers: { Host: { exact: 'a.com' } } }}                          | ${/headers\.Host cannot be matched as a header/}
    ${{ headers: { ':path': { exact: '/' } } }}                           | ${/headers\.:path is no header name/}
    ${{ headers: { 'X-A': { regex: '(?=a)' } } }}                         | ${/^spec\.analysis\.match\[0\]\.headers\.X-A\.regex uses look-around/}
    ${{ headers: { 'X-A': { regex: '(a)\\1' } } }}                        | ${/headers\.X-A\.regex uses the backreference/}
    ${{ queryParams: { v: { regex: 'a)(b' } } }}                          | ${/queryParams\.v\.regex has a "\)"/}
    ${{ headers: { 'X-A': { exact: 'a\nb' } } }}                          | ${/headers\.X-A\.exact holds a control character/}
  `('names what Skipper cannot express in $parts', ({ parts, problem }) => {
    expect(read(parts).problems).toEqual([expect.stringMatching(problem)]);
  });

  const value = fc.stringMatching(/^[ -~]{1,12}$/).filter((text) => text.trim() === text);
  const kinds: readonly (keyof StringMatch)[] = ['exact', 'prefix', 'suffix'];

  function matches(text: string, lines: Readonly<Record<string, readonly string[]>>): boolean {
    const request = { method: 'GET', host: 'a.com', target: '/', headers: lines };
    return parsePredicates(text)
      .map(compilePredicate)
      .every((predicate) => predicate.kind === 'matcher' && predicate.matches(new RequestMatch(request, () => 0)));
  }

  it('matches exactly the values that the condition is for', () => {
    fc.assert(
      fc.property(value, value, fc.constantFrom(...kinds), (wanted, sent, kind) => {
        const { text } = read({ headers: { 'X-A': { [kind]: wanted } } });
        const truth = {
          exact: sent === wanted,
          prefix: sent.startsWith(wanted),
          suffix: sent.endsWith(wanted),
          regex: false,
        };
        expect(matches(text, { 'x-a': [sent] })).toBe(truth[kind]);
        const whole = { exact: wanted, prefix: `${wanted}x`, suffix: `x${wanted}`, regex: wanted };
        expect(matches(text, { 'x-a': [whole[kind]] })).toBe(true);
      }),
    );
  });
});

// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { SessionAffinity } from '../api/rollout-spec.js';
import { parsePredicates } from '../sandbox/skipper-double/index.js';
import {
  affinityProblems,
  affinityWarnings,
  cookieFilter,
  cookiePredicate,
  parseSessionCookie,
} from './session-cookie.js';

function anAffinity(options: Partial<SessionAffinity> = {}): SessionAffinity {
  return { cookieName: 'canary', maxAge: 86_400, httpOnly: false, secure: false, partitioned: false, ...options };
}

const cookie = { name: 'canary', value: 'a1b2.c' };

describe('cookieFilter', () => {
  it.each<{ options: Partial<SessionAffinity>; attributes: string }>`
    options                                | attributes
    ${{}}                                  | ${'Path=/; Max-Age=86400'}
    ${{ maxAge: 60 }}                      | ${'Path=/; Max-Age=60'}
    ${{ path: '/shop' }}                   | ${'Path=/shop; Max-Age=86400'}
    ${{ domain: 'example.com' }}           | ${'Path=/; Domain=example.com; Max-Age=86400'}
    ${{ httpOnly: true, secure: true }}    | ${'Path=/; Max-Age=86400; HttpOnly; Secure'}
    ${{ secure: true, sameSite: 'None' }}  | ${'Path=/; Max-Age=86400; Secure; SameSite=None'}
    ${{ secure: true, partitioned: true }} | ${'Path=/; Max-Age=86400; Secure; Partitioned'}
  `('makes $options $attributes', ({ options, attributes }) => {
    expect(cookieFilter(cookie, anAffinity(options))).toBe(
      `appendResponseHeader("Set-Cookie", "canary=a1b2.c; ${attributes}")`,
    );
  });
});

describe('cookiePredicate', () => {
  it.each`
    header                           | matches
    ${'canary=a1b2.c'}               | ${true}
    ${'lang=en; canary=a1b2.c; x=y'} | ${true}
    ${'lang=en;canary=a1b2.c ;x=y'}  | ${true}
    ${'canary=old; canary=a1b2.c'}   | ${true}
    ${'canary=a1b2.c; canary=old'}   | ${true}
    ${'canary=a1b2xc'}               | ${false}
    ${'canary=a1b2.cc'}              | ${false}
    ${'mycanary=a1b2.c'}             | ${false}
    ${'x=canary=a1b2.c'}             | ${false}
    ${'canary=a1b2.c=d'}             | ${false}
    ${'lang=en'}                     | ${false}
  `('matches the whole cookie among others, older ones of its name too: $header', ({ header, matches }) => {
    const [{ name, args } = { name: '', args: [] }] = parsePredicates(cookiePredicate(cookie));
    expect([name, args[0]]).toEqual(['HeaderRegexp', 'Cookie']);
    expect(new RegExp(String(args[1])).test(String(header))).toBe(matches);
  });
});

describe('parseSessionCookie', () => {
  it.each<{ text: string | undefined; parsed: unknown }>`
    text          | parsed
    ${'a=b'}      | ${{ name: 'a', value: 'b' }}
    ${'a=b=c'}    | ${{ name: 'a', value: 'b=c' }}
    ${undefined}  | ${undefined}
    ${''}         | ${undefined}
    ${'a'}        | ${undefined}
    ${'a='}       | ${undefined}
    ${'=b'}       | ${undefined}
    ${'a=b; c=d'} | ${undefined}
    ${'a b=c'}    | ${undefined}
  `('reads $text', ({ text, parsed }) => {
    expect(parseSessionCookie(text)).toEqual(parsed);
  });
});

describe('affinityProblems', () => {
  it.each<{ options: Partial<SessionAffinity>; field: string | undefined }>`
    options                                  | field
    ${{ path: '/a/b-c_1', domain: 'a.de' }}  | ${undefined}
    ${{ cookieName: 'a b' }}                 | ${'cookieName'}
    ${{ cookieName: '' }}                    | ${'cookieName'}
    ${{ primaryCookieName: 'a;b' }}          | ${'primaryCookieName'}
    ${{ domain: 'a.de; Secure' }}            | ${'domain'}
    ${{ path: '/; Secure' }}                 | ${'path'}
    ${{ path: 'shop' }}                      | ${'path'}
    ${{ path: '/$' + '{request.header.X}' }} | ${'path'}
  `('judges $options', ({ options, field }) => {
    const problems = affinityProblems(anAffinity(options));
    expect(problems).toEqual(
      field === undefined ? [] : [expect.stringContaining(`spec.analysis.sessionAffinity.${field} "`)],
    );
  });

  it('warns of cookies that browsers drop', () => {
    const options = { sameSite: 'None', partitioned: true } as const;
    expect(affinityWarnings(anAffinity(options))).toHaveLength(2);
    expect(affinityWarnings(anAffinity({ ...options, secure: true }))).toEqual([]);
  });
});

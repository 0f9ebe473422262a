// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';

import { isSensitiveName, redactText } from './redact-text.js';

describe('redactText', () => {
  it.each`
    text                  | secrets               | shown
    ${'key abcd is bad'}  | ${['abcd']}           | ${'key xxxxx is bad'}
    ${'abcd, abcd'}       | ${['abcd\n']}         | ${'xxxxx, xxxxx'}
    ${'?key=a%2Fb%20c'}   | ${['a/b c']}          | ${'?key=xxxxx'}
    ${'abcdef abcd'}      | ${['abcd', 'abcdef']} | ${'xxxxx xxxxx'}
    ${'an apple a day'}   | ${['a', 'an', '']}    | ${'an apple a day'}
    ${'nothing in there'} | ${[]}                 | ${'nothing in there'}
  `('shows $text without $secrets as $shown', ({ text, secrets, shown }) => {
    expect(redactText(String(text), secrets as string[])).toBe(shown);
  });
});

describe('isSensitiveName', () => {
  it.each(['Authorization', 'DD-API-KEY', 'X-SF-Token', 'password', 'Cookie', 'serviceAccountKey'])('%s is', (name) => {
    expect(isSensitiveName(name)).toBe(true);
  });

  it.each(['X-Scope-OrgID', 'username', 'org', 'project', 'accept'])('%s is not', (name) => {
    expect(isSensitiveName(name)).toBe(false);
  });
});

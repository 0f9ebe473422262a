// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';

import { redactUrl } from './redact-url.js';

describe('redactUrl', () => {
  it.each`
    url                                   | shown
    ${'http://gate.test'}                 | ${'http://gate.test'}
    ${'http://gate.test/a?b=c d'}         | ${'http://gate.test/a?b=c d'}
    ${'https://me:hidden@gate.test/a'}    | ${'https://me:xxxxx@gate.test/a'}
    ${'https://hidden@gate.test/a'}       | ${'https://xxxxx@gate.test/a'}
    ${'https://gate.test/?token=hidden'}  | ${'https://gate.test/?token=xxxxx'}
    ${'https://gate.test/?apiKey=hidden'} | ${'https://gate.test/?apiKey=xxxxx'}
    ${'http://me:hidden@host:port/a'}     | ${'http://xxxxx@host:port/a'}
    ${'no url at all'}                    | ${'no url at all'}
  `('shows $url as $shown', ({ url, shown }) => {
    expect(redactUrl(String(url))).toBe(shown);
  });
});

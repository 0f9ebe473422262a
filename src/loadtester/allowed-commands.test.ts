// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { restrictToCommands } from './allowed-commands.js';

const allowed = new Set(['curl', 'grep', 'printf']);

describe('restrictToCommands', () => {
  it.each`
    line                                     | rewritten
    ${`curl -sd 'test' http://a | grep b`}   | ${`'curl' '-sd' 'test' 'http://a' | 'grep' 'b'`}
    ${'curl a && curl b || curl c; curl d;'} | ${`'curl' 'a' && 'curl' 'b' || 'curl' 'c' ; 'curl' 'd'`}
    ${'\n curl a\n\ncurl b\n'}               | ${`'curl' 'a' ; 'curl' 'b'`}
    ${`curl "it's" "x y"`}                   | ${String.raw`'curl' 'it'\''s' 'x y'`}
    ${`'curl' http://a/?b=*`}                | ${`'curl' 'http://a/?b=*'`}
  `('allows $line', ({ line, rewritten }) => {
    expect(restrictToCommands(String(line), allowed)).toEqual({ kind: 'allowed', line: rewritten });
  });

  it.each`
    line                  | reason
    ${''}                 | ${'no command'}
    ${';'}                | ${'no command'}
    ${'| curl'}           | ${'no command'}
    ${'curl |'}           | ${'no command beside |'}
    ${'curl && ; curl'}   | ${'no command beside &&'}
    ${'rm -rf /'}         | ${'rm is not among the allowed commands'}
    ${'curl a; rm b'}     | ${'rm is not among the allowed commands'}
    ${'curl a\nrm b'}     | ${'rm is not among the allowed commands'}
    ${'curl a|rm b'}      | ${'rm is not among the allowed commands'}
    ${'/usr/bin/curl a'}  | ${'/usr/bin/curl is not among the allowed commands'}
    ${'A=b curl a'}       | ${'A=b is not among the allowed commands'}
    ${'if curl; then rm'} | ${'if is not among the allowed commands'}
    ${'! curl a'}         | ${'! is not among the allowed commands'}
    ${'{ curl a; }'}      | ${'{ is not among the allowed commands'}
    ${'c"ur"l a; "" b'}   | ${' is not among the allowed commands'}
    ${'curl $(rm b)'}     | ${'$ is not possible here'}
    ${'curl "$(rm b)"'}   | ${'$ is not possible here'}
    ${'curl `rm b`'}      | ${'` is not possible here'}
    ${'curl a & rm b'}    | ${'& is not possible here'}
    ${'curl a > /tmp/b'}  | ${'> is not possible here'}
    ${'curl <(rm b)'}     | ${'< is not possible here'}
    ${'(rm b)'}           | ${'( is not possible here'}
  `('refuses $line', ({ line, reason }) => {
    expect(restrictToCommands(String(line), allowed)).toEqual({ kind: 'refused', reason });
  });

  it('gives the real shells the very words that it checked', () => {
    // One process for all samples: each line prints its words, separated by a byte that no sample contains.
    const word = fc.string({ unit: fc.constantFrom(...Array.from(`ab '"\\$\`;|&<>()#*?~!{}[]=-\n\t`)) });
    const samples = fc.sample(fc.array(word, { minLength: 1, maxLength: 4 }), { numRuns: 200, seed: 7 });
    const lines = samples.map((words) => {
      const quoted = words.map((text) => `"${text.replaceAll(/["\\$`]/g, String.raw`\$&`)}"`).join(' ');
      const check = restrictToCommands(String.raw`printf '%s\001' ${quoted}`, allowed);
      if (check.kind === 'refused') throw new Error(check.reason);
      return check.line;
    });
    const expected = samples.flat().map((text) => `${text}\u0001`);
    for (const shell of ['sh', 'bash']) {
      const { stdout } = spawnSync(shell, ['-c', lines.join('\n')], { encoding: 'utf8' });
      expect(stdout).toBe(expected.join(''));
    }
  });
});

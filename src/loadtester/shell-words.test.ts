// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readShellWords } from './shell-words.js';

/** The words of a line, operators in angle brackets; the reason when it is refused. */
function read(line: string, forShell = false): readonly string[] | string {
  const reading = readShellWords(line, { forShell });
  if (reading.kind === 'refused') return reading.reason;
  return reading.tokens.map(({ kind, text }) => (kind === 'word' ? text : `<${text}>`));
}

describe('readShellWords', () => {
  it.each`
    line                                  | words
    ${''}                                 | ${[]}
    ${'  \t '}                            | ${[]}
    ${'get pods -n test'}                 | ${['get', 'pods', '-n', 'test']}
    ${'  a\n b\t c '}                     | ${['a', 'b', 'c']}
    ${`run --overrides='{"a": 1}' "b c"`} | ${['run', '--overrides={"a": 1}', 'b c']}
    ${`a'b'"c"d`}                         | ${['abcd']}
    ${`'' ""`}                            | ${['', '']}
    ${String.raw`a\ b \'c \\`}            | ${['a b', `'c`, '\\']}
    ${String.raw`"a\"b\$c\d"`}            | ${[String.raw`a"b$c\d`]}
    ${'"a\\\nb" c\\\nd'}                  | ${['ab', 'cd']}
    ${'a $HOME `b` ; c | d > e & (f) #g'} | ${['a', '$HOME', '`b`', ';', 'c', '|', 'd', '>', 'e', '&', '(f)', '#g']}
    ${`it's`}                             | ${`a ' is not closed`}
    ${'"a'}                               | ${'a " is not closed'}
    ${'a\\'}                              | ${'a \\ at the end escapes nothing'}
  `('reads $line for a program', ({ line, words }) => {
    expect(read(String(line))).toEqual(words);
  });

  it.each`
    line                         | words
    ${'a | b && c || d; e'}      | ${['a', '<|>', 'b', '<&&>', 'c', '<||>', 'd', '<;>', 'e']}
    ${'a\nb'}                    | ${['a', '<;>', 'b']}
    ${`a '$b' "c;d" e#f`}        | ${['a', '$b', 'c;d', 'e#f']}
    ${'http://a/?b=c*d{1,2}~!'}  | ${['http://a/?b=c*d{1,2}~!']}
    ${String.raw`"\$a" \; "\`"`} | ${['$a', ';', '`']}
    ${'a $b'}                    | ${'$ is not possible here'}
    ${'a "$b"'}                  | ${'$ is not possible here'}
    ${'a "`b`"'}                 | ${'` is not possible here'}
    ${'a > b'}                   | ${'> is not possible here'}
    ${'a < b'}                   | ${'< is not possible here'}
    ${'a & b'}                   | ${'& is not possible here'}
    ${'(a)'}                     | ${'( is not possible here'}
    ${'a # b'}                   | ${'a comment is not possible here'}
  `('reads $line for a shell', ({ line, words }) => {
    expect(read(String(line), true)).toEqual(words);
  });

  it('takes any text without throwing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (line, forShell) => {
        expect(() => readShellWords(line, { forShell })).not.toThrow();
      }),
    );
  });
});

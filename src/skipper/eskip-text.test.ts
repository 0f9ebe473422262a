// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parsePredicates as parseAsSkipper } from '../sandbox/skipper-double/eskip-parser.js';
import { isEskipProblem, parsePredicates } from './eskip-parser.js';
import { callText, quoteText, unquoteText } from './eskip-text.js';

const printable = fc.string({ unit: 'binary', maxLength: 40 });
const nasty = fc.array(fc.constantFrom('"', '\\', '&&', '/', '//', ' -> ', ')', 'False()', '\n', '`', 'd'), {
  maxLength: 8,
});
const anyText = fc.oneof(
  printable,
  nasty.map((parts) => parts.join('')),
);

describe('quoteText', () => {
  it('keeps any text inside its literal, and one predicate stays one predicate', () => {
    fc.assert(
      fc.property(anyText, anyText, (name, value) => {
        const text = `Weight(100) && ${callText('Header', name, value)} && Method("GET")`;
        const calls = parsePredicates(text);
        if (isEskipProblem(calls)) throw new Error(calls.reason);
        expect(calls.map((call) => call.name)).toEqual(['Weight', 'Header', 'Method']);
        expect(calls[1]?.args.map((arg) => arg.kind === 'text' && unquoteText(arg.value))).toEqual([name, value]);
      }),
    );
  });

  it('is read back by another reader of eskip as the same text', () => {
    fc.assert(
      fc.property(anyText, (value) => {
        expect(parseAsSkipper(`Cookie("a", ${quoteText(value)})`)).toEqual([{ name: 'Cookie', args: ['a', value] }]);
      }),
    );
  });

  it.each`
    literal     | read
    ${'\\d+'}   | ${'\\d+'}
    ${'\\\\d+'} | ${'\\d+'}
    ${'a\\"b'}  | ${'a"b'}
    ${'a\\nb'}  | ${'a\nb'}
    ${'\\\\n'}  | ${'\\n'}
    ${'\\/'}    | ${'\\/'}
  `('reads $literal as Skipper does', ({ literal, read }: Record<'literal' | 'read', string>) => {
    expect(unquoteText(literal)).toBe(read);
  });
});

describe('callText', () => {
  it.each<{ share: number; text: string }>`
    share      | text
    ${0}       | ${'Traffic(0)'}
    ${1}       | ${'Traffic(1)'}
    ${0.2}     | ${'Traffic(0.2)'}
    ${0.001}   | ${'Traffic(0.001)'}
    ${1e-8}    | ${'Traffic(0.00000001)'}
    ${0.1 * 3} | ${'Traffic(0.3)'}
    ${200}     | ${'Traffic(200)'}
  `('spells $share without exponent', ({ share, text }) => {
    expect(callText('Traffic', share)).toBe(text);
  });
});

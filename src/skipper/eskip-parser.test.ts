// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isEskipProblem, parseFilters, parsePredicates, parseRoutes, withPlainEnds } from './eskip-parser.js';

describe('parsePredicates', () => {
  it.each<{ text: string; names: readonly string[] }>`
    text                                  | names
    ${''}                                 | ${[]}
    ${' // nothing\n'}                    | ${[]}
    ${'*'}                                | ${['*']}
    ${'Weight(100)'}                      | ${['Weight']}
    ${'A() && B(1, .5, "x", `y`, /z/)'}   | ${['A', 'B']}
    ${'A("a && b") && B("say \\"&&\\"")'} | ${['A', 'B']}
    ${'A(`&&`) && B(/[/&&]|\\/&&/)'}      | ${['A', 'B']}
    ${'A() // && B()\n&& C()'}            | ${['A', 'C']}
    ${'A(,1)'}                            | ${['A']}
    ${'\u00a0A()\u00a0'}                  | ${['A']}
  `('finds $names in $text (D37)', ({ text, names }) => {
    const parsed = parsePredicates(text);
    expect(isEskipProblem(parsed) ? parsed : parsed.map((call) => call.name)).toEqual(names);
  });

  it.each<{ text: string; position: number; reason: string }>`
    text                 | position | reason
    ${'Weight('}         | ${7}     | ${'expected ")" but found the end'}
    ${'Weight(100) &&'}  | ${14}    | ${'expected a name but found the end'}
    ${'&& A()'}          | ${0}     | ${'expected a name but found "&&"'}
    ${'A() & B()'}       | ${4}     | ${'unexpected character "&"'}
    ${'A("x)'}           | ${2}     | ${'no closing "'}
    ${'A(/[/)'}          | ${2}     | ${'no closing /'}
    ${'A(1.)'}           | ${2}     | ${'incomplete number 1.'}
    ${'A(1,)'}           | ${4}     | ${'expected an argument but found ")"'}
    ${'A(-1)'}           | ${2}     | ${'unexpected character "-"'}
    ${'A()\u00a0&& B()'} | ${3}     | ${'unexpected character "\u00a0"'}
    ${'A() -> <shunt>'}  | ${4}     | ${'expected the end but found "->"'}
    ${'A'}               | ${1}     | ${'expected "(" but found the end'}
  `('refuses $text', ({ text, position, reason }) => {
    expect(parsePredicates(text)).toEqual({ kind: 'problem', position, reason });
  });

  it('says where each predicate stands', () => {
    const text = 'A( "x" )  &&  B()';
    const parsed = parsePredicates(text);
    expect(isEskipProblem(parsed) ? [] : parsed.map((call) => text.slice(call.start, call.end))).toEqual([
      'A( "x" )',
      'B()',
    ]);
  });
});

describe('parseFilters', () => {
  it.each(['', 'a()', 'setPath("/x -> y") -> status(200)'])('accepts %j', (text) => {
    expect(isEskipProblem(parseFilters(text))).toBe(false);
  });

  it.each(['setResponseHeader("a"', 'a() ->', 'a() && b()', '*'])('refuses %j', (text) => {
    expect(isEskipProblem(parseFilters(text))).toBe(true);
  });
});

describe('parseRoutes', () => {
  it.each<{ text: string; ids: readonly (string | undefined)[] }>`
    text                                                        | ids
    ${''}                                                       | ${[]}
    ${';'}                                                      | ${[]}
    ${'* -> <shunt>'}                                           | ${[undefined]}
    ${'a: A() && B() -> <loopback>; b: * -> "http://b";'}       | ${['a', 'b']}
    ${';; a: * -> x() -> y() -> <dynamic>;; b: * -> <forward>'} | ${['a', 'b']}
    ${'a: * -> <"http://a", "http://b">'}                       | ${['a']}
    ${'a: * -> x("; b: ") -> <random, "http://a">'}             | ${['a']}
  `('finds routes $ids in $text', ({ text, ids }) => {
    const parsed = parseRoutes(text);
    expect(isEskipProblem(parsed) ? parsed : parsed.map((route) => route.id)).toEqual(ids);
  });

  it.each([
    'x: Foo( -> <shunt>',
    'x: -> <shunt>',
    'x: *',
    'x: * -> y()',
    'x: * -> <shunt> y: * -> <shunt>',
    '* -> <shunt>;',
    'x: * -> <random>',
    'x: * -> <>',
    'x: * -> <"http://a"',
  ])('refuses %j', (text) => {
    expect(isEskipProblem(parseRoutes(text))).toBe(true);
  });
});

describe('withPlainEnds', () => {
  it('keeps the length, and the text between its ends', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(' ', '\u00a0', '\u2003', 'a', '\n') }), (text) => {
        const plain = withPlainEnds(text);
        expect(plain).toHaveLength(text.length);
        expect(plain.trim()).toBe(text.trim());
      }),
    );
  });
});

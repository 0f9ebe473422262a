// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { call, inPrintOrder, renderRoute, type EskipCall, type EskipRoute } from './eskip.js';
import { EskipSyntaxError } from './eskip-lexer.js';
import { parseFilters, parsePredicates, parseRoutes } from './eskip-parser.js';

describe('parsePredicates', () => {
  it.each<[string, readonly EskipCall[]]>([
    ['', []],
    [' \n ', []],
    ['*', []],
    ['Weight(100)', [call('Weight', 100)]],
    ['False() && Weight(100)', [call('False'), call('Weight', 100)]],
    ['Traffic(.5, "c", "rev")', [call('Traffic', 0.5, 'c', 'rev')]],
    [String.raw`Header("X-Q", "a\"b && c")`, [call('Header', 'X-Q', 'a"b && c')]],
    [String.raw`HeaderRegexp("A", "\d")`, [call('HeaderRegexp', 'A', String.raw`\d`)]],
    [String.raw`HeaderRegexp("A", "\\d")`, [call('HeaderRegexp', 'A', String.raw`\d`)]],
    [String.raw`HeaderRegexp("A", /^v\d+\/a$/)`, [call('HeaderRegexp', 'A', String.raw`^v\d+/a$`)]],
    ['PathRegexp(/[/]x/)', [call('PathRegexp', '[/]x')]],
    ['Cookie("c", `^r"2$`) // the sticky ones', [call('Cookie', 'c', '^r"2$')]],
    ['// nothing yet\nTrue()', [call('True')]],
  ])('reads %j', (text, expected) => {
    expect(parsePredicates(text)).toEqual(expected);
  });

  it.each([
    'Weight(100) &&',
    'Weight(',
    'Weight',
    'A() B()',
    'A() -> b()',
    'A(1.)',
    'A(-1)',
    'A("x',
    'A(/x',
    'A(1,)',
    '&& A()',
    '$',
  ])('refuses %j', (text) => {
    expect(() => parsePredicates(text)).toThrow(EskipSyntaxError);
  });
});

describe('parseFilters', () => {
  it.each<[string, readonly EskipCall[]]>([
    ['', []],
    ['status(204) -> inlineContent("a -> b")', [call('status', 204), call('inlineContent', 'a -> b')]],
  ])('reads %j', (text, expected) => {
    expect(parseFilters(text)).toEqual(expected);
  });

  it.each(['setResponseHeader("a"', 'a() ->', 'a() b()', 'a() -> <shunt>'])('refuses %j', (text) => {
    expect(() => parseFilters(text)).toThrow(EskipSyntaxError);
  });
});

describe('parseRoutes', () => {
  it.each<[string, readonly EskipRoute[]]>([
    ['', []],
    [
      'opt: Method("OPTIONS") && Weight(200) -> status(204) -> <shunt>;',
      [
        {
          id: 'opt',
          predicates: [call('Method', 'OPTIONS'), call('Weight', 200)],
          filters: [call('status', 204)],
          backend: { kind: 'shunt' },
        },
      ],
    ],
    ['* -> <loopback>', [{ id: '', predicates: [], filters: [], backend: { kind: 'loopback' } }]],
    [
      'a: * -> "http://x:1"; b: True() -> <random, "http://x:1", "http://y:2">',
      [
        {
          id: 'a',
          predicates: [],
          filters: [],
          backend: { kind: 'network', urls: ['http://x:1'], algorithm: 'roundRobin' },
        },
        {
          id: 'b',
          predicates: [call('True')],
          filters: [],
          backend: { kind: 'network', urls: ['http://x:1', 'http://y:2'], algorithm: 'random' },
        },
      ],
    ],
    ['* -> <dynamic>', [{ id: '', predicates: [], filters: [], backend: { kind: 'unsupported', name: 'dynamic' } }]],
  ])('reads %j', (text, expected) => {
    expect(parseRoutes(text)).toEqual(expected);
  });

  it.each(['x: Foo( -> <shunt>', 'x: * -> a()', '* -> <shunt>; * -> <shunt>', 'x: * -> <roundRobin>'])(
    'refuses %j',
    (text) => {
      expect(() => parseRoutes(text)).toThrow(EskipSyntaxError);
    },
  );
});

const symbol = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/);
const argument = fc.oneof(
  fc.string({ unit: 'binary-ascii' }),
  fc.string(),
  fc.double({ min: 0, max: 1e9, noNaN: true }).map((value) => Number(value.toFixed(12))),
);
const anyCall: fc.Arbitrary<EskipCall> = fc.oneof(
  fc.record({ name: symbol, args: fc.array(argument, { maxLength: 3 }) }),
  fc.stringMatching(/^[a-z0-9.()/\\^$+*?]{0,12}$/).map((pattern) => call('HeaderRegexp', 'X-A', pattern)),
);
const anyRoute: fc.Arbitrary<EskipRoute> = fc.record({
  id: fc.constant('r'),
  predicates: fc.array(anyCall, { maxLength: 4 }),
  filters: fc.array(fc.record({ name: symbol, args: fc.array(argument, { maxLength: 3 }) }), { maxLength: 3 }),
  backend: fc.oneof(
    fc.constant({ kind: 'shunt' } as const),
    fc.constant({ kind: 'loopback' } as const),
    fc
      .tuple(fc.webUrl(), fc.array(fc.webUrl(), { maxLength: 2 }))
      .map(([first, rest]) => ({ kind: 'network', urls: [first, ...rest], algorithm: 'roundRobin' }) as const),
  ),
});

describe('renderRoute', () => {
  it('is read back as the same route', () => {
    fc.assert(
      fc.property(anyRoute, (route) => {
        expect(parseRoutes(`r: ${renderRoute(route)};`)).toEqual([route]);
      }),
    );
  });

  it('prints predicates as Skipper does, host first', () => {
    const predicates = parsePredicates('PathSubtree("/") && Weight(1) && Header("A", "b") && Host("^a$")');
    expect(renderRoute({ id: '', predicates: inPrintOrder(predicates), filters: [], backend: { kind: 'shunt' } })).toBe(
      'Host(/^a$/) && Header("A", "b") && PathSubtree("/") && Weight(1) -> <shunt>',
    );
  });
});

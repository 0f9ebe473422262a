// SPDX-License-Identifier: Apache-2.0
import { tokenize } from './eskip-lexer.js';
import type { EskipProblem, EskipToken, TokenKind } from './eskip-lexer.js';

export type EskipArgument =
  { readonly kind: 'number'; readonly value: number } | { readonly kind: 'text'; readonly value: string };

/** One predicate or filter, `[start, end)` in the text. The predicate that matches everything is named "*". */
export interface EskipCall {
  readonly name: string;
  readonly args: readonly EskipArgument[];
  readonly start: number;
  readonly end: number;
}

export interface EskipRoute {
  /** Absent for the only route of a text without route names. */
  readonly id: string | undefined;
  readonly predicates: readonly EskipCall[];
  readonly filters: readonly EskipCall[];
}

/** Whether a parse function refused its text. */
export function isEskipProblem(parsed: object): parsed is EskipProblem {
  return 'kind' in parsed && parsed.kind === 'problem';
}

/** What Go's TrimSpace removes and eskip itself does not know as white space. */
const foreignBlank = /[\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
const anyBlank = new RegExp(`[ \\t\\n\\v\\f\\r]|${foreignBlank.source}`);

/**
 * The text with ordinary blanks for the other ones (such as a no-break space from a web page) at its ends. Skipper forgives
 * them there and nowhere else, so they must not get into the middle of a longer text.
 */
export function withPlainEnds(text: string): string {
  const characters = text.split('');
  const isContent = (character: string): boolean => !anyBlank.test(character);
  const first = characters.findIndex(isContent);
  const last = characters.findLastIndex(isContent);
  return characters
    .map((character, index) => ((index < first || index > last) && foreignBlank.test(character) ? ' ' : character))
    .join('');
}

/** `A() && B()`; an empty text holds none. */
export function parsePredicates(text: string): readonly EskipCall[] | EskipProblem {
  return parseWhole(withPlainEnds(text), (cursor) => (cursor.atEnd() ? [] : parseList(cursor, 'and', parsePredicate)));
}

/** `a() -> b()`; an empty text holds none. */
export function parseFilters(text: string): readonly EskipCall[] | EskipProblem {
  return parseWhole(withPlainEnds(text), (cursor) => (cursor.atEnd() ? [] : parseList(cursor, 'arrow', parseCall)));
}

/** Either `name: route; name: route;` or one route without a name. */
export function parseRoutes(text: string): readonly EskipRoute[] | EskipProblem {
  return parseWhole(text, (cursor) => {
    if (!cursor.atEnd() && !cursor.isNext('semicolon') && !cursor.isRouteName()) {
      const route = parseRoute(cursor, undefined);
      return isEskipProblem(route) ? route : [route];
    }
    return parseNamedRoutes(cursor);
  });
}

/** Walks over tokens. Every method either consumes what it names or leaves the place as it is. */
class TokenCursor {
  private index = 0;

  constructor(
    private readonly tokens: readonly EskipToken[],
    private readonly textLength: number,
  ) {}

  atEnd(): boolean {
    return this.index >= this.tokens.length;
  }

  isNext(kind: TokenKind): boolean {
    return this.tokens[this.index]?.kind === kind;
  }

  isRouteName(): boolean {
    return this.isNext('symbol') && this.tokens[this.index + 1]?.kind === 'colon';
  }

  take(kind: TokenKind): EskipToken | undefined {
    const token = this.tokens[this.index];
    if (token?.kind !== kind) return undefined;
    this.index += 1;
    return token;
  }

  expected(what: string): EskipProblem {
    const token = this.tokens[this.index];
    const found = token === undefined ? 'the end' : JSON.stringify(token.value);
    return {
      kind: 'problem',
      position: token?.start ?? this.textLength,
      reason: `expected ${what} but found ${found}`,
    };
  }
}

function parseWhole<Parsed extends object>(
  text: string,
  parse: (cursor: TokenCursor) => Parsed | EskipProblem,
): Parsed | EskipProblem {
  const tokens = tokenize(text);
  if (isEskipProblem(tokens)) return tokens;
  const cursor = new TokenCursor(tokens, text.length);
  const parsed = parse(cursor);
  if (isEskipProblem(parsed) || cursor.atEnd()) return parsed;
  return cursor.expected('the end');
}

function parseList(
  cursor: TokenCursor,
  separator: TokenKind,
  parseItem: (cursor: TokenCursor) => EskipCall | EskipProblem,
): readonly EskipCall[] | EskipProblem {
  const items: EskipCall[] = [];
  do {
    const item = parseItem(cursor);
    if (isEskipProblem(item)) return item;
    items.push(item);
  } while (cursor.take(separator) !== undefined);
  return items;
}

function parsePredicate(cursor: TokenCursor): EskipCall | EskipProblem {
  const any = cursor.take('any');
  return any === undefined ? parseCall(cursor) : { name: '*', args: [], start: any.start, end: any.end };
}

function parseCall(cursor: TokenCursor): EskipCall | EskipProblem {
  const name = cursor.take('symbol');
  if (name === undefined) return cursor.expected('a name');
  if (cursor.take('open') === undefined) return cursor.expected('"("');
  const args = parseArguments(cursor);
  if (isEskipProblem(args)) return args;
  const close = cursor.take('close');
  if (close === undefined) return cursor.expected('")"');
  return { name: name.value, args, start: name.start, end: close.end };
}

function parseArguments(cursor: TokenCursor): readonly EskipArgument[] | EskipProblem {
  const first = takeArgument(cursor);
  const args = first === undefined ? [] : [first];
  // Skipper's grammar lets a list begin with a comma.
  while (cursor.take('comma') !== undefined) {
    const next = takeArgument(cursor);
    if (next === undefined) return cursor.expected('an argument');
    args.push(next);
  }
  return args;
}

function takeArgument(cursor: TokenCursor): EskipArgument | undefined {
  const number = cursor.take('number');
  if (number !== undefined) return { kind: 'number', value: Number(number.value) };
  const text = cursor.take('text');
  return text && { kind: 'text', value: text.value };
}

function parseNamedRoutes(cursor: TokenCursor): readonly EskipRoute[] | EskipProblem {
  const routes: EskipRoute[] = [];
  do {
    const id = takeRouteName(cursor);
    const route = id === undefined ? undefined : parseRoute(cursor, id);
    if (route !== undefined && isEskipProblem(route)) return route;
    if (route !== undefined) routes.push(route);
  } while (cursor.take('semicolon') !== undefined);
  return routes;
}

function takeRouteName(cursor: TokenCursor): string | undefined {
  if (!cursor.isRouteName()) return undefined;
  const name = cursor.take('symbol')?.value;
  cursor.take('colon');
  return name;
}

function parseRoute(cursor: TokenCursor, id: string | undefined): EskipRoute | EskipProblem {
  const predicates = parseList(cursor, 'and', parsePredicate);
  if (isEskipProblem(predicates)) return predicates;
  const filters: EskipCall[] = [];
  while (cursor.take('arrow') !== undefined) {
    if (!cursor.isNext('symbol')) {
      const problem = takeBackend(cursor);
      return problem ?? { id, predicates, filters };
    }
    const filter = parseCall(cursor);
    if (isEskipProblem(filter)) return filter;
    filters.push(filter);
  }
  return cursor.expected('"->" and a backend');
}

function takeBackend(cursor: TokenCursor): EskipProblem | undefined {
  if (cursor.take('backend') !== undefined || cursor.take('text') !== undefined) return undefined;
  if (cursor.take('listOpen') === undefined) return cursor.expected('a backend');
  return takeEndpoints(cursor);
}

function takeEndpoints(cursor: TokenCursor): EskipProblem | undefined {
  if (cursor.take('symbol') !== undefined && cursor.take('comma') === undefined) return cursor.expected('","');
  do {
    if (cursor.take('text') === undefined) return cursor.expected('an endpoint');
  } while (cursor.take('comma') !== undefined);
  return cursor.take('listClose') === undefined ? cursor.expected('">"') : undefined;
}

// SPDX-License-Identifier: Apache-2.0
import type { EskipArgument, EskipBackend, EskipCall, EskipRoute } from './eskip.js';
import { EskipSyntaxError, tokenize, type Punctuation, type Token } from './eskip-lexer.js';

/** Load balancers of a backend `<algorithm, "url", …>`. */
const balancers: ReadonlySet<string> = new Set([
  'roundRobin',
  'random',
  'consistentHash',
  'powerOfRandomNChoices',
  'weightedRoundRobin',
  'leastRequests',
]);

/**
 * Parses `A() && B("x")`. Empty text and `*` mean no predicates.
 * @throws EskipSyntaxError
 */
export function parsePredicates(text: string): readonly EskipCall[] {
  const reader = new Reader(tokenize(text));
  const predicates = reader.atEnd() ? [] : readPredicates(reader);
  reader.expectEnd();
  return predicates;
}

/**
 * Parses `a() -> b(1)`. Empty text means no filters.
 * @throws EskipSyntaxError
 */
export function parseFilters(text: string): readonly EskipCall[] {
  const reader = new Reader(tokenize(text));
  const filters: EskipCall[] = [];
  while (!reader.atEnd()) {
    if (filters.length > 0) reader.expect('->');
    filters.push(readCall(reader));
  }
  return filters;
}

/**
 * Parses `id: A() -> b() -> <shunt>; …`, or one route without id.
 * @throws EskipSyntaxError
 */
export function parseRoutes(text: string): readonly EskipRoute[] {
  const reader = new Reader(tokenize(text));
  const routes: EskipRoute[] = [];
  while (!reader.atEnd()) {
    routes.push(readRoute(reader));
    if (!reader.atEnd()) reader.expect(';');
  }
  const unnamed = routes.find((route) => route.id === '');
  if (unnamed !== undefined && routes.length > 1)
    throw new EskipSyntaxError(0, 'several routes, but not all have an id');
  return routes;
}

function readRoute(reader: Reader): EskipRoute {
  const id = reader.takeId();
  const predicates = readPredicates(reader);
  const filters: EskipCall[] = [];
  reader.expect('->');
  while (reader.peek().kind === 'symbol') {
    filters.push(readCall(reader));
    reader.expect('->');
  }
  return { id, predicates, filters, backend: readBackend(reader) };
}

function readPredicates(reader: Reader): readonly EskipCall[] {
  const predicates: EskipCall[] = [];
  do {
    if (!reader.accept('*')) predicates.push(readCall(reader));
  } while (reader.accept('&&'));
  return predicates;
}

function readCall(reader: Reader): EskipCall {
  const name = reader.takeSymbol();
  const args: EskipArgument[] = [];
  reader.expect('(');
  if (reader.accept(')')) return { name, args };
  do args.push(reader.takeArgument());
  while (reader.accept(','));
  reader.expect(')');
  return { name, args };
}

function readBackend(reader: Reader): EskipBackend {
  if (!reader.accept('<')) return { kind: 'network', urls: [reader.takeString()], algorithm: 'roundRobin' };
  if (reader.peek().kind === 'string') return closeBalanced(reader, 'roundRobin');
  const name = reader.takeSymbol();
  if (balancers.has(name)) {
    reader.expect(',');
    return closeBalanced(reader, name);
  }
  reader.expect('>');
  return name === 'shunt' || name === 'loopback' ? { kind: name } : { kind: 'unsupported', name };
}

function closeBalanced(reader: Reader, algorithm: string): EskipBackend {
  const urls: [string, ...string[]] = [reader.takeString()];
  while (reader.accept(',')) urls.push(reader.takeString());
  reader.expect('>');
  return { kind: 'network', urls, algorithm };
}

/** Walks over tokens; every method that expects something throws EskipSyntaxError when something else comes. */
class Reader {
  private index = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  peek(ahead = 0): Token {
    return this.tokens[this.index + ahead] ?? { kind: 'end', position: 0 };
  }

  atEnd(): boolean {
    return this.peek().kind === 'end';
  }

  accept(text: Punctuation): boolean {
    const matches = isPunctuation(this.peek(), text);
    if (matches) this.index++;
    return matches;
  }

  expect(text: Punctuation): void {
    if (!this.accept(text)) this.fail(`expected ${text}`);
  }

  expectEnd(): void {
    if (!this.atEnd()) this.fail('expected the end');
  }

  takeSymbol(): string {
    const token = this.peek();
    if (token.kind !== 'symbol') return this.fail('expected a name');
    this.index++;
    return token.text;
  }

  takeString(): string {
    const token = this.peek();
    if (token.kind !== 'string') return this.fail('expected a string');
    this.index++;
    return token.text;
  }

  takeArgument(): EskipArgument {
    const token = this.peek();
    if (token.kind !== 'number') return this.takeString();
    this.index++;
    return token.value;
  }

  /** The id of a route definition `id: …`, or "". */
  takeId(): string {
    if (!isPunctuation(this.peek(1), ':')) return '';
    const id = this.takeSymbol();
    this.expect(':');
    return id;
  }

  private fail(problem: string): never {
    throw new EskipSyntaxError(this.peek().position, problem);
  }
}

function isPunctuation(token: Token, text: Punctuation): boolean {
  return token.kind === 'punctuation' && token.text === text;
}

// SPDX-License-Identifier: Apache-2.0
import type { EskipArgument, EskipCall } from './eskip.js';
import { compileGoRegexp } from './go-regexp.js';
import { InvalidRoute } from './invalid-route.js';
import type { RequestMatch } from './routed-request.js';

/** Whether a request meets a predicate. */
export type Matcher = (match: RequestMatch) => boolean;

/** What one predicate does to its route. */
export type CompiledPredicate =
  | { readonly kind: 'path' | 'subtree'; readonly path: string }
  | { readonly kind: 'host'; readonly pattern: RegExp }
  | { readonly kind: 'weight'; readonly weight: number }
  /** `leafWeight`: what it adds to the rank of its route among those of the same path. */
  | { readonly kind: 'matcher'; readonly matches: Matcher; readonly leafWeight: 0 | 1 };

/**
 * Checks name and arguments of a predicate as Skipper does and makes it executable.
 * @throws InvalidRoute
 */
export function compilePredicate(predicate: EskipCall): CompiledPredicate {
  const compile = compilers.get(predicate.name);
  if (compile === undefined) throw new InvalidRoute('unknown_predicate', predicate.name);
  return compile(new PredicateArguments(predicate));
}

class PredicateArguments {
  constructor(private readonly predicate: EskipCall) {}

  get count(): number {
    return this.predicate.args.length;
  }

  expectCount(minimum: number, maximum = minimum): void {
    if (this.count < minimum || this.count > maximum) this.fail();
  }

  string(index: number): string {
    const argument: EskipArgument | undefined = this.predicate.args[index];
    return typeof argument === 'string' ? argument : this.fail();
  }

  number(index: number): number {
    const argument: EskipArgument | undefined = this.predicate.args[index];
    return typeof argument === 'number' ? argument : this.fail();
  }

  share(index: number): number {
    const share = this.number(index);
    return share >= 0 && share <= 1 ? share : this.fail();
  }

  pattern(index: number): RegExp {
    return compileGoRegexp(this.string(index)) ?? this.fail();
  }

  strings(): readonly string[] {
    return this.predicate.args.map((_, index) => this.string(index));
  }

  fail(): never {
    throw new InvalidRoute('invalid_predicate_params', this.predicate.name);
  }
}

function matcher(matches: Matcher, leafWeight: 0 | 1 = 1): CompiledPredicate {
  return { kind: 'matcher', matches, leafWeight };
}

const compilers: ReadonlyMap<string, (args: PredicateArguments) => CompiledPredicate> = new Map([
  ['Path', (args) => ({ kind: 'path', path: singleString(args) })],
  ['PathSubtree', (args) => ({ kind: 'subtree', path: singleString(args) })],
  ['PathRegexp', pathRegexp],
  ['Host', host],
  ['Weight', weight],
  ['True', constant(true)],
  ['False', constant(false)],
  ['Method', method],
  ['Methods', methods],
  ['Header', header],
  ['HeaderRegexp', headerRegexp],
  ['Cookie', cookie],
  ['QueryParam', queryParam],
  ['Traffic', traffic],
  ['TrafficSegment', trafficSegment],
  ['Tee', tee],
]);

function singleString(args: PredicateArguments): string {
  args.expectCount(1);
  return args.string(0);
}

function pathRegexp(args: PredicateArguments): CompiledPredicate {
  args.expectCount(1);
  const pattern = args.pattern(0);
  return matcher((match) => pattern.test(match.path));
}

function host(args: PredicateArguments): CompiledPredicate {
  args.expectCount(1);
  return { kind: 'host', pattern: args.pattern(0) };
}

function weight(args: PredicateArguments): CompiledPredicate {
  args.expectCount(1);
  return { kind: 'weight', weight: Math.trunc(args.number(0)) };
}

function constant(value: boolean): (args: PredicateArguments) => CompiledPredicate {
  return (args) => {
    args.expectCount(0);
    return matcher(() => value);
  };
}

function method(args: PredicateArguments): CompiledPredicate {
  const wanted = singleString(args).toUpperCase();
  return matcher((match) => match.request.method === wanted);
}

function methods(args: PredicateArguments): CompiledPredicate {
  const wanted = new Set(args.strings().map((name) => name.toUpperCase()));
  if (wanted.size === 0) args.fail();
  return matcher((match) => wanted.has(match.request.method));
}

function header(args: PredicateArguments): CompiledPredicate {
  args.expectCount(2);
  const name = args.string(0).toLowerCase();
  const wanted = args.string(1);
  return matcher((match) => match.header(name).includes(wanted));
}

function headerRegexp(args: PredicateArguments): CompiledPredicate {
  args.expectCount(2);
  const name = args.string(0).toLowerCase();
  const pattern = args.pattern(1);
  return matcher((match) => match.header(name).some((value) => pattern.test(value)));
}

/** Of several cookies of the name, the first alone counts. */
function cookie(args: PredicateArguments): CompiledPredicate {
  args.expectCount(2);
  const name = args.string(0);
  const pattern = args.pattern(1);
  return matcher((match) =>
    match
      .cookie(name)
      .slice(0, 1)
      .some((value) => pattern.test(value)),
  );
}

/** With one argument the parameter must only be there. */
function queryParam(args: PredicateArguments): CompiledPredicate {
  args.expectCount(1, 2);
  const name = args.string(0);
  const pattern = args.count === 2 ? args.pattern(1) : /(?:)/;
  return matcher((match) => match.queryParam(name).some((value) => pattern.test(value)));
}

/** With cookie and group, a client that has the cookie is in or out by its value alone: the share is for new clients. */
function traffic(args: PredicateArguments): CompiledPredicate {
  if (args.count !== 1) args.expectCount(3);
  const share = args.share(0);
  if (args.count === 1) return matcher((match) => match.random() < share);
  const name = args.string(1);
  const group = args.string(2);
  return matcher((match) => {
    const [value] = match.cookie(name);
    return value === undefined ? match.random() < share : value === group;
  });
}

function trafficSegment(args: PredicateArguments): CompiledPredicate {
  args.expectCount(2);
  const from = args.share(0);
  const until = args.share(1);
  if (until < from) args.fail();
  return matcher((match) => from <= match.segment() && match.segment() < until, 0);
}

function tee(args: PredicateArguments): CompiledPredicate {
  const key = singleString(args);
  return matcher((match) => match.header(teeLoopbackHeader).includes(key));
}

/** Marks the copies that the filter teeLoopback sends. */
export const teeLoopbackHeader = 'x-tee-loopback-key';

// SPDX-License-Identifier: Apache-2.0

/*
 * Eskip, Skipper's route language, as data. A regular expression literal is only another spelling of a string, so
 * arguments are strings and numbers.
 */

export type EskipArgument = string | number;

/** A predicate or a filter: a name and its arguments. */
export interface EskipCall {
  readonly name: string;
  readonly args: readonly EskipArgument[];
}

export type EskipBackend =
  | { readonly kind: 'network'; readonly urls: readonly [string, ...string[]]; readonly algorithm: string }
  | { readonly kind: 'shunt' }
  | { readonly kind: 'loopback' }
  | { readonly kind: 'unsupported'; readonly name: string };

export interface EskipRoute {
  /** Empty when the text names no id. */
  readonly id: string;
  readonly predicates: readonly EskipCall[];
  readonly filters: readonly EskipCall[];
  readonly backend: EskipBackend;
}

/** Makes a predicate or filter. */
export function call(name: string, ...args: readonly EskipArgument[]): EskipCall {
  return { name, args };
}

/** Predicates whose last argument Skipper prints as a regular expression literal. */
const regexpPredicates: ReadonlySet<string> = new Set(['Host', 'PathRegexp', 'HeaderRegexp']);

/** Predicates that Skipper prints before all others, in this order. */
const leadingPredicates: readonly string[] = ['Host', 'PathRegexp', 'Method', 'Header', 'HeaderRegexp'];

/** The order in which Skipper prints predicates: host, path expression, method, headers, then the rest as written. */
export function inPrintOrder(predicates: readonly EskipCall[]): readonly EskipCall[] {
  const rank = (predicate: EskipCall): number => {
    const index = leadingPredicates.indexOf(predicate.name);
    return index < 0 ? leadingPredicates.length : index;
  };
  return predicates.toSorted((left, right) => rank(left) - rank(right));
}

/** A route as eskip text without its id: `Host(/^a$/) && Weight(100) -> "http://10.0.0.1:8080"`. */
export function renderRoute(route: EskipRoute): string {
  const predicates = route.predicates.map((predicate) => renderCall(predicate, regexpPredicates.has(predicate.name)));
  return [
    predicates.length === 0 ? '*' : predicates.join(' && '),
    ...route.filters.map((filter) => renderCall(filter, false)),
    renderBackend(route.backend),
  ].join(' -> ');
}

function renderCall(item: EskipCall, lastIsRegexp: boolean): string {
  const args = item.args.map((argument, index) => {
    if (typeof argument === 'number') return renderNumber(argument);
    // An empty regular expression literal would be a comment.
    const asRegexp = lastIsRegexp && index === item.args.length - 1 && argument !== '';
    return quote(argument, asRegexp ? '/' : '"');
  });
  return `${item.name}(${args.join(', ')})`;
}

function renderBackend(backend: EskipBackend): string {
  switch (backend.kind) {
    case 'network': {
      const urls = backend.urls.map((url) => quote(url, '"'));
      return backend.urls.length === 1 ? urls.join('') : `<${[backend.algorithm, ...urls].join(', ')}>`;
    }
    case 'shunt':
    case 'loopback':
      return `<${backend.kind}>`;
    case 'unsupported':
      return `<${backend.name}>`;
  }
}

function quote(text: string, delimiter: '"' | '/'): string {
  return delimiter + text.replaceAll('\\', '\\\\').replaceAll(delimiter, `\\${delimiter}`) + delimiter;
}

/** Eskip numbers have no exponent, so tiny ones are written out. */
function renderNumber(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(20).replace(/\.?0+$/, '') : text;
}

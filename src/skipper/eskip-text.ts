// SPDX-License-Identifier: Apache-2.0

/*
 * Values as eskip spells them. Nothing that a user writes may end the literal that it stands in: a bad token makes Skipper
 * drop the whole Ingress, and a crafted one would add predicates or filters of its own.
 */

/** A string literal that Skipper reads back as exactly `text`, whatever that holds. */
export function quoteText(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** What Skipper reads from between the quotes of a string literal. */
export function unquoteText(literal: string): string {
  return literal.replaceAll(
    /\\([^])/g,
    (whole, escaped: string) => controlCharacters.get(escaped) ?? bare(whole, escaped),
  );
}

/** A call of a predicate or filter. Texts are quoted, numbers spelled without exponent, which eskip does not know. */
export function callText(name: string, ...args: readonly (string | number)[]): string {
  return `${name}(${args.map((arg) => (typeof arg === 'string' ? quoteText(arg) : numberText(arg))).join(', ')})`;
}

const controlCharacters: ReadonlyMap<string, string> = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
]);

/** A backslash before anything else stays: `"\d"` is a regular expression for a digit. */
function bare(whole: string, escaped: string): string {
  return escaped === '\\' || escaped === '"' ? escaped : whole;
}

/** More than the share of a weight of a billionth of a percent has. */
const decimals = 11;

function numberText(value: number): string {
  const text = value.toFixed(decimals);
  return text.replace(/\.?0+$/, '');
}

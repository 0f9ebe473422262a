// SPDX-License-Identifier: Apache-2.0
import { OperatorError } from '../../lib/operator-error.js';

/** The text is no eskip. Skipper then drops the whole Ingress that carries it. */
export class EskipSyntaxError extends OperatorError {
  readonly code = 'ESKIP_SYNTAX';
  readonly retry = 'never';

  constructor(
    readonly position: number,
    problem: string,
  ) {
    super(`Eskip syntax error at position ${position}: ${problem}`);
  }
}

export type Punctuation = '&&' | '->' | '*' | '(' | ')' | ',' | ':' | ';' | '<' | '>';

export type Token = { readonly position: number } & (
  | { readonly kind: 'punctuation'; readonly text: Punctuation }
  | { readonly kind: 'symbol'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'end' }
);

const punctuation: readonly Punctuation[] = ['&&', '->', '*', '(', ')', ',', ':', ';', '<', '>'];
const spaceOrComment = /(?:\s+|\/\/[^\n]*)*/y;
const symbol = /[\p{L}_][\p{L}\p{Nd}_]*/uy;
const number = /\d+(?:\.\d+)?|\.\d+/y;

/**
 * Splits eskip text into tokens; the last one is always `end`.
 * @throws EskipSyntaxError
 */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let position = endOf(spaceOrComment, text, 0);
  while (position < text.length) {
    const { token, end } = scan(text, position);
    tokens.push(token);
    position = endOf(spaceOrComment, text, end);
  }
  return [...tokens, { kind: 'end', position }];
}

interface Scanned {
  readonly token: Token;
  readonly end: number;
}

function scan(text: string, position: number): Scanned {
  const fixed = punctuation.find((candidate) => text.startsWith(candidate, position));
  if (fixed !== undefined) {
    return { token: { kind: 'punctuation', text: fixed, position }, end: position + fixed.length };
  }
  const first = text.charAt(position);
  if (first === '"' || first === '`') return scanQuoted(text, position, first);
  if (first === '/') return scanRegexp(text, position);
  const symbolEnd = endOf(symbol, text, position);
  if (symbolEnd > position) {
    return { token: { kind: 'symbol', text: text.slice(position, symbolEnd), position }, end: symbolEnd };
  }
  const numberEnd = endOf(number, text, position);
  // A point without digits behind it is an incomplete number, as in "1.".
  if (numberEnd > position && text.charAt(numberEnd) !== '.') {
    return { token: { kind: 'number', value: Number(text.slice(position, numberEnd)), position }, end: numberEnd };
  }
  throw new EskipSyntaxError(position, `unexpected character ${JSON.stringify(first)}`);
}

function scanQuoted(text: string, position: number, delimiter: string): Scanned {
  let value = '';
  for (let index = position + 1; index < text.length; index++) {
    const character = text.charAt(index);
    if (character === delimiter) return { token: { kind: 'string', text: value, position }, end: index + 1 };
    const escaped = character === '\\' ? escapedAt(text, index, delimiter) : undefined;
    value += escaped ?? character;
    if (escaped !== undefined) index++;
  }
  throw new EskipSyntaxError(position, 'string without end');
}

/** A regular expression literal ends at the first slash that is neither escaped nor inside a [character class]. */
function scanRegexp(text: string, position: number): Scanned {
  let value = '';
  let inClass = false;
  for (let index = position + 1; index < text.length; index++) {
    const character = text.charAt(index);
    if (character === '/' && !inClass) return { token: { kind: 'string', text: value, position }, end: index + 1 };
    const next = text.charAt(index + 1);
    if (character === '\\' && next !== '') {
      value += escapedAt(text, index, '/') ?? character + next;
      index++;
      continue;
    }
    if (character === '[') inClass = true;
    if (character === ']') inClass = false;
    value += character;
  }
  throw new EskipSyntaxError(position, 'regular expression without end');
}

/** Only the delimiter and the backslash itself can be escaped; every other backslash stays in the text. */
function escapedAt(text: string, index: number, delimiter: string): string | undefined {
  const next = text.charAt(index + 1);
  return next === delimiter || next === '\\' ? next : undefined;
}

function endOf(pattern: RegExp, text: string, position: number): number {
  pattern.lastIndex = position;
  return pattern.test(text) ? pattern.lastIndex : position;
}

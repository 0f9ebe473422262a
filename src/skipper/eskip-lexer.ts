// SPDX-License-Identifier: Apache-2.0

/*
 * Tokens of eskip, Skipper's route language, with their places in the text. Exactly the texts that Skipper accepts are
 * accepted here, because Skipper drops a whole Ingress for one bad token in an annotation.
 */

export type TokenKind =
  | 'symbol'
  | 'number'
  | 'text'
  | 'and'
  | 'arrow'
  | 'any'
  | 'open'
  | 'close'
  | 'colon'
  | 'comma'
  | 'semicolon'
  | 'backend'
  | 'listOpen'
  | 'listClose';

/** `value` of a quoted or regular expression literal is what stands between its delimiters, escapes untouched. */
export interface EskipToken {
  readonly kind: TokenKind;
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** Why Skipper refuses a text; `position` counts characters from 0. */
export interface EskipProblem {
  readonly kind: 'problem';
  readonly position: number;
  readonly reason: string;
}

const fixedTokens: readonly (readonly [string, TokenKind])[] = [
  ['&&', 'and'],
  ['->', 'arrow'],
  ['<shunt>', 'backend'],
  ['<loopback>', 'backend'],
  ['<dynamic>', 'backend'],
  ['<forward>', 'backend'],
  ['<', 'listOpen'],
  ['>', 'listClose'],
  ['*', 'any'],
  ['(', 'open'],
  [')', 'close'],
  [':', 'colon'],
  [',', 'comma'],
  [';', 'semicolon'],
];

const blank = /(?:[ \n\t\v\f\r]|\/\/[^\n]*)*/y;
const symbol = /[A-Za-z_][A-Za-z0-9_]*/y;
const number = /(?:\d+(?:\.\d*)?|\.\d*)/y;
const doubleQuoted = /"((?:[^"\\]|\\[^])*)"/y;
const backQuoted = /`((?:[^`\\]|\\[^])*)`/y;
// Within a character class a slash does not end the expression.
const regularExpression = /\/((?:[^/\\[]|\\[^]|\[(?:[^\]\\]|\\[^])*\])*)\//y;

/** Cuts `text` into tokens; comments and white space vanish. */
export function tokenize(text: string): readonly EskipToken[] | EskipProblem {
  const tokens: EskipToken[] = [];
  let position = skipBlank(text, 0);
  while (position < text.length) {
    const token = fixedToken(text, position) ?? literal(text, position);
    if (token.kind === 'problem') return token;
    tokens.push(token);
    position = skipBlank(text, token.end);
  }
  return tokens;
}

function skipBlank(text: string, position: number): number {
  return position + (matchAt(blank, text, position)?.[0].length ?? 0);
}

function fixedToken(text: string, start: number): EskipToken | undefined {
  const found = fixedTokens.find(([code]) => text.startsWith(code, start));
  return found && { kind: found[1], value: found[0], start, end: start + found[0].length };
}

function literal(text: string, start: number): EskipToken | EskipProblem {
  const first = text.charAt(start);
  if (first === '"') return quoted(doubleQuoted, text, start);
  if (first === '`') return quoted(backQuoted, text, start);
  if (first === '/') return quoted(regularExpression, text, start);
  const digits = matchAt(number, text, start)?.[0];
  if (digits !== undefined) return numberToken(digits, start);
  const name = matchAt(symbol, text, start)?.[0];
  if (name !== undefined) return { kind: 'symbol', value: name, start, end: start + name.length };
  return { kind: 'problem', position: start, reason: `unexpected character ${JSON.stringify(first)}` };
}

function numberToken(digits: string, start: number): EskipToken | EskipProblem {
  if (digits.endsWith('.')) return { kind: 'problem', position: start, reason: `incomplete number ${digits}` };
  return { kind: 'number', value: digits, start, end: start + digits.length };
}

function quoted(pattern: RegExp, text: string, start: number): EskipToken | EskipProblem {
  const match = matchAt(pattern, text, start);
  if (match === undefined) {
    return { kind: 'problem', position: start, reason: `no closing ${text.charAt(start)}` };
  }
  return { kind: 'text', value: match[1] ?? '', start, end: start + match[0].length };
}

function matchAt(pattern: RegExp, text: string, position: number): RegExpExecArray | undefined {
  pattern.lastIndex = position;
  return pattern.exec(text) ?? undefined;
}

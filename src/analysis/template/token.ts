// SPDX-License-Identifier: Apache-2.0
import { quoteText } from './quote.js';

export type TokenKind =
  | 'text'
  | 'leftDelim'
  | 'rightDelim'
  | 'space'
  | 'identifier'
  | 'keyword'
  | 'field'
  | 'variable'
  | 'dot'
  | 'nil'
  | 'bool'
  | 'number'
  | 'charConstant'
  | 'string'
  | 'rawString'
  | 'pipe'
  | 'leftParen'
  | 'rightParen'
  | 'assign'
  | 'declare'
  | 'char'
  | 'error'
  | 'eof';

/** A piece of a template. `at` is its offset in the template's UTF-16 text; for kind "error" `text` is the reason. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly at: number;
}

export const keywords: ReadonlySet<string> = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'range',
  'template',
  'with',
]);

/** Kinds that Go counts as keywords. */
const wordKinds: ReadonlySet<TokenKind> = new Set(['dot', 'keyword', 'nil']);

/** A token as Go's parser names it in its messages. */
export function describeToken(token: Token): string {
  if (token.kind === 'eof') return 'EOF';
  if (token.kind === 'error') return token.text;
  if (wordKinds.has(token.kind)) return `<${token.text}>`;
  const runes = Array.from(token.text);
  return Buffer.byteLength(token.text) > 10 ? `${quoteText(runes.slice(0, 10).join(''))}...` : quoteText(token.text);
}

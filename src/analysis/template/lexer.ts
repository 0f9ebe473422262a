// SPDX-License-Identifier: Apache-2.0
import { isPrintable, quoteText } from './quote.js';
import { keywords, type Token, type TokenKind } from './token.js';

const whitespace = ' \t\r\n';
const alphanumeric = /[\p{L}\p{Nd}_]/u;
const numberPattern = /[+-]?(?:0[xX][\da-fA-F_]*|0[oO][0-7_]*|0[bB][01_]*|[\d_]*)(?:\.[\d_]*)?(?:[eE][+-]?[\d_]*)?i?/y;
const leftTrimmedMarker = /-[ \t\r\n]/y;
const rightDelimiter = /(?:[ \t\r\n]-)?\}\}/y;

const singleCharKinds: ReadonlyMap<string, TokenKind> = new Map([
  ['=', 'assign'],
  ['|', 'pipe'],
  ['(', 'leftParen'],
  [')', 'rightParen'],
]);

const quotedKinds: ReadonlyMap<string, readonly [TokenKind, string]> = new Map([
  ['"', ['string', 'unterminated quoted string']],
  ["'", ['charConstant', 'unterminated character constant']],
]);

/**
 * Cuts a template into tokens. Never throws: the last token is "eof", or "error" with the reason, and the parser
 * reports it only when it gets there.
 */
export function tokenize(template: string): readonly Token[] {
  return new Lexer(template).run();
}

class Lexer {
  private readonly tokens: Token[] = [];
  private at = 0;
  private parenDepth = 0;
  private isDone = false;

  constructor(private readonly input: string) {}

  run(): readonly Token[] {
    while (!this.isDone) this.lexText();
    return this.tokens;
  }

  private emit(kind: TokenKind, end: number): void {
    this.tokens.push({ kind, text: this.input.slice(this.at, end), at: this.at });
    this.at = end;
  }

  private fail(reason: string): void {
    this.tokens.push({ kind: 'error', text: reason, at: this.at });
    this.isDone = true;
  }

  private matchAt(pattern: RegExp, at: number): string | undefined {
    pattern.lastIndex = at;
    return pattern.exec(this.input)?.[0];
  }

  private lexText(): void {
    const open = this.input.indexOf('{{', this.at);
    const end = open < 0 ? this.input.length : open;
    const trims = open >= 0 && this.matchAt(leftTrimmedMarker, open + 2) !== undefined;
    const textEnd = trims ? this.trimBack(end) : end;
    if (textEnd > this.at) this.emit('text', textEnd);
    this.at = end;
    if (open < 0) {
      this.emit('eof', end);
      this.isDone = true;
      return;
    }
    this.lexLeftDelimiter(trims);
  }

  /** Where the white space before `end` begins, but not before the text that is being read. */
  private trimBack(end: number): number {
    let start = end;
    while (start > this.at && whitespace.includes(this.input.charAt(start - 1))) start -= 1;
    return start;
  }

  private lexLeftDelimiter(trims: boolean): void {
    const inner = this.at + 2 + (trims ? 2 : 0);
    if (this.input.startsWith('/*', inner)) {
      this.at = inner;
      this.lexComment();
      return;
    }
    this.emit('leftDelim', this.at + 2);
    this.at = inner;
    this.parenDepth = 0;
    while (!this.isDone && this.lexInsideAction());
  }

  private lexComment(): void {
    const close = this.input.indexOf('*/', this.at + 2);
    if (close < 0) {
      this.fail('unclosed comment');
      return;
    }
    this.at = close + 2;
    const delimiter = this.matchAt(rightDelimiter, this.at);
    if (delimiter === undefined) this.fail('comment ends before closing delimiter');
    else this.skipRightDelimiter(delimiter);
  }

  private skipRightDelimiter(delimiter: string): void {
    this.at += delimiter.length;
    if (delimiter.length === 2) return;
    while (this.at < this.input.length && whitespace.includes(this.input.charAt(this.at))) this.at += 1;
  }

  /** Reads one token of an action. @returns false at its end */
  private lexInsideAction(): boolean {
    const delimiter = this.matchAt(rightDelimiter, this.at);
    if (delimiter !== undefined) return this.lexRightDelimiter(delimiter);
    const rune = this.runeAt(this.at);
    if (rune === '') this.fail('unclosed action');
    else if (whitespace.includes(rune)) this.lexSpace();
    else if (rune === '`') this.lexRawString();
    else if (quotedKinds.has(rune)) this.lexQuoted(rune);
    else if (this.startsNumber(rune)) this.lexNumber();
    else this.lexWordOrSymbol(rune);
    return true;
  }

  private startsNumber(rune: string): boolean {
    return /[+\-0-9]/.test(rune) || (rune === '.' && /[0-9]/.test(this.runeAt(this.at + 1)));
  }

  private lexWordOrSymbol(rune: string): void {
    if (rune === '$') this.lexWord('variable');
    else if (rune === '.') this.lexWord('field');
    else if (alphanumeric.test(rune)) this.lexWord('identifier');
    else this.lexSymbol(rune);
  }

  private lexRightDelimiter(delimiter: string): boolean {
    if (this.parenDepth > 0) {
      this.fail('unclosed left paren');
      return false;
    }
    this.tokens.push({ kind: 'rightDelim', text: '}}', at: this.at + delimiter.length - 2 });
    this.skipRightDelimiter(delimiter);
    return false;
  }

  private lexSpace(): void {
    let end = this.at;
    while (end < this.input.length && whitespace.includes(this.input.charAt(end))) end += 1;
    // The last blank before a trimming "-}}" belongs to the delimiter.
    if (this.input.startsWith('-}}', end)) end -= 1;
    if (end > this.at) this.emit('space', end);
  }

  private lexQuoted(quote: string): void {
    const [kind, problem] = quotedKinds.get(quote) ?? ['string', ''];
    for (let end = this.at + 1; end < this.input.length; end += 1) {
      const char = this.input.charAt(end);
      if (char === '\n') break;
      if (char === quote) {
        this.emit(kind, end + 1);
        return;
      }
      if (char === '\\') end += 1;
      if (this.input.charAt(end) === '\n') break;
    }
    this.fail(problem);
  }

  private lexRawString(): void {
    const close = this.input.indexOf('`', this.at + 1);
    if (close < 0) this.fail('unterminated raw quoted string');
    else this.emit('rawString', close + 1);
  }

  private lexNumber(): void {
    const text = this.matchAt(numberPattern, this.at) ?? '';
    const end = this.at + text.length;
    const next = this.runeAt(end);
    // Complex constants (1+2i) are left out.
    const isComplexSum = next === '+' || next === '-';
    if (alphanumeric.test(next) || isComplexSum) {
      const rest = isComplexSum ? (this.matchAt(numberPattern, end) ?? '') : next;
      this.fail(`bad number syntax: ${quoteText(text + rest)}`);
      return;
    }
    this.emit('number', end);
  }

  private lexWord(kind: 'identifier' | 'field' | 'variable'): void {
    let end = kind === 'identifier' ? this.at : this.at + 1;
    for (let rune = this.runeAt(end); alphanumeric.test(rune); rune = this.runeAt(end)) end += rune.length;
    const word = this.input.slice(this.at, end);
    if (!this.isTerminator(end)) {
      this.fail(`bad character ${describeRune(this.runeAt(end))}`);
      return;
    }
    this.emit(wordKind(kind, word), end);
  }

  private isTerminator(at: number): boolean {
    const rune = this.runeAt(at);
    return rune === '' || ' \t\r\n.,|:)('.includes(rune) || this.input.startsWith('}}', at);
  }

  private lexSymbol(rune: string): void {
    if (rune === ':') {
      if (this.input.startsWith(':=', this.at)) this.emit('declare', this.at + 2);
      else this.fail('expected :=');
      return;
    }
    if (rune === '(') this.parenDepth += 1;
    if (rune === ')') this.parenDepth -= 1;
    if (this.parenDepth < 0) this.fail('unexpected right paren');
    else if (/^[!-~]$/.test(rune)) this.emit(singleCharKinds.get(rune) ?? 'char', this.at + 1);
    else this.fail(`unrecognized character in action: ${describeRune(rune)}`);
  }

  /** The whole code point at an offset; empty at the end. */
  private runeAt(at: number): string {
    const code = this.input.codePointAt(at);
    return code === undefined ? '' : String.fromCodePoint(code);
  }
}

function wordKind(kind: 'identifier' | 'field' | 'variable', word: string): TokenKind {
  if (kind === 'variable') return 'variable';
  if (kind === 'field') return word === '.' ? 'dot' : 'field';
  if (keywords.has(word)) return 'keyword';
  if (word === 'nil') return 'nil';
  return word === 'true' || word === 'false' ? 'bool' : 'identifier';
}

/** A rune as Go's %#U prints it: U+0040 '@'. */
function describeRune(rune: string): string {
  const code = (rune.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return isPrintable(rune) ? `U+${code} '${rune}'` : `U+${code}`;
}

// SPDX-License-Identifier: Apache-2.0
import { tokenize } from './lexer.js';
import { TemplateError } from './template-error.js';
import { describeToken, type Token, type TokenKind } from './token.js';

/** Hands out the tokens of a template one by one and words the parser's errors. */
export class TokenReader {
  private readonly tokens: readonly Token[];
  private index = 0;
  /** The furthest token that was looked at: its line is the line of an error. */
  private furthest = 0;
  /** Where the action that is being parsed started. */
  private actionAt: number | undefined;

  constructor(private readonly template: string) {
    this.tokens = tokenize(template);
  }

  peek(): Token {
    this.furthest = Math.max(this.furthest, this.index);
    return this.tokens[this.index] ?? { kind: 'eof', text: '', at: this.template.length };
  }

  next(): Token {
    const token = this.peek();
    this.index += 1;
    return token;
  }

  nextNonSpace(): Token {
    const token = this.next();
    return token.kind === 'space' ? this.next() : token;
  }

  peekNonSpace(): Token {
    if (this.peek().kind === 'space') this.index += 1;
    return this.peek();
  }

  /** The present place, to come back to with `rewind`. */
  mark(): number {
    return this.index;
  }

  rewind(mark: number): void {
    this.index = mark;
  }

  expect(kind: TokenKind, context: string): Token {
    const token = this.nextNonSpace();
    return token.kind === kind ? token : this.unexpected(token, context);
  }

  enterAction(token: Token): void {
    this.actionAt = token.at;
  }

  leaveAction(): void {
    this.actionAt = undefined;
  }

  fail(reason: string): never {
    const at = this.tokens[this.furthest]?.at ?? this.template.length;
    throw new TemplateError('parse', `template: tmpl:${this.lineOf(at)}: ${reason}`);
  }

  unexpected(token: Token, context: string): never {
    if (token.kind !== 'error') this.fail(`unexpected ${describeToken(token)} in ${context}`);
    const startLine = this.actionAt === undefined ? undefined : this.lineOf(this.actionAt);
    if (startLine === undefined || startLine === this.lineOf(token.at)) this.fail(token.text);
    const where = `started at tmpl:${startLine}`;
    this.fail(token.text.endsWith(' action') ? `${token.text} ${where}` : `${token.text} in action ${where}`);
  }

  private lineOf(at: number): number {
    return this.template.slice(0, at).split('\n').length;
  }
}

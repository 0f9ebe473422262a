// SPDX-License-Identifier: Apache-2.0
import type { Command, NumberNode, Operand, Pipeline } from './node.js';
import { parseChar, parseNumber } from './number.js';
import { quoteText, unquote } from './quote.js';
import type { Token, TokenKind } from './token.js';
import type { TokenReader } from './token-reader.js';

/** Go allows 10,000; no query needs more than this, and our own stack is smaller. */
const maxNesting = 200;

const constantKinds: ReadonlySet<string> = new Set(['bool', 'dot', 'nil', 'number', 'string']);

const operandTokens: ReadonlySet<TokenKind> = new Set([
  'bool',
  'charConstant',
  'dot',
  'field',
  'identifier',
  'leftParen',
  'nil',
  'number',
  'rawString',
  'string',
  'variable',
]);

/** Parses what stands inside the braces: pipelines of commands of operands. Keeps the variables that are in scope. */
export class PipelineParser {
  private variables: string[] = ['$'];
  private nesting = 0;

  constructor(
    private readonly reader: TokenReader,
    private readonly functionNames: ReadonlySet<string>,
  ) {}

  /** Runs `parse`; variables that it declares end with it. */
  scoped<T>(parse: () => T): T {
    const outer = [...this.variables];
    const result = parse();
    this.variables = outer;
    return result;
  }

  /** As `scoped`, for a template of its own: it sees no variable of its surroundings. */
  isolated<T>(parse: () => T): T {
    return this.scoped(() => {
      this.variables = ['$'];
      return parse();
    });
  }

  /** Reads up to and including the token `end`. `context` names the surroundings in errors. */
  parse(context: string, end: 'rightDelim' | 'rightParen'): Pipeline {
    const { at } = this.reader.peekNonSpace();
    const { variables, isAssignment } = this.parseVariables(context);
    const commands: Command[] = [];
    for (;;) {
      const mark = this.reader.mark();
      const token = this.reader.nextNonSpace();
      if (token.kind === end) break;
      if (!operandTokens.has(token.kind)) this.reader.unexpected(token, context);
      this.reader.rewind(mark);
      commands.push(this.parseCommand());
    }
    this.checkCommands(commands, context);
    return { kind: 'pipeline', at, isAssignment, variables, commands };
  }

  private checkCommands(commands: readonly Command[], context: string): void {
    if (commands.length === 0) this.reader.fail(`missing value for ${context}`);
    for (const [index, command] of commands.entries()) {
      if (index > 0 && constantKinds.has(command.operands[0].kind))
        this.reader.fail(`non executable command in pipeline stage ${index + 1}`);
    }
  }

  /** `$x :=`, `$x =`, and in a range `$x, $y :=`. Reads nothing when the pipeline only uses a variable. */
  private parseVariables(context: string): Pick<Pipeline, 'variables' | 'isAssignment'> {
    const variables: string[] = [];
    for (;;) {
      const mark = this.reader.mark();
      const variable = this.reader.peekNonSpace();
      if (variable.kind !== 'variable') break;
      this.reader.next();
      const operator = this.reader.peekNonSpace();
      if (operator.kind === 'assign' || operator.kind === 'declare') {
        this.reader.nextNonSpace();
        this.declare(variable.text, variables);
        return { variables, isAssignment: operator.kind === 'assign' };
      }
      if (operator.kind !== 'char' || operator.text !== ',') {
        this.reader.rewind(mark);
        break;
      }
      this.reader.nextNonSpace();
      this.declare(variable.text, variables);
      this.checkSecondVariable(variables, context);
    }
    return { variables, isAssignment: false };
  }

  private declare(name: string, variables: string[]): void {
    variables.push(name);
    this.variables.push(name);
  }

  private checkSecondVariable(variables: readonly string[], context: string): void {
    if (context !== 'range' || variables.length > 1) this.reader.fail(`too many declarations in ${context}`);
    const { kind } = this.reader.peekNonSpace();
    if (kind !== 'variable' && kind !== 'rightDelim' && kind !== 'rightParen')
      this.reader.fail('range can only initialize variables');
  }

  private parseCommand(): Command {
    const { at } = this.reader.peekNonSpace();
    const operands: Operand[] = [];
    for (let hasMore = true; hasMore;) {
      this.reader.peekNonSpace();
      const operand = this.parseOperand();
      if (operand !== undefined) operands.push(operand);
      hasMore = this.endOperand();
    }
    const [first, ...rest] = operands;
    if (first === undefined) this.reader.fail('empty command');
    return { kind: 'command', at, operands: [first, ...rest] };
  }

  /** @returns whether the command goes on behind the operand that was just read */
  private endOperand(): boolean {
    const token = this.reader.peek();
    if (token.kind === 'rightDelim' || token.kind === 'rightParen') return false;
    this.reader.next();
    if (token.kind !== 'space' && token.kind !== 'pipe') this.reader.unexpected(token, 'operand');
    return token.kind === 'space';
  }

  private parseOperand(): Operand | undefined {
    const start = this.reader.peek();
    const operand = this.parseTerm();
    if (operand === undefined || this.reader.peek().kind !== 'field') return operand;
    const { at } = this.reader.peek();
    const fields: string[] = [];
    while (this.reader.peek().kind === 'field') fields.push(this.reader.next().text.slice(1));
    if (operand.kind === 'field') return { ...operand, at, names: [...operand.names, ...fields] };
    if (operand.kind === 'variable') return { ...operand, at, fields };
    if (constantKinds.has(operand.kind)) this.reader.fail(`unexpected . after term ${quoteText(start.text)}`);
    return { kind: 'chain', at, of: operand, fields };
  }

  private parseTerm(): Operand | undefined {
    const mark = this.reader.mark();
    const token = this.reader.nextNonSpace();
    const { at, text } = token;
    switch (token.kind) {
      case 'identifier':
        if (!this.functionNames.has(text)) this.reader.fail(`function "${text}" not defined`);
        return { kind: 'identifier', at, name: text };
      case 'field':
        return { kind: 'field', at, names: [text.slice(1)] };
      case 'variable':
        if (!this.variables.includes(text)) this.reader.fail(`undefined variable "${text}"`);
        return { kind: 'variable', at, name: text, fields: [] };
      case 'leftParen':
        return this.parseParenthesised();
      default: {
        const constant = this.parseConstant(token);
        if (constant === undefined) this.reader.rewind(mark);
        return constant;
      }
    }
  }

  private parseConstant(token: Token): Operand | undefined {
    switch (token.kind) {
      case 'dot':
      case 'nil':
        return { kind: token.kind, at: token.at };
      case 'bool':
        return { kind: 'bool', at: token.at, value: token.text === 'true' };
      case 'number':
      case 'charConstant':
        return this.parseNumberNode(token);
      case 'string':
      case 'rawString':
        return { kind: 'string', at: token.at, source: token.text, value: this.unquoted(token) };
      default:
        return undefined;
    }
  }

  /** The text of a string token. */
  unquoted(token: Token): string {
    return unquote(token.text) ?? this.reader.fail('invalid syntax');
  }

  private parseNumberNode(token: Token): NumberNode {
    const parsed = token.kind === 'charConstant' ? parseChar(token.text) : parseNumber(token.text);
    if (parsed.kind === 'invalid') this.reader.fail(parsed.reason);
    const node = { kind: 'number', at: token.at, source: token.text } as const;
    return parsed.kind === 'tooLarge' ? node : { ...node, value: parsed.value };
  }

  private parseParenthesised(): Pipeline {
    this.nesting += 1;
    if (this.nesting > maxNesting) this.reader.fail(`max expression depth exceeded`);
    const pipeline = this.parse('parenthesized pipeline', 'rightParen');
    this.nesting -= 1;
    return pipeline;
  }
}

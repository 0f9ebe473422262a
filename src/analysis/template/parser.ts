// SPDX-License-Identifier: Apache-2.0
import type { Branch, Statement } from './node.js';
import { PipelineParser } from './pipeline-parser.js';
import type { Token } from './token.js';
import { TokenReader } from './token-reader.js';

/** Nested `if`, `with` and `range`; no query needs more. */
const maxBlockDepth = 100;

export interface ParsedTemplate {
  readonly body: readonly Statement[];
  /** What `define` and `block` gave a name. */
  readonly named: ReadonlyMap<string, readonly Statement[]>;
}

/** How a list of statements ended: at the end of the text, or at an `end` or `else`. */
type ListEnd = 'eof' | 'end' | 'else';

interface StatementList {
  readonly statements: readonly Statement[];
  readonly end: ListEnd;
}

/**
 * Parses a Go text/template.
 * @param functionNames names that may be called
 * @throws TemplateError with Go's text, which names the line
 */
export function parse(template: string, functionNames: ReadonlySet<string>): ParsedTemplate {
  return new Parser(template, functionNames).run();
}

class Parser {
  private readonly reader: TokenReader;
  private readonly pipelines: PipelineParser;
  private readonly named = new Map<string, readonly Statement[]>();
  private rangeDepth = 0;
  private blockDepth = 0;

  constructor(template: string, functionNames: ReadonlySet<string>) {
    this.reader = new TokenReader(template);
    this.pipelines = new PipelineParser(this.reader, functionNames);
  }

  run(): ParsedTemplate {
    const body: Statement[] = [];
    while (this.reader.peek().kind !== 'eof') {
      if (this.startsDefinition()) {
        this.pipelines.isolated(() => this.parseDefinition());
        continue;
      }
      const statement = this.parseStatement();
      if (statement === 'end' || statement === 'else') this.reader.fail(`unexpected {{${statement}}}`);
      body.push(statement);
    }
    return { body, named: this.named };
  }

  private startsDefinition(): boolean {
    const mark = this.reader.mark();
    const opens = this.reader.next().kind === 'leftDelim' && isKeyword(this.reader.nextNonSpace(), 'define');
    if (!opens) this.reader.rewind(mark);
    return opens;
  }

  private parseDefinition(): void {
    const context = 'define clause';
    const name = this.parseName(context);
    this.reader.expect('rightDelim', context);
    this.define(name, this.parseClosedBody(context));
  }

  private parseName(context: string): string {
    const token = this.reader.nextNonSpace();
    if (token.kind !== 'string' && token.kind !== 'rawString') this.reader.unexpected(token, context);
    return this.pipelines.unquoted(token);
  }

  private parseClosedBody(context: string): readonly Statement[] {
    const { statements, end } = this.parseList();
    if (end !== 'end') this.reader.fail(`unexpected {{${end}}} in ${context}`);
    return statements;
  }

  private define(name: string, body: readonly Statement[]): void {
    if (this.named.has(name)) this.reader.fail(`template: multiple definition of template "${name}"`);
    this.named.set(name, body);
  }

  private parseList(): StatementList {
    const statements: Statement[] = [];
    while (this.reader.peekNonSpace().kind !== 'eof') {
      const statement = this.parseStatement();
      if (statement === 'end' || statement === 'else') return { statements, end: statement };
      statements.push(statement);
    }
    return this.reader.fail('unexpected EOF');
  }

  private parseStatement(): Statement | 'end' | 'else' {
    const token = this.reader.nextNonSpace();
    if (token.kind === 'text') return { kind: 'text', text: token.text };
    if (token.kind !== 'leftDelim') return this.reader.unexpected(token, 'input');
    this.reader.enterAction(token);
    const statement = this.parseAction();
    this.reader.leaveAction();
    return statement;
  }

  private parseAction(): Statement | 'end' | 'else' {
    const mark = this.reader.mark();
    const token = this.reader.nextNonSpace();
    switch (token.kind === 'keyword' ? token.text : '') {
      case 'if':
      case 'with':
      case 'range':
        return this.parseBranch(token.text === 'if' ? 'if' : token.text === 'with' ? 'with' : 'range');
      case 'break':
      case 'continue':
        return this.parseJump(token.text === 'break' ? 'break' : 'continue');
      case 'template':
        return this.parseInvocation();
      case 'block':
        return this.parseBlock();
      case 'else':
        return this.parseElse();
      case 'end':
        this.reader.expect('rightDelim', 'end');
        return 'end';
      default:
        this.reader.rewind(mark);
        return { kind: 'action', pipeline: this.pipelines.parse('command', 'rightDelim') };
    }
  }

  private parseJump(kind: 'break' | 'continue'): Statement {
    this.reader.expect('rightDelim', `{{${kind}}}`);
    if (this.rangeDepth === 0) this.reader.fail(`{{${kind}}} outside {{range}}`);
    return { kind };
  }

  /** `else if` and `else with` stay unread behind the `else`. */
  private parseElse(): 'else' {
    const next = this.reader.peekNonSpace();
    if (!isKeyword(next, 'if') && !isKeyword(next, 'with')) this.reader.expect('rightDelim', 'else');
    return 'else';
  }

  private parseBranch(kind: Branch['kind']): Branch {
    this.blockDepth += 1;
    if (this.blockDepth > maxBlockDepth) this.reader.fail('max block depth exceeded');
    const branch = this.pipelines.scoped((): Branch => {
      const pipeline = this.pipelines.parse(kind, 'rightDelim');
      if (kind === 'range') this.rangeDepth += 1;
      const { statements: body, end } = this.parseList();
      if (kind === 'range') this.rangeDepth -= 1;
      return { kind, pipeline, body, otherwise: end === 'else' ? this.parseOtherwise(kind) : [] };
    });
    this.blockDepth -= 1;
    return branch;
  }

  private parseOtherwise(kind: Branch['kind']): readonly Statement[] {
    if (kind !== 'range' && isKeyword(this.reader.peek(), kind)) {
      this.reader.next();
      return [this.parseBranch(kind)];
    }
    const { statements, end } = this.parseList();
    if (end !== 'end') this.reader.fail(`expected end; found {{${end}}}`);
    return statements;
  }

  private parseInvocation(): Statement {
    const context = 'template clause';
    const nameToken = this.reader.peekNonSpace();
    const name = this.parseName(context);
    const invocation = { kind: 'template', at: nameToken.at, name, source: nameToken.text } as const;
    const mark = this.reader.mark();
    if (this.reader.nextNonSpace().kind === 'rightDelim') return invocation;
    this.reader.rewind(mark);
    return { ...invocation, pipeline: this.pipelines.parse(context, 'rightDelim') };
  }

  /** `block` defines a template and invokes it at once. */
  private parseBlock(): Statement {
    const context = 'block clause';
    const nameToken = this.reader.peekNonSpace();
    const name = this.parseName(context);
    const pipeline = this.pipelines.parse(context, 'rightDelim');
    this.define(
      name,
      this.pipelines.isolated(() => this.parseClosedBody(context)),
    );
    return { kind: 'template', at: nameToken.at, name, source: nameToken.text, pipeline };
  }
}

function isKeyword(token: Token, word: string): boolean {
  return token.kind === 'keyword' && token.text === word;
}

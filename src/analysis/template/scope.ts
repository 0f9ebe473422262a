// SPDX-License-Identifier: Apache-2.0
import { sourceOf, type Expression, type Invocation } from './node.js';
import { TemplateError } from './template-error.js';
import { nil, type Value } from './value.js';

/** Bounds of one execution, so that no template can stop or fill the process. */
const maxWork = 200_000;
const maxOutputLength = 256 * 1024;
const bytesPerWork = 64;

interface Variable {
  readonly name: string;
  value: Value;
}

/** What is shared by everything that runs in one execution: the output, its limits and the place of an error. */
export class Execution {
  private output = '';
  private work = 0;

  constructor(private readonly template: string) {}

  write(text: string): void {
    this.output += text;
    if (this.output.length > maxOutputLength)
      throw new TemplateError('execute', `template: tmpl: output exceeds ${maxOutputLength} characters`);
  }

  /** Counts a step that handles `bytes` of text. @throws TemplateError when the template does too much */
  spend(bytes = 0): void {
    this.work += 1 + bytes / bytesPerWork;
    if (this.work > maxWork) throw new TemplateError('execute', 'template: tmpl: execution takes too many steps');
  }

  get text(): string {
    return this.output;
  }

  /** Line (from 1) and byte column (from 0) of an offset, as Go counts them. */
  position(at: number): string {
    const before = this.template.slice(0, at);
    const line = before.split('\n').length;
    const column = Buffer.byteLength(before.slice(before.lastIndexOf('\n') + 1));
    return `tmpl:${line}:${column}`;
  }
}

/** Variables and error position of one template that is being executed. */
export class Scope {
  private readonly variables: Variable[] = [];
  private current: Expression | Invocation | undefined;

  constructor(
    readonly execution: Execution,
    private readonly templateName: string,
    data: Value,
  ) {
    this.declare('$', data);
  }

  /** Notes what is being evaluated, for error messages. */
  at(node: Expression | Invocation): void {
    this.current = node;
  }

  fail(reason: string): never {
    const name = `"${this.templateName}"`;
    if (this.current === undefined) throw new TemplateError('execute', `template: ${this.templateName}: ${reason}`);
    const source = sourceOf(this.current);
    const where = this.execution.position(this.current.at);
    throw new TemplateError('execute', `template: ${where}: executing ${name} at <${source}>: ${reason}`);
  }

  declare(name: string, value: Value): void {
    this.variables.push({ name, value });
  }

  assign(name: string, value: Value): void {
    const variable = this.variables.findLast((candidate) => candidate.name === name);
    if (variable === undefined) this.fail(`undefined variable: ${name}`);
    variable.value = value;
  }

  read(name: string): Value {
    return this.variables.findLast((candidate) => candidate.name === name)?.value ?? nil;
  }

  /** Runs `body`; the variables that it declares end with it. */
  block<T>(body: () => T): T {
    const depth = this.variables.length;
    const result = body();
    this.variables.length = depth;
    return result;
  }
}

// SPDX-License-Identifier: Apache-2.0
import { Evaluator } from './evaluator.js';
import type { Branch, Invocation, Statement } from './node.js';
import type { ParsedTemplate } from './parser.js';
import { Execution, Scope } from './scope.js';
import type { TemplateFunction } from './template-function.js';
import { actionText, intValue, isTrue, nil, plainText, stringValue, type Value } from './value.js';

/** Blocks and templates within one another; keeps a template that invokes itself from exhausting the stack. */
const maxDepth = 300;

/** Whether the statements behind this one still run. */
type Flow = 'next' | 'break' | 'continue';

type Functions = ReadonlyMap<string, TemplateFunction>;

/** Runs a parsed template without data. @throws TemplateError */
export function execute(template: string, parsed: ParsedTemplate, functions: Functions): string {
  const execution = new Execution(template);
  const scope = new Scope(execution, 'tmpl', nil);
  new Executor(scope, parsed, functions, 0).run(nil, parsed.body);
  return execution.text;
}

class Executor {
  private readonly evaluator: Evaluator;

  constructor(
    private readonly scope: Scope,
    private readonly parsed: ParsedTemplate,
    private readonly functions: Functions,
    private depth: number,
  ) {
    this.evaluator = new Evaluator(scope, functions);
  }

  run(dot: Value, statements: readonly Statement[]): Flow {
    this.depth += 1;
    if (this.depth > maxDepth) this.scope.fail(`exceeded maximum template depth (${maxDepth})`);
    for (const statement of statements) {
      this.scope.execution.spend();
      const flow = this.statement(dot, statement);
      if (flow !== 'next') {
        this.depth -= 1;
        return flow;
      }
    }
    this.depth -= 1;
    return 'next';
  }

  private statement(dot: Value, statement: Statement): Flow {
    switch (statement.kind) {
      case 'text':
        this.scope.execution.write(statement.text);
        return 'next';
      case 'action':
        this.action(dot, statement.pipeline);
        return 'next';
      case 'if':
      case 'with':
        return this.scope.block(() => this.condition(dot, statement));
      case 'range':
        return this.scope.block(() => this.range(dot, statement));
      case 'template':
        this.invoke(dot, statement);
        return 'next';
      case 'break':
      case 'continue':
        return statement.kind;
    }
  }

  private action(dot: Value, pipeline: Branch['pipeline']): void {
    const value = this.evaluator.pipeline(dot, pipeline);
    if (pipeline.variables.length === 0) this.scope.execution.write(actionText(value));
  }

  private condition(dot: Value, branch: Branch): Flow {
    const value = this.evaluator.pipeline(dot, branch.pipeline);
    if (!isTrue(value)) return this.run(dot, branch.otherwise);
    return this.run(branch.kind === 'with' ? value : dot, branch.body);
  }

  private range(dot: Value, branch: Branch): Flow {
    const value = this.evaluator.pipeline(dot, branch.pipeline);
    let hasRun = false;
    for (const [key, element] of this.elements(value, branch)) {
      hasRun = true;
      this.scope.execution.spend();
      const flow = this.scope.block(() => {
        this.setLoopVariables(branch, key, element);
        return this.run(element, branch.body);
      });
      if (flow === 'break') break;
    }
    return hasRun ? 'next' : this.run(dot, branch.otherwise);
  }

  private setLoopVariables({ pipeline: { variables } }: Branch, key: Value, element: Value): void {
    const [first, second] = variables;
    if (first !== undefined) this.scope.assign(first, second === undefined ? element : key);
    if (second !== undefined) this.scope.assign(second, element);
  }

  private *elements(value: Value, branch: Branch): Generator<readonly [Value, Value]> {
    switch (value.kind) {
      case 'nil':
        return;
      case 'map':
        for (const [key, member] of value.value) yield [stringValue(key), stringValue(member)];
        return;
      case 'int':
        if (branch.pipeline.variables.length > 1)
          this.scope.fail(`can't use ${plainText(value)} to iterate over more than one variable`);
        for (let index = 0n; index < value.value; index += 1n) yield [nil, intValue(index)];
        return;
      case 'bool':
      case 'float':
      case 'string':
        this.scope.fail(`range can't iterate over ${plainText(value)}`);
    }
  }

  private invoke(dot: Value, invocation: Invocation): void {
    this.scope.at(invocation);
    const body = this.parsed.named.get(invocation.name);
    if (body === undefined) this.scope.fail(`template "${invocation.name}" not defined`);
    const data = invocation.pipeline === undefined ? nil : this.evaluator.pipeline(dot, invocation.pipeline);
    const scope = new Scope(this.scope.execution, invocation.name, data);
    new Executor(scope, this.parsed, this.functions, this.depth).run(data, body);
  }
}

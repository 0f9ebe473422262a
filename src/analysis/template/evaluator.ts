// SPDX-License-Identifier: Apache-2.0
import { sourceOf, type Command, type IdentifierNode, type NumberNode, type Operand, type Pipeline } from './node.js';
import type { Scope } from './scope.js';
import { FunctionError, type TemplateFunction } from './template-function.js';
import { boolValue, isTrue, nil, stringValue, typeName, type Value } from './value.js';

/** Arguments of a call as written, and the value that the pipeline hands over as its last one. */
interface Arguments {
  readonly written: readonly Operand[];
  readonly piped?: Value | undefined;
}

const noArguments: Arguments = { written: [] };

/** Evaluates pipelines within a scope. */
export class Evaluator {
  constructor(
    private readonly scope: Scope,
    private readonly functions: ReadonlyMap<string, TemplateFunction>,
  ) {}

  /** The value of a pipeline. Its variables are set in the scope. */
  pipeline(dot: Value, pipeline: Pipeline): Value {
    this.scope.at(pipeline);
    let value: Value | undefined;
    for (const command of pipeline.commands) value = this.command(dot, command, value);
    for (const name of pipeline.variables) {
      if (pipeline.isAssignment) this.scope.assign(name, value ?? nil);
      else this.scope.declare(name, value ?? nil);
    }
    return value ?? nil;
  }

  private command(dot: Value, command: Command, piped: Value | undefined): Value {
    const [first, ...written] = command.operands;
    const args: Arguments = { written, piped };
    switch (first.kind) {
      case 'identifier':
        return this.call(dot, first, args, command);
      case 'field':
      case 'variable':
      case 'chain':
        return this.fieldsOf(dot, first, args);
      case 'pipeline':
        this.refuseArguments(first, args);
        return this.pipeline(dot, first);
      default:
        this.scope.at(first);
        this.refuseArguments(first, args);
        return first.kind === 'nil' ? this.scope.fail('nil is not a command') : this.constant(dot, first);
    }
  }

  private refuseArguments(operand: Operand, { written, piped }: Arguments): void {
    if (written.length > 0 || piped !== undefined)
      this.scope.fail(`can't give argument to non-function ${sourceOf(operand)}`);
  }

  private constant(
    dot: Value,
    operand: Extract<Operand, { kind: 'dot' | 'nil' | 'bool' | 'number' | 'string' }>,
  ): Value {
    switch (operand.kind) {
      case 'dot':
        return dot;
      case 'nil':
        return nil;
      case 'bool':
        return boolValue(operand.value);
      case 'number':
        return this.number(operand);
      case 'string':
        return stringValue(operand.value);
    }
  }

  private number(operand: NumberNode): Value {
    this.scope.at(operand);
    return operand.value ?? this.scope.fail(`${operand.source} overflows int`);
  }

  private fieldsOf(
    dot: Value,
    operand: Extract<Operand, { kind: 'field' | 'variable' | 'chain' }>,
    args: Arguments,
  ): Value {
    this.scope.at(operand);
    switch (operand.kind) {
      case 'field':
        return this.follow(dot, operand.names, args);
      case 'variable':
        if (operand.fields.length === 0) this.refuseArguments(operand, args);
        return this.follow(this.scope.read(operand.name), operand.fields, args);
      case 'chain':
        return this.follow(this.argument(dot, operand.of), operand.fields, args);
    }
  }

  private follow(start: Value, fields: readonly string[], args: Arguments): Value {
    return fields.reduce((value, name, index) => {
      const isLast = index === fields.length - 1;
      return this.field(value, name, isLast ? args : noArguments);
    }, start);
  }

  private field(receiver: Value, name: string, { written, piped }: Arguments): Value {
    if (receiver.kind === 'nil') this.scope.fail(`nil data; no entry for key "${name}"`);
    if (receiver.kind !== 'map') this.scope.fail(`can't evaluate field ${name} in type ${typeName(receiver)}`);
    if (written.length > 0 || piped !== undefined) this.scope.fail(`${name} is not a method but has arguments`);
    const value = receiver.value.get(name);
    return value === undefined ? this.scope.fail(`map has no entry for key "${name}"`) : stringValue(value);
  }

  /** The value of an operand that stands as an argument or before a field. */
  private argument(dot: Value, operand: Operand): Value {
    this.scope.at(operand);
    switch (operand.kind) {
      case 'identifier':
        return this.call(dot, operand, noArguments, operand);
      case 'field':
      case 'variable':
      case 'chain':
        return this.fieldsOf(dot, operand, noArguments);
      case 'pipeline':
        return this.pipeline(dot, operand);
      default:
        return this.constant(dot, operand);
    }
  }

  private call(dot: Value, name: IdentifierNode, args: Arguments, source: Command | IdentifierNode): Value {
    this.scope.at(name);
    const called = this.functions.get(name.name);
    if (called === undefined) this.scope.fail(`"${name.name}" is not a defined function`);
    this.checkCount(name.name, called, args);
    const values = this.arguments(dot, called, args);
    const inputBytes = values.reduce((sum, value) => sum + (value.kind === 'string' ? value.value.length : 0), 0);
    this.scope.execution.spend(inputBytes);
    try {
      const result = called.call(values);
      if (result.kind === 'string') this.scope.execution.spend(result.value.length);
      return result;
    } catch (error) {
      if (!(error instanceof FunctionError)) throw error;
      this.scope.at(source);
      return this.scope.fail(`error calling ${name.name}: ${error.message}`);
    }
  }

  private checkCount(name: string, { arity, isVariadic }: TemplateFunction, { written, piped }: Arguments): void {
    const count = written.length + (piped === undefined ? 0 : 1);
    if (isVariadic ? count >= arity : count === arity) return;
    const wanted = isVariadic ? `at least ${arity} got ${written.length}` : `${arity} got ${count}`;
    this.scope.fail(`wrong number of args for ${name}: want ${wanted}`);
  }

  private arguments(dot: Value, called: TemplateFunction, { written, piped }: Arguments): readonly Value[] {
    const values: Value[] = [];
    for (const operand of written) {
      const isFormat = called.takesFormat === true && values.length === 0;
      const value = isFormat ? this.formatArgument(dot, operand) : this.argument(dot, operand);
      values.push(value);
      if (called.stopsAt !== undefined && isTrue(value) === called.stopsAt) return values;
    }
    if (piped === undefined) return values;
    if (called.takesFormat === true && values.length === 0) this.requireString(piped);
    return [...values, piped];
  }

  private formatArgument(dot: Value, operand: Operand): Value {
    this.scope.at(operand);
    if (operand.kind === 'nil') this.scope.fail('cannot assign nil to string');
    if (operand.kind === 'number' || operand.kind === 'bool')
      this.scope.fail(`expected string; found ${sourceOf(operand)}`);
    const value = this.argument(dot, operand);
    this.requireString(value);
    return value;
  }

  private requireString(value: Value): void {
    if (value.kind === 'nil') this.scope.fail('invalid value; expected string');
    if (value.kind !== 'string') this.scope.fail(`wrong type for value; expected string; got ${typeName(value)}`);
  }
}

// SPDX-License-Identifier: Apache-2.0
import { exhaustive } from '../../lib/exhaustive.js';
import type { Value } from './value.js';

/** A constant, name or parenthesised pipeline: what a command is made of. `at` is its offset in the template. */
export type Operand =
  | { readonly kind: 'dot' | 'nil'; readonly at: number }
  | { readonly kind: 'bool'; readonly at: number; readonly value: boolean }
  | NumberNode
  | { readonly kind: 'string'; readonly at: number; readonly source: string; readonly value: string }
  | IdentifierNode
  | { readonly kind: 'field'; readonly at: number; readonly names: readonly string[] }
  /** `name` with its "$"; `fields` of `$x.a.b` are a and b. */
  | { readonly kind: 'variable'; readonly at: number; readonly name: string; readonly fields: readonly string[] }
  /** Fields of what an identifier or a pipeline gives. */
  | { readonly kind: 'chain'; readonly at: number; readonly of: Operand; readonly fields: readonly string[] }
  | Pipeline;

export interface NumberNode {
  readonly kind: 'number';
  readonly at: number;
  readonly source: string;
  /** Absent for an integer beyond int64, which fails when it is used. */
  readonly value?: Value;
}

export interface IdentifierNode {
  readonly kind: 'identifier';
  readonly at: number;
  readonly name: string;
}

export interface Command {
  readonly kind: 'command';
  readonly at: number;
  readonly operands: readonly [Operand, ...Operand[]];
}

export interface Pipeline {
  readonly kind: 'pipeline';
  readonly at: number;
  /** `=` instead of `:=`. */
  readonly isAssignment: boolean;
  /** Variables that the pipeline sets. */
  readonly variables: readonly string[];
  readonly commands: readonly Command[];
}

export interface Branch {
  readonly kind: 'if' | 'with' | 'range';
  readonly pipeline: Pipeline;
  readonly body: readonly Statement[];
  readonly otherwise: readonly Statement[];
}

export interface Invocation {
  readonly kind: 'template';
  readonly at: number;
  readonly name: string;
  readonly source: string;
  readonly pipeline?: Pipeline;
}

export type Statement =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly pipeline: Pipeline }
  | Branch
  | Invocation
  | { readonly kind: 'break' | 'continue' };

export type Expression = Operand | Command;

/** The source of an expression in Go's normal form, as its error messages quote it. */
export function sourceOf(node: Expression | Invocation): string {
  switch (node.kind) {
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
    case 'bool':
      return String(node.value);
    case 'number':
    case 'string':
      return node.source;
    case 'template':
      return invocationSource(node);
    default:
      return compoundSource(node);
  }
}

function compoundSource(
  node: Exclude<Expression, { readonly kind: 'dot' | 'nil' | 'bool' | 'number' | 'string' }>,
): string {
  switch (node.kind) {
    case 'identifier':
      return node.name;
    case 'field':
      return `.${node.names.join('.')}`;
    case 'variable':
      return [node.name, ...node.fields].join('.');
    case 'chain':
      return [argumentSource(node.of), ...node.fields].join('.');
    case 'command':
      return node.operands.map(argumentSource).join(' ');
    case 'pipeline':
      return pipelineSource(node);
    default:
      return exhaustive(node);
  }
}

function argumentSource(node: Operand): string {
  return node.kind === 'pipeline' ? `(${sourceOf(node)})` : sourceOf(node);
}

function pipelineSource(node: Pipeline): string {
  const assigned = node.variables.length > 0 ? `${node.variables.join(', ')} ${node.isAssignment ? '=' : ':='} ` : '';
  return assigned + node.commands.map(sourceOf).join(' | ');
}

function invocationSource(node: Invocation): string {
  return `{{template ${node.source}${node.pipeline === undefined ? '' : ` ${sourceOf(node.pipeline)}`}}}`;
}

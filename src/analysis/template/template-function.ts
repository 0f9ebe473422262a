// SPDX-License-Identifier: Apache-2.0
import type { Value } from './value.js';

/** Why a function refused its arguments; reported as "error calling {name}: {message}". */
export class FunctionError extends Error {}

/** Something that a template calls by name. */
export interface TemplateFunction {
  /** Least number of arguments, and the exact one unless `isVariadic`. */
  readonly arity: number;
  readonly isVariadic: boolean;
  /** Whether the first argument must be a string. */
  readonly takesFormat?: boolean;
  /** `and` stops at the first false argument and `or` at the first true one, without looking at the rest. */
  readonly stopsAt?: boolean;
  /** @throws FunctionError */
  readonly call: (args: readonly Value[]) => Value;
}

/** A function without arguments. */
export function constantFunction(value: Value): TemplateFunction {
  return { arity: 0, isVariadic: false, call: () => value };
}

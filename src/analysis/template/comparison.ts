// SPDX-License-Identifier: Apache-2.0
import { FunctionError } from './template-function.js';
import { compareText, nil, plainText, typeName, type Value } from './value.js';

/** Whether `left` equals any of `others`. Values of different kinds cannot be compared, but nil equals only nil. */
export function equalsAny(left: Value, others: readonly Value[]): boolean {
  if (others.length === 0) throw new FunctionError('missing argument for comparison');
  return others.some((right) => equals(left, right));
}

function equals(left: Value, right: Value): boolean {
  if (left.kind === 'nil' || right.kind === 'nil') return left.kind === right.kind;
  if (left.kind !== right.kind) throw incompatible(left, right);
  if (right.kind === 'map') throw new FunctionError(`non-comparable type ${plainText(right)}: ${typeName(right)}`);
  return left.value === right.value;
}

/** Whether `left` < `right`; only numbers of one kind and strings have an order. */
export function isLess(left: Value, right: Value): boolean {
  const kinds = [left.kind, right.kind];
  if (kinds.includes('nil') || kinds.includes('map')) throw new FunctionError('invalid type for comparison');
  if (left.kind === 'int' && right.kind === 'int') return left.value < right.value;
  if (left.kind === 'float' && right.kind === 'float') return left.value < right.value;
  if (left.kind === 'string' && right.kind === 'string') return compareText(left.value, right.value) < 0;
  throw left.kind === right.kind ? new FunctionError('invalid type for comparison') : incompatible(left, right);
}

/** The arguments of a function that takes exactly two. */
export function pairOf([left = nil, right = nil]: readonly Value[]): readonly [Value, Value] {
  return [left, right];
}

function incompatible(left: Value, right: Value): FunctionError {
  return new FunctionError(`incompatible types for comparison: ${typeName(left)} and ${typeName(right)}`);
}

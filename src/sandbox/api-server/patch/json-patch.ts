// SPDX-License-Identifier: Apache-2.0
import { isObject, sameValue, textAt, type JsonObject } from '../json.js';
import { PatchError } from './patch-error.js';

/**
 * RFC 6902. As in the API server, `replace` of a member that is not there adds it.
 * @throws PatchError when an operation does not apply, or its test fails
 */
export function jsonPatch(object: JsonObject, operations: readonly unknown[]): JsonObject {
  let result: unknown = object;
  for (const operation of operations) {
    if (!isObject(operation)) throw new PatchError('An operation of a JSON patch is no object');
    result = applied(result, operation);
  }
  if (!isObject(result)) throw new PatchError('The result of a JSON patch is no object');
  return result;
}

function applied(document: unknown, operation: JsonObject): unknown {
  const path = pointer(textAt(operation, 'path'));
  switch (operation.op) {
    case 'add':
    case 'replace':
      return changed(document, path, { kind: operation.op, value: valueOf(operation) });
    case 'remove':
      return changed(document, path, { kind: 'remove' });
    case 'test':
      if (!sameValue(valueAt(document, path) ?? null, operation.value ?? null)) throw new PatchError('A test failed');
      return document;
    case 'copy':
    case 'move': {
      const from = pointer(textAt(operation, 'from'));
      const value = valueAt(document, from);
      if (value === undefined) throw new PatchError('The source of an operation does not exist');
      const without = operation.op === 'move' ? changed(document, from, { kind: 'remove' }) : document;
      return changed(without, path, { kind: 'add', value });
    }
    default:
      throw new PatchError(`Unknown operation ${JSON.stringify(operation.op)}`);
  }
}

function valueOf(operation: JsonObject): unknown {
  if (operation.value === undefined) throw new PatchError('An operation has no value');
  return operation.value;
}

type Change = { readonly kind: 'add' | 'replace'; readonly value: unknown } | { readonly kind: 'remove' };

/** A copy of the value in which the change is made at the path. */
function changed(value: unknown, path: readonly string[], change: Change): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return change.kind === 'remove' ? undefined : change.value;
  if (Array.isArray(value)) return changedList(value, step, { rest, change });
  if (!isObject(value)) throw new PatchError('A path leads through something that is no object');
  if (rest.length > 0) {
    if (value[step] === undefined) throw new PatchError('A path leads through something that does not exist');
    return { ...value, [step]: changed(value[step], rest, change) };
  }
  if (change.kind !== 'remove') return { ...value, [step]: change.value };
  if (value[step] === undefined) throw new PatchError('There is nothing to remove');
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== step));
}

interface ListChange {
  readonly rest: readonly string[];
  readonly change: Change;
}

function changedList(list: readonly unknown[], step: string, { rest, change }: ListChange): unknown {
  const isInsert = rest.length === 0 && change.kind === 'add';
  const index = step === '-' && isInsert ? list.length : listIndex(step, list.length);
  if (index > list.length || (index === list.length && !isInsert)) throw new PatchError('An index is out of range');
  if (rest.length > 0) return list.with(index, changed(list[index], rest, change));
  if (change.kind === 'remove') return list.toSpliced(index, 1);
  return isInsert ? list.toSpliced(index, 0, change.value) : list.with(index, change.value);
}

function listIndex(step: string, length: number): number {
  if (!/^-?\d+$/.test(step)) throw new PatchError(`${step} is no index`);
  const index = Number(step);
  return index < 0 ? length + index : index;
}

function valueAt(document: unknown, path: readonly string[]): unknown {
  let value = document;
  for (const step of path) {
    if (Array.isArray(value))
      value = (value as readonly unknown[])[listIndex(step, value.length)]; // isArray says any[]
    else if (isObject(value)) value = value[step];
    else throw new PatchError('A path leads through something that does not exist');
  }
  return value;
}

/** The steps of a JSON pointer. */
function pointer(text: string): readonly string[] {
  if (text === '') return [];
  if (!text.startsWith('/')) throw new PatchError('A path does not start with a slash');
  return text
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

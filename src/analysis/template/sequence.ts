// SPDX-License-Identifier: Apache-2.0
import { FunctionError } from './template-function.js';
import { intValue, stringValue, typeName, type Value } from './value.js';

/** Length of a string in bytes or of a map in entries. */
export function lengthOf(value: Value): Value {
  if (value.kind === 'string') return intValue(Buffer.byteLength(value.value));
  if (value.kind === 'map') return intValue(value.value.size);
  throw new FunctionError(
    value.kind === 'nil' ? 'reflect: call of reflect.Value.Type on zero Value' : `len of type ${typeName(value)}`,
  );
}

/** `item[key1][key2]…`: entries of a map (the empty string when absent), bytes of a string. */
export function indexInto(item: Value, keys: readonly Value[]): Value {
  if (item.kind === 'nil') throw new FunctionError('index of untyped nil');
  return keys.reduce(indexOnce, item);
}

function indexOnce(item: Value, key: Value): Value {
  if (item.kind === 'map') return stringValue(item.value.get(mapKey(key)) ?? '');
  if (item.kind !== 'string') throw new FunctionError(`can't index item of type ${typeName(item)}`);
  const bytes = Buffer.from(item.value);
  const byte = bytes[position(key, bytes.length)];
  if (byte === undefined) throw new FunctionError('reflect: string index out of range');
  return { kind: 'int', type: 'uint8', value: BigInt(byte) };
}

function mapKey(key: Value): string {
  if (key.kind === 'string') return key.value;
  if (key.kind === 'nil') throw new FunctionError('value is nil; should be of type string');
  throw new FunctionError(`value has type ${typeName(key)}; should be string`);
}

/** A part of a string by byte positions; a rune that is cut in two becomes U+FFFD. */
export function sliceOf(item: Value, bounds: readonly Value[]): Value {
  if (item.kind === 'nil') throw new FunctionError('slice of untyped nil');
  if (bounds.length > 3) throw new FunctionError(`too many slice indexes: ${bounds.length}`);
  if (item.kind !== 'string') throw new FunctionError(`can't slice item of type ${typeName(item)}`);
  if (bounds.length === 3) throw new FunctionError('cannot 3-index slice a string');
  const bytes = Buffer.from(item.value);
  const [from = 0, to = bytes.length] = bounds.map((bound) => position(bound, bytes.length));
  if (from > to) throw new FunctionError(`invalid slice index: ${from} > ${to}`);
  return stringValue(bytes.subarray(from, to).toString('utf8'));
}

function position(index: Value, length: number): number {
  if (index.kind === 'nil') throw new FunctionError('cannot index slice/array with nil');
  if (index.kind !== 'int') throw new FunctionError(`cannot index slice/array with type ${typeName(index)}`);
  if (index.value < 0n || index.value > BigInt(length))
    throw new FunctionError(`index out of range: ${index.value.toString()}`);
  return Number(index.value);
}

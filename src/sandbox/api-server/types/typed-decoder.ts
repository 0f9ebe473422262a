// SPDX-License-Identifier: Apache-2.0
import { isObject, type JsonObject } from '../json.js';
import { isChecked } from './checked-values.js';
import { canonicalQuantity } from './quantity.js';
import type { FieldType, ObjectType, Scalar, ValueType } from './type-table.js';

/** A value that Go's decoder would refuse; the message is Go's. */
export class UndecodableError extends Error {}

export interface Decoded {
  readonly object: JsonObject;
  /** Paths of fields that the type does not have, which are dropped: `spec.ports[0].bogus`. */
  readonly unknownFields: readonly string[];
}

/**
 * What the API server's Go types make of JSON: unknown fields and empty values dropped, mandatory ones filled with zero,
 * times and quantities in canonical form. Parts that are already so are shared with the argument.
 * @throws UndecodableError
 */
export function decodeTyped(value: JsonObject, type: ObjectType): Decoded {
  const decoder = new Decoder();
  const object = decoder.object(value, type);
  return { object, unknownFields: decoder.unknownFields };
}

class Decoder {
  readonly unknownFields: string[] = [];
  readonly #path: (string | number)[] = [];

  object(value: JsonObject, type: ObjectType): JsonObject {
    const decoded: Record<string, unknown> = {};
    let isChanged = false;
    for (const name in value) {
      const field = type.fields.get(name);
      if (field === undefined) {
        this.unknownFields.push(pathText([...this.#path, name]));
        isChanged = true;
        continue;
      }
      const given = value[name];
      this.#path.push(name);
      const kept = this.#field(given, field, type);
      this.#path.pop();
      if (kept !== undefined) decoded[name] = kept;
      if (kept !== given) isChanged = true;
    }
    for (const [name, zero] of mandatoryFields(type)) {
      if (decoded[name] !== undefined) continue;
      decoded[name] = zero;
      isChanged = true;
    }
    return isChanged ? decoded : value;
  }

  #field(value: unknown, field: FieldType, owner: ObjectType): unknown {
    if (value === null || value === undefined) return undefined;
    const decoded = this.#value(value, field.value, owner);
    return field.isPointer || !isEmpty(decoded, field) ? decoded : undefined;
  }

  #value(value: unknown, type: ValueType, owner: ObjectType): unknown {
    switch (type.kind) {
      case 'scalar':
        return this.#scalar(value, type.scalar, owner);
      case 'object':
        if (!isObject(value)) throw this.#mismatch(value, type, owner);
        return type.type.isLarge && isChecked(value, type.type) ? value : this.object(value, type.type);
      case 'list':
        if (!Array.isArray(value)) throw this.#mismatch(value, type, owner);
        return this.#list(value, type.items, owner);
      case 'map':
        if (!isObject(value)) throw this.#mismatch(value, type, owner);
        return this.#map(value, type.values, owner);
    }
  }

  #list(value: readonly unknown[], items: ValueType, owner: ObjectType): unknown {
    const decoded: unknown[] = [];
    let isChanged = false;
    for (const [index, item] of value.entries()) {
      this.#path.push(index);
      const kept = item === null ? zeroOf(items) : this.#value(item, items, owner);
      this.#path.pop();
      decoded.push(kept);
      if (kept !== item) isChanged = true;
    }
    return isChanged ? decoded : value;
  }

  #map(value: JsonObject, values: ValueType, owner: ObjectType): unknown {
    const decoded: Record<string, unknown> = {};
    let isChanged = false;
    for (const name in value) {
      const given = value[name];
      const kept = given === null ? zeroOf(values) : this.#value(given, values, owner);
      decoded[name] = kept;
      if (kept !== given) isChanged = true;
    }
    return isChanged ? decoded : value;
  }

  #scalar(value: unknown, scalar: Scalar, owner: ObjectType): unknown {
    switch (scalar) {
      case 'string':
      case 'bytes':
        return this.#expect(typeof value === 'string', value, scalar, owner);
      case 'bool':
        return this.#expect(typeof value === 'boolean', value, scalar, owner);
      case 'int32':
      case 'int64':
        return this.#expect(isInteger(value, scalar), value, scalar, owner);
      case 'float64':
        return this.#expect(typeof value === 'number', value, scalar, owner);
      case 'int-or-string':
        return this.#expect(typeof value === 'string' || isInteger(value, 'int32'), value, 'int32', owner);
      case 'quantity':
        return decodeQuantity(value);
      case 'time':
      case 'microtime':
        return decodeTime(value, scalar);
      case 'any':
        return value;
    }
  }

  #expect(isRight: boolean, value: unknown, scalar: Scalar, owner: ObjectType): unknown {
    if (!isRight) throw this.#mismatch(value, { kind: 'scalar', scalar }, owner);
    return value;
  }

  #mismatch(value: unknown, type: ValueType, owner: ObjectType): UndecodableError {
    const fields = this.#path.filter((step) => typeof step === 'string').join('.');
    const place = `${owner.name.replace(/^.*\./, '')}.${fields}`;
    return new UndecodableError(
      `json: cannot unmarshal ${givenText(value)} into Go struct field ${place} of type ${goTypeText(type)}`,
    );
  }
}

/** Fields that are written even when they are zero, with their zeros. */
const mandatory = new WeakMap<ObjectType, readonly (readonly [string, unknown])[]>();

function mandatoryFields(type: ObjectType): readonly (readonly [string, unknown])[] {
  const known = mandatory.get(type);
  if (known !== undefined) return known;
  const zeros: (readonly [string, unknown])[] = [];
  mandatory.set(type, zeros);
  for (const field of type.fields.values()) if (isMandatory(field)) zeros.push([field.name, zeroOf(field.value)]);
  return zeros;
}

/** Go leaves out no struct for being empty, and neither a time nor a quantity, which are structs to it. */
function isMandatory({ isAlways, isPointer, isOmittedZero, value }: FieldType): boolean {
  if (isPointer || isOmittedZero) return false;
  return isAlways || isStruct(value);
}

function isStruct(type: ValueType): boolean {
  return type.kind === 'object' || (type.kind === 'scalar' && ['time', 'microtime', 'quantity'].includes(type.scalar));
}

function zeroOf(type: ValueType): unknown {
  if (type.kind === 'object') return Object.fromEntries(mandatoryFields(type.type));
  if (type.kind !== 'scalar') return null;
  switch (type.scalar) {
    case 'string':
    case 'bytes':
      return '';
    case 'bool':
      return false;
    case 'int32':
    case 'int64':
    case 'float64':
    case 'int-or-string':
      return 0;
    case 'quantity':
      return '0';
    case 'time':
    case 'microtime':
    case 'any':
      return null;
  }
}

/** Whether Go would leave the value out. Lists and maps come back from storage as nil when they are empty. */
function isEmpty(value: unknown, field: FieldType): boolean {
  if (field.isAlways) return Array.isArray(value) && value.length === 0;
  if (value === '' || value === 0 || value === false) return !isStruct(field.value);
  if (Array.isArray(value)) return value.length === 0;
  if (field.value.kind !== 'map' || !isObject(value)) return false;
  for (const _name in value) return false;
  return true;
}

const integerLimits = { int32: 2 ** 31 - 1, int64: Number.MAX_SAFE_INTEGER } as const;

function isInteger(value: unknown, scalar: 'int32' | 'int64'): boolean {
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= integerLimits[scalar];
}

const quantityForm = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

function decodeQuantity(value: unknown): string {
  const canonical = canonicalQuantity(
    typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '',
  );
  if (canonical === undefined) throw new UndecodableError(quantityForm);
  return canonical;
}

const layouts = { time: '2006-01-02T15:04:05Z07:00', microtime: '2006-01-02T15:04:05.000000Z07:00' } as const;
const timeForms = {
  time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
  microtime: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/,
} as const;

/** Times are kept in UTC, to the second or to the microsecond. */
function decodeTime(value: unknown, scalar: 'time' | 'microtime'): string {
  if (typeof value !== 'string' || !timeForms[scalar].test(value) || Number.isNaN(Date.parse(value))) {
    const given = JSON.stringify(value);
    throw new UndecodableError(`parsing time ${given} as "${layouts[scalar]}": cannot parse ${given} as "2006"`);
  }
  if (value.endsWith('Z') && (scalar === 'microtime' || !value.includes('.'))) return value;
  const utc = new Date(value).toISOString();
  if (scalar === 'time') return utc.replace(/\.\d+Z$/, 'Z');
  const micros = /\.(\d{6})/.exec(value)?.[1] ?? '000000';
  return utc.replace(/\.\d+Z$/, `.${micros}Z`);
}

function givenText(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value !== 'number') return typeof value;
  return Number.isInteger(value) ? 'number' : `number ${value}`;
}

function goTypeText(type: ValueType): string {
  switch (type.kind) {
    case 'scalar':
      return type.scalar === 'bytes' ? '[]uint8' : type.scalar;
    case 'list':
      return `[]${goTypeText(type.items)}`;
    case 'map':
      return `map[string]${goTypeText(type.values)}`;
    case 'object':
      return type.type.name.split('.').slice(-2).join('.');
  }
}

function pathText(path: readonly (string | number)[]): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}

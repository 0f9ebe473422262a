// SPDX-License-Identifier: Apache-2.0
import { isObject, type JsonObject } from '../json.js';
import type { FieldType, ObjectType, Scalar, ValueType } from './type-table.js';

/** Bytes that are no Kubernetes object in protobuf. */
export class ProtobufError extends Error {}

/** What is in the envelope of an object in Kubernetes' protobuf form. */
export interface ProtobufEnvelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly message: Uint8Array;
}

const magic = Buffer.from('k8s\0', 'latin1');

/** Opens the envelope: four magic bytes, then type and content. @throws ProtobufError */
export function openEnvelope(bytes: Buffer): ProtobufEnvelope {
  if (!bytes.subarray(0, magic.length).equals(magic))
    throw new ProtobufError('provided data does not appear to be a protobuf message');
  const fields = readFields(bytes.subarray(magic.length));
  const typeMeta = readFields(bytesOf(fields, 1));
  return {
    apiVersion: textOf(bytesOf(typeMeta, 1)),
    kind: textOf(bytesOf(typeMeta, 2)),
    message: bytesOf(fields, 2),
  };
}

/** The JSON of a message of a type, not yet checked. @throws ProtobufError */
export function decodeMessage(message: Uint8Array, type: ObjectType): JsonObject {
  const object: Record<string, unknown> = {};
  addFields(object, message, { type, path: [] });
  return object;
}

interface Level {
  readonly type: ObjectType;
  /** Number of the message whose members JSON shows inline. */
  readonly path: readonly number[];
}

function addFields(object: Record<string, unknown>, message: Uint8Array, { type, path }: Level): void {
  for (const wire of readFields(message)) {
    const at = [...path, wire.number];
    const field = fieldAt(type, at);
    if (field !== undefined) object[field.name] = withValue(object[field.name], wire, field);
    else if (path.length === 0 && wire.kind === 'bytes') addFields(object, wire.bytes, { type, path: at });
  }
}

function fieldAt(type: ObjectType, path: readonly number[]): FieldType | undefined {
  for (const field of type.fields.values()) {
    const { protobufPath } = field;
    if (protobufPath.length === path.length && protobufPath.every((step, index) => step === path[index])) return field;
  }
  return undefined;
}

/** Lists and maps come one item at a time. */
function withValue(previous: unknown, wire: WireField, { value }: FieldType): unknown {
  if (value.kind === 'list') {
    const items: readonly unknown[] = Array.isArray(previous) ? previous : [];
    return [...items, valueOf(wire, value.items)];
  }
  if (value.kind !== 'map') return valueOf(wire, value);
  const entry = readFields(bytesIn(wire));
  const key = textOf(bytesOf(entry, 1));
  const member = entry.find(({ number }) => number === 2) ?? { kind: 'bytes', number: 2, bytes: new Uint8Array() };
  return { ...(isObject(previous) ? previous : {}), [key]: valueOf(member, value.values) };
}

function valueOf(wire: WireField, type: ValueType): unknown {
  if (type.kind === 'object') return decodeMessage(bytesIn(wire), type.type);
  if (type.kind !== 'scalar') throw new ProtobufError('a list in a list');
  return scalarOf(wire, type.scalar);
}

function scalarOf(wire: WireField, scalar: Scalar): unknown {
  switch (scalar) {
    case 'string':
      return textOf(bytesIn(wire));
    case 'bytes':
      return Buffer.from(bytesIn(wire)).toString('base64');
    case 'bool':
      return numberIn(wire) !== 0;
    case 'int32':
    case 'int64':
    case 'float64':
      return numberIn(wire);
    case 'quantity':
      return textOf(bytesOf(readFields(bytesIn(wire)), 1));
    case 'int-or-string':
      return intOrString(readFields(bytesIn(wire)));
    case 'time':
    case 'microtime':
      return timeOf(readFields(bytesIn(wire)), scalar);
    case 'any':
      return JSON.parse(textOf(bytesOf(readFields(bytesIn(wire)), 1)) || 'null');
  }
}

function intOrString(fields: readonly WireField[]): unknown {
  return numberOf(fields, 1) === 1 ? textOf(bytesOf(fields, 3)) : numberOf(fields, 2);
}

function timeOf(fields: readonly WireField[], scalar: 'time' | 'microtime'): string | null {
  const [seconds, nanos] = [numberOf(fields, 1), numberOf(fields, 2)];
  if (fields.length === 0) return null;
  const text = new Date(seconds * 1_000).toISOString().slice(0, 19);
  return scalar === 'time' ? `${text}Z` : `${text}.${String(Math.floor(nanos / 1_000)).padStart(6, '0')}Z`;
}

/** One field as it stands in a message. */
type WireField =
  | { readonly kind: 'number'; readonly number: number; readonly value: number }
  | { readonly kind: 'bytes'; readonly number: number; readonly bytes: Uint8Array };

function readFields(message: Uint8Array): readonly WireField[] {
  const reader = new Reader(message);
  const fields: WireField[] = [];
  while (!reader.isAtEnd) fields.push(reader.field());
  return fields;
}

function bytesIn(wire: WireField): Uint8Array {
  if (wire.kind === 'bytes') return wire.bytes;
  throw new ProtobufError(`field ${wire.number} is a number`);
}

function numberIn(wire: WireField): number {
  if (wire.kind === 'number') return wire.value;
  throw new ProtobufError(`field ${wire.number} is no number`);
}

function bytesOf(fields: readonly WireField[], number: number): Uint8Array {
  const field = fields.find((each) => each.number === number);
  return field === undefined ? new Uint8Array() : bytesIn(field);
}

function numberOf(fields: readonly WireField[], number: number): number {
  const field = fields.find((each) => each.number === number);
  return field === undefined ? 0 : numberIn(field);
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

class Reader {
  #offset = 0;
  readonly #view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#offset >= this.bytes.length;
  }

  field(): WireField {
    const tag = Number(this.#varint());
    const number = tag >>> 3;
    switch (tag & 7) {
      case 0:
        return { kind: 'number', number, value: Number(BigInt.asIntN(64, this.#varint())) };
      case 1:
        return { kind: 'number', number, value: this.#double() };
      case 2:
        return { kind: 'bytes', number, bytes: this.#slice(Number(this.#varint())) };
      default:
        throw new ProtobufError(`field ${number} has an unknown wire type`);
    }
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.#offset];
      if (byte === undefined) throw new ProtobufError('unexpected EOF');
      this.#offset += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new ProtobufError('a number without end');
  }

  #double(): number {
    if (this.#offset + 8 > this.bytes.length) throw new ProtobufError('unexpected EOF');
    const value = this.#view.getFloat64(this.#offset, true);
    this.#offset += 8;
    return value;
  }

  #slice(length: number): Uint8Array {
    const end = this.#offset + length;
    if (end > this.bytes.length) throw new ProtobufError('unexpected EOF');
    const slice = this.bytes.subarray(this.#offset, end);
    this.#offset = end;
    return slice;
  }
}

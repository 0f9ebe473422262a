// SPDX-License-Identifier: Apache-2.0
import texts from './kubernetes-types.json' with { type: 'json' };

/** Kinds of JSON values that are no objects, lists or maps, as Go calls them where Go has a name. */
export type Scalar =
  | 'string'
  | 'bool'
  | 'int32'
  | 'int64'
  | 'float64'
  | 'quantity'
  | 'int-or-string'
  | 'time'
  | 'microtime'
  | 'bytes'
  | 'any';

export type ValueType =
  | { readonly kind: 'scalar'; readonly scalar: Scalar }
  | { readonly kind: 'list'; readonly items: ValueType }
  | { readonly kind: 'map'; readonly values: ValueType }
  | { readonly kind: 'object'; readonly type: ObjectType };

/** A field of an object type. */
export interface FieldType {
  readonly name: string;
  readonly value: ValueType;
  /** A Go pointer: absent and zero are two things. */
  readonly isPointer: boolean;
  /** Written even when it is zero. */
  readonly isAlways: boolean;
  readonly isRequired: boolean;
  /** A struct that is left out when it is zero. */
  readonly isOmittedZero: boolean;
  /** Strategic merge patches merge this list: of objects by this field, of scalars when it is empty. */
  readonly mergeKey: string | undefined;
  /** Strategic merge patches may say which members to keep. */
  readonly retainsKeys: boolean;
  /** Server-side apply tells the items of this list apart by these fields. */
  readonly listKeys: readonly string[];
  readonly isSet: boolean;
  readonly enum: readonly string[];
  /** Its number in protobuf; two where JSON shows the members of a message inline. Empty when it is never sent so. */
  readonly protobufPath: readonly number[];
}

/** A Kubernetes API type. */
export interface ObjectType {
  /** Like `apps.v1.DeploymentSpec`. */
  readonly name: string;
  readonly fields: ReadonlyMap<string, FieldType>;
  /** A specification or status: large, and often written back unchanged. */
  readonly isLarge: boolean;
}

const scalars: readonly string[] = [
  'string',
  'bool',
  'int32',
  'int64',
  'float64',
  'quantity',
  'int-or-string',
  'time',
  'microtime',
  'bytes',
  'any',
] satisfies readonly Scalar[];

const table: Readonly<Record<string, Readonly<Record<string, string>>>> = texts;
const parsed = new Map<string, ObjectType>();

/**
 * A type of the table in kubernetes-types.json, which hack/kubernetes-types writes.
 * @throws Error when the table does not have it: a programming error
 */
export function objectType(name: string): ObjectType {
  const known = parsed.get(name);
  if (known !== undefined) return known;
  const texts = table[name];
  if (texts === undefined) throw new Error(`No type ${name} in kubernetes-types.json`);
  const fields = new Map<string, FieldType>();
  const type: ObjectType = { name, fields, isLarge: /(Spec|Status)$/.test(name) };
  // Known before its fields are, because some types contain themselves.
  parsed.set(name, type);
  for (const [field, text] of Object.entries(texts)) fields.set(field, parseField(field, text));
  return type;
}

function parseField(name: string, text: string): FieldType {
  const [type = '', ...flags] = text.split(' ');
  const flag = (prefix: string): string | undefined =>
    flags.find((candidate) => candidate === prefix || candidate.startsWith(`${prefix}=`))?.slice(prefix.length + 1);
  const listFlag = (prefix: string): readonly string[] => flag(prefix)?.split(',') ?? [];
  return {
    name,
    value: parseType(type.replace(/^\*/, '')),
    isPointer: type.startsWith('*'),
    isAlways: flags.includes('always'),
    isRequired: flags.includes('required'),
    isOmittedZero: flags.includes('omitzero'),
    mergeKey: flag('merge'),
    retainsKeys: flags.includes('retainKeys'),
    listKeys: listFlag('keys'),
    isSet: flags.includes('set'),
    enum: listFlag('enum'),
    protobufPath: (flags.find((flag) => flag.startsWith('#')) ?? '')
      .slice(1)
      .split('.')
      .filter((step) => step !== '')
      .map(Number),
  };
}

function parseType(text: string): ValueType {
  if (text.startsWith('[]')) return { kind: 'list', items: parseType(text.slice(2)) };
  if (text.startsWith('map:')) return { kind: 'map', values: parseType(text.slice(4)) };
  // Items of lists may be pointers, which makes no difference in JSON.
  if (text.startsWith('*')) return parseType(text.slice(1));
  return isScalar(text) ? { kind: 'scalar', scalar: text } : { kind: 'object', type: objectType(text) };
}

function isScalar(text: string): text is Scalar {
  return scalars.includes(text);
}

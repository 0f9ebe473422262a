// SPDX-License-Identifier: Apache-2.0
import { formatFloat } from '../../lib/go-format.js';

/** The values that a metric template can meet, with the Go types that they have there. */
export type Value =
  | { readonly kind: 'nil' }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int'; readonly type: 'int' | 'uint8'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'map'; readonly value: ReadonlyMap<string, string> };

export const nil: Value = { kind: 'nil' };

export function stringValue(value: string): Value {
  return { kind: 'string', value };
}

export function boolValue(value: boolean): Value {
  return { kind: 'bool', value };
}

export function intValue(value: bigint | number): Value {
  return { kind: 'int', type: 'int', value: BigInt(value) };
}

/** A map[string]string. Its keys are iterated and printed in order of their UTF-8 bytes. */
export function mapValue(entries: Readonly<Record<string, string>>): Value {
  return { kind: 'map', value: new Map(Object.entries(entries).sort(([left], [right]) => compareText(left, right))) };
}

/** Order of two texts by their UTF-8 bytes, as Go compares strings: negative, zero or positive. */
export function compareText(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

/** The name of a value's Go type, as %T prints it. */
export function typeName(value: Value): string {
  switch (value.kind) {
    case 'nil':
      return '<nil>';
    case 'int':
      return value.type;
    case 'float':
      return 'float64';
    case 'map':
      return 'map[string]string';
    case 'bool':
    case 'string':
      return value.kind;
  }
}

/** What `if`, `with`, `and`, `or` and `not` make of a value: everything but the zero value of its type is true. */
export function isTrue(value: Value): boolean {
  switch (value.kind) {
    case 'nil':
      return false;
    case 'map':
      return value.value.size > 0;
    case 'bool':
    case 'int':
    case 'float':
    case 'string':
      return Boolean(value.value);
  }
}

/** A value as Go's %v prints it. */
export function plainText(value: Value): string {
  switch (value.kind) {
    case 'nil':
      return '<nil>';
    case 'float':
      return formatFloat(value.value);
    case 'map':
      return `map[${[...value.value].map(([key, member]) => `${key}:${member}`).join(' ')}]`;
    case 'bool':
    case 'int':
    case 'string':
      return String(value.value);
  }
}

/** A value as an action prints it: as %v, but an absent one reads "<no value>". */
export function actionText(value: Value): string {
  return value.kind === 'nil' ? '<no value>' : plainText(value);
}

// SPDX-License-Identifier: Apache-2.0

/** Reading, comparing and copying of parsed JSON whose shape is not known to the compiler. Nothing here changes its arguments. */

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object in a field; an empty one when there is none. */
export function objectAt(object: JsonObject, field: string): JsonObject {
  const value = object[field];
  return isObject(value) ? value : nothing;
}

/** The list in a field; an empty one when there is none. */
export function listAt(object: JsonObject, field: string): readonly unknown[] {
  const value = object[field];
  return isList(value) ? value : noItems;
}

/** Like Array.isArray, without letting `any` in. */
export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** The objects of the list in a field. */
export function objectsAt(object: JsonObject, field: string): readonly JsonObject[] {
  return listAt(object, field).filter(isObject);
}

/** The text in a field; empty when there is none. */
export function textAt(object: JsonObject, field: string): string {
  const value = object[field];
  return typeof value === 'string' ? value : '';
}

/** A value that should be text, as text: JSON of anything else. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

export function numberAt(object: JsonObject, field: string): number | undefined {
  const value = object[field];
  return typeof value === 'number' ? value : undefined;
}

const nothing: JsonObject = {};
const noItems: readonly unknown[] = [];

/** Whether two JSON values are equal, whatever the order of their members. Members that are undefined count as absent. */
export function sameValue(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left)) return Array.isArray(right) && sameItems(left, right);
  return isObject(left) && isObject(right) && sameMembers(left, right);
}

function sameItems(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((item, index) => sameValue(item, right[index]));
}

function sameMembers(left: JsonObject, right: JsonObject): boolean {
  for (const name in left) if (!sameValue(left[name], right[name])) return false;
  for (const name in right) if (right[name] !== undefined && left[name] === undefined) return false;
  return true;
}

/** A copy with fields replaced; those that are given as undefined are left out. */
export function withFields(object: JsonObject, fields: JsonObject): JsonObject {
  const copy: Record<string, unknown> = { ...object, ...fields };
  for (const name in fields) if (fields[name] === undefined) Reflect.deleteProperty(copy, name);
  return copy;
}

/** The object itself, or a copy with the fields that it lacks. */
export function withDefaults(object: JsonObject, defaults: JsonObject): JsonObject {
  for (const name in defaults) {
    if (object[name] === undefined && defaults[name] !== undefined) return { ...defaults, ...object };
  }
  return object;
}

/** The object with one field mapped, or itself when that changes nothing or the field is absent. */
export function mapField(object: JsonObject, field: string, map: (value: JsonObject) => JsonObject): JsonObject {
  const value = object[field];
  if (!isObject(value)) return object;
  const mapped = map(value);
  return mapped === value ? object : { ...object, [field]: mapped };
}

/** The object with each object of one list mapped, or itself when that changes nothing. */
export function mapItems(object: JsonObject, field: string, map: (item: JsonObject) => JsonObject): JsonObject {
  const items = object[field];
  if (!Array.isArray(items)) return object;
  const mapped = items.map((item: unknown) => (isObject(item) ? map(item) : item));
  return mapped.every((item, index) => item === items[index]) ? object : { ...object, [field]: mapped };
}

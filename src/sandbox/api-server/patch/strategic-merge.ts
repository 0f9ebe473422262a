// SPDX-License-Identifier: Apache-2.0
import { isList, isObject, sameValue, textAt, type JsonObject } from '../json.js';
import type { FieldType, ObjectType, ValueType } from '../types/type-table.js';
import { PatchError } from './patch-error.js';

const directives = {
  patch: '$patch',
  retain: '$retainKeys',
  order: '$setElementOrder/',
  remove: '$deleteFromPrimitiveList/',
};

/**
 * Kubernetes' own merge: like a merge patch, but lists that the type declares so are merged item by item (containers by name,
 * ports by containerPort), and directives delete, replace and order items.
 * @throws PatchError
 */
export function strategicMerge(object: JsonObject, patch: JsonObject, type: ObjectType | undefined): JsonObject {
  const mode = patch[directives.patch];
  if (mode === 'replace') return withoutDirectives(patch);
  if (mode === 'delete') return {};
  const merged = retained(object, patch[directives.retain]);
  for (const [name, change] of Object.entries(patch)) {
    if (name.startsWith('$')) continue;
    if (change === null) Reflect.deleteProperty(merged, name);
    else merged[name] = mergedValue(merged[name], change, { patch, field: type?.fields.get(name), name });
  }
  return withListDirectives(merged, patch, type);
}

/** Only the members that the patch retains, where it says so. */
function retained(object: JsonObject, keys: unknown): Record<string, unknown> {
  if (!Array.isArray(keys)) return { ...object };
  return Object.fromEntries(Object.entries(object).filter(([name]) => keys.includes(name)));
}

interface Place {
  readonly patch: JsonObject;
  readonly field: FieldType | undefined;
  readonly name: string;
}

function mergedValue(value: unknown, change: unknown, { patch, field, name }: Place): unknown {
  if (isObject(change)) {
    if (!isObject(value)) return withoutDirectives(change);
    return strategicMerge(value, change, field === undefined ? undefined : objectTypeOf(field.value));
  }
  if (!isList(change) || field?.mergeKey === undefined) return change;
  const items = isList(value) ? value : [];
  const order = orderOf(patch, name);
  if (field.mergeKey === '') {
    const all = [...items, ...change.filter((item) => !items.includes(item))];
    return ordered(items, all, { key: '', order: order ?? change });
  }
  return mergedItems(items, change.filter(isObject), {
    key: field.mergeKey,
    type: objectTypeOf(field.value),
    order,
  });
}

/** Directives about lists whose own member may be absent from the patch: removals and a new order. */
function withListDirectives(merged: JsonObject, patch: JsonObject, type: ObjectType | undefined): JsonObject {
  const result: Record<string, unknown> = { ...merged };
  for (const [directive, values] of Object.entries(patch)) {
    const name = directive.slice(directive.indexOf('/') + 1);
    const items = result[name];
    if (!isList(values) || !isList(items)) continue;
    if (directive.startsWith(directives.remove)) result[name] = items.filter((item) => !values.includes(item));
    if (!directive.startsWith(directives.order) || patch[name] !== undefined) continue;
    const key = type?.fields.get(name)?.mergeKey ?? '';
    result[name] = ordered([], items, { key, order: values });
  }
  return result;
}

function orderOf(patch: JsonObject, name: string): readonly unknown[] | undefined {
  const order = patch[directives.order + name];
  return isList(order) ? order : undefined;
}

interface Merging {
  readonly key: string;
  readonly type: ObjectType | undefined;
  readonly order: readonly unknown[] | undefined;
}

function mergedItems(items: readonly unknown[], changes: readonly JsonObject[], merging: Merging): readonly unknown[] {
  const { key, type } = merging;
  if (changes.some((change) => change[directives.patch] === 'replace')) {
    return changes.filter((change) => change[directives.patch] !== 'replace').map(withoutDirectives);
  }
  let result = items;
  const touched: JsonObject[] = [];
  for (const change of changes) {
    const id = change[key];
    if (id === undefined)
      throw new PatchError(`map: ${JSON.stringify(change)} does not contain declared merge key: ${key}`);
    const index = result.findIndex((item) => isObject(item) && sameValue(item[key], id));
    if (change[directives.patch] === 'delete') {
      if (index >= 0) result = result.toSpliced(index, 1);
      continue;
    }
    touched.push(change);
    const present = result[index];
    const merged = isObject(present) ? strategicMerge(present, change, type) : withoutDirectives(change);
    result = index < 0 ? [...result, merged] : result.with(index, merged);
  }
  // Without a directive the patch itself gives the order: what only the server has comes where it was among that.
  return ordered(items, result, { key, order: merging.order ?? touched });
}

interface Ordering {
  readonly key: string;
  /** Items, or objects with their keys, in the wanted order. */
  readonly order: readonly unknown[];
}

/**
 * The items in the wanted order; those that the order does not name stay where they were among the others, as far as the
 * list before says.
 */
function ordered(before: readonly unknown[], items: readonly unknown[], { key, order }: Ordering): readonly unknown[] {
  const idOf = (item: unknown): unknown => (key !== '' && isObject(item) ? item[key] : item);
  const rank = (list: readonly unknown[], item: unknown): number =>
    list.findIndex((each) => sameValue(idOf(each), idOf(item)));
  const known = before.length === 0 ? items : before;
  const named = items.filter((item) => rank(order, item) >= 0);
  const others = items.filter((item) => rank(order, item) < 0);
  named.sort((left, right) => rank(order, left) - rank(order, right));
  const result: unknown[] = [];
  while (named.length + others.length > 0) {
    const [other, next] = [others[0], named[0]];
    const goesFirst = next === undefined || (other !== undefined && isBefore(rank(known, other), rank(known, next)));
    result.push(goesFirst ? others.shift() : named.shift());
  }
  return result;
}

function isBefore(left: number, right: number): boolean {
  return left >= 0 && right >= 0 && left < right;
}

function objectTypeOf(type: ValueType): ObjectType | undefined {
  if (type.kind === 'object') return type.type;
  return type.kind === 'list' ? objectTypeOf(type.items) : undefined;
}

/** A part of a patch that meets nothing to merge with: taken as it is, without directives and deletions. */
function withoutDirectives(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !name.startsWith('$'))
      .map(([name, member]) => [name, cleaned(member)]),
  );
}

function cleaned(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.filter((item) => !isObject(item) || textAt(item, directives.patch) !== 'delete').map(cleaned);
  }
  return isObject(value) ? withoutDirectives(value) : value;
}

// SPDX-License-Identifier: Apache-2.0
import { isObject, listAt, numberAt, objectsAt, textAt, type JsonObject } from '../json.js';
import type { ServedObject } from '../served-object.js';
import { ageColumn, ageText, column, nameColumn, type Cell, type TableColumn } from './column.js';

/** The columns of a custom resource by the additionalPrinterColumns of its version; without them name and age. */
export function customColumns(version: JsonObject): readonly TableColumn[] {
  if (listAt(version, 'additionalPrinterColumns').length === 0) return [nameColumn, ageColumn];
  return [nameColumn, ...objectsAt(version, 'additionalPrinterColumns').map(customColumn)];
}

const columnTypes: readonly TableColumn['type'][] = ['string', 'integer', 'number', 'boolean', 'date'];

function customColumn(spec: JsonObject): TableColumn {
  const path = textAt(spec, 'jsonPath');
  const type = columnTypes.find((each) => each === spec.type) ?? 'string';
  const steps = stepsOf(path);
  return column(textAt(spec, 'name'), (object, nowMs) => cellOf(valueAt(object, steps), type, nowMs), {
    type,
    format: spec.format === 'name' ? 'name' : '',
    priority: numberAt(spec, 'priority') ?? 0,
    description: textAt(spec, 'description') || `Custom resource definition column (in JSONPath format): ${path}`,
  });
}

/** A member's name, the index of an item, or the items whose member has a value. */
type Step = string | number | { readonly member: string; readonly equals: string };

/** The part of JSONPath that printer columns use: `.a.b[0].c`, `.conditions[?(@.type=="Ready")].status`. */
function stepsOf(path: string): readonly Step[] {
  const pattern = /\.([\w-]+)|\[['"]([^'"]+)['"]\]|\[(\d+)\]|\[\?\(@\.([\w-]+)\s*==\s*['"]([^'"]*)['"]\)\]/g;
  return [...path.matchAll(pattern)].map(([, name, quoted, index, member, equals]) => {
    if (member !== undefined) return { member, equals: equals ?? '' };
    return index === undefined ? (name ?? quoted ?? '') : Number(index);
  });
}

function valueAt(object: ServedObject, steps: readonly Step[]): unknown {
  let value: unknown = object;
  for (const step of steps) value = next(value, step);
  return value;
}

function next(value: unknown, step: Step): unknown {
  if (typeof step === 'string') return isObject(value) ? value[step] : undefined;
  if (!Array.isArray(value)) return undefined;
  const items: readonly unknown[] = value;
  if (typeof step === 'number') return items[step];
  return items.find((item) => isObject(item) && item[step.member] === step.equals);
}

function cellOf(value: unknown, type: TableColumn['type'], nowMs: number): Cell {
  if (value === undefined || value === null) return type === 'date' ? '<unknown>' : null;
  switch (type) {
    case 'date':
      return ageText(value, nowMs);
    case 'integer':
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'string':
      return typeof value === 'string' ? value : JSON.stringify(value);
  }
}

// SPDX-License-Identifier: Apache-2.0
import { sameJson } from './hash.js';

type Members = Readonly<Record<string, unknown>>;

/**
 * Paths at which two JSON values differ, such as `spec.ports` and `metadata.labels[app.kubernetes.io/name]`, in the order of
 * their names. Lists are compared as a whole; an absent map and an empty one are equal.
 * @param depth how many members deep a path goes
 */
export function differingFields(left: unknown, right: unknown, depth = 3): readonly string[] {
  return differences(left, right, { path: '', depth });
}

interface Place {
  readonly path: string;
  readonly depth: number;
}

function differences(left: unknown, right: unknown, { path, depth }: Place): readonly string[] {
  if (sameJson(left ?? {}, right ?? {})) return [];
  if (depth === 0 || !isMap(left ?? {}) || !isMap(right ?? {})) return [path];
  const [before, after] = [membersOf(left), membersOf(right)];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) =>
    differences(before[name], after[name], { path: memberPath(path, name), depth: depth - 1 }),
  );
}

function memberPath(path: string, name: string): string {
  if (!/^\w+$/.test(name)) return `${path}[${name}]`;
  return path === '' ? name : `${path}.${name}`;
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

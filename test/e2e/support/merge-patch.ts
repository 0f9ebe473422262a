// SPDX-License-Identifier: Apache-2.0

/** A JSON merge patch (RFC 7396): null removes, objects merge, all else replaces. */
export type Patch = Readonly<Record<string, unknown>>;

/** The target with the patch applied; neither is changed. */
export function mergePatch<T extends object>(target: T, patch: Patch): T {
  const result = new Map<string, unknown>(Object.entries(target));
  for (const [key, value] of Object.entries(patch)) {
    const old = result.get(key);
    if (value === null) result.delete(key);
    else result.set(key, isPlainObject(value) ? mergePatch(isPlainObject(old) ? old : {}, value) : value);
  }
  // The patch changes values, not what kind of object it is.
  return Object.fromEntries(result) as T;
}

function isPlainObject(value: unknown): value is Patch {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// SPDX-License-Identifier: Apache-2.0
import { isObject, type JsonObject } from '../json.js';

/** RFC 7386: members of the patch replace those of the object, null removes them. */
export function mergePatch(object: JsonObject, patch: JsonObject): JsonObject {
  const merged: Record<string, unknown> = { ...object };
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) Reflect.deleteProperty(merged, name);
    else if (isObject(change)) merged[name] = mergePatch(objectOrNothing(merged[name]), change);
    else merged[name] = change;
  }
  return merged;
}

function objectOrNothing(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

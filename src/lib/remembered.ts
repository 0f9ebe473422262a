// SPDX-License-Identifier: Apache-2.0

/**
 * A pure function that does not work out again what it was just asked: for each object its last result is kept, and given
 * again as long as the rest is the same, or an array or a plain object with the same members. Meant for objects out of stores,
 * which are shared, and replaced when they change. The result is shared as well: nobody may change it.
 */
export function remembered<Key extends object, Rest, Result>(
  compute: (key: Key, rest: Rest) => Result,
): (key: Key, rest: Rest) => Result {
  const known = new WeakMap<Key, { readonly rest: Rest; readonly result: Result }>();
  return (key, rest) => {
    const last = known.get(key);
    if (last !== undefined && isSame(last.rest, rest)) return last.result;
    const result = compute(key, rest);
    known.set(key, { rest, result });
    return result;
  };
}

/** The same for a function of one object alone. */
export function rememberedFor<Key extends object, Result>(compute: (key: Key) => Result): (key: Key) => Result {
  const recall = remembered<Key, undefined, Result>(compute);
  return (key) => recall(key, undefined);
}

function isSame(left: unknown, right: unknown): boolean {
  return Object.is(left, right) || (hasMembers(left) && hasMembers(right) && haveSameMembers(left, right));
}

/** Whether its enumerable members are all that there is to a value. */
function hasMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype;
}

function haveSameMembers(left: Readonly<Record<string, unknown>>, right: Readonly<Record<string, unknown>>): boolean {
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && Object.is(left[name], right[name]))
  );
}

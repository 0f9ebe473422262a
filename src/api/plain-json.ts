// SPDX-License-Identifier: Apache-2.0

/** Deeper than any field that this program reads; what lies below is other people's and may be nested without end. */
const readDepth = 10;

/**
 * A copy without null members, null list entries and undefined members: in a Kubernetes object null means "not set".
 * Levels below those that this program reads are shared, not copied.
 */
export function withoutNulls(value: unknown, depth = readDepth): unknown {
  if (depth === 0 || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.filter(isSet).map((entry) => withoutNulls(entry, depth - 1));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => isSet(member))
      .map(([name, member]) => [name, withoutNulls(member, depth - 1)]),
  );
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSet(value: unknown): boolean {
  return value !== null && value !== undefined;
}

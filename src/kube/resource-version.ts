// SPDX-License-Identifier: Apache-2.0

const decimal = /^(0|[1-9]\d*)$/;

/**
 * Orders two resource versions of the same kind, which Kubernetes permits since KEP-5504 when both are decimal numbers.
 * They may exceed 2^53, so they are compared as text.
 * @returns negative, 0 or positive; undefined when the order cannot be known
 */
export function compareResourceVersions(left: string | undefined, right: string | undefined): number | undefined {
  if (left === undefined || right === undefined) return undefined;
  if (left === right) return 0;
  if (!decimal.test(left) || !decimal.test(right)) return undefined;
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : 1;
}

/** Whether `left` is known to be older than `right`. */
export function isOlder(left: string | undefined, right: string | undefined): boolean {
  return (compareResourceVersions(left, right) ?? 0) < 0;
}

// SPDX-License-Identifier: Apache-2.0

/**
 * What a value was checked by when it was stored: a type or a schema. Stored values are never changed in place, so that a
 * part of an object which comes back as the same value needs no second look. That is most of the work of a write which
 * changes only a status or an annotation.
 */
const checkedBy = new WeakMap<object, object>();

/** Remembers that a value is complete and valid by a type or schema. */
export function markChecked(value: unknown, by: object): void {
  if (typeof value === 'object' && value !== null) checkedBy.set(value, by);
}

export function isChecked(value: unknown, by: object): boolean {
  return typeof value === 'object' && value !== null && checkedBy.get(value) === by;
}

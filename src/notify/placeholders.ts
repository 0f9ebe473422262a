// SPDX-License-Identifier: Apache-2.0
import type { StringMap } from '../api/kubernetes.js';

/** `{{ name }}`, as in metric templates. */
const placeholder = /\{\{-?\s*(\w+)\s*-?\}\}/g;

/** Replaces each `{{ name }}` by its value; a name that is not among the values stays as it is written. */
export function fillPlaceholders(
  template: string,
  values: StringMap,
  encode: (value: string) => string = (value) => value,
): string {
  return template.replace(placeholder, (written, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    return value === undefined ? written : encode(value);
  });
}

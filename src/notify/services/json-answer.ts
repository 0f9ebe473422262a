// SPDX-License-Identifier: Apache-2.0

/** The value of a JSON text; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Most chat servers answer with plain text.
    return undefined;
  }
}

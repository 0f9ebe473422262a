// SPDX-License-Identifier: Apache-2.0

/** Placed in the default branch of a switch over a union: fails to compile when a member is missing. */
export function exhaustive(value: never): never {
  throw new Error(`Unexpected variant: ${JSON.stringify(value)}`);
}

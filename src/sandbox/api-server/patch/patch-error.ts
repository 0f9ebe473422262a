// SPDX-License-Identifier: Apache-2.0

/** A patch that does not fit the object, or is none. */
export class PatchError extends Error {}

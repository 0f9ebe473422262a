// SPDX-License-Identifier: Apache-2.0
import { internalError } from '../status-error.js';

/** A fresh server's first write gets the version after this one, so that "1" is always a version from before its time. */
const firstRevision = 100;

/** The one counter of all writes: a resourceVersion is its value at the write. */
export class RevisionCounter {
  #current = firstRevision;

  /** Of the newest write. */
  get current(): number {
    return this.#current;
  }

  next(): number {
    this.#current += 1;
    return this.#current;
  }
}

/**
 * The number in a resourceVersion of a request; zero when it is empty.
 * @throws StatusError as the API server words it
 */
export function parseRevision(text: string, form: 'option' | 'object' = 'object'): number {
  if (text === '') return 0;
  const revision = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(revision)) return revision;
  const fact = `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw internalError(form === 'object' ? fact : `resourceVersion: Invalid value: ${JSON.stringify(text)}: ${fact}`);
}

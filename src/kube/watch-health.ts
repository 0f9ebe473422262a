// SPDX-License-Identifier: Apache-2.0
import type { Logger } from '../lib/logger.js';
import { errorText } from '../lib/operator-error.js';
import { isExpired, isTooMany, isUnreachable } from './errors.js';

/** After so many watches in a row that the server answered and spoiled, the version they start from is not trusted. */
const spoiltWatchesBeforeList = 3;

/** What a reflector concludes from how its lists and watches went, and says about it in the log. */
export class WatchHealth {
  readonly #log: Logger;
  readonly #resource: string;
  #failures = 0;
  #spoiltWatches = 0;
  #needsList = true;
  #isDoubtful = false;
  #isDegraded = false;

  constructor(resource: string, log: Logger) {
    this.#resource = resource;
    this.#log = log;
  }

  /** Failures in a row, for the backoff. */
  get failures(): number {
    return this.#failures;
  }

  /** Whether a watch alone cannot bring the store up to date. */
  get needsList(): boolean {
    return this.#needsList;
  }

  listed(): void {
    this.#needsList = false;
    this.frameCame();
  }

  frameCame(): void {
    this.#isDoubtful = false;
    this.#spoiltWatches = 0;
  }

  /** A watch has been open for a while, or ended in due time: the next failure is a new one. */
  soundAgain(): void {
    this.#failures = 0;
    if (this.#isDegraded) this.#log.info({ resource: this.#resource }, 'watch is back');
    this.#isDegraded = false;
  }

  /**
   * A watch ended in order, but told nothing. That is how a quiet collection looks. But so does a server that was restored
   * from a backup, until it has reached our version again; such a server has broken our connections before.
   */
  endedSilently(): void {
    if (this.#isDoubtful) this.#needsList = true;
  }

  watchFailed(error: unknown): void {
    this.#isDoubtful = true;
    // A server that is away or busy says nothing about our version.
    if (!isUnreachable(error) && !isTooMany(error)) this.#spoiltWatches += 1;
    if (isExpired(error) || this.#spoiltWatches >= spoiltWatchesBeforeList) this.#needsList = true;
  }

  /** A list or a watch failed. */
  failed(error: unknown): void {
    this.#failures += 1;
    const fields = { resource: this.#resource, error: errorText(error), failures: this.#failures };
    if (isExpired(error)) {
      this.#log.debug(fields, 'watch expired, listing again');
      return;
    }
    if (this.#isDegraded) this.#log.debug(fields, 'watch or list failed again');
    else this.#log.warn(fields, 'watch or list failed, trying again until it succeeds');
    this.#isDegraded = true;
  }
}

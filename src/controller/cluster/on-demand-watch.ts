// SPDX-License-Identifier: Apache-2.0
import { errorText } from '../../lib/operator-error.js';
import { isNotFound } from '../../kube/index.js';

interface Watched {
  readonly run: (signal: AbortSignal) => Promise<void>;
  readonly hasSynced: () => boolean;
  readonly whenSynced: () => Promise<void>;
}

/** The watch of a kind that a cluster need not have: it runs from the moment that somebody asks for such an object. */
export class OnDemandWatch {
  private running: Promise<void> | undefined;
  private signal: AbortSignal | undefined;
  private failure: string | undefined;
  private readonly failed = Promise.withResolvers<undefined>();

  constructor(
    private readonly kind: string,
    private readonly watched: Watched,
  ) {}

  /** Lets the watch run from now on, whenever it is asked for. Resolves when the signal is aborted and nothing runs. */
  async run(signal: AbortSignal): Promise<void> {
    this.signal = signal;
    if (!signal.aborted) {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    }
    await this.running;
  }

  /** To be told of each list that fails. */
  noteFailure(error: unknown): void {
    this.failure = isNotFound(error) ? `the API server does not know kind ${this.kind}` : errorText(error);
    this.failed.resolve(undefined);
  }

  /**
   * Starts the watch unless it runs, and waits for its first list. It goes on trying on its own.
   * @returns why nothing is known yet; undefined when the store holds all there is
   */
  async open(): Promise<string | undefined> {
    if (this.signal === undefined || this.signal.aborted) return undefined;
    this.running ??= this.watched.run(this.signal);
    await Promise.race([this.watched.whenSynced(), this.failed.promise, this.running]);
    return this.watched.hasSynced() ? undefined : this.failure;
  }
}

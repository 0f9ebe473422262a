// SPDX-License-Identifier: Apache-2.0

/** How a task ended. */
export interface Outcome {
  /** Undefined after a success; else what went wrong, in a few words. */
  readonly failure: string | undefined;
  /** What it wrote, or the last part of it. */
  readonly output: string;
}

/** A task that was started. */
export interface TaskRun {
  /** When its result is known. Never rejects. */
  readonly finished: Promise<Outcome>;
  /** When nothing of it is left; processes that it put into the background may outlive its result. Never rejects. */
  readonly gone: Promise<void>;
}

// SPDX-License-Identifier: Apache-2.0

/** What the reconcile loop does about an error: give up until something changes, retry with backoff, or observe again at once. */
export type RetryAdvice = 'never' | 'backoff' | 'requeue';

/** Base of every error that this program throws on purpose. `code` is stable and documented in docs/errors.md. */
export abstract class OperatorError extends Error {
  abstract readonly code: string;
  abstract readonly retry: RetryAdvice;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The readable text of whatever was thrown, for events and logs; never a stack. */
export function errorText(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  if (thrown.message !== '') return thrown.message;
  return thrown instanceof AggregateError ? thrown.errors.map(errorText).join('; ') : thrown.name;
}

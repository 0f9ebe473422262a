// SPDX-License-Identifier: Apache-2.0
import { backoffMs, type BackoffOptions } from '../lib/backoff.js';
import type { Clock } from '../lib/clock.js';
import type { Random } from '../lib/random.js';
import { ApiError } from './errors.js';

/** The operator's only policy for repeating API requests. */
export interface RetryPolicy extends BackoffOptions {
  /** Requests in all, the first included. */
  readonly attempts: number;
  /** A longer Retry-After than this is not waited out: the caller gets the error, with `retryAfterMs`. */
  readonly longestWaitMs: number;
}

export const defaultRetryPolicy: RetryPolicy = { attempts: 4, firstMs: 200, maxMs: 5_000, longestWaitMs: 30_000 };

const retriableStatuses = new Set([429, 500, 502, 503, 504]);

/**
 * Whether the same request may simply be sent again: the server is busy, failing or was not reached.
 * Safe for every write of this program, even one that was carried out before its answer got lost: PUTs and patches carry
 * a resourceVersion, creations a name, so the repetition ends in a conflict or an "already exists". Those two are
 * answers to a decision that is out of date and are never repeated here.
 */
export function isRetriable(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  if (error.code === 'API_UNREACHABLE') return true;
  return error.status !== undefined && retriableStatuses.has(error.status);
}

/** Wait before the given retry (0 = first): exponential with jitter, and never shorter than the server asks for. */
export function retryDelayMs(error: unknown, retry: number, policy: BackoffOptions, random: Random): number {
  const askedMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(askedMs, backoffMs(retry, policy, random));
}

export interface RetryDeps {
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal | undefined;
  /** Which errors to repeat after. Default `isRetriable`. */
  readonly shouldRetry?: (error: unknown) => boolean;
}

/** Sends until it succeeds, fails for good, or the attempts are used up; then throws the last error. */
export async function withRetry<T>(send: () => Promise<T>, deps: RetryDeps): Promise<T> {
  const { policy, clock, random, signal, shouldRetry = isRetriable } = deps;
  for (let retry = 0; ; retry += 1) {
    try {
      return await send();
    } catch (error) {
      if (!shouldRetry(error) || retry + 1 >= policy.attempts) throw error;
      const delayMs = retryDelayMs(error, retry, policy, random);
      if (delayMs > policy.longestWaitMs) throw error;
      await clock.sleep(delayMs, signal);
      signal?.throwIfAborted();
    }
  }
}

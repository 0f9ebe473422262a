// SPDX-License-Identifier: Apache-2.0
import { backoffMs, type BackoffOptions } from '../lib/backoff.js';
import type { Clock } from '../lib/clock.js';
import type { HttpFailure } from '../lib/http-failure.js';
import type { Random } from '../lib/random.js';
import { parseRetryAfterMs } from '../lib/retry-after.js';

const backoff: BackoffOptions = { firstMs: 1_000, maxMs: 30_000, jitter: 0.2 };
/** A server may ask for hours; a hook that answers in hours is of no use to a rollout. */
const maxRetryAfterMs = 300_000;

/** Whether the same call may succeed later: the server is busy or broken. 501 says that it never will. */
export function isRetriableStatus(status: number): boolean {
  return status === 429 || (status >= 500 && status !== 501);
}

/** Whether the same call may succeed later. A bad URL, a bad certificate or a redirect loop stays what it is. */
export function isRetriableFailure({ reason }: HttpFailure): boolean {
  return reason === 'connection' || reason === 'timeout';
}

/** Milliseconds that the server asks to wait, at most five minutes; undefined when it does not ask or cannot be understood. */
export function retryAfterMs(status: number, header: string | undefined, clock: Clock): number | undefined {
  if (status !== 429 && status !== 503) return undefined;
  const askedMs = parseRetryAfterMs(header, clock);
  return askedMs === undefined ? undefined : Math.min(askedMs, maxRetryAfterMs);
}

/** Wait before the given retry (0 = first) when the server does not say. */
export function retryDelayMs(retry: number, random: Random): number {
  return backoffMs(retry, backoff, random);
}

// SPDX-License-Identifier: Apache-2.0
import { MetricQueryError } from './providers/provider.js';

/** Requests that Skipper finished over some routes in some time, by its own counters. */
export interface Traffic {
  readonly requests: number;
  /** Of the requests: answered with 5xx, or not at all. */
  readonly failures: number;
  /** Of the requests: counted without a status code where there should be one, so that nobody knows whether they failed. */
  readonly uncoded: number;
  /** Of the requests: those whose time is known. */
  readonly timed: number;
  /** Time that these took together. */
  readonly seconds: number;
  /** How many of these took no longer than each upper bound in seconds; the last bound is infinite. */
  readonly buckets: ReadonlyMap<number, number>;
}

/** Share of the requests that did not fail; undefined without a request. @throws MetricQueryError without status codes */
export function successPercent({ requests, failures, uncoded }: Traffic): number | undefined {
  if (uncoded > 0)
    throw new MetricQueryError(
      'Skipper counts requests without their status code, so that nobody can tell which failed: ' +
        'remove its flag -serve-status-code-metric=false',
    );
  return requests > 0 ? ((requests - failures) / requests) * 100 : undefined;
}

export function meanSeconds({ timed, seconds }: Traffic): number | undefined {
  return timed > 0 ? seconds / timed : undefined;
}

/**
 * The quantile as Prometheus' histogram_quantile estimates it: on a straight line within its bucket, and the largest
 * finite bound for one beyond that. Undefined without a request.
 */
export function quantileSeconds({ buckets }: Traffic, quantile: number): number | undefined {
  const bounds = [...buckets.keys()].sort((left, right) => left - right);
  const total = buckets.get(Number.POSITIVE_INFINITY) ?? 0;
  if (total <= 0) return undefined;
  const rank = quantile * total;
  let [lowerBound, below] = [0, 0];
  for (const bound of bounds) {
    // Replicas with different buckets can make the sums fall; they are read as standing still.
    const upTo = Math.max(below, buckets.get(bound) ?? 0);
    if (bound === Number.POSITIVE_INFINITY) break;
    if (upTo >= rank && upTo > below) return lowerBound + (bound - lowerBound) * ((rank - below) / (upTo - below));
    [lowerBound, below] = [bound, upTo];
  }
  return lowerBound > 0 ? lowerBound : undefined;
}

// SPDX-License-Identifier: Apache-2.0
import type { MetricCheck } from '../api/rollout-spec.js';
import { formatFixed } from '../lib/go-decimal.js';
import { formatDuration } from '../lib/duration.js';
import { formatFloat } from '../lib/go-format.js';
import type { Judgement } from './bounds.js';
import type { MetricSubject } from './metric-request.js';
import { routePattern, routePrefixPattern, type RoutedApp } from './route-pattern.js';
import { meanSeconds, quantileSeconds, successPercent, type Traffic } from './traffic.js';

/** A check that the operator knows the query of. */
export interface BuiltInMetric {
  readonly name: 'request-success-rate' | 'request-duration';
  /** What the deprecated single threshold is. */
  readonly single: 'min' | 'max';
  readonly unit: 'percent' | 'milliseconds';
  /** PromQL over a range such as "1m". */
  query(subject: MetricSubject, metric: MetricCheck, range: string): string;
  /** Flagger's query, for a Skipper that does not count what it serves. */
  fallbackQuery?(subject: MetricSubject, range: string): string;
  /** What of the answer cannot be known where it is asked, for a Warning. */
  caveat?(subject: MetricSubject): string | undefined;
  /** The same from Skipper's own counters; undefined without a request. @throws MetricQueryError when they cannot tell */
  measure(traffic: Traffic, metric: MetricCheck): number | undefined;
  formatBound(bound: number): string;
  describe(judged: OutOfRange, metric: MetricCheck): string;
}

type OutOfRange = Extract<Judgement, { readonly kind: 'outOfRange' }>;

/** Whether the built-in queries read the application's own metrics instead of Skipper's. */
export function usesPodMetrics(provider: string): boolean {
  return provider === 'kubernetes' || provider === 'kubernetes:service';
}

const successRate: BuiltInMetric = {
  name: 'request-success-rate',
  single: 'min',
  unit: 'percent',
  query(subject, _metric, range) {
    if (usesPodMetrics(subject.provider)) {
      const pods = podSelector(subject);
      return share(
        `http_request_duration_seconds_count{${pods},status!~"5.*"}`,
        `http_request_duration_seconds_count{${pods}}`,
        range,
      );
    }
    const route = routeSelector(subject);
    if (subject.mirrored) return `${answeredQuery(route, range)} / ${mirroredQuery('rate', route, range)} * 100`;
    return share(
      `skipper_serve_route_duration_seconds_count{${route},code!~"5.."}`,
      `skipper_serve_route_duration_seconds_count{${route}}`,
      range,
    );
  },
  caveat({ canary, provider, mirrored }) {
    if (!mirrored || usesPodMetrics(provider)) return undefined;
    return (
      `Skipper counts mirrored requests of ${canary.name}.${canary.namespace} without their status: ` +
      'request-success-rate sees only those that got no answer. Check the answers with a metric of the application'
    );
  },
  fallbackQuery(subject, range) {
    const route = routeSelector(subject);
    return share(
      `skipper_response_duration_seconds_bucket{${route},code!~"5..",le="+Inf"}`,
      `skipper_response_duration_seconds_bucket{${route},le="+Inf"}`,
      range,
    );
  },
  measure: successPercent,
  formatBound: (bound) => `${formatFloat(bound)}%`,
  describe: ({ value, sign, bound }) => `success rate ${formatFixed(value, 2)}% ${sign} ${formatFloat(bound)}%`,
};

const duration: BuiltInMetric = {
  name: 'request-duration',
  single: 'max',
  unit: 'milliseconds',
  query(subject, { quantile }, range) {
    if (usesPodMetrics(subject.provider)) {
      const buckets = `http_request_duration_seconds_bucket{${podSelector(subject)}}`;
      return `histogram_quantile(${quantile ?? 0.99}, sum(rate(${buckets}[${range}])) by (le)) * 1000`;
    }
    const route = routeSelector(subject);
    const family = subject.mirrored ? 'skipper_backend_duration_seconds' : 'skipper_serve_route_duration_seconds';
    if (quantile !== undefined) {
      const buckets = `${family}_bucket{${route}}`;
      return `histogram_quantile(${quantile}, sum(rate(${buckets}[${range}])) by (le)) * 1000`;
    }
    const total = `sum(rate(${family}_sum{${route}}[${range}]))`;
    const count = `sum(rate(${family}_count{${route}}[${range}]))`;
    return `${total} / ${count} * 1000`;
  },
  measure(traffic, { quantile }) {
    const seconds = quantile === undefined ? meanSeconds(traffic) : quantileSeconds(traffic, quantile);
    return seconds === undefined ? undefined : seconds * 1_000;
  },
  formatBound: formatDuration,
  describe: ({ value, sign, bound }, { quantile }) =>
    `request duration ${percentile(quantile)}${shownDuration(value, sign, bound)} ${sign} ${formatDuration(bound)}`,
};

const builtIns: ReadonlyMap<string, BuiltInMetric> = new Map([successRate, duration].map((one) => [one.name, one]));

/** The built-in check of this name. */
export function builtInMetric(name: string): BuiltInMetric | undefined {
  return builtIns.get(name);
}

/** The number of requests that the built-in queries of a range are about. */
export function samplesQuery(subject: MetricSubject, range: string): string {
  if (usesPodMetrics(subject.provider))
    return `sum(increase(http_request_duration_seconds_count{${podSelector(subject)}}[${range}]))`;
  const route = routeSelector(subject);
  if (subject.mirrored) return mirroredQuery('increase', route, range);
  return `sum(increase(skipper_serve_route_duration_seconds_count{${route}}[${range}]))`;
}

/**
 * How often, at most, a series of the application's own was scraped within a range: a rate needs two. Of the canary's and the
 * primary's routes, since a canary that nobody asks has none.
 */
export function scrapesQuery(subject: MetricSubject, range: string): string {
  const series = usesPodMetrics(subject.provider)
    ? `http_request_duration_seconds_count{${podSelector(subject)}}`
    : `skipper_serve_route_duration_seconds_count{route=~"${routePrefixPattern(routedApp(subject))}.*"}`;
  return `max(count_over_time(${series}[${range}]))`;
}

/** Whether Skipper exports the series that the built-in queries read, for any route at all. */
export const servedSeriesQuery = 'count(skipper_serve_route_duration_seconds_count)';

/** Percentage of `part` in `whole`. A part without any series counts as none of it (D40): that is 0 %, not "no data". */
function share(part: string, whole: string, range: string): string {
  return `(sum(rate(${part}[${range}])) or vector(0)) / sum(rate(${whole}[${range}])) * 100`;
}

/** Copies of requests that were answered, whatever with: their status is in no metric. */
function answeredQuery(route: string, range: string, counting: 'rate' | 'increase' = 'rate'): string {
  return `(sum(${counting}(skipper_backend_duration_seconds_count{${route}}[${range}])) or vector(0))`;
}

/** All copies of requests. */
function mirroredQuery(counting: 'rate' | 'increase', route: string, range: string): string {
  const failed = `(sum(${counting}(skipper_backend_error_total{${route}}[${range}])) or vector(0))`;
  return `(${answeredQuery(route, range, counting)} + ${failed})`;
}

export type RoutedSubject = Pick<MetricSubject, 'canary' | 'targetName' | 'ingressName' | 'serviceName' | 'mirrored'>;

/** What the route labels of a Canary are made of. */
export function routedApp(subject: RoutedSubject): RoutedApp {
  const { canary, targetName, ingressName = targetName, serviceName, mirrored } = subject;
  return { namespace: canary.namespace, ingressName, serviceName, mirrored };
}

function routeSelector(subject: MetricSubject): string {
  return `route=~"${routePattern(routedApp(subject), 'canary')}"`;
}

/** "p99 " for 0.99; nothing for the average. */
function percentile(quantile: number | undefined): string {
  return quantile === undefined ? '' : `p${formatFloat(Number((quantile * 100).toPrecision(12)))} `;
}

function podSelector({ canary, targetName }: MetricSubject): string {
  return `kubernetes_namespace="${canary.namespace}",kubernetes_pod_name=~"${targetName}-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)"`;
}

/** Whole milliseconds, unless the value would then no longer look out of range (D41); then to the microsecond. */
function shownDuration(value: number, sign: '<' | '>', bound: number): string {
  const whole = Math.trunc(value);
  const stillOutside = sign === '<' ? whole < bound : whole > bound;
  return formatDuration(stillOutside ? whole : Math.round(value * 1_000) / 1_000);
}

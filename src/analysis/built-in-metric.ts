// SPDX-License-Identifier: Apache-2.0
import { formatFixed } from '../lib/go-decimal.js';
import { formatDuration } from '../lib/duration.js';
import { formatFloat } from '../lib/go-format.js';
import type { Judgement } from './bounds.js';
import type { MetricSubject } from './metric-request.js';

/** A check that the operator knows the query of. */
export interface BuiltInMetric {
  readonly name: 'request-success-rate' | 'request-duration';
  /** What the deprecated single threshold is. */
  readonly single: 'min' | 'max';
  readonly unit: 'percent' | 'milliseconds';
  /** PromQL over a range such as "1m". */
  query(subject: MetricSubject, range: string): string;
  /** Flagger's query, for a Skipper that does not count what it serves. */
  fallbackQuery?(subject: MetricSubject, range: string): string;
  formatBound(bound: number): string;
  describe(judged: OutOfRange): string;
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
  query(subject, range) {
    if (usesPodMetrics(subject.provider)) {
      const pods = podSelector(subject);
      return share(
        `http_request_duration_seconds_count{${pods},status!~"5.*"}`,
        `http_request_duration_seconds_count{${pods}}`,
        range,
      );
    }
    const route = routeSelector(subject);
    return share(
      `skipper_serve_route_duration_seconds_count{${route},code!~"5.."}`,
      `skipper_serve_route_duration_seconds_count{${route}}`,
      range,
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
  formatBound: (bound) => `${formatFloat(bound)}%`,
  describe: ({ value, sign, bound }) => `success rate ${formatFixed(value, 2)}% ${sign} ${formatFloat(bound)}%`,
};

const duration: BuiltInMetric = {
  name: 'request-duration',
  single: 'max',
  unit: 'milliseconds',
  query(subject, range) {
    if (usesPodMetrics(subject.provider)) {
      const buckets = `http_request_duration_seconds_bucket{${podSelector(subject)}}`;
      return `histogram_quantile(0.99, sum(rate(${buckets}[${range}])) by (le)) * 1000`;
    }
    const route = routeSelector(subject);
    const total = `sum(rate(skipper_serve_route_duration_seconds_sum{${route}}[${range}]))`;
    const count = `sum(rate(skipper_serve_route_duration_seconds_count{${route}}[${range}]))`;
    return `${total} / ${count} * 1000`;
  },
  formatBound: formatDuration,
  describe: ({ value, sign, bound }) =>
    `request duration ${shownDuration(value, sign, bound)} ${sign} ${formatDuration(bound)}`,
};

const builtIns: ReadonlyMap<string, BuiltInMetric> = new Map([successRate, duration].map((one) => [one.name, one]));

/** The built-in check of this name. */
export function builtInMetric(name: string): BuiltInMetric | undefined {
  return builtIns.get(name);
}

/** Whether Skipper exports the series that the built-in queries read, for any route at all. */
export const servedSeriesQuery = 'count(skipper_serve_route_duration_seconds_count)';

/** Percentage of `part` in `whole`. A part without any series counts as none of it (D40): that is 0 %, not "no data". */
function share(part: string, whole: string, range: string): string {
  return `(sum(rate(${part}[${range}])) or vector(0)) / sum(rate(${whole}[${range}])) * 100`;
}

/**
 * Skipper's routes to the canary: of Skipper's own Ingress routes and their twins, those whose Ingress and Service end in
 * "-canary", with Skipper's way of writing names.
 */
function routeSelector({ canary, targetName, ingressName, serviceName }: MetricSubject): string {
  const [namespace, ingress, service] = [canary.namespace, ingressName ?? targetName, serviceName].map(routeWord);
  const suffix = '(_[0-9]+)?(_disable_https_redirect)?';
  return `route=~"kube(ew)?_${namespace}__${ingress}_canary__.*__${service}_canary${suffix}"`;
}

function routeWord(name: string): string {
  return name.replace(/[^0-9A-Za-z_]/g, '_');
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

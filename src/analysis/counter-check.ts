// SPDX-License-Identifier: Apache-2.0
import type { MetricCheck } from '../api/rollout-spec.js';
import type { Clock } from '../lib/clock.js';
import { boundsOf, boundsText, judge } from './bounds.js';
import { noValuesText } from './built-in-check.js';
import { routedApp, usesPodMetrics, type BuiltInMetric } from './built-in-metric.js';
import { brokenCheck, conclude, failedCheck, type CheckOutcome } from './check-outcome.js';
import type { MetricRequest } from './metric-request.js';
import { routePattern, type RoutedApp } from './route-pattern.js';
import type { CounterReading, SkipperCounters } from './skipper-counters/index.js';

export interface CounterCheckDeps {
  readonly clock: Clock;
  readonly counters: Pick<SkipperCounters, 'record' | 'read'>;
}

/** A built-in check that Skipper's own counters answer. */
export interface CounterCheck {
  readonly request: MetricRequest;
  readonly metric: MetricCheck;
  readonly builtIn: BuiltInMetric;
}

type Measured = Extract<CounterReading, { readonly kind: 'measured' }>;

/** Recording goes on for so many analysis intervals after the last check, at least for half a minute. */
const keptIntervals = 2;
const leastKeptMs = 30_000;

/** Begins to record what checks of this analysis will ask for, or goes on with it. */
export function recordAnalysis(
  counters: Pick<SkipperCounters, 'record'>,
  app: RoutedApp,
  analysis: { readonly metrics: readonly MetricCheck[]; readonly intervalMs: number },
): void {
  counters.record(app, {
    windowMs: Math.max(0, ...analysis.metrics.map(({ intervalMs }) => intervalMs)),
    keepMs: Math.max(keptIntervals * analysis.intervalMs, leastKeptMs),
  });
}

/** Runs a built-in check over what Skipper served of the revision under test only (R19). */
export function runCounterCheck(check: CounterCheck, { clock, counters }: CounterCheckDeps): CheckOutcome {
  const { request, metric, builtIn } = check;
  if (usesPodMetrics(request.provider)) {
    const text = `metricsServer skipper cannot answer ${builtIn.name} for provider ${request.provider}, which has no routes`;
    return failedCheck('E', `Skipper query failed: ${text}; set metricsServer to a Prometheus`);
  }
  const app = routedApp(request);
  recordAnalysis(counters, app, { metrics: request.metrics, intervalMs: request.analysisIntervalMs });
  const windowMs = Math.min(metric.intervalMs, request.dataSinceMs);
  try {
    const reading = counters.read(app, windowMs);
    return reading.kind === 'starting' ? { kind: 'tooEarly' } : judgeReading(check, reading, windowMs, clock);
  } catch (error) {
    return brokenCheck(request.signal, 'Skipper query failed', error);
  }
}

function judgeReading(check: CounterCheck, reading: Measured, windowMs: number, clock: Clock): CheckOutcome {
  const { request, metric, builtIn } = check;
  const value = builtIn.measure(reading.canary, metric);
  const bounds = boundsOf(metric, builtIn.single);
  const judgement = judge(value === undefined ? [] : [value], bounds);
  // After a restart of the operator the memory is younger than the revision: that is nothing to hold against it.
  if (judgement.kind === 'noValues' && !reading.isWhole) return { kind: 'tooEarly' };
  const bound = boundsText(bounds, (one) => builtIn.formatBound(one));
  const query = queryText(check, reading, windowMs);
  return conclude(request, {
    judgement,
    evidence: { metric: builtIn.name, unit: builtIn.unit, bound, query, source: 'skipper', atMs: clock.nowMs() },
    noValues: noValuesText(request, builtIn),
    describe: (judged) => builtIn.describe(judged, metric),
  });
}

/** What was looked at: in the words of Prometheus, with the size of the sample and the primary's value as a comment. */
function queryText({ request, metric, builtIn }: CounterCheck, reading: Measured, windowMs: number): string {
  const { canary, primary, answeringReplicas, knownReplicas } = reading;
  const route = routePattern(routedApp(request), 'canary');
  const selector = `skipper_serve_route_duration_seconds{route=~"${route}"}[${Math.floor(windowMs / 1_000)}s]`;
  const primaryValue = builtIn.measure(primary, metric);
  const compared = primaryValue === undefined ? '' : ` (${builtIn.formatBound(rounded(primaryValue))})`;
  const sample = `canary ${Math.round(canary.requests)} requests, primary ${Math.round(primary.requests)}${compared}`;
  return `${selector} # ${sample}, ${answeringReplicas} of ${knownReplicas} Skipper replicas`;
}

function rounded(value: number): number {
  return Number(value.toFixed(2));
}

// SPDX-License-Identifier: Apache-2.0
import type { MetricCheck } from '../api/rollout-spec.js';
import { boundsOf, judge } from './bounds.js';
import { noValuesText } from './built-in-check.js';
import { builtInMetric, routedApp, usesPodMetrics, type BuiltInMetric, type RoutedSubject } from './built-in-metric.js';
import { brokenCheck, conclude, failedCheck, withNotice, type CheckOutcome } from './check-outcome.js';
import type { MetricRequest } from './metric-request.js';
import { routePattern } from './route-pattern.js';
import type { CounterReading, SkipperCounters } from './skipper-counters/index.js';

export interface CounterCheckDeps {
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

/** What is needed of a check, or of the analysis that will run checks, to record for it. */
export type RecordedAnalysis = RoutedSubject & Pick<MetricRequest, 'provider' | 'metrics' | 'analysisIntervalMs'>;

/** Begins to record what the built-in checks of an analysis will ask for, or goes on with it. */
export function recordAnalysis(counters: Pick<SkipperCounters, 'record'>, analysis: RecordedAnalysis): void {
  const { provider, metrics, analysisIntervalMs } = analysis;
  const asked = metrics.filter(({ name }) => builtInMetric(name) !== undefined);
  if (asked.length === 0 || usesPodMetrics(provider)) return;
  counters.record(routedApp(analysis), {
    windowMs: Math.max(...asked.map(({ intervalMs }) => intervalMs)),
    keepMs: Math.max(keptIntervals * analysisIntervalMs, leastKeptMs),
  });
}

/** Runs a built-in check over what Skipper served of the revision under test only (R19). */
export function runCounterCheck(check: CounterCheck, { counters }: CounterCheckDeps): CheckOutcome {
  const { request, metric, builtIn } = check;
  if (usesPodMetrics(request.provider)) {
    const text = `metricsServer skipper cannot answer ${builtIn.name} for provider ${request.provider}, which has no routes`;
    return failedCheck('E', `Skipper query failed: ${text}; set metricsServer to a Prometheus`);
  }
  recordAnalysis(counters, request);
  try {
    const options = { windowMs: metric.intervalMs, longestMs: request.dataSinceMs };
    const reading = counters.read(routedApp(request), options);
    return reading.kind === 'starting' ? { kind: 'tooEarly' } : judgeReading(check, reading);
  } catch (error) {
    const found = { query: seriesText(request, Math.min(metric.intervalMs, request.dataSinceMs)), source };
    return { ...brokenCheck(request.signal, 'Skipper query failed', error), found };
  }
}

function judgeReading(check: CounterCheck, reading: Measured): CheckOutcome {
  const { request, metric, builtIn } = check;
  const value = builtIn.measure(reading.canary, metric);
  const judgement = judge(value === undefined ? [] : [value], boundsOf(metric, builtIn.single));
  // After a restart of the operator the memory is younger than the revision: that is nothing to hold against it.
  if (judgement.kind === 'noValues' && !reading.isWhole) return { kind: 'tooEarly' };
  const outcome = conclude(request, {
    judgement,
    found: { query: queryText(check, reading), source, samples: Math.round(reading.canary.requests) },
    noValues: noValuesText(request, builtIn),
    describe: (judged) => builtIn.describe(judged, metric),
  });
  return withNotice(outcome, builtIn.caveat?.(request));
}

const source = 'skipper';

/** What was looked at: in the words of Prometheus, with the size of the sample and the primary's value as a comment. */
function queryText({ request, metric, builtIn }: CounterCheck, reading: Measured): string {
  const { canary, primary, windowMs, answeringReplicas, knownReplicas } = reading;
  const primaryValue = builtIn.measure(primary, metric);
  const compared = primaryValue === undefined ? '' : ` (${builtIn.formatBound(rounded(primaryValue))})`;
  const sample = `canary ${Math.round(canary.requests)} requests, primary ${Math.round(primary.requests)}${compared}`;
  return `${seriesText(request, windowMs)} # ${sample}, ${answeringReplicas} of ${knownReplicas} Skipper replicas`;
}

/** The histogram that was read, and over which time. */
function seriesText(request: MetricRequest, windowMs: number): string {
  const family = request.mirrored ? 'skipper_backend_duration_seconds' : 'skipper_serve_route_duration_seconds';
  const route = routePattern(routedApp(request), 'canary');
  return `${family}{route=~"${route}"}[${Math.floor(windowMs / 1_000)}s]`;
}

function rounded(value: number): number {
  return Number(value.toFixed(2));
}

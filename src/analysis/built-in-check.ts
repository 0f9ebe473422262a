// SPDX-License-Identifier: Apache-2.0
import type { MetricCheck } from '../api/rollout-spec.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import { boundsOf, boundsText, judge, type Judgement } from './bounds.js';
import { servedSeriesQuery, usesPodMetrics, type BuiltInMetric } from './built-in-metric.js';
import { brokenCheck, conclude, type CheckOutcome } from './check-outcome.js';
import type { FallbackNotices } from './fallback-notices.js';
import { intervalText } from './metric-interval.js';
import type { MetricRequest } from './metric-request.js';
import type { MetricProvider } from './providers/provider.js';

export interface BuiltInCheckDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly notices: FallbackNotices;
  /** Least range of a built-in query, unless the metric's own interval is shorter. */
  readonly minRangeMs: number;
}

/** A built-in check with the server that answers it. */
export interface BuiltInCheck {
  readonly request: MetricRequest;
  readonly metric: MetricCheck;
  readonly builtIn: BuiltInMetric;
  readonly prometheus: MetricProvider;
  /** Address of the server, for the one Warning about a fallback. */
  readonly server: string;
}

interface Answer {
  readonly judgement: Judgement;
  readonly query: string;
  readonly notice?: string;
}

/** Runs a built-in check over the data of the revision under test only (R19). */
export async function runBuiltInCheck(check: BuiltInCheck, deps: BuiltInCheckDeps): Promise<CheckOutcome> {
  const { request, metric, builtIn } = check;
  const range = dataRange(request, metric, deps.minRangeMs);
  if (range === undefined) return { kind: 'tooEarly' };
  const atMs = deps.clock.nowMs();
  try {
    const { judgement, query, notice } = await ask(check, range, deps);
    const bound = boundsText(boundsOf(metric, builtIn.single), (value) => builtIn.formatBound(value));
    const outcome = conclude(request, {
      judgement,
      evidence: { metric: builtIn.name, unit: builtIn.unit, bound, query, source: 'prometheus', atMs },
      noValues: noValuesText(request, builtIn),
      describe: (judged) => builtIn.describe(judged, metric),
    });
    return notice === undefined ? outcome : { ...outcome, notice };
  } catch (error) {
    const isBare = usesPodMetrics(request.provider) && builtIn.name === 'request-success-rate';
    return brokenCheck(request.signal, `Prometheus query failed${isBare ? '' : ': running query failed'}`, error);
  }
}

/**
 * The range of the query: the metric's interval, cut to the time since this revision first had weight.
 * @returns undefined while that is too short for two scrapes, which a rate needs
 */
function dataRange({ dataSinceMs }: MetricRequest, metric: MetricCheck, minRangeMs: number): string | undefined {
  if (dataSinceMs >= metric.intervalMs) return intervalText(metric);
  if (dataSinceMs < Math.max(1_000, Math.min(minRangeMs, metric.intervalMs))) return undefined;
  return `${Math.floor(dataSinceMs / 1_000)}s`;
}

async function ask(check: BuiltInCheck, range: string, deps: BuiltInCheckDeps): Promise<Answer> {
  const { request, metric, builtIn, server } = check;
  const query = builtIn.query(request, metric, range);
  const numbers = await send(check, query, deps);
  const judgement = judge(numbers, boundsOf(metric, builtIn.single));
  if (judgement.kind !== 'noValues') deps.notices.forget(server);
  const hasFallback = builtIn.fallbackQuery !== undefined && !usesPodMetrics(request.provider);
  if (judgement.kind !== 'noValues' || !hasFallback) return { judgement, query };
  return (await askFallback(check, range, deps)) ?? { judgement, query };
}

/** Flagger's query, but only when Skipper counts nothing that it serves: it misses errors that Skipper itself answers. */
async function askFallback(check: BuiltInCheck, range: string, deps: BuiltInCheckDeps): Promise<Answer | undefined> {
  const { request, metric, builtIn, server } = check;
  const served = await send(check, servedSeriesQuery, deps);
  const query = builtIn.fallbackQuery?.(request, range);
  if (served.length > 0 || query === undefined) return undefined;
  const judgement = judge(await send(check, query, deps), boundsOf(metric, builtIn.single));
  if (judgement.kind === 'noValues') return undefined;
  const notice = deps.notices.take(server);
  return { judgement, query, ...(notice === undefined ? {} : { notice }) };
}

async function send(
  { request, prometheus }: BuiltInCheck,
  query: string,
  { log }: BuiltInCheckDeps,
): Promise<readonly number[]> {
  log.debug({ query }, 'metric query');
  return await prometheus.query(query, request.signal);
}

/** What a check without data says. */
export function noValuesText({ provider, targetName, canary }: MetricRequest, { name }: BuiltInMetric): string {
  const text =
    `Halt advancement no values found for ${provider} metric ${name} ` +
    `probably ${targetName}.${canary.namespace} is not receiving traffic`;
  if (name === 'request-duration') return text;
  return `${text}: ${usesPodMetrics(provider) ? '' : 'running query failed: '}no values found`;
}

// SPDX-License-Identifier: Apache-2.0
import type { MetricCheck } from '../api/rollout-spec.js';
import type { Logger } from '../lib/logger.js';
import { errorText } from '../lib/operator-error.js';
import { boundsOf, judge, type Judgement } from './bounds.js';
import {
  samplesQuery,
  scrapesQuery,
  servedSeriesQuery,
  usesPodMetrics,
  type BuiltInMetric,
} from './built-in-metric.js';
import { brokenCheck, conclude, isEarly, withNotice, type CheckOutcome } from './check-outcome.js';
import type { FallbackNotices } from './fallback-notices.js';
import { intervalText } from './metric-interval.js';
import type { MetricRequest } from './metric-request.js';
import type { MetricProvider } from './providers/provider.js';

export interface BuiltInCheckDeps {
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
  readonly samples?: number;
  readonly notice?: string;
}

/** Runs a built-in check over the data of the revision under test only (R19). */
export async function runBuiltInCheck(check: BuiltInCheck, deps: BuiltInCheckDeps): Promise<CheckOutcome> {
  const { request, metric, builtIn } = check;
  const range = dataRange(request, metric, deps.minRangeMs);
  if (range === undefined) return { kind: 'tooEarly' };
  try {
    const { judgement, query, samples, notice = builtIn.caveat?.(request) } = await ask(check, range, deps);
    if (judgement.kind === 'noValues' && (await wasScrapedOnce(check, range, deps))) return { kind: 'tooEarly' };
    const outcome = conclude(request, {
      judgement,
      found: { query, source, ...(samples === undefined ? {} : { samples }) },
      noValues: noValuesText(request, builtIn),
      describe: (judged) => builtIn.describe(judged, metric),
    });
    return withNotice(outcome, notice);
  } catch (error) {
    const isBare = usesPodMetrics(request.provider) && builtIn.name === 'request-success-rate';
    const prefix = `Prometheus query failed${isBare ? '' : ': running query failed'}`;
    const found = { query: builtIn.query(request, metric, range), source };
    return { ...brokenCheck(request.signal, prefix, error), found };
  }
}

const source = 'prometheus';

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
  const readsServed = !usesPodMetrics(request.provider) && !request.mirrored;
  if (judgement.kind !== 'noValues' && readsServed) deps.notices.forget(server);
  if (judgement.kind !== 'noValues') return { judgement, query, ...(await countSamples(check, range, deps)) };
  if (builtIn.fallbackQuery === undefined || !readsServed) return { judgement, query };
  return (await askFallback(check, range, deps)) ?? { judgement, query };
}

/**
 * Whether a range that was cut (R19) is too short for two scrapes, of which nothing can be told: a Prometheus may well scrape
 * every minute. A range that is not cut is the user's own choice.
 */
async function wasScrapedOnce(check: BuiltInCheck, range: string, deps: BuiltInCheckDeps): Promise<boolean> {
  const { request, metric } = check;
  if (isEarly(request) || request.dataSinceMs >= metric.intervalMs) return false;
  const [scrapes] = await send(check, scrapesQuery(request, range), deps);
  return scrapes === 1;
}

/** How many requests were judged. It is good to know, and no reason to fail a check. */
async function countSamples(
  check: BuiltInCheck,
  range: string,
  deps: BuiltInCheckDeps,
): Promise<Pick<Answer, 'samples'>> {
  try {
    const [samples] = await send(check, samplesQuery(check.request, range), deps);
    return samples !== undefined && Number.isFinite(samples) ? { samples: Math.round(samples) } : {};
  } catch (error) {
    check.request.signal.throwIfAborted();
    deps.log.debug({ error: errorText(error) }, 'the requests of a check cannot be counted');
    return {};
  }
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

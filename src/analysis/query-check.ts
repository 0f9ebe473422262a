// SPDX-License-Identifier: Apache-2.0
import type { MetricCheck } from '../api/rollout-spec.js';
import { formatFixed } from '../lib/go-decimal.js';
import { formatFloat } from '../lib/go-format.js';
import type { Logger } from '../lib/logger.js';
import { boundsOf, judge } from './bounds.js';
import { brokenCheck, conclude, failedCheck, type CheckOutcome } from './check-outcome.js';
import type { MetricRequest, TemplateSource } from './metric-request.js';
import type { MetricProvider, ProviderDeps } from './providers/provider.js';
import { resolveTemplate } from './template-provider.js';
import { renderQuery } from './template-values.js';

export interface QueryCheckDeps {
  readonly log: Logger;
}

interface UserQuery {
  readonly provider: MetricProvider;
  readonly source: string;
  readonly query: string;
  readonly noValues: string;
  /** Opens the message of a query that failed. */
  readonly failurePrefix: string;
}

/** Runs the query that stands in the Canary itself. A query that cannot be rendered is reported (D36). */
export async function runInlineCheck(
  request: MetricRequest,
  metric: MetricCheck,
  provider: MetricProvider,
  deps: QueryCheckDeps,
): Promise<CheckOutcome> {
  const failurePrefix = `Prometheus query failed for ${metric.name}`;
  const noValues = `Halt advancement no values found for metric: ${metric.name}`;
  try {
    const query = renderQuery(metric.query ?? '', request, metric);
    return await runUserQuery(
      request,
      metric,
      { provider, source: 'prometheus', query, noValues, failurePrefix },
      deps,
    );
  } catch (error) {
    return brokenCheck(request.signal, failurePrefix, error);
  }
}

export interface TemplateCheckDeps extends QueryCheckDeps, ProviderDeps {
  readonly templates: TemplateSource;
}

/** Runs the query of the MetricTemplate that the metric refers to. */
export async function runTemplateCheck(
  request: MetricRequest,
  metric: MetricCheck,
  key: NonNullable<MetricCheck['templateRef']>,
  deps: TemplateCheckDeps,
): Promise<CheckOutcome> {
  const resolved = await resolveTemplate(key, metric, deps.templates, deps);
  request.signal.throwIfAborted();
  if (resolved.kind === 'broken') return failedCheck('E', `Metric template ${resolved.message}`);
  const { template, provider } = resolved;
  const failurePrefix = `Metric query failed for ${metric.name}`;
  const noValues = `Halt advancement no values found for custom metric: ${metric.name}: no values found`;
  let query: string;
  try {
    query = renderQuery(template.query, request, metric);
  } catch (error) {
    return brokenCheck(request.signal, `Metric template ${key.name}.${key.namespace} query render error`, error);
  }
  const source = template.provider.type;
  return await runUserQuery(request, metric, { provider, source, query, noValues, failurePrefix }, deps);
}

async function runUserQuery(
  request: MetricRequest,
  metric: MetricCheck,
  { provider, source, query, noValues, failurePrefix }: UserQuery,
  { log }: QueryCheckDeps,
): Promise<CheckOutcome> {
  const found = { query, source };
  log.debug({ metric: metric.name, query }, 'metric query');
  try {
    const judgement = judge(await provider.query(query, request.signal), boundsOf(metric, 'max'));
    return conclude(request, {
      judgement,
      found,
      noValues,
      describe: (judged) =>
        `${metric.name} ${formatFixed(judged.value, 2)} ${judged.sign} ${formatFloat(judged.bound)}`,
    });
  } catch (error) {
    return { ...brokenCheck(request.signal, failurePrefix, error), found };
  }
}

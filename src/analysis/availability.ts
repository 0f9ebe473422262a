// SPDX-License-Identifier: Apache-2.0
import { skipperMetricsServer } from '../api/names.js';
import type { MetricCheck } from '../api/rollout-spec.js';
import { errorText } from '../lib/operator-error.js';
import { redactUrl } from '../lib/redact-url.js';
import { builtInMetric } from './built-in-metric.js';
import type { Availability, MetricSubject, TemplateSource } from './metric-request.js';
import type { MetricProvider, ProviderDeps } from './providers/provider.js';
import type { SkipperCounters } from './skipper-counters/index.js';
import { resolveTemplate } from './template-provider.js';

export interface AvailabilityDeps extends ProviderDeps {
  readonly templates: TemplateSource;
  readonly metricsServer: string;
  readonly counters: Pick<SkipperCounters, 'checkOnline'>;
  /** @throws ProviderConfigError */
  prometheusOf(subject: MetricSubject): MetricProvider;
}

/** Asks every metrics server that the Canary needs for a constant; stops at the first problem. Inline queries are not asked. */
export async function checkProviders(subject: MetricSubject, deps: AvailabilityDeps): Promise<Availability> {
  for (const metric of subject.metrics) {
    subject.signal.throwIfAborted();
    const problem = await problemOf(subject, metric, deps);
    if (problem !== undefined) return { kind: 'unavailable', message: `Error checking metric providers: ${problem}` };
  }
  return { kind: 'available' };
}

async function problemOf(
  subject: MetricSubject,
  metric: MetricCheck,
  deps: AvailabilityDeps,
): Promise<string | undefined> {
  if (builtInMetric(metric.name) !== undefined) {
    const problem = await serverProblem(subject, deps);
    if (problem !== undefined) return problem;
  }
  if (metric.templateRef === undefined) return undefined;
  const { name, namespace } = metric.templateRef;
  const resolved = await resolveTemplate(metric.templateRef, metric, deps.templates, deps);
  if (resolved.kind === 'broken') return `metric template ${resolved.message}`;
  const prefix = `${resolved.template.provider.type} in metric template ${name}.${namespace}`;
  return await offlineProblem(resolved.provider, prefix, subject.signal);
}

async function serverProblem(subject: MetricSubject, deps: AvailabilityDeps): Promise<string | undefined> {
  if ((subject.metricsServer ?? deps.metricsServer) === skipperMetricsServer)
    return await offlineProblem(deps.counters, 'skipper', subject.signal);
  let prometheus: MetricProvider;
  try {
    prometheus = deps.prometheusOf(subject);
  } catch (error) {
    const server = redactUrl(subject.metricsServer ?? deps.metricsServer);
    return `error building Prometheus client for ${server} ${errorText(error)}`;
  }
  return await offlineProblem(prometheus, 'prometheus', subject.signal);
}

/** The spelling is Flagger's; users search for it. */
async function offlineProblem(
  provider: Pick<MetricProvider, 'checkOnline'>,
  prefix: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    await provider.checkOnline(signal);
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return `${prefix} not avaiable: ${errorText(error)}`;
  }
}

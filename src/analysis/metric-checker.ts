// SPDX-License-Identifier: Apache-2.0
import { skipperMetricsServer } from '../api/names.js';
import type { MetricCheck } from '../api/rollout-spec.js';
import type { Clock } from '../lib/clock.js';
import type { HttpClient } from '../lib/http-client.js';
import type { Logger } from '../lib/logger.js';
import { errorText } from '../lib/operator-error.js';
import { redactUrl } from '../lib/redact-url.js';
import { checkProviders } from './availability.js';
import { runBuiltInCheck } from './built-in-check.js';
import { builtInMetric, type BuiltInMetric } from './built-in-metric.js';
import { brokenCheck, failedCheck, type CheckOutcome } from './check-outcome.js';
import { runCounterCheck } from './counter-check.js';
import { FallbackNotices } from './fallback-notices.js';
import type {
  Availability,
  MetricRequest,
  MetricSubject,
  MetricValue,
  MetricVerdict,
  TemplateSource,
} from './metric-request.js';
import { createProviderDeps } from './provider-deps.js';
import { createPrometheusProvider, plainPrometheus } from './providers/prometheus.js';
import type { KubernetesGet, MetricProvider, ProviderDeps } from './providers/provider.js';
import type { SkipperCounters } from './skipper-counters/index.js';
import { runInlineCheck, runTemplateCheck, type TemplateCheckDeps } from './query-check.js';

export interface MetricChecker {
  /**
   * Runs the checks of a Canary, built-in and inline ones in list order, then those with a MetricTemplate, up to the
   * first that does not pass. Never rejects but with the reason of an aborted signal.
   */
  run(request: MetricRequest): Promise<MetricVerdict>;
  /** Whether every metrics server that the Canary needs can be used. Rejects only as `run`. */
  checkAvailability(subject: MetricSubject): Promise<Availability>;
}

export interface MetricCheckerDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly http: HttpClient;
  readonly templates: TemplateSource;
  /** Answers MetricTemplates of the External Metrics API. */
  readonly kubernetes: KubernetesGet;
  /** Of the process: where the identities of cloud providers are found. */
  readonly environment: ProviderDeps['environment'];
  /** Prometheus of Canaries that name none, or `skipperMetricsServer`. */
  readonly metricsServer: string;
  /** Answers the built-in checks of Canaries with `skipperMetricsServer`. */
  readonly counters: Pick<SkipperCounters, 'record' | 'read' | 'checkOnline'>;
  /** Requests at a time per server. Default 8. */
  readonly concurrency?: number;
  /** Least range of a built-in query: a rate needs two scrapes. Default 5 s. */
  readonly minRangeMs?: number;
}

const noPromQl = 'metricsServer skipper answers no PromQL, use a MetricTemplate';
const defaultConcurrency = 8;
const defaultMinRangeMs = 5_000;

type Step = (request: MetricRequest) => Promise<CheckOutcome>;

export function createMetricChecker(options: MetricCheckerDeps): MetricChecker {
  const { concurrency = defaultConcurrency, minRangeMs = defaultMinRangeMs } = options;
  const sources = createProviderDeps({ ...options, concurrency });
  const deps = { ...options, ...sources, minRangeMs, notices: new FallbackNotices() };

  function serverOf({ metricsServer }: MetricSubject): string {
    return metricsServer ?? deps.metricsServer;
  }

  /** @throws ProviderConfigError */
  function prometheusOf(subject: MetricSubject): MetricProvider {
    return createPrometheusProvider(plainPrometheus(serverOf(subject)), deps);
  }

  /** A step that Skipper's own counters or a Prometheus can take, as the Canary has it. */
  function withServer(
    onSkipper: (request: MetricRequest) => CheckOutcome,
    onPrometheus: (request: MetricRequest, prometheus: MetricProvider) => Promise<CheckOutcome>,
  ): Step {
    return async (request) => {
      const server = serverOf(request);
      if (server === skipperMetricsServer) return onSkipper(request);
      let prometheus: MetricProvider;
      try {
        prometheus = prometheusOf(request);
      } catch (error) {
        return failedCheck('E', `Error building Prometheus client for ${redactUrl(server)} ${errorText(error)}`);
      }
      return await onPrometheus(request, prometheus);
    };
  }

  function ownSteps(metric: MetricCheck): readonly Step[] {
    const builtIn = builtInMetric(metric.name);
    const builtInStep = (known: BuiltInMetric): Step =>
      withServer(
        (request) => runCounterCheck({ request, metric, builtIn: known }, deps),
        (request, prometheus) =>
          runBuiltInCheck({ request, metric, builtIn: known, prometheus, server: serverOf(request) }, deps),
      );
    const inlineStep = withServer(
      () => failedCheck('E', `Prometheus query failed for ${metric.name}: ${noPromQl}`),
      (request, prometheus) => runInlineCheck(request, metric, prometheus, deps),
    );
    return [...(builtIn === undefined ? [] : [builtInStep(builtIn)]), ...(hasQuery(metric) ? [inlineStep] : [])];
  }

  return {
    run: (request) => {
      const ownFirst = request.metrics.flatMap(ownSteps);
      return runInOrder([...ownFirst, ...request.metrics.flatMap((metric) => templateSteps(metric, deps))], request);
    },
    checkAvailability: (subject) => checkProviders(subject, { ...deps, prometheusOf }),
  };
}

function hasQuery({ query }: MetricCheck): boolean {
  return query !== undefined && query !== '';
}

function templateSteps(metric: MetricCheck, deps: TemplateCheckDeps): readonly Step[] {
  const { templateRef } = metric;
  if (templateRef !== undefined) return [(request) => runTemplateCheck(request, metric, templateRef, deps)];
  if (builtInMetric(metric.name) !== undefined || hasQuery(metric)) return [];
  const message = 'Metric query failed for no usable metrics template and query were configured';
  return [() => Promise.resolve(failedCheck('E', message))];
}

async function runInOrder(steps: readonly Step[], request: MetricRequest): Promise<MetricVerdict> {
  const values: MetricValue[] = [];
  const notices: string[] = [];
  for (const step of steps) {
    request.signal.throwIfAborted();
    const { value, notice, ...outcome } = await runStep(step, request);
    if (value !== undefined) values.push(value);
    if (notice !== undefined) notices.push(notice);
    if (outcome.kind !== 'passed') return { ...outcome, values, notices };
  }
  return { kind: 'passed', values, notices };
}

/** Whatever a template or a metrics server contains, it fails this check and nothing else. */
async function runStep(step: Step, request: MetricRequest): Promise<CheckOutcome> {
  try {
    return await step(request);
  } catch (error) {
    return brokenCheck(request.signal, 'Metric check failed', error);
  }
}

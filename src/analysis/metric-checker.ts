// SPDX-License-Identifier: Apache-2.0
import { skipperMetricsServer } from '../api/names.js';
import type { MetricCheck } from '../api/rollout-spec.js';
import type { Clock } from '../lib/clock.js';
import type { HttpClient } from '../lib/http-client.js';
import type { Logger } from '../lib/logger.js';
import { formatFloat } from '../lib/go-format.js';
import { errorText } from '../lib/operator-error.js';
import { redactUrl } from '../lib/redact-url.js';
import { checkProviders } from './availability.js';
import { boundsOf, boundsText } from './bounds.js';
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

/** One check of a metric: what it is about, and how it is made. */
interface Step {
  readonly about: Pick<MetricValue, 'metric' | 'unit' | 'bound'>;
  readonly run: (request: MetricRequest) => Promise<CheckOutcome>;
}

export function createMetricChecker(options: MetricCheckerDeps): MetricChecker {
  const { concurrency = defaultConcurrency, minRangeMs = defaultMinRangeMs } = options;
  const sources = createProviderDeps({ ...options, concurrency });
  const deps = { ...options, ...sources, minRangeMs, notices: new FallbackNotices() };

  const serverOf = ({ metricsServer }: MetricSubject): string => metricsServer ?? deps.metricsServer;

  /** @throws ProviderConfigError */
  function prometheusOf(subject: MetricSubject): MetricProvider {
    return createPrometheusProvider(plainPrometheus(serverOf(subject)), deps);
  }

  /** A step that Skipper's own counters or a Prometheus can take, as the Canary has it. */
  function withServer(
    onSkipper: (request: MetricRequest) => CheckOutcome,
    onPrometheus: (request: MetricRequest, prometheus: MetricProvider) => Promise<CheckOutcome>,
  ): Step['run'] {
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
    const steps: Step[] = [];
    if (builtIn !== undefined) {
      const onSkipper = (request: MetricRequest): CheckOutcome => runCounterCheck({ request, metric, builtIn }, deps);
      const run = withServer(onSkipper, (request, prometheus) =>
        runBuiltInCheck({ request, metric, builtIn, prometheus, server: serverOf(request) }, deps),
      );
      steps.push({ about: aboutBuiltIn(metric, builtIn), run });
    }
    if (hasQuery(metric)) {
      const onSkipper = (): CheckOutcome => failedCheck('E', `Prometheus query failed for ${metric.name}: ${noPromQl}`);
      const run = withServer(onSkipper, (request, prometheus) => runInlineCheck(request, metric, prometheus, deps));
      steps.push({ about: aboutQuery(metric), run });
    }
    return steps;
  }

  return {
    run: (request) => {
      const ownFirst = request.metrics.flatMap(ownSteps);
      const steps = [...ownFirst, ...request.metrics.flatMap((metric) => templateSteps(metric, deps))];
      return runInOrder(steps, request, deps.clock);
    },
    checkAvailability: (subject) => checkProviders(subject, { ...deps, prometheusOf }),
  };
}

/** What each check of a metric compares, in their order: by name, unit and range. */
export function checksOf(metric: MetricCheck): readonly Step['about'][] {
  const builtIn = builtInMetric(metric.name);
  const others = hasQuery(metric) || metric.templateRef !== undefined || builtIn === undefined;
  return [...(builtIn === undefined ? [] : [aboutBuiltIn(metric, builtIn)]), ...(others ? [aboutQuery(metric)] : [])];
}

function hasQuery({ query }: MetricCheck): boolean {
  return query !== undefined && query !== '';
}

function templateSteps(metric: MetricCheck, deps: TemplateCheckDeps): readonly Step[] {
  const { templateRef } = metric;
  const about = aboutQuery(metric);
  if (templateRef !== undefined)
    return [{ about, run: (request) => runTemplateCheck(request, metric, templateRef, deps) }];
  if (builtInMetric(metric.name) !== undefined || hasQuery(metric)) return [];
  const message = 'Metric query failed for no usable metrics template and query were configured';
  return [{ about, run: () => Promise.resolve(failedCheck('E', message)) }];
}

function aboutBuiltIn(metric: MetricCheck, builtIn: BuiltInMetric): Step['about'] {
  const bound = boundsText(boundsOf(metric, builtIn.single), (one) => builtIn.formatBound(one));
  return { metric: builtIn.name, unit: builtIn.unit, bound };
}

function aboutQuery(metric: MetricCheck): Step['about'] {
  return { metric: metric.name, unit: 'none', bound: boundsText(boundsOf(metric, 'max'), formatFloat) };
}

async function runInOrder(steps: readonly Step[], request: MetricRequest, clock: Clock): Promise<MetricVerdict> {
  const values: MetricValue[] = [];
  const notices: string[] = [];
  for (const step of steps) {
    request.signal.throwIfAborted();
    const about = { ...step.about, atMs: clock.nowMs() };
    const { found, notice, ...outcome } = await runStep(step, request);
    if (notice !== undefined) notices.push(notice);
    if (outcome.kind === 'passed') values.push({ ...about, ...found });
    if (outcome.kind === 'failed') values.push({ ...about, ...found, message: outcome.message });
    if (outcome.kind !== 'passed') return { ...outcome, values, notices };
  }
  return { kind: 'passed', values, notices };
}

/** Whatever a template or a metrics server contains, it fails this check and nothing else. */
async function runStep(step: Step, request: MetricRequest): Promise<CheckOutcome> {
  try {
    return await step.run(request);
  } catch (error) {
    return brokenCheck(request.signal, 'Metric check failed', error);
  }
}
